"""Runs a stage of the package in the working folder and prints, as JSON, the functions that it executed.

Left out is what only the loading of a module executes: that counts where the module's names are used.
"""

import importlib
import json
import sys
from pathlib import Path
from types import FrameType
from typing import Any

EXECUTED: set[str] = set()
FOLDER = f"{Path.cwd() / 'stages'}/"


def _loads(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename.startswith(FOLDER):
            return True
        frame = frame.f_back
    return False


def _note(frame: FrameType, event: str, _argument: Any) -> None:
    code = frame.f_code
    if event == "call" and code.co_filename.startswith(FOLDER) and code.co_name != "<module>":
        name = code.co_qualname.split(".<")[0]
        known = f"{frame.f_globals['__name__']}.{name}"
        if name[0] != "<" and known not in EXECUTED and not _loads(frame.f_back):
            EXECUTED.add(known)


def main(stage: str, *arguments: str) -> None:
    sys.path.insert(0, str(Path.cwd()))
    run = importlib.import_module(f"stages.{stage}").run
    sys.setprofile(_note)
    run(*arguments)
    sys.setprofile(None)
    print(json.dumps(sorted(EXECUTED)))


if __name__ == "__main__":
    main(*sys.argv[1:])
