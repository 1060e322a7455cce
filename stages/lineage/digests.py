"""The digest of a closure, and of each of its parts."""

from .closure import Closure
from .program import Node, Program, Target
from .text import digest


def code_digest(program: Program, closure: Closure, start: list[Target]) -> str:
    """Returns a digest of a closure that nothing depends on but what its code does.

    The closure is written down in the order of a walk from its root, with numbers in place of the names of nodes: it
    doesn't matter in which module a definition stands or what it is imported as.
    """
    return _Walk(program, closure).digest(start)


def node_digests(program: Program, closure: Closure) -> dict[str, str]:
    """Returns kind and digest of each part of a closure, by qualified name or by path: they tell what changed."""
    found: dict[str, list[str]] = {}
    for module in dict.fromkeys(node.module for node in closure.nodes):
        for node in module.nodes:
            if node in closure.nodes:
                found.setdefault(repr(node), [node.unit.kind]).append(_described(program, closure, node))
    for name in closure.files:
        found[f"{program.folder}/{name}"] = ["file", program.data[name]]
    return {name: " ".join(parts) for name, parts in sorted(found.items())}


def _described(program: Program, closure: Closure, node: Node) -> str:
    used = [_outer_name(target) for _, targets in program.targets(node) for target in targets]
    return digest(" ".join([_own(closure, node), *used]))


def _outer_name(target: Target) -> str:
    name = target.node.unit.name if target.node else target.external
    return ".".join([name, *target.rest])


class _Walk:
    def __init__(self, program: Program, closure: Closure) -> None:
        self.program = program
        self.closure = closure
        self.numbers: dict[Node, int] = {}
        self.order: list[Node] = []
        self.lines: list[str] = []

    def digest(self, start: list[Target]) -> str:
        self.lines.append("".join(map(self._target, start)))
        self._write()
        # Reached without a reference: by registering, by loading a module, by a computed name.
        rest = [node for node in self.closure.nodes if node not in self.numbers]
        for node in sorted(rest, key=lambda node: (_own(self.closure, node), node.unit.name, node.module.name)):
            self._number(node)
            self._write()
        files = ((name.rpartition("/")[2], self.program.data[name]) for name in self.closure.files)
        self.lines.extend(f"{name} {content}" for name, content in sorted(files))
        return digest("\n".join(self.lines))

    def _write(self) -> None:
        """Writes the nodes that have a number but no line yet; that gives others numbers."""
        while len(self.lines) <= len(self.order):
            self.lines.append(self._line(self.order[len(self.lines) - 1]))

    def _line(self, node: Node) -> str:
        parts = [_own(self.closure, node)]
        for signature in (False, True) if self.closure.counts_signature(node) else (False,):
            for _, targets in self.program.targets(node, signature=signature):
                parts.append("".join(map(self._target, targets)))
        if node.unit.kind == "class":
            methods = [method for method in node.module.methods.get(node.unit.name, []) if method in self.closure.nodes]
            parts += [self._number(method) for method in sorted(methods, key=lambda method: method.name)]
        return " ".join(parts)

    def _target(self, target: Target) -> str:
        rest = "".join(f".{name}" for name in target.rest)
        if target.node is not None:
            return self._number(target.node) + rest
        return f"{target.external or ('module' if target.module else '')}{rest}"

    def _number(self, node: Node) -> str:
        if node not in self.numbers:
            self.numbers[node] = len(self.order)
            self.order.append(node)
        return f"#{self.numbers[node]}"


def _own(closure: Closure, node: Node) -> str:
    """Returns what of a node itself counts."""
    unit = node.unit
    parts = [unit.kind, unit.text]
    parts.append(unit.doc if closure.counts_doc(node) else "")
    parts.append(unit.inner_doc if closure.counts_inner_doc(node) else "")
    parts.append(unit.signature if closure.counts_signature(node) else "")
    return "|".join(parts)
