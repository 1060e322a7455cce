"""The cache saves time and nothing else."""

import json
from pathlib import Path

import pytest

from stages.lineage import Fingerprints, read_project
from stages.lineage import cache as module
from tests.lineage.constructs import CASES
from tests.lineage.toy import Toy


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    (tmp_path / ".dvc").mkdir()
    return Toy(tmp_path, {"main.py": "from toy.a import f\ndef run(): return f()", "a.py": "def f(): return 1"})


def _code(toy: Toy) -> str:
    return Fingerprints(read_project(toy.folder)).of("root").code


def _file(toy: Toy) -> Path:
    [path] = (toy.folder / ".dvc/tmp/lineage").glob("analyses-*.json")
    return path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_kept_analysis_is_the_analysis(case, tmp_path: Path):
    (tmp_path / ".dvc").mkdir()
    toy = Toy(
        tmp_path,
        {name: text.replace("LIVE", "1").replace("DEAD", "2") for name, text in case.files.items()},
        case.roots,
    )
    project = read_project(tmp_path)
    first, second = Fingerprints(project).all(), Fingerprints(project).all()
    assert first == second == toy.all()


def test_kept_files_are_not_analysed_again_and_changed_ones_are(toy: Toy, monkeypatch: pytest.MonkeyPatch):
    before = _code(toy)
    analysed = []
    monkeypatch.setattr(module, "analyse", lambda text: analysed.append(text) or analyse(text))
    from stages.lineage.analysis import analyse

    assert _code(toy) == before
    assert analysed == []
    toy.replace("a.py", "1", "2")
    assert _code(toy) != before
    assert analysed == [b"def f(): return 2"]
    toy.replace("a.py", "2", "1")
    assert _code(toy) == before


@pytest.mark.parametrize("damage", ["", "garbage", "{}", "half"])
def test_a_damaged_cache_is_no_cache(toy: Toy, damage: str):
    before = _code(toy)
    path = _file(toy)
    path.write_text(path.read_text()[:-40] if damage == "half" else damage)
    assert _code(toy) == before
    assert len(path.read_text()) > 100


def test_a_changed_cache_is_no_cache(toy: Toy):
    before = _code(toy)
    path = _file(toy)
    text = path.read_text()
    kept = json.loads(text.partition("\n")[2])
    key = next(key for key, source in kept.items() if any(unit[0] == "f" for unit in source[0]))
    assert key in text
    path.write_text(text.replace('"f","function"', '"g","function"'))
    assert _code(toy) == before


def test_a_folder_that_cannot_be_written_is_no_failure(toy: Toy):
    (toy.folder / ".dvc/tmp").mkdir(parents=True)
    (toy.folder / ".dvc/tmp/lineage").write_text("a file where a folder should be")
    assert _code(toy)


def test_no_scratch_files_are_left(toy: Toy):
    _code(toy)
    assert list((toy.folder / ".dvc/tmp/lineage").iterdir()) == [_file(toy)]
