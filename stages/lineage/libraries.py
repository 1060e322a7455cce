"""Third-party code: which distribution brings a module, which version is locked, which is installed."""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from .errors import LineageError
from .project import FILE
from .snapshot import Snapshot
from .tables import DISTRIBUTIONS

_LINE = re.compile(r"\s*([A-Za-z0-9][\w.\-]*)(?:\[[^\]]*\])?\s*===?\s*([^\s;#]+)")


class Libraries:
    """The locked versions of a project's distributions."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.project = snapshot.project
        self.locked: dict[str, str] = {}
        for content in snapshot.locks.values():
            self.locked.update(_lines(content.decode("utf-8", "replace")))
        self._found: dict[str, str] = {}

    def version(self, module: str, where: str) -> tuple[str, str] | None:
        """Returns the distribution that brings a top-level module, and its locked version; None for Python's own.

        Raises:
            LineageError: If no lock file names it; names the place of the import.
        """
        if module in sys.stdlib_module_names or not module:
            return None
        if module not in self._found:
            self._found[module] = next((name for name in self._candidates(module) if name in self.locked), "")
        name = self._found[module]
        if not name:
            locks = " or ".join(map(str, self.project.locks)) or "a lock file"
            raise LineageError(
                f"{where} imports `{module}`, which no line of {locks} pins; add its distribution there, "
                f"or name it under [tool.lineage.distributions] in {FILE}"
            )
        return name, self.locked[name]

    def _candidates(self, module: str) -> Iterator[str]:
        declared = self.project.distributions.get(module)
        if declared is not None:
            yield normal(declared)
            return
        yield normal(module)
        yield DISTRIBUTIONS.get(module, "")
        yield _installed_as(module, self.locked)


def normal(name: str) -> str:
    """Returns a distribution's name in its normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        match = _LINE.match(line)
        if match:
            yield normal(match[1]), match[2]


def _metadata_folders() -> Iterator[Path]:
    for entry in dict.fromkeys(sys.path):
        yield from sorted(Path(entry or ".").glob("*.dist-info"))


def installed() -> dict[str, str]:
    """Returns the versions of all installed distributions, from the names of their metadata folders (fast)."""
    found: dict[str, str] = {}
    for folder in _metadata_folders():
        name, _, version = folder.name.removesuffix(".dist-info").rpartition("-")
        found.setdefault(normal(name), version)
    return found


def _installed_as(module: str, locked: dict[str, str]) -> str:
    """Looks through the files of the locked distributions for the one that brings a module."""
    for folder in _metadata_folders():
        name = normal(folder.name.removesuffix(".dist-info").rpartition("-")[0])
        if name in locked and _brings(folder, module):
            return name
    return ""


def _brings(folder: Path, module: str) -> bool:
    try:
        lines = (folder / "RECORD").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return any(
        line.startswith((f"{module}/", f"{module}.py,")) or (line.startswith(f"{module}.") and ".so," in line)
        for line in lines
    )


def differing(libraries: Iterable[tuple[str, str]]) -> list[str]:
    """Returns, for people, each distribution whose installed version isn't the locked one."""
    found = {name: version.partition("+")[0] for name, version in installed().items()}  # `2.0+cpu` is a build of 2.0
    return [
        f"{name} {found[name]} is installed, {version} is locked"
        if name in found
        else f"{name} {version} is locked but not installed"
        for name, version in sorted(libraries)
        if found.get(name) != version.partition("+")[0]
    ]
