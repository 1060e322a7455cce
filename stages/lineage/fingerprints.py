"""The fingerprints of a project: for each root a digest of its closure and the versions of the libraries it uses."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .cache import Cache, analyses, cache_of
from .closure import Closure
from .digests import code_digest, node_digests
from .effects import Effects
from .errors import LineageError
from .libraries import Libraries
from .program import Program, Target
from .project import FILE, Project, Root
from .sharing import share
from .snapshot import Snapshot, take_snapshot


@dataclass(frozen=True)
class Fingerprint:
    """The fingerprint of one root.

    Attributes:
        code: Digest of the closure. It says nothing of where code stands: a moved function leaves it as it is.
        libraries: Locked versions of the distributions that the closure imports.
        covered: Keys of the patterns whose modules are imported by computed names.
    """

    code: str
    libraries: dict[str, str]
    covered: list[str]

    @property
    def value(self) -> dict[str, Any]:
        """What is written to the file of fingerprints."""
        return {"code": self.code, "libs": self.libraries}


class Fingerprints:
    """Computes the fingerprints of the roots of a project.

    Args:
        snapshot: The project's files.
        cache: For the analyses of files.
    """

    def __init__(self, snapshot: Snapshot, cache: Cache) -> None:
        self.project = snapshot.project
        sources = analyses(snapshot, cache)
        data = {name: digest for name, digest in snapshot.digests.items() if name not in sources}
        self.program = Program(self.project.package, str(self.project.package_folder), sources, data)
        self._effects = Effects(self.program)
        self._libraries = Libraries(snapshot)
        self._patterns = [root for root in self.project.roots if root.is_pattern]

    @cached_property
    def roots(self) -> dict[str, Root]:
        """The roots, patterns expanded over the modules that define their attribute, by their keys, sorted.

        Raises:
            LineageError: If a root's module or attribute doesn't exist, or nothing fits a pattern.
        """
        found: dict[str, Root] = {}
        for root in self.project.roots:
            expanded = list(self._expand(root)) if root.is_pattern else [root]
            for each in expanded:
                if not self._start(each):
                    where = f"{FILE}: [tool.lineage.roots] `{each.key}`"
                    raise LineageError(f"{where}: there is no {each.module}:{each.attribute}")
                if not root.is_pattern or self.project.counts(each.key, root):
                    found[each.key] = each
            if not expanded and root.key not in self.project.optional:
                where = f"{FILE}: [tool.lineage.roots] `{root.key}`"
                raise LineageError(f"{where}: nothing fits {root.module}:{root.attribute}")
        return dict(sorted((self._missing(list(found)) | found).items()))

    def _missing(self, keys: list[str]) -> dict[str, Root]:
        """Returns the roots for which there could be a module: nothing is reached from those that have none."""
        patterns = {root.key: root for root in self.project.roots}
        pairs = ((patterns[key], patterns[like]) for key, like in self.project.optional.items())
        made = [root.filled(names) for root, like in pairs for key in keys if (names := like.names(key)) is not None]
        return {root.key: root for root in made}

    def _expand(self, root: Root) -> Iterator[Root]:
        for name in self.program.modules:
            filling = root.fill(name)
            if filling is not None and self._start(filling):
                yield filling

    def _start(self, root: Root) -> list[Target]:
        module = self.program.modules.get(root.module)
        return self.program.attribute(module, root.attribute) if module else []

    @cached_property
    def closures(self) -> dict[str, Closure]:
        """The closure of each root, knowing of those that it may run together with."""
        found: dict[str, Closure] = {}
        for key, root in self.roots.items():
            is_plugin = root not in self.project.roots
            found[key] = Closure(self.program, self._effects, self._patterns, is_plugin=is_plugin)
            found[key].reach_from(self._start(root))
        share({key: (found[key], self._pattern_of(root)) for key, root in self.roots.items()})
        return found

    def _pattern_of(self, root: Root) -> str | None:
        return next((pattern.key for pattern in self._patterns if pattern.fill(root.module) == root), None)

    def of(self, key: str) -> Fingerprint:
        """Returns the fingerprint of a root."""
        closure = self.closures[key]
        places = {name: self.program.where(node.module, node.unit.line) for name, node in closure.libraries.items()}
        libraries = [self._libraries.version(name, place) for name, place in sorted(places.items())]
        return Fingerprint(
            code=code_digest(self.program, closure, self._start(self.roots[key])),
            libraries=dict(sorted(found for found in libraries if found)),
            covered=sorted(closure.covered),
        )

    def nodes(self, key: str) -> dict[str, str]:
        """Returns a digest for each part of a root's closure, by qualified name or by path."""
        return node_digests(self.program, self.closures[key])


def current(project: Project, keys: list[str] | None = None) -> dict[str, Fingerprint]:
    """Returns the fingerprints of the roots that keys stand for (None: of all), from the files as they are."""
    snapshot, cache = take_snapshot(project), cache_of(project)
    return _kept(cache, snapshot, keys) or _computed(Fingerprints(snapshot, cache), keys)


def update(project: Project) -> None:
    """Writes the file of fingerprints, at once or not at all; keeps what `explain` needs to tell what changed."""
    snapshot, cache = take_snapshot(project), cache_of(project)
    fingerprints = Fingerprints(snapshot, cache)
    found = {key: fingerprints.of(key) for key in fingerprints.roots}
    _write(project, found)
    cache.write("results", {key: vars(each) for key, each in found.items()}, snapshot.digest)
    for key, each in found.items():
        if cache.read("nodes", each.code) is None:
            cache.write("nodes", fingerprints.nodes(key), each.code)
    cache.prune("results")
    cache.prune("nodes")


def _kept(cache: Cache, snapshot: Snapshot, keys: list[str] | None) -> dict[str, Fingerprint] | None:
    rows = cache.read("results", snapshot.digest)
    if rows is None:
        return None
    wanted = rows if keys is None else matching(rows, keys)
    return {key: Fingerprint(**rows[key]) for key in wanted}


def _computed(fingerprints: Fingerprints, keys: list[str] | None) -> dict[str, Fingerprint]:
    roots = fingerprints.roots
    wanted = roots if keys is None else matching(roots, keys)
    return {key: fingerprints.of(key) for key in wanted}


def matching(roots: Iterable[str], keys: Iterable[str]) -> list[str]:
    """Returns the roots that keys of the fingerprints file stand for: a root, a group of them, or a part of one.

    Raises:
        LineageError: If a key stands for none.
    """
    names, found = list(roots), dict[str, None]()
    for key in keys:
        meant = [name for name in names if f"{name}.".startswith(f"{key}.") or key.startswith(f"{name}.")]
        if not meant:
            raise LineageError(
                f"{FILE}: no root in [tool.lineage.roots] stands for `{key}`, which a stage has as parameter"
            )
        found.update(dict.fromkeys(meant))
    return list(found)


def _write(project: Project, fingerprints: dict[str, Fingerprint]) -> None:
    path = project.folder / project.fingerprints
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        scratch.write_text(json.dumps(_nested(fingerprints), indent=2, sort_keys=True) + "\n", encoding="utf-8")
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def _nested(fingerprints: dict[str, Fingerprint]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, fingerprint in fingerprints.items():
        *parents, last = key.split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[last] = fingerprint.value
    return tree
