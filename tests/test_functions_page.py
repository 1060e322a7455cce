"""The page on functions, taken at its word: its tables are the sets, its chains are executed, its code is run."""

import importlib.util
import re

import pytest

from stages.agent.calls import parse
from stages.agent.episode import Episode
from stages.tasks import load_functions
from stages.tasks.fol import reader
from stages.tasks.math import linear
from tests.workspace import ROOT

PAGE = (ROOT / "docs/functions.md").read_text(encoding="utf-8")
SETS = sorted(path.parts[-3::2] for path in (ROOT / "stages/tasks").glob("*/functions/[!_]*.py"))
CHAINS = re.findall(r"^```chain (\w+) (\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
CODE, MICROCHAIN = re.findall(r"^```python(?: microchain)?\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("task", "file"), SETS)
def test_every_set_has_its_table_and_a_chain(task, file):
    name = file.removesuffix(".py")
    section = PAGE.partition(f"## {task}: `{name}`")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*`) \| (.*) \|$", section, re.MULTILINE)
    assert rows == [(f"`{function.example}`", function.description) for function in load_functions(task, [name])]
    assert (task, name) in {item[:2] for item in CHAINS}


@pytest.mark.parametrize(("task", "name", "lines"), CHAINS)
def test_chains_give_what_the_page_says(task, name, lines):
    expected = [line.rsplit(" → ", 1) for line in lines.splitlines()]
    episode = Episode("", load_functions(task, [name]), max_steps=99)
    assert [[call, episode.receive(call).result] for call, _ in expected] == expected


@pytest.mark.parametrize("module", [reader, linear])
def test_the_grammars_are_the_readers_own(module):
    assert module.__doc__.partition("\n\n")[2].strip("\n") in PAGE.replace("\\|", "|")


@pytest.fixture
def load(tmp_path):
    def load(code):
        path = tmp_path / "ledger.py"
        path.write_text(code, encoding="utf-8")
        spec = importlib.util.spec_from_file_location("ledger", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.FUNCTIONS

    return load


def test_the_pages_own_functions_work(load):
    functions = load(CODE + "class Function:\n    state = None\n" + MICROCHAIN)
    state = functions.state()
    calls = ['book("food", 12.5)', 'book(account="food", amount="1/2")', "average([1, 2])", "Sum(2, b=3)"]
    assert [functions.execute(parse(call), state) for call in calls] == ["12.5", "13", "1.5", "5.0"]
    assert "Its name." in str(functions.schemas[0])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('    """Book an amount', '    f"""Book an amount'),
        ("amount: Fraction", "amount"),
        ("values: list[Fraction]", "values: dict[str, int]"),
        ("(values: list[Fraction]", "(*values: Fraction"),
        ("[1, 2, 6]", "[]"),
        ('book(account="food", amount=12.5)', "add(a=1, b=2)"),
        ('average(values=[1, 2, 6])")\ndef average', 'book(values=[1, 2, 6])")\ndef book'),
        ("def book", "def _book"),
    ],
)
def test_mistakes_are_refused_with_a_message_of_the_page(load, old, new):
    assert old in CODE
    with pytest.raises(TypeError) as error:
        load(CODE.replace(old, new))
    place, _, said = str(error.value).partition(": ")
    assert re.fullmatch(r".*ledger\.py:\d+", place)
    messages = re.findall(r"^\| .* \| (.*) \|$", PAGE.rpartition("with file and line")[2], re.MULTILINE)
    assert any(all(part in said for part in message.split(" … ")) for message in messages), said
