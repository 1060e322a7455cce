"""Verb `explain`: which stages `dvc repro` would run, and why."""

from stages.lineage import read_project
from stages.lineage.views import main


def run(arguments: list[str]) -> int:
    """Prints the explanation and returns the exit code.

    Raises:
        LineageError: If the configuration or the code can't be read, or another DVC command is running.
    """
    return main(read_project(), arguments)
