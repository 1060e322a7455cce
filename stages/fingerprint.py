"""Stage `fingerprint`: what each stage's code is, as parameters for DVC."""

import json
from pathlib import Path
from typing import Any

from stages.configuration import read_all, tasks
from stages.errors import UserError
from stages.lineage import LineageError, read_project, update


def run() -> None:
    """Writes the file of fingerprints that the other stages read their keys of.

    Raises:
        UserError: If the configuration is wrong, code imports something by a name that can't be told, or params.yaml
            names a task or teacher that isn't there: DVC could only say that a fingerprint is missing.
    """
    project = read_project()
    try:
        update(project)
    except LineageError as error:
        raise UserError(str(error)) from None
    found = json.loads((project.folder / project.fingerprints).read_text(encoding="utf-8"))
    for task in tasks():
        _require("`tasks`", "task", task, found["tasks"])
        if "families" not in found["questions"].get(task, {}):
            raise UserError(f"stages/tasks/{task}/families.py: FAMILIES is missing; without any, make it {{}}")
        if not found.get("functions", {}).get(task):
            known = sorted(path.stem for path in Path(__file__).parent.glob(f"tasks/{task}/functions/[!_]*.py"))
            raise UserError(f"params.yaml: `problems.{task}.functions` must name some of {', '.join(known)}")
    _require("`chains.teacher`", "teacher", (read_all().get("chains") or {}).get("teacher"), found["teachers"])


def _require(key: str, kind: str, name: Any, known: dict[str, Any]) -> None:
    if name not in known:
        raise UserError(f"params.yaml: {key}: there is no {kind} `{name}`; there are {', '.join(known)}")
