"""The modules of a package, linked: what each reference of each unit leads to."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple

from .unit import Reference, Source, Unit

Chain = tuple[str, ...]
# A name without computed parts, a suffix that is written out, or a folder that is.
_NAMES_FILES = re.compile(r"^[^*?]*[^*?.][^*?]*$|\.\w+$|(^|/)[^*?/]+/")


class Module:
    """A module and its nodes; its path is that in the package."""

    def __init__(self, name: str, path: str, source: Source) -> None:
        self.name = name
        self.path = path
        self.source = source
        self.package = name if path.endswith("__init__.py") else name.rpartition(".")[0]
        self.nodes = [Node(self, unit) for unit in source.units]
        self.bound: dict[str, list[Node]] = {}
        self.methods: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in node.unit.binds if node.unit.kind != "main" else ():
                self.bound.setdefault(name, []).append(node)
            if node.unit.kind == "method":
                self.methods.setdefault(node.unit.name.partition(".")[0], []).append(node)

    def absolute(self, name: str) -> str:
        """Returns a module name without leading dots."""
        bare = name.lstrip(".")
        level = len(name) - len(bare)
        if not level:
            return bare
        parts = self.package.split(".")
        return ".".join([*parts[: len(parts) - level + 1], *([bare] if bare else [])])


class Node:
    """A unit in its module."""

    __slots__ = ("module", "name", "unit")

    def __init__(self, module: Module, unit: Unit) -> None:
        self.module = module
        self.unit = unit
        self.name = unit.name.rpartition(".")[2]

    def __repr__(self) -> str:
        return f"{self.module.name}.{self.unit.name}"


class Target(NamedTuple):
    """What a reference leads to: a node, a whole module, or something outside (all None: a built-in or nothing).

    Attributes:
        node: The node.
        module: The module.
        external: A dotted name of another distribution or the standard library.
        rest: The attributes that are read from it.
    """

    node: Node | None = None
    module: Module | None = None
    external: str = ""
    rest: Chain = ()


class Program:
    """All modules and data files of one package.

    Args:
        package: The package's name.
        folder: Its folder, for messages.
        sources: The analysis of each Python file, by its path in the package.
        data: The digest of each other file, likewise.
    """

    def __init__(self, package: str, folder: str, sources: dict[str, Source], data: dict[str, str]) -> None:
        self.package = package
        self.folder = folder
        self.data = data
        self.modules: dict[str, Module] = {}
        for path, source in sources.items():
            parts = path.removesuffix(".py").split("/")
            name = ".".join([package, *(parts[:-1] if parts[-1] == "__init__" else parts)])
            self.modules[name] = Module(name, path, source)
        self._resolved: dict[tuple[str, str, Chain], list[Target]] = {}
        self._targets: dict[tuple[Node, bool], list[tuple[Reference, list[Target]]]] = {}
        self._attributes: set[str] | None = None

    @property
    def attributes(self) -> set[str]:
        """The names of all attributes that the package reads from anything."""
        if self._attributes is None:
            units = [unit for module in self.modules.values() for unit in module.source.units]
            self._attributes = {name for unit in units for name in unit.attributes}
            self._attributes.update(name for unit in units for reference in unit.references for name in reference.chain)
        return self._attributes

    def where(self, module: Module, line: int) -> str:
        """Returns a place in a file as people write it."""
        return f"{self.folder}/{module.path}:{line}"

    def is_internal(self, module: str) -> bool:
        """Returns whether a module name lies in the package."""
        return module == self.package or module.startswith(f"{self.package}.")

    def targets(self, node: Node, *, signature: bool = False) -> list[tuple[Reference, list[Target]]]:
        """Returns each reference of a node (or of its annotations) with what it leads to."""
        key = (node, signature)
        if key not in self._targets:
            references = node.unit.signature_references if signature else node.unit.references
            self._targets[key] = [
                (reference, self.resolve(node.module, reference.root, tuple(reference.chain)))
                for reference in references
            ]
        return self._targets[key]

    def resolve(self, module: Module, root: str, chain: Chain) -> list[Target]:
        """Returns what a name of a module, or `=` and an import, leads to with attributes read from it."""
        key = (module.name, root, chain)
        if key not in self._resolved:
            self._resolved[key] = []  # a name that leads to itself leads nowhere
            found = self._imported(module, root[1:]) if root[0] == "=" else self.lookup(module, root)
            self._resolved[key] = [end for target in found or [Target()] for end in self._descend(target, chain)]
        return self._resolved[key]

    def lookup(self, module: Module, name: str) -> list[Target]:
        """Returns what a module's name leads to, nothing if the module doesn't have it."""
        found = [Target(node=node) for node in module.bound.get(name, [])]
        for spec in module.source.aliases.get(name, []):
            found += self._imported(module, spec)
        inner = self.modules.get(f"{module.name}.{name}")
        if not found and inner:
            found = [Target(module=inner)]
        return found or self._starred(module, name)

    def attribute(self, module: Module, name: str) -> list[Target]:
        """Returns what an attribute of a module leads to when read from outside."""
        found = self.lookup(module, name)
        return found or [Target(node=node) for node in module.bound.get("__getattr__", [])]

    def _starred(self, module: Module, name: str) -> list[Target]:
        found: list[Target] = []
        for star in module.source.stars:
            origin = module.absolute(star)
            source = self.modules.get(origin)
            if source is None:
                found += [] if self.is_internal(origin) else [Target(external=f"{origin}.{name}")]
            elif name in source.source.exported if source.source.exported is not None else name[0] != "_":
                found += self.resolve(source, name, ())
        return [target for target in found if target != Target()]

    def _imported(self, module: Module, spec: str) -> list[Target]:
        name, _, attribute = spec.partition(":")
        name = module.absolute(name)
        if not self.is_internal(name):
            return [Target(external=f"{name}.{attribute}" if attribute else name)]
        found = self.modules.get(name)
        if found is None:
            return []
        return self.resolve_attribute(found, attribute) if attribute else [Target(module=found)]

    def resolve_attribute(self, module: Module, name: str) -> list[Target]:
        """Returns what an attribute of a module leads to; follows chains of re-exports."""
        key = (module.name, f".{name}", ())
        if key not in self._resolved:
            self._resolved[key] = []
            self._resolved[key] = self.attribute(module, name)
        return self._resolved[key]

    def _descend(self, target: Target, chain: Chain) -> Iterator[Target]:
        if target.external:
            yield Target(external=".".join([target.external, *chain]))
        elif target.module is not None and chain:
            found = self.resolve_attribute(target.module, chain[0])
            for inner in found or [Target(rest=chain)]:
                yield from self._descend(inner, chain[1:]) if found else [inner]
        else:
            yield target._replace(rest=chain)

    def loaded(self, module: Module, text: str) -> Iterator[Module]:
        """Yields the modules that an import loads, packages around them included."""
        name, _, attribute = text.partition(":")
        name = module.absolute(name)
        for loaded in (f"{name}.{attribute}", name) if attribute else (name,):
            parts = loaded.split(".")
            for end in range(len(parts), 0, -1):
                found = self.modules.get(".".join(parts[:end]))
                if found is not None:
                    yield found

    def files(self, text: str) -> list[str]:
        """Returns the data files that a string may name: a path's end, a pattern, a suffix or a folder."""
        wanted = text.removeprefix("./").strip("/")
        if not _NAMES_FILES.search(wanted):
            return []
        folder = f"/{wanted}/"
        end = wanted if wanted.startswith(".") else f"/{wanted}"
        if "*" in wanted or "?" in wanted or "[" in wanted:
            return [name for name in self.data if fnmatchcase(f"/{name}", f"*{end}")]
        return [name for name in self.data if f"/{name}".endswith(end) or folder in f"/{name}"]

    def files_beside(self, module: Module) -> list[str]:
        """Returns the data files in a module's folder and below."""
        folder = module.path.rpartition("/")[0]
        return [name for name in self.data if name.startswith(f"{folder}/" if folder else "")]
