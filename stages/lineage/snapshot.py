"""The content of all files that fingerprints are computed from, read once: what is digested is what was analysed."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path, PurePosixPath

from .errors import LineageError
from .project import FILE, Project


@dataclass(frozen=True)
class Snapshot:
    """The files of a project at one moment.

    Attributes:
        project: The configuration.
        files: Path within the package to content, in a fixed order.
        locks: Name of each lock file to its content.
    """

    project: Project
    files: dict[str, bytes]
    locks: dict[str, bytes]

    @cached_property
    def digests(self) -> dict[str, str]:
        """The digest of each file of the package."""
        return {name: sha256(content).hexdigest() for name, content in self.files.items()}

    @cached_property
    def digest(self) -> str:
        """A digest of everything: equal ones have equal fingerprints."""
        locks = {name: sha256(content).hexdigest() for name, content in self.locks.items()}
        settings = replace(self.project, folder=Path())
        return sha256(repr((settings, self.digests, locks)).encode()).hexdigest()[:32]


def take_snapshot(project: Project) -> Snapshot:
    """Reads a project's files.

    Raises:
        LineageError: If the package or a lock file isn't there.
    """
    folder = project.folder / project.package_folder
    if not folder.is_dir():
        raise LineageError(f"{FILE}: [tool.lineage] `package`: there is no folder {project.package_folder}/")
    files = {name: Path(folder, name).read_bytes() for name in _walk(str(folder)) if counts(name)}
    return Snapshot(project, files, {str(lock): _lock(project.folder, lock) for lock in project.locks})


def counts(name: str) -> bool:
    """Returns whether a path in a package is one of its files, not something that Python or an editor leaves there."""
    parts = name.split("/")
    return (
        "__pycache__" not in parts and not any(part[0] == "." for part in parts) and not name.endswith((".pyc", ".pyo"))
    )


def _walk(folder: str) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if counts(name))
        inner = parent[len(folder) :].replace(os.sep, "/").strip("/")
        yield from (f"{inner}/{name}" if inner else name for name in sorted(names))


def _lock(folder: Path, lock: PurePosixPath) -> bytes:
    try:
        return (folder / lock).read_bytes()
    except OSError:
        raise LineageError(f"{lock}: cannot be read; create it with `pip freeze`, or mend `lock` in {FILE}") from None
