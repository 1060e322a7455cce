"""What defining a unit does to others: registries it writes to, or the world outside the package."""

from .program import Node, Program, Target
from .tables import CHECKING_MODULES, LOOKING_METHODS, TRANSPARENT_BUILTINS, TRANSPARENT_MODULES
from .unit import BASE, CALL, DECORATE, EFFECT, EXECUTED, VALUE, WRITE, Reference


def is_transparent(target: Target, root: str) -> bool:
    """Returns whether a decorator only changes how its function behaves (`@value.setter` counts as one, too)."""
    if target.node is not None or target.module is not None:
        return False
    if target.external:
        return target.external.partition(".")[0] in TRANSPARENT_MODULES
    return root in TRANSPARENT_BUILTINS or bool(target.rest)


def _checks(use: int, target: Target) -> bool:
    """Returns whether a decorator can refuse its arguments, and so the loading of the module."""
    return bool(use & CALL and target.external and target.external.partition(".")[0] in CHECKING_MODULES)


class Effects:
    """Finds, for a unit, the nodes that defining it writes to, and whether it acts on the world outside."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._found: dict[Node, tuple[frozenset[Node], bool]] = {}

    def of(self, node: Node) -> tuple[frozenset[Node], bool]:
        """Returns the nodes written to when a unit's definition is executed, and whether it acts on the world."""
        if node not in self._found:
            self._found[node] = _Execution(self.program).define(node)
        return self._found[node]


class _Execution:
    """What happens while one definition is executed: everything that the functions it calls may do, too."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.written: set[Node] = set()
        self.called: dict[Node, None] = {}
        self.acts = False

    def define(self, node: Node) -> tuple[frozenset[Node], bool]:
        self.acts = bool(node.unit.acts & EXECUTED)
        self._references(node, EXECUTED)
        if node.unit.kind == "class":
            self._class_statement(node)
        done = 0
        while done < len(self.called):
            for called in list(self.called)[done:]:
                done += 1
                self._call(called)
        return frozenset(self.written), self.acts

    def _references(self, node: Node, only: int = ~0) -> None:
        for reference, targets in self.program.targets(node):
            if reference.use & only:
                for target in targets:
                    self._use(reference.use, reference.root, target)

    def _class_statement(self, node: Node) -> None:
        for method in self._methods(node):  # their decorators and defaults
            self._references(method, EXECUTED)
        bases = self._bases(node, set())
        inherited = [method for base in bases - {node} for method in self._methods(base)]
        metaclass = any(reference.root == "type" for base in bases for reference, _ in self._written_bases(base))
        hooks = [method for method in inherited if metaclass or method.name == "__init_subclass__"]
        if hooks:
            self.called.update(dict.fromkeys(hooks))
            self.written.update(bases - {node})

    def _call(self, node: Node) -> None:
        self.acts |= bool(node.unit.acts)
        self._references(node)
        if node.unit.kind == "class":
            special = [method for method in self._methods(node) if method.name.startswith("__")]
            self.called.update(dict.fromkeys(special))

    def _use(self, use: int, root: str, target: Target) -> None:
        node = target.node
        calls_part = bool(use & (CALL | DECORATE) and target.rest and target.rest[-1] not in LOOKING_METHODS)
        if node is None:
            registers = use & DECORATE and (_checks(use, target) or not is_transparent(target, root))
            self.acts |= bool(registers or (use & EFFECT and target.module is None))
        elif use & WRITE:
            self.written.add(node)
        elif node.unit.kind not in ("function", "class", "method"):
            kept = use & VALUE and not target.rest
            if use & DECORATE or (node.unit.mutable and (kept or calls_part or (use & CALL and not target.rest))):
                self.written.add(node)
        elif calls_part:
            self._call_part(node, target.rest[0])
        elif use & (CALL | DECORATE | VALUE | BASE):
            self.called[node] = None

    def _call_part(self, node: Node, name: str) -> None:
        methods = [method for method in self._methods(node) if method.name == name]
        self.called.update(dict.fromkeys(methods))
        if not methods or any(method.unit.writes_self for method in methods):
            self.written.add(node)

    def _methods(self, node: Node) -> list[Node]:
        return node.module.methods.get(node.unit.name, [])

    def _written_bases(self, node: Node) -> list[tuple[Reference, list[Target]]]:
        return [pair for pair in self.program.targets(node) if pair[0].use & BASE]

    def _bases(self, node: Node, seen: set[Node]) -> set[Node]:
        seen.add(node)
        for _, targets in self._written_bases(node):
            for target in targets:
                if target.node is not None and target.node not in seen:
                    self._bases(target.node, seen)
        return seen
