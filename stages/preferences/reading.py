"""The chains of each problem, one problem at a time: no more of them are held than one problem has."""

from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path

from stages.errors import UserError
from stages.files import Row, read_records
from stages.tasks.task import Problem


def by_problem(path: Path, problems: Sequence[Problem]) -> Iterator[list[Row]]:
    """Yields the chains of each problem; the stages that write them do so in the order of the problems.

    Raises:
        UserError: If the file is missing or malformed, has no chain, or has them in another order.
    """
    wanted = {problem.id for problem in problems}
    rows = read_records(path, _chain)
    if (first := next(rows, None)) is None:
        raise UserError(f"{path}: no pair can be made, there is no chain; build it again, or see `pairs.mix`")
    groups = groupby(chain([first], rows), key=itemgetter("problem_id"))
    known = ((name, rows) for name, rows in groups if name in wanted)
    following = next(known, None)
    for problem in problems:
        chains: list[Row] = []
        if following and following[0] == problem.id:
            chains, following = list(following[1]), next(known, None)
        yield chains
    if following:
        raise UserError(
            f"{path}: the chains of {following[0]} are not together or not in the order of the problems; build the "
            "stage `chains` again"
        )


def _chain(row: Row) -> Row:
    """Checks what pairs take of a chain: its problem, its outcome, and what was written."""
    completions = [step["completion"] for step in row["steps"]]
    if not all(isinstance(text, str) for text in (row["problem_id"], row["outcome"], *completions)):
        raise ValueError("`problem_id`, `outcome` and every `completion` must be texts")
    return row
