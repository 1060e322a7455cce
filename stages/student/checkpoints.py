"""Where a training that was killed goes on: a folder of checkpoints for each set of inputs."""

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stages.files import content_digest, dump

FOLDER = Path(".checkpoints")


@contextmanager
def checkpoints(name: str, settings: Any, inputs: Iterable[Path]) -> Iterator[Path]:
    """Gives the folder of a training's checkpoints, and removes it when the training is done.

    What the same training left with other inputs is removed at once: it is of no use any more.

    Args:
        name: What is trained.
        settings: All that shapes the training apart from its inputs; as JSON.
        inputs: Files and folders that it reads.
    """
    told = dump([settings, *map(content_digest, inputs)])
    folder = FOLDER / f"{name}-{hashlib.sha256(told.encode()).hexdigest()[:16]}"
    for other in set(FOLDER.glob(f"{name}-*")) - {folder}:
        shutil.rmtree(other)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    if FOLDER.is_dir() and not any(FOLDER.iterdir()):
        FOLDER.rmdir()


def newest(folder: Path) -> Path | None:
    """Returns the newest checkpoint that was written to its end, and removes those that were not."""
    complete = []
    for checkpoint in folder.glob("checkpoint-*"):
        if _is_complete(checkpoint):
            complete.append(checkpoint)
        else:
            shutil.rmtree(checkpoint)
    return max(complete, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _is_complete(checkpoint: Path) -> bool:
    """The trainer writes its state last."""
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True
