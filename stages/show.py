"""Verb `show`: prints problems, chains, attempts, pairs or evaluations for reading."""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stages.agent.calls import Call
from stages.agent.error_types import CORRECT, ErrorType
from stages.errors import UserError
from stages.files import Row, line, read_records
from stages.preferences.levels import of_steps
from stages.screen import console, outcome_text, step_text
from stages.tasks import load_task

PROBLEMS = "data/problems/{task}/{split}.jsonl"
CHAINS = ("chains", "attempts")  # kinds of records that do not hold their questions
TAIL = 3
Questions = Mapping[str, str]


@dataclass(frozen=True)
class Kind:
    """One kind of record.

    Attributes:
        path: Where it stands, with `{task}` and maybe `{split}`.
        splits: The splits that it has.
        outcomes: How a record can have ended, for `--outcome`.
        render: Shows a record; gets the questions of the task's problems too.
    """

    path: str
    splits: Sequence[str]
    outcomes: Callable[[Row], set[str]]
    render: Callable[[Row, Questions], RenderableType]


def run(argv: list[str]) -> int:
    """Runs `show KIND TASK [-n N] [--split SPLIT] [--outcome OUTCOME] [--json]` and returns the exit code.

    Raises:
        UserError: If the task is unknown, or if what is to be shown has not been built or is malformed.
    """
    parser = _parser()
    options = parser.parse_args(argv)
    kind = KINDS[options.kind]
    if options.split is not None and options.split not in kind.splits:
        parser.error(f"{options.kind} have no split {options.split} (they have: {', '.join(kind.splits)})")
    if options.outcome is not None and options.kind == "problems":
        parser.error("problems have no outcome")
    task = load_task(options.task).name
    screen, shown = console(), 0
    for row, rendered in islice(_select(options.kind, task, options.split, options.outcome), options.n):
        if options.json:
            print(line(row))
        else:
            screen.print(rendered)
            screen.print()
        shown += 1
    if not shown and not options.json:
        screen.print(f"{_path(options.kind, task, options.split)}: no record is like that")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stages show", description=__doc__)
    parser.add_argument("kind", choices=list(KINDS), help="what to show")
    parser.add_argument("task", help="such as math")
    parser.add_argument("-n", type=_count, default=5, help="how many (default: %(default)s)")
    parser.add_argument("--split", choices=["train", "validation", "test"], help="only this split")
    parser.add_argument(
        "--outcome",
        choices=[CORRECT, *ErrorType],
        metavar="OUTCOME",
        help=f"only records that ended so (of evaluations: any arm); {CORRECT}, {', '.join(ErrorType)}",
    )
    parser.add_argument("--json", action="store_true", help="print the records as they stand in the file")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number above 0")
    return int(text)


def _select(name: str, task: str, split: str | None, outcome: str | None) -> Iterator[tuple[Row, RenderableType]]:
    kind = KINDS[name]
    questions = _questions(task, [split] if split else kind.splits) if name in CHAINS else {}

    def make(row: Row) -> tuple[Row, RenderableType] | None:
        wanted = name not in CHAINS or row["problem_id"] in questions
        if outcome is not None:
            wanted = wanted and outcome in kind.outcomes(row)
        return (row, kind.render(row, questions)) if wanted else None

    records = read_records(_path(name, task, split), make)
    return (record for record in records if record is not None)


def _path(name: str, task: str, split: str | None) -> Path:
    path = Path(KINDS[name].path.format(task=task, split=split or KINDS[name].splits[0]))
    if not path.exists():
        stage = "evaluation" if name == "evaluations" else name
        raise UserError(f"{path}: no such file; run `dvc repro {stage}@{task}` to build it")
    return path


def _questions(task: str, splits: Sequence[str]) -> Questions:
    paths = (_path("problems", task, split) for split in splits)
    return dict(pair for path in paths for pair in read_records(path, lambda row: (row["id"], row["question"])))


def _head(identity: str, *notes: object) -> Text:
    return Text.assemble((identity, "bold cyan"), *(("  " + str(note), "dim") for note in notes))


def _lines(lines: Sequence[RenderableType]) -> Padding:
    return Padding(Group(*lines), (0, 0, 0, 2), expand=False)


def _problem(row: Row, _: Questions) -> RenderableType:
    calls = [Text(call) for call in row["reference"] or ["no reference is known"]]
    answer = Text.assemble("answer: ", (row["answer"], "bold"))
    return Group(_head(row["id"], row["family"], f"depth {row['depth']}"), Text(row["question"]), answer, _lines(calls))


def _chain(row: Row, questions: Questions) -> RenderableType:
    head = _head(row["problem_id"], f"sample {row['sample']}")
    return Group(
        head, Text(questions[row["problem_id"]]), _lines([*map(step_text, row["steps"]), outcome_text(row["outcome"])])
    )


def _pair(row: Row, _: Questions) -> RenderableType:
    """The end of the common beginning, then the two turns that may follow it."""
    row = of_steps(row)
    first, *turns = row["prompt"]
    earlier = [
        Text.assemble(_turn(turns[place]), (f" → {turns[place + 1]['content']}", "dim"))
        for place in range(0, len(turns), 2)
    ]
    hidden = [Text(f"… {len(earlier) - TAIL} earlier calls", "dim")] if len(earlier) > TAIL else []
    chosen = Text(f"+ {_turn(row['chosen'][0])}", "green")
    rejected = Text.assemble((f"- {_turn(row['rejected'][0])}", "red"), f"  ({row['error_type'].replace('_', ' ')})")
    question = Text(first["content"].rpartition("\n\n")[2])
    lines = _lines([*hidden, *earlier[-TAIL:], chosen, rejected])
    return Group(_head(row["problem_id"], f"{row['origin']} mistake"), question, lines)


def _turn(message: Mapping[str, Any]) -> str:
    if not message.get("tool_calls"):
        return " ".join(str(message["content"]).split())
    function = message["tool_calls"][0]["function"]
    return str(Call(function["name"], function["arguments"]))


def _evaluation(row: Row, _: Questions) -> RenderableType:
    """One column an arm, one table a sample."""
    arms = list(row["arms"])
    tables = []
    for samples in zip(*(row["arms"][arm] for arm in arms)):
        table = Table(*arms, box=None, padding=(0, 2, 0, 0), header_style="bold", expand=True)
        for column in table.columns:
            column.ratio = 1
        table.add_row(*(Group(*map(step_text, sample["steps"]), outcome_text(sample["outcome"])) for sample in samples))
        tables.append(Padding(table, (0, 0, 0, 2)))
    head = _head(row["problem_id"], row["family"], f"depth {row['depth']}")
    return Group(head, Text(row["question"]), Text.assemble("answer: ", (row["answer"], "bold")), *tables)


def _any_arm(row: Row) -> set[str]:
    return {sample["outcome"] for samples in row["arms"].values() for sample in samples}


KINDS = {
    "problems": Kind(PROBLEMS, ["train", "validation", "test"], lambda _: set(), _problem),
    "chains": Kind("data/chains/{task}.jsonl", ["train", "validation"], lambda row: {row["outcome"]}, _chain),
    "attempts": Kind("data/attempts/{task}.jsonl", ["train", "validation"], lambda row: {row["outcome"]}, _chain),
    "pairs": Kind("data/pairs/{task}/{split}.jsonl", ["train", "validation"], lambda row: {row["error_type"]}, _pair),
    "evaluations": Kind("data/evaluations/{task}.jsonl", ["test"], _any_arm, _evaluation),
}
