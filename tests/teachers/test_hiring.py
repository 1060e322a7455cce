import pytest
import yaml

from stages.errors import UserError
from stages.tasks import load_functions, load_task
from stages.teachers import create
from stages.teachers.teacher import Assignment

ASSIGNMENT = Assignment(load_task("math"), load_functions("math", ["arithmetic"]), [], 16, 3)
REFERENCE = {"rates": {"loop": 0.25}, "consistency": 0.5}


@pytest.fixture
def configure(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda **params: (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))


def test_a_teacher_is_found_by_name_with_its_parameters(configure):
    configure(teachers={"reference": REFERENCE})
    assert create("reference", ASSIGNMENT).identity == {"name": "reference", "seed": 3, **REFERENCE}


@pytest.mark.parametrize(
    ("name", "teachers", "message"),
    [
        (
            "unheard",
            {"reference": REFERENCE},
            r"`chains\.teacher`: there is no teacher `unheard`; there are .*reference",
        ),
        ("mistakes", {"reference": REFERENCE}, "there is no teacher `mistakes`"),
        ("reference", {}, r"`teachers\.reference` is missing"),
        ("reference", None, r"`teachers\.reference` is missing"),
        ("reference", "reference", r"`teachers\.reference` is missing"),
        ("reference", {"reference": None}, r"`teachers\.reference`: input should be a valid dictionary"),
        ("reference", {"reference": {"consistency": 0.5}}, r"`teachers\.reference\.rates` is missing"),
        ("reference", {"reference": {**REFERENCE, "mood": 1}}, r"`teachers\.reference\.mood` is not a parameter"),
        (
            "reference",
            {"reference": {**REFERENCE, "consistency": 2.0}},
            r"`teachers\.reference\.consistency`: .*\(it is 2\.0\)",
        ),
        ("reference", {"reference": {**REFERENCE, "rates": {"lop": 1.0}}}, r"`teachers\.reference\.rates`: .*lop"),
    ],
)
def test_what_is_wrong_is_named(configure, name, teachers, message):
    configure(teachers=teachers)
    with pytest.raises(UserError, match=message) as error:
        create(name, ASSIGNMENT)
    assert "\n" not in str(error.value)
