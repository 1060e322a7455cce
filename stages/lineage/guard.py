"""Refuses to run a stage under a fingerprint that isn't its code's.

DVC records what it read from the fingerprints file as the reason for a stage's result. `dvc repro --single-item` and
`--downstream` skip the stage that brings the file up to date; an edit made while a stage runs comes too late for it.
Either would record a result under the fingerprint of other code, for good: DVC keeps such records in its run cache.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .errors import LineageError
from .fingerprints import Fingerprint, current
from .libraries import differing
from .pipeline import FILE, Pipeline
from .project import Project


@contextmanager
def guard(project: Project, stage: str | None) -> Iterator[None]:
    """Holds a stage's fingerprints against the code, before and after its work.

    Args:
        project: The configuration.
        stage: The stage's name, which DVC gives in the environment variable `DVC_STAGE`; None for no guard: if it isn't
            DVC that runs the stage, nothing is recorded.

    Raises:
        LineageError: If the fingerprints file isn't what the code gives; before or after the work.
    """
    keys = stage_keys(project, stage) if stage else []
    if not keys:
        yield
        return
    recorded = _recorded(project)
    before = check_declared(stage or "", keys, current(project, keys))
    _warn(before)
    for key, fingerprint in before.items():
        if value_at(recorded, key) != fingerprint.value:
            raise LineageError(
                f"{project.fingerprints}: the fingerprint of `{key}` is not that of the code; run plain `dvc repro` "
                f"(--single-item and --downstream skip the stage that updates it)"
            )
    yield
    after, recorded = current(project, keys), _recorded(project)
    for key, fingerprint in before.items():
        if key not in after or after[key].value != fingerprint.value or value_at(recorded, key) != fingerprint.value:
            raise LineageError(
                f"the code of `{key}` was edited while stage `{stage}` ran; its result is dropped; rerun `dvc repro`"
            )


def stage_keys(project: Project, stage: str) -> list[str]:
    """Returns the keys of the fingerprints file that a stage reads as parameters, as dvc.yaml writes them."""
    path, colon, name = stage.rpartition(":")
    pipeline = Pipeline(project.folder, path if colon else FILE)
    return pipeline.parameters(name).get(project.fingerprints.as_posix(), [])


def check_declared(stage: str, keys: list[str], found: dict[str, Fingerprint]) -> dict[str, Fingerprint]:
    """Returns the fingerprints if all that a stage imports by computed names is among its keys.

    Raises:
        LineageError: If a pattern isn't; names it.
    """
    for pattern in sorted({pattern for fingerprint in found.values() for pattern in fingerprint.covered}):
        fixed = pattern.partition("*")[0]
        if not any(f"{key}.".startswith(fixed) for key in keys):
            raise LineageError(
                f"{FILE}: stage `{stage}` imports `{pattern}` by a computed name; "
                f"add the keys of what it may import to its params"
            )
    return found


def value_at(tree: Any, key: str) -> Any:
    """Returns the value at a dotted key; None if there is none."""
    for part in key.split("."):
        tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def _recorded(project: Project) -> Any:
    try:
        return json.loads((project.folder / project.fingerprints).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise LineageError(
            f"{project.fingerprints}: missing or malformed; run plain `dvc repro`, which writes it"
        ) from None


def _warn(found: dict[str, Fingerprint]) -> None:
    libraries = {pair for fingerprint in found.values() for pair in fingerprint.libraries.items()}
    for difference in differing(libraries):
        print(f"warning: {difference}; results may differ, reinstall from the lock file", file=sys.stderr)
