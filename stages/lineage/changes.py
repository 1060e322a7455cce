"""What of a root's code changed since a stage last ran."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .cache import Cache, cache_of
from .errors import LineageError
from .fingerprints import Fingerprints, matching
from .project import Project
from .snapshot import Snapshot, take_snapshot


@dataclass(frozen=True)
class Reason:
    """Why a stage would run.

    Attributes:
        kind: `new`, `command`, `code`, `library`, `parameter`, `data`, `always` or `upstream`.
        what: The thing that changed: a qualified name, a parameter, a path, another stage.
        change: `changed`, `added`, `removed`, or the words of DVC for data.
        root: For code and libraries: the key of the fingerprints file.
        part: For code: what kind of thing it is (`function`, `class`, `binding`, `file`, ...).
        via: For code: how the root reaches it.
        old: The value before, for a parameter, a library or the command.
        new: The value now.
    """

    kind: str
    what: str
    change: str = "changed"
    root: str = ""
    part: str = ""
    via: list[str] = field(default_factory=list)
    old: Any = None
    new: Any = None


class Changes:
    """Compares the code as it is with what was recorded.

    What a recorded digest was made of is looked up in the cache; failing that, in the files of git's last commit.

    Args:
        project: The configuration.
        committed: Returns the files of the last commit; None if there are none.
    """

    def __init__(self, project: Project, committed: Callable[[], Snapshot | None]) -> None:
        self.fingerprints = Fingerprints(take_snapshot(project), cache_of(project))
        self._cache = cache_of(project)
        self._committed = committed

    def roots(self, keys: Iterable[str]) -> set[str]:
        """Returns the roots that keys of the fingerprints file stand for."""
        return set(matching(self.fingerprints.roots, keys))

    def of(self, recorded: Mapping[str, Any]) -> Iterator[Reason]:
        """Yields what differs between recorded values of keys of the fingerprints file and the code.

        Args:
            recorded: Key to recorded value; None where nothing is recorded.
        """
        before = {root: value for key, tree in recorded.items() for root, value in _roots(key, tree)}
        now = matching(self.fingerprints.roots, recorded)
        for root in sorted({*now, *before}):
            if root not in now:
                yield Reason("code", root, "removed", root)
            elif root not in before:
                yield Reason("code", root, "added", root)
            else:
                yield from self._root(root, before[root])

    def _root(self, root: str, before: Mapping[str, Any]) -> Iterator[Reason]:
        now = self.fingerprints.of(root)
        if before.get("code", now.code) != now.code:
            yield from self._code(root, before["code"])
        old = before.get("libs", now.libraries)
        for name in sorted({*old, *now.libraries}):
            if old.get(name) != now.libraries.get(name):
                yield Reason("library", name, root=root, old=old.get(name), new=now.libraries.get(name))

    def _code(self, root: str, code: str) -> Iterator[Reason]:
        old, new = self._recorded_nodes(root, code), self.fingerprints.nodes(root)
        if old is None:
            yield Reason("code", root, "changed (what of it is not on record)", root)
            return
        closure = self.fingerprints.closures[root]
        ways = {repr(node): [step.unit.name for step in closure.path(node)] for node in closure.nodes}
        for name, change in differences(old, new):
            part = (new.get(name) or old[name]).partition(" ")[0]
            yield Reason("code", name, change, root, part, ways.get(name, []))

    def _recorded_nodes(self, root: str, code: str) -> dict[str, str] | None:
        kept: dict[str, str] | None = self._cache.read("nodes", code)
        then = self._at_commit
        if kept is None and then is not None and root in then.roots and then.of(root).code == code:
            kept = then.nodes(root)
        return kept

    @cached_property
    def _at_commit(self) -> Fingerprints | None:
        try:
            snapshot = self._committed()
            then = Fingerprints(snapshot, Cache(None)) if snapshot else None
            return then if then and then.roots else None
        except LineageError:  # the commit can't be fingerprinted: it has nothing to say
            return None


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yields what was changed, added or removed, each by name; what only moved is none of these."""
    moved = {old[name] for name in old.keys() - new.keys()} & {new[name] for name in new.keys() - old.keys()}
    for name in sorted({*old, *new}):
        if name not in old and new[name] not in moved:
            yield name, "added"
        elif name not in new and old[name] not in moved:
            yield name, "removed"
        elif name in old and name in new and old[name] != new[name]:
            yield name, "changed"


def _roots(key: str, value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields the roots in a recorded value: a root's own, those of a group, or the one that it is a part of."""
    if key.endswith((".code", ".libs")):
        root, _, part = key.rpartition(".")
        yield root, {part: value}
    elif isinstance(value, dict) and "code" in value and not isinstance(value["code"], dict):
        yield key, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _roots(f"{key}.{name}", inner)
