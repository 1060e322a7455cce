"""Verb `explain`: which stages `dvc repro` would run, and why, and how many completions need not be paid for."""

from collections.abc import Mapping

from stages.errors import UserError
from stages.lineage import read_project
from stages.lineage.views import main


def run(arguments: list[str]) -> int:
    """Prints the explanation and returns the exit code.

    Raises:
        LineageError: If the configuration or the code can't be read, or another DVC command is running.
    """
    return main(read_project(), arguments, _notes)


def _notes(stage: str) -> Mapping[str, int]:
    name, _, task = stage.partition("@")
    if name != "chains":
        return {}
    from stages.chains import foresee  # most calls of this verb need no task

    try:
        return foresee(task)
    except UserError:  # what the stage needs is not built yet, or its own run will say what is wrong
        return {}
