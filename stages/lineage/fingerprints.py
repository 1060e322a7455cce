"""The fingerprints of a project: for each root a digest of its closure and the versions of the libraries it uses."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from .cache import Analyses
from .closure import Closure
from .effects import Effects
from .errors import LineageError
from .libraries import Libraries
from .program import Node, Program, Target
from .project import FILE, Project, Root
from .text import digest


@dataclass(frozen=True)
class Fingerprint:
    """The fingerprint of one root.

    Attributes:
        code: Digest of the closure. It says nothing of where code stands: a moved function leaves it as it is.
        libraries: Locked versions of the distributions that the closure imports.
        nodes: A digest for each part of the closure, by qualified name or path: what changed if `code` did.
        covered: Keys of the patterns whose modules are imported by computed names.
    """

    code: str
    libraries: dict[str, str]
    nodes: dict[str, str] = field(repr=False)
    covered: frozenset[str]

    @property
    def value(self) -> dict[str, Any]:
        """What is written to the file."""
        return {"code": self.code, "libs": dict(sorted(self.libraries.items()))}


class Fingerprints:
    """Computes the fingerprints of a project's roots.

    Args:
        project: The configuration.
        cached: Whether analyses are kept under `.dvc/tmp` (if the project has that folder).
    """

    def __init__(self, project: Project, *, cached: bool = True) -> None:
        self.project = project
        has_cache = cached and (project.folder / ".dvc").is_dir()
        self._analyses = Analyses(project.folder / ".dvc/tmp/lineage" if has_cache else None, project.folder)
        if not project.package_folder.is_dir():
            raise LineageError(f"{FILE}: [tool.lineage] `package`: there is no folder {project.package_folder.name}/")
        self.program = Program(project.package_folder, project.package, self._analyses)
        self._analyses.save()
        self._effects = Effects(self.program)
        self._libraries = Libraries(project)
        self._patterns = [root for root in project.roots if root.is_pattern]

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
                module = self.program.modules.get(each.module)
                if module is None or not self.program.attribute(module, each.attribute):
                    raise LineageError(
                        f"{FILE}: [tool.lineage.roots] `{each.key}`: there is no {each.module}:{each.attribute}"
                    )
                found[each.key] = each
            if not expanded:
                raise LineageError(
                    f"{FILE}: [tool.lineage.roots] `{root.key}`: nothing fits {root.module}:{root.attribute}"
                )
        return dict(sorted(found.items()))

    def _expand(self, root: Root) -> Iterator[Root]:
        wanted = root.module.split(".")
        for name, module in self.program.modules.items():
            parts = name.split(".")
            fits = len(parts) == len(wanted) and all(
                want in ("*", part) for want, part in zip(wanted, parts, strict=True)
            )
            if fits and self.program.attribute(module, root.attribute):
                filling = iter([part for want, part in zip(wanted, parts, strict=True) if want == "*"])
                key = ".".join(next(filling) if part == "*" else part for part in root.key.split("."))
                yield Root(key, name, root.attribute)

    def closure(self, key: str) -> Closure:
        """Returns the closure of a root."""
        root = self.roots[key]
        is_plugin = root not in self.project.roots
        closure = Closure(self.program, self._effects, self._patterns, is_plugin=is_plugin)
        return closure.reach_from(self._start(root))

    def _start(self, root: Root) -> list[Target]:
        return self.program.attribute(self.program.modules[root.module], root.attribute)

    def of(self, key: str) -> Fingerprint:
        """Returns the fingerprint of a root."""
        closure = self.closure(key)
        libraries = (
            self._libraries.version(name, self._place(node)) for name, node in sorted(closure.libraries.items())
        )
        return Fingerprint(
            code=_Digest(self.program, closure).code(self._start(self.roots[key])),
            libraries=dict(sorted(found for found in libraries if found)),
            nodes=_nodes(self.program, closure),
            covered=frozenset(closure.covered),
        )

    def all(self) -> dict[str, Fingerprint]:
        """Returns the fingerprints of all roots."""
        return {key: self.of(key) for key in self.roots}

    def _place(self, node: Node) -> str:
        return self.program.where(node.module, node.unit.line)


class _Digest:
    """Writes a closure down in the order of a walk from its root, so that nothing depends on where code stands."""

    def __init__(self, program: Program, closure: Closure) -> None:
        self.program = program
        self.closure = closure
        self.numbers: dict[Node, int] = {}
        self.lines: list[str] = []

    def code(self, start: list[Target]) -> str:
        self.lines.append("".join(map(self._target, start)))
        self._walk(0)
        rest = [node for node in self.closure.nodes if node not in self.numbers]
        # Reached without a reference: by registering, by loading a module, by a computed name.
        for node in sorted(rest, key=lambda node: (_own(self.closure, node), node.unit.name, node.module.name)):
            if node not in self.numbers:
                self._number(node)
                self._walk(len(self.numbers) - 1)
        files = ((name.rpartition("/")[2], _file(self.program, name)) for name in self.closure.files)
        self.lines.extend(f"{name} {content}" for name, content in sorted(files))
        return digest("\n".join(self.lines))

    def _walk(self, position: int) -> None:
        order = list(self.numbers)
        while position < len(order):
            self.lines.append(self._line(order[position]))
            position += 1
            if position == len(order):
                order = list(self.numbers)

    def _line(self, node: Node) -> str:
        parts = [_own(self.closure, node)]
        for signature in (False, True) if self.closure.counts_signature(node) else (False,):
            for _, targets in self.program.targets(node, signature=signature):
                parts.append("".join(map(self._target, targets)))
        if node.unit.kind == "class":
            methods = node.module.methods.get(node.unit.name, [])
            parts += [
                self._number(method) for method in sorted(methods, key=lambda m: m.name) if method in self.closure.nodes
            ]
        return " ".join(parts)

    def _target(self, target: Target) -> str:
        rest = "".join(f".{name}" for name in target.rest)
        if target.node is not None:
            return self._number(target.node) + rest
        return f"{target.external or ('module' if target.module else '')}{rest}"

    def _number(self, node: Node) -> str:
        return f"#{self.numbers.setdefault(node, len(self.numbers))}"


def _own(closure: Closure, node: Node) -> str:
    """Returns what of a node itself counts."""
    unit = node.unit
    parts = [unit.kind, unit.text]
    parts.append(unit.doc if closure.counts_doc(node) else "")
    parts.append(unit.inner_doc if closure.counts_inner_doc(node) else "")
    parts.append(unit.signature if closure.counts_signature(node) else "")
    return "|".join(parts)


def _nodes(program: Program, closure: Closure) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for node in sorted(closure.nodes, key=lambda node: node.module.nodes.index(node)):
        names = [target.external or repr(target.node) for _, targets in program.targets(node) for target in targets]
        found.setdefault(repr(node), []).append(digest(" ".join([_own(closure, node), *names])))
    found.update({f"{program.folder.name}/{name}": [_file(program, name)] for name in closure.files})
    return {name: "+".join(digests) for name, digests in sorted(found.items())}


def _file(program: Program, name: str) -> str:
    return sha256(program.data[name].read_bytes()).hexdigest()[:32]


def nested(values: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Returns dotted keys as a nested mapping."""
    tree: dict[str, Any] = {}
    for key, value in values:
        *parents, last = key.split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[last] = value
    return tree


def write(path: Path, fingerprints: dict[str, Fingerprint]) -> None:
    """Writes the file of fingerprints, at once or not at all."""
    tree = nested((key, fingerprint.value) for key, fingerprint in sorted(fingerprints.items()))
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        scratch.write_text(json.dumps(tree, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
