"""What earlier runs found out, kept under digests of everything it was found out from.

A cache can only save time. The name of each file has a digest of this room's own source and of the Python version in it
besides the digest of what the entry was computed from, and each file carries a digest of itself. Writers replace files
as a whole; what one of two concurrent writers loses is computed again.
"""

import json
import os
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from .errors import LineageError
from .project import Project
from .snapshot import Snapshot
from .unit import Source, unpack

MOST = 400  # entries of one kind: some dozens of edits


class Cache:
    """A folder of entries, which may be missing, damaged or not writable: then nothing is kept.

    Args:
        folder: The folder; None for no cache.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._version = _version() if folder else ""

    def read(self, kind: str, digest: str = "") -> Any:
        """Returns an entry, None if there is none."""
        if self.folder is None:
            return None
        try:
            checksum, _, text = self._path(kind, digest).read_text(encoding="utf-8").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return json.loads(text) if sha256(text.encode()).hexdigest() == checksum else None

    def write(self, kind: str, value: object, digest: str = "") -> None:
        """Keeps an entry. A failure to do so is no failure of the run."""
        if self.folder is None:
            return
        text = json.dumps(value, separators=(",", ":"))
        path = self._path(kind, digest)
        scratch = path.with_suffix(f".{os.getpid()}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            scratch.write_text(f"{sha256(text.encode()).hexdigest()}\n{text}", encoding="utf-8")
            scratch.replace(path)
        except OSError:
            with suppress(OSError):
                scratch.unlink()

    def prune(self, kind: str) -> None:
        """Drops the oldest entries of a kind, if there are too many."""
        if self.folder is None:
            return
        with suppress(OSError):
            entries = sorted(self.folder.glob(f"{kind}-*.json"), key=lambda path: path.stat().st_mtime)
            for path in entries[:-MOST]:
                path.unlink(missing_ok=True)

    def _path(self, kind: str, digest: str) -> Path:
        return Path(self.folder or "", "-".join(filter(None, [kind, self._version, digest])) + ".json")


def cache_of(project: Project) -> Cache:
    """Returns the cache of a project: in DVC's own scratch folder, none where there is no DVC."""
    scratch = project.folder / ".dvc"
    return Cache(scratch / "tmp" / "lineage" if scratch.is_dir() else None)


def analyses(snapshot: Snapshot, cache: Cache) -> dict[str, Source]:
    """Returns the analysis of each Python file of a package.

    Raises:
        LineageError: If one isn't valid Python.
    """
    kept = cache.read("analyses") or {}
    found: dict[str, Source] = {}
    for name, content in snapshot.files.items():
        if name.endswith(".py"):
            row = kept.get(snapshot.digests[name])
            found[name] = unpack(row) if row is not None else _analyse(snapshot.project, name, content)
    used = {snapshot.digests[name]: source for name, source in found.items()}
    if not used.keys() <= kept.keys():
        cache.write("analyses", used)
    return found


def _analyse(project: Project, name: str, content: bytes) -> Source:
    from .analysis import analyse  # most runs don't need it

    try:
        return analyse(content)
    except (SyntaxError, ValueError, RecursionError) as error:
        where = f"{project.package_folder}/{name}:{getattr(error, 'lineno', None) or 1}"
        raise LineageError(f"{where}: not valid Python ({getattr(error, 'msg', error)}); mend it") from None


def _version() -> str:
    own = sha256(sys.version.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        own.update(path.read_bytes())
    return own.hexdigest()[:16]
