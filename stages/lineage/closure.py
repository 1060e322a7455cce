"""Everything that can shape what a root does: the nodes reached from it, to a fixed point."""

from collections.abc import Set
from typing import NamedTuple

from .effects import Effects, is_transparent
from .naming import named_by
from .program import Module, Node, Program, Target
from .project import Root
from .tables import PASSIVE_BASES, READERS, READS_DOCS, READS_FIELDS, READS_SIGNATURES
from .unit import BASE, DECORATE, EXECUTED, READ, VALUE, WIDE, Reference


class Facts(NamedTuple):
    """What a closure does that decides which methods, docstrings and registrations count, in it and in others."""

    nodes: Set[Node]
    attributes: Set[str]
    values: Set[str]
    reads: int
    any_attribute: bool
    class_docs: bool


class Closure:
    """The closure of one root.

    Attributes:
        nodes: All nodes in the order they were reached, each with the node that reached it first (None for the root).
        files: Data files, by their path in the package.
        covered: Patterns of roots whose modules are imported by computed names: those roots are closures of their own.
        libraries: Top-level names of modules from elsewhere, each with a node that uses it.

    Args:
        program: The linked package.
        effects: What definitions do to others.
        patterns: The roots that stand for dynamic imports.
        is_plugin: Whether the root is loaded by others, which may do anything with its value.
    """

    def __init__(self, program: Program, effects: Effects, patterns: list[Root], *, is_plugin: bool = False) -> None:
        self.program = program
        self.effects = effects
        self.patterns = patterns
        self.is_plugin = is_plugin
        self.nodes: dict[Node, Node | None] = {}
        self._reaching: Node | None = None
        self.files: set[str] = set()
        self.covered: set[str] = set()
        self.libraries: dict[str, Node] = {}
        self.reads = 0
        self._pending: list[Node] = []
        self._modules: set[Module] = set()
        self._attributes: set[str] = set()
        self._values: set[str] = set()
        self._escaped: set[Node] = set()
        self._signed: set[Node] = set()
        self._elsewhere: set[Node] = set()  # reached by what runs together with the root
        self._methods: dict[str, list[Node]] = {}  # of reached classes, waiting for their name to be read
        self._registrants: dict[Node, list[Node]] = {}  # waiting for what they write to
        self._subclasses: dict[Node, list[Node]] = {}
        self._any_attribute = self._any_subclass = self._class_docs = False

    # The fixed point

    def reach_from(self, targets: list[Target]) -> "Closure":
        """Adds everything reached from targets and returns the closure."""
        for target in targets:
            self._follow(None, Reference("", [], VALUE if self.is_plugin else READ), target)
        self._settle()
        return self

    @property
    def facts(self) -> Facts:
        """What others that run together with the root need to know."""
        flags = (self.reads, self._any_attribute, self._class_docs)
        return Facts(self.nodes.keys(), self._attributes, self._values, *flags)

    def assume(self, facts: Facts) -> bool:
        """Adds what counts because of others that run together with the root; returns whether its facts changed."""
        before = [len(fact) if isinstance(fact, Set) else fact for fact in self.facts]
        self._reaching = None
        self.reads |= facts.reads
        self._values |= facts.values
        self._class_docs |= facts.class_docs
        for name in facts.attributes - self._attributes:
            self._attribute(name)
        if facts.any_attribute:
            self._read_any_attribute()
        for node in facts.nodes - self._elsewhere - self.nodes.keys():
            self._elsewhere.add(node)
            self._reach_registered(node)
        self._settle()
        return before != [len(fact) if isinstance(fact, Set) else fact for fact in self.facts]

    def _settle(self) -> None:
        while self._pending:
            while self._pending:
                self._process(self._pending.pop())
            self._reach_signatures()

    def _reach_signatures(self) -> None:
        for node in list(self.nodes):
            if node not in self._signed and self.counts_signature(node):
                self._signed.add(node)
                self._reaching = node
                self._references(node, signature=True)

    def _reach(self, node: Node) -> None:
        if node not in self.nodes:
            self.nodes[node] = self._reaching
            self._pending.append(node)

    def _process(self, node: Node) -> None:
        unit = node.unit
        self._reaching = node
        self._load(node.module)
        self.reads |= unit.reads
        self._references(node)
        for text in unit.imports:
            self._load_all(node.module, text)
        for name in unit.attributes:
            self._attribute(name)
        self._values.update(unit.values)
        if unit.any_attribute:
            self._read_any_attribute()
        if unit.own_module:
            self._widen(node.module)
        if unit.kind == "class":
            self._class(node)
        if unit.reads & (READS_DOCS | READS_SIGNATURES) and (
            "__class__" in unit.attributes or any(r.root == "type" for r in unit.references)
        ):
            self._class_docs = True
        if unit.strings or unit.lookups or unit.references:
            self._named(node)
        self._reach_registered(node)

    def _reach_registered(self, node: Node) -> None:
        for registrant in self._registrants.pop(node, ()):
            self._reach(registrant)
        if self._any_subclass:
            for subclass in self._subclasses.get(node, ()):
                self._reach(subclass)

    def _is_reached(self, node: Node) -> bool:
        return node in self.nodes or node in self._elsewhere

    def _references(self, node: Node, *, signature: bool = False) -> None:
        for reference, targets in self.program.targets(node, signature=signature):
            for target in targets:
                self._follow(node, reference, target)

    def _follow(self, node: Node | None, reference: Reference, target: Target) -> None:
        use = reference.use
        for name in target.rest:
            self._attribute(name)
        if target.rest and not use & DECORATE:
            self._values.add(target.rest[-1])
        if target.node is not None:
            self._reach(target.node)
            if (use & VALUE and not target.rest) or any(name in READERS for name in target.rest):
                self._escaped.add(target.node)
            if use & WIDE or "__dict__" in target.rest:
                self._read_any_attribute()
        elif target.module is not None:
            self._load(target.module)
            if use & (VALUE | WIDE):
                self._widen(target.module)
        elif target.external and node is not None:
            self.libraries.setdefault(target.external.partition(".")[0], node)

    def path(self, node: Node) -> list[Node]:
        """Returns how a node was reached: the nodes from the root to it."""
        path = [node]
        while (before := self.nodes[path[-1]]) is not None:
            path.append(before)
        return path[::-1]

    # Classes and attributes

    def _class(self, node: Node) -> None:
        everything = self._has_foreign_base(node, set())
        for method in node.module.methods.get(node.unit.name, []):
            if everything or self._is_called_unseen(method) or method.name in self._attributes or self._any_attribute:
                self._reach(method)
            else:
                self._methods.setdefault(method.name, []).append(method)

    def _is_called_unseen(self, method: Node) -> bool:
        special = method.name.startswith("_") and method.name.endswith("_")
        return special or method.name not in self.program.attributes or self._is_decorated(method)

    def _is_decorated(self, node: Node) -> bool:
        return any(
            not is_transparent(target, reference.root)
            for reference, targets in self.program.targets(node)
            if reference.use & DECORATE and reference.use & EXECUTED
            for target in targets
        )

    def _has_foreign_base(self, node: Node, seen: set[Node]) -> bool:
        seen.add(node)
        for reference, targets in self.program.targets(node):
            if reference.use & (BASE | DECORATE):
                for target in targets:
                    if self._is_foreign(reference, target, seen):
                        return True
        return False

    def _is_foreign(self, reference: Reference, target: Target, seen: set[Node]) -> bool:
        if target.node is not None and reference.use & BASE:
            is_class = target.node.unit.kind == "class"
            return target.node not in seen and (not is_class or self._has_foreign_base(target.node, seen))
        if reference.use & DECORATE:
            return target.node is None and not is_transparent(target, reference.root)
        if target.external:
            return target.external not in PASSIVE_BASES
        return not (reference.root == "object" or reference.root.endswith(("Error", "Exception", "Warning")))

    def _attribute(self, name: str) -> None:
        if name not in self._attributes:
            self._attributes.add(name)
            for method in self._methods.pop(name, ()):
                self._reach(method)
            if name == "__subclasses__":
                self._read_subclasses()

    def _read_any_attribute(self) -> None:
        if self._any_attribute:
            return
        self._any_attribute = True
        for methods in self._methods.values():
            for method in methods:
                self._reach(method)
        self._methods.clear()

    def _read_subclasses(self) -> None:
        self._any_subclass = True
        for base, subclasses in self._subclasses.items():
            if self._is_reached(base):
                for subclass in subclasses:
                    self._reach(subclass)

    # Modules: loading one executes its statements

    def _load_all(self, module: Module, text: str) -> None:
        for loaded in self.program.loaded(module, text):
            self._load(loaded)

    def _load(self, module: Module) -> None:
        if module in self._modules:
            return
        self._modules.add(module)
        for text in (module.package, *module.source.imports):
            self._load_all(module, text)
        for name in module.source.unused:
            if not self.program.is_internal(name) and module.nodes:
                self.libraries.setdefault(name.partition(".")[0], module.nodes[0])
        for node in module.nodes:
            if node.unit.kind not in ("main", "method"):
                self._execute(node)

    def _execute(self, node: Node) -> None:
        written, acts = self.effects.of(node)
        if acts or any(map(self._is_reached, written)):
            self._reach(node)
        for target in written:
            self._registrants.setdefault(target, []).append(node)
        if node.unit.kind == "class":
            for reference, targets in self.program.targets(node):
                for base in (target.node for target in targets if target.node and reference.use & BASE):
                    self._subclasses.setdefault(base, []).append(node)
                    if self._any_subclass and self._is_reached(base):
                        self._reach(node)

    def _widen(self, module: Module, *, as_program: bool = False) -> None:
        self._load(module)
        for node in module.nodes:
            if as_program or node.unit.kind != "main":
                self._reach(node)
        for name in module.source.aliases:
            for target in self.program.lookup(module, name):
                if target.node is not None:
                    self._reach(target.node)

    def _named(self, node: Node) -> None:
        named = named_by(self.program, self.patterns, node)
        self.files |= named.files
        self.covered |= named.covered
        for target in named.targets:
            self._follow(node, Reference("", [], READ if target.module else VALUE), target)
        for module in named.modules:
            self._widen(module)
        for module in named.programs:
            self._widen(module, as_program=True)

    # What of a node counts

    def counts_doc(self, node: Node) -> bool:
        """Returns whether a node's docstring is data."""
        return bool(node.unit.doc and self.reads & READS_DOCS and self._escapes(node))

    def counts_inner_doc(self, node: Node) -> bool:
        """Returns whether the docstrings of definitions inside a node are data."""
        return bool(node.unit.inner_doc and self.reads & READS_DOCS)

    def counts_signature(self, node: Node) -> bool:
        """Returns whether a node's annotations are data."""
        unit = node.unit
        if not unit.signature:
            return False
        if unit.kind == "class":  # who is handed a data class, may read its fields' annotations
            return bool(self.reads & READS_FIELDS) or self._escapes(node)
        return bool(self.reads & READS_SIGNATURES and (unit.nested or self._escapes(node)))

    def _escapes(self, node: Node) -> bool:
        if node in self._escaped or self._is_decorated(node):
            return True
        if node.unit.kind == "class":
            return self._class_docs
        if node.unit.kind == "method":
            owner = node.unit.name.partition(".")[0]
            return (
                node.name in self._values
                or self._any_attribute
                or any(found in self._escaped for found in node.module.bound.get(owner, []))
            )
        return False
