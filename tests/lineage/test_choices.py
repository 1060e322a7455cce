"""Of a pattern's roots those count that a parameter names."""

from pathlib import Path

import pytest

from stages.lineage import LineageError, read_project
from tests.lineage.toy import Toy

MAIN = """
import importlib
def run(topic, names):
    return [importlib.import_module(f"toy.{topic}.{name}").PART for name in names]
"""
FILES = {f"{topic}/{name}.py": "PART = 1" for topic in ("birds", "fish") for name in ("one", "two", "three")}


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    packages = {"birds/__init__.py": "", "fish/__init__.py": ""}
    return Toy(tmp_path, {"main.py": MAIN, **FILES, **packages}, {"root": "toy.main:run", "parts.*.*": "toy.*.*:PART"})


def choose(
    toy: Toy, key: str = "parts.*.*", place: str = "params.yaml:topics.*.parts", text: str = "topics: {}"
) -> None:
    (toy.folder / "params.yaml").write_text(text)
    path = toy.folder / "pyproject.toml"
    path.write_text(path.read_text() + f'\n[tool.lineage.chosen]\n"{key}" = "{place}"\n')


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("topics: {birds: {parts: one}, fish: {parts: [two, three]}}", {"birds.one", "fish.two", "fish.three"}),
        ("topics: {birds: {parts: none}, fish: {parts: [two, none]}}", {"fish.two"}),
        ("topics: {birds: {parts: [one]}}", {"birds.one", "fish.one", "fish.two", "fish.three"}),
        ("topics: {birds: {parts: 7}, fish: {parts: []}}", {"birds.one", "birds.two", "birds.three"}),
    ],
)
def test_what_the_parameter_does_not_name_is_as_if_it_were_not_there(toy: Toy, text: str, names: set[str]) -> None:
    choose(toy, text=text)
    assert set(toy.fingerprints().roots) == {"root", *(f"parts.{name}" for name in names)}


def test_only_what_is_chosen_changes_a_fingerprint(toy: Toy) -> None:
    choose(toy, text="topics: {birds: {parts: one}, fish: {parts: one}}")
    before = toy.all()
    toy.replace("birds/two.py", "1", "2")
    assert toy.all() == before
    toy.replace("birds/one.py", "1", "2")
    assert {key for key, each in toy.all().items() if each != before[key]} == {"parts.birds.one"}


@pytest.mark.parametrize(
    ("key", "place", "message"),
    [
        ("others.*.*", "params.yaml:a.*", r"\[tool\.lineage\.chosen\] `others\.\*\.\*`: there is no such key in"),
        ("parts.*.*", "params.yaml", r"expected a key that ends with `\*` and `FILE:PARAMETER` with one `\*` less"),
        ("parts.*.*", "params.yaml:topics.*.*", r"with one `\*` less"),
        ("parts.*.*", "none.yaml:topics.*", r"^none\.yaml: no such file; .*\[tool\.lineage\.chosen\]"),
    ],
)
def test_what_is_wrong_is_named(toy: Toy, key: str, place: str, message: str) -> None:
    choose(toy, key, place)
    with pytest.raises(LineageError, match=message):
        read_project(toy.folder)


def test_with_a_parameters_file_that_is_no_yaml_all_count(toy: Toy) -> None:
    choose(toy, text="a: [")
    assert len(toy.fingerprints().roots) == 7
