"""The room as a program, for the dvc.yaml of any project: `fingerprint`, `run COMMAND...`, `explain`."""

import os
import subprocess
import sys

from .errors import LineageError
from .fingerprints import Fingerprints, write
from .guard import guard
from .project import read_project

USAGE = """usage: python -m stages.lineage fingerprint         write the file of fingerprints
       python -m stages.lineage run COMMAND ...     run a stage's command under the guard
       python -m stages.lineage explain [--json | --graph]
"""


def main(arguments: list[str]) -> int:
    """Runs one verb and returns the exit code."""
    match arguments:
        case ["fingerprint"]:
            project = read_project()
            write(project.folder / project.fingerprints, Fingerprints(project).all())
            return 0
        case ["run", _, *_]:
            with guard(read_project(), os.environ.get("DVC_STAGE")):
                code = subprocess.run(arguments[1:], check=False).returncode
                if code:
                    sys.exit(code)
            return 0
        case ["explain", *options]:
            from .explain import main as explain

            return explain(read_project(), options)
    print(USAGE, end="", file=sys.stderr)
    return 0 if arguments in (["--help"], ["-h"]) else 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LineageError as error:
        sys.exit(f"error: {error}")
