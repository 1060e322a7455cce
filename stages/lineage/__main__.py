"""The room as a program, for the dvc.yaml of any project: `fingerprint`, `run MODULE ...`, `explain`."""

import os
import runpy
import sys

from .errors import LineageError
from .fingerprints import update
from .guard import guard
from .project import read_project

USAGE = f"""usage: python -m {__package__} VERB

  fingerprint          write the file of fingerprints
  run MODULE ...       run a stage's module as a program, under the guard
  explain [OPTION]     say which stages would run, and why (see explain --help)
"""


def main(arguments: list[str]) -> int:
    """Runs one verb and returns the exit code."""
    match arguments:
        case ["fingerprint"]:
            update(read_project())
            return 0
        case ["run", _, *_]:
            with guard(read_project(), os.environ.get("DVC_STAGE")):
                _run(arguments[1:])
            return 0
        case ["explain", *options]:
            from .views import main as explain

            return explain(read_project(), options)
    print(USAGE, end="", file=sys.stderr)
    return 0 if arguments in (["--help"], ["-h"]) else 2


def _run(arguments: list[str]) -> None:
    sys.argv = arguments
    try:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code:
            raise


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LineageError as error:
        sys.exit(f"error: {error}")
