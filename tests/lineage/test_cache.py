"""The cache saves time and nothing else."""

import json
from pathlib import Path

import pytest

from stages.lineage import analysis, current, read_project, update
from tests.lineage.constructs import CASES
from tests.lineage.toy import Toy


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    (tmp_path / ".dvc").mkdir()
    return Toy(tmp_path, {"main.py": "from toy.a import f\ndef run(): return f()", "a.py": "def f(): return 1"})


def _code(toy: Toy) -> str:
    return current(read_project(toy.folder))["root"].code


def _entries(toy: Toy, kind: str) -> list[Path]:
    return list((toy.folder / ".dvc/tmp/lineage").glob(f"{kind}-*.json"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_kept_is_what_is_computed(case, tmp_path: Path):
    (tmp_path / ".dvc").mkdir()
    files = {name: text.replace("LIVE", "1").replace("DEAD", "2") for name, text in case.files.items()}
    toy = Toy(tmp_path, files, case.roots)
    project = read_project(tmp_path)
    new, with_analyses = current(project), current(project)
    update(project)
    with_results = current(project)
    assert len(_entries(toy, "results")) == 1
    assert new == with_analyses == with_results == toy.all()


def test_kept_files_are_not_analysed_again_and_changed_ones_are(toy: Toy, monkeypatch: pytest.MonkeyPatch):
    before, analyse, analysed = _code(toy), analysis.analyse, []
    monkeypatch.setattr(analysis, "analyse", lambda text: analysed.append(text) or analyse(text))
    assert _code(toy) == before
    assert analysed == []
    toy.replace("a.py", "1", "2")
    assert _code(toy) != before
    assert analysed == [b"def f(): return 2"]
    toy.replace("a.py", "2", "1")
    assert _code(toy) == before


def test_kept_results_are_those_of_the_same_files(toy: Toy):
    project = read_project(toy.folder)
    update(project)
    before = _code(toy)
    toy.replace("a.py", "1", "2")
    assert _code(toy) != before
    toy.replace("a.py", "2", "1")
    assert _code(toy) == before
    toy.roots = {"root": "toy.a:f"}
    toy.write({})
    assert _code(toy) != before


@pytest.mark.parametrize("kind", ["analyses", "results"])
@pytest.mark.parametrize("damage", ["", "garbage", "{}", "half", "changed"])
def test_a_damaged_cache_is_no_cache(toy: Toy, kind: str, damage: str):
    update(read_project(toy.folder))
    before = _code(toy)
    for path in _entries(toy, "results") if kind == "analyses" else []:
        path.unlink()
    [path] = _entries(toy, kind)
    text = path.read_text()
    changed = text.replace(before, "0" * 32) if kind == "results" else text.replace('"f","function"', '"g","function"')
    assert changed != text
    path.write_text({"half": text[:-40], "changed": changed}.get(damage, damage))
    assert _code(toy) == before
    update(read_project(toy.folder))
    assert path.read_text() == text


def test_a_folder_that_cannot_be_written_is_no_failure(toy: Toy):
    (toy.folder / ".dvc/tmp").mkdir(parents=True)
    (toy.folder / ".dvc/tmp/lineage").write_text("a file where a folder should be")
    update(read_project(toy.folder))
    assert _code(toy)


def test_no_scratch_files_are_left(toy: Toy):
    update(read_project(toy.folder))
    kinds = [path.name.partition("-")[0] for path in (toy.folder / ".dvc/tmp/lineage").iterdir()]
    assert sorted(kinds) == ["analyses", "nodes", "results"]
    assert json.loads((toy.folder / "fingerprints.json").read_text())["root"]["code"] == _code(toy)
    assert not [path for path in toy.folder.iterdir() if path.name.endswith(".part")]
