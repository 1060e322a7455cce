import pytest

from stages.agent.episode import Episode
from stages.agent.loop import Attempt, run
from stages.completions.store import VARIABLE
from stages.errors import UserError
from stages.student.rollout import Student
from stages.tasks import load_functions, load_task
from stages.teachers import create
from stages.teachers.teacher import Assignment
from tests import tiny
from tests.workspace import lay_out, overlaid, parameters

FUNCTIONS = load_functions("math", ["arithmetic"])
QUESTIONS = [f"Ida has {number} keys. Ida loses 15. How many keys has Ida now?" for number in (138, 99, 17)]


@pytest.fixture
def teach(tmp_path, monkeypatch):
    """Hires the teacher in a workspace with some of its parameters changed."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    tiny.model().save_pretrained(tmp_path / "model")
    tiny.tokenizer().save_pretrained(tmp_path / "model")

    def hired(seed=0, **changes):
        given = {"model": "model", "temperature": 2.0, "max_tokens": 8, **changes}
        values = {"chains": {"teacher": "transformers"}, "teachers": {"transformers": given}}
        lay_out(tmp_path, overlaid(parameters(), values))
        return create("transformers", Assignment(load_task("math"), FUNCTIONS, [], 3, seed)).hired(tmp_path / "none")

    return hired


def completions(hired, samples=2, batch=8):
    fresh = (
        Attempt(str(number), sample, Episode(question, FUNCTIONS, max_steps=3))
        for number, question in enumerate(QUESTIONS)
        for sample in range(samples)
    )
    return [[step.completion for step in each.episode.steps] for each in run(hired.model, fresh, batch)]


def test_completions_are_kept_and_what_was_added_alone_is_asked(teach):
    first = teach()
    few = completions(first, samples=1)
    more = teach()
    assert completions(more, samples=2)[::2] == few
    assert first.usage.asked == 9
    assert (more.usage.asked, more.usage.reused) == (9, 9)


def test_samples_are_the_same_in_any_batch_and_differ_by_seed(teach, monkeypatch, tmp_path):
    written = completions(teach(), batch=8)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "other"))
    assert completions(teach(), batch=1) == written
    assert completions(teach(seed=1)) != written


def test_functions_as_text_are_written_into_the_question(teach, monkeypatch):
    asked = []
    monkeypatch.setattr(Student, "complete", lambda _, requests: asked.extend(requests) or ["stop(answer=1)"])
    completions(teach(tools="text"), samples=1, batch=1)
    assert "- add(a: number, b: number): " in asked[0].messages[0]["content"]
    assert not asked[0].tools


def test_another_model_in_the_same_folder_is_another_model(teach, tmp_path):
    before = teach().model.identity
    (tmp_path / "model/config.json").write_text((tmp_path / "model/config.json").read_text() + " ")
    assert teach().model.identity != before


def test_a_model_that_cannot_be_had_is_named(teach):
    with pytest.raises(UserError, match=r"`teachers\.transformers\.model`: cannot load \./none"):
        completions(teach(model="./none"))


def test_a_chat_template_that_refuses_is_said_with_the_remedy(teach, tmp_path):
    hired = teach()
    (tmp_path / "model/chat_template.jinja").write_text("{{ raise_exception('no tools here') }}")
    with pytest.raises(UserError, match=r"`teachers\.transformers`: .* refuses .*no tools here.*`.*tools: text`"):
        completions(hired)
