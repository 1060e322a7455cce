"""What computed names and strings may stand for: modules, attributes of modules, data files."""

from dataclasses import dataclass, field

from .errors import LineageError
from .program import Module, Node, Program, Target
from .project import FILE, Root
from .shapes import MODULE, PACKAGE
from .tables import MOVES
from .unit import EXECUTED, Lookup


@dataclass
class Named:
    """What a node reaches by names that are not written as names.

    Attributes:
        targets: Like a reference's.
        modules: Modules any name of which may be reached.
        programs: Modules that are run as programs.
        covered: Keys of the roots that stand for what is imported.
        files: Data files.
    """

    targets: list[Target] = field(default_factory=list)
    modules: list[Module] = field(default_factory=list)
    programs: list[Module] = field(default_factory=list)
    covered: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)


def named_by(program: Program, patterns: list[Root], node: Node) -> Named:
    """Returns what a node's strings and look-ups may stand for.

    Raises:
        LineageError: If a look-up can't be resolved and no root stands for it; names file and line.
    """
    named = Named(files=_files(program, node))
    for text in node.unit.strings:
        _string(program, node, text, named)
    for lookup in node.unit.lookups:
        _look_up(program, patterns, node, lookup, named)
    return named


def _string(program: Program, node: Node, text: str, named: Named) -> None:
    name, _, attribute = text.partition(":")
    module = program.modules.get(name)
    if module is None:
        return
    if "-m" in node.unit.strings and not attribute:
        named.programs.append(program.modules.get(f"{name}.__main__", module))
    elif "." in name and attribute:
        named.targets += program.attribute(module, attribute)
    elif "." in name:
        named.modules.append(module)


def _look_up(program: Program, patterns: list[Root], node: Node, lookup: Lookup, named: Named) -> None:
    name = _placed(node.module, lookup.shape)
    if name is not None and name.startswith("."):
        package = _placed(node.module, lookup.package)
        name = None if package is None or "*" in package else _relative(package, name)
    if name is None or not name.strip("*."):
        raise _refusal(program, node, lookup, "there is no telling what it reaches; write the name out, or build it")
    if "*" not in name:
        _constant(program, name, lookup, named)
    elif program.is_internal(name.partition("*")[0].rstrip(".")) or name[0] == "*":
        _pattern(program, patterns, node, lookup, name, named)
    else:
        named.targets.append(Target(external=name.partition("*")[0].rstrip(".")))


def _placed(module: Module, shape: str | None) -> str | None:
    return shape.replace(MODULE, module.name).replace(PACKAGE, module.package) if shape else None


def _relative(package: str, name: str) -> str:
    bare = name.lstrip(".")
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - (len(name) - len(bare)) + 1], bare])


def _constant(program: Program, name: str, lookup: Lookup, named: Named) -> None:
    module = program.modules.get(name)
    if module is None:
        named.targets += [] if program.is_internal(name) else [Target(external=name)]
    elif lookup.attributes is None:
        named.modules.append(module)
    else:
        named.targets.append(Target(module=module))  # loaded, whatever is read
        named.targets += [target for each in lookup.attributes for target in program.attribute(module, each)]


def _pattern(program: Program, patterns: list[Root], node: Node, lookup: Lookup, name: str, named: Named) -> None:
    declared = [root for root in patterns if root.module == name]
    if not declared:
        key = ".".join(["NAMES", *"*" * name.count("*")])
        keys = f'"{key}" = "{name}:NAME"'
        raise _refusal(
            program, node, lookup, f"declare what it may import as a root, such as {keys}, or build the name"
        )
    if lookup.attributes is None:
        raise _refusal(
            program, node, lookup, "the module is handed on whole; read the attribute where it is imported, or build it"
        )
    for attribute in lookup.attributes:
        if attribute not in {root.attribute for root in declared}:
            raise _refusal(
                program,
                node,
                lookup,
                f'no root stands for its `{attribute}`; declare "{name}:{attribute}", or build the name',
            )
    named.covered.update(root.key for root in declared if root.attribute in lookup.attributes)


def _refusal(program: Program, node: Node, lookup: Lookup, remedy: str) -> LineageError:
    where = program.where(node.module, lookup.line)
    return LineageError(f"{where}: `{lookup.what}`: {remedy} from constants ([tool.lineage.roots] in {FILE})")


def _files(program: Program, node: Node) -> set[str]:
    found = {name for text in node.unit.strings for name in program.files(text)}
    lists_modules = any(text.endswith(".py") for text in node.unit.strings)
    if not found and not lists_modules and not _is_place(node) and _knows_place(program, node, set()):
        found.update(program.files_beside(node.module))
    return found


def _is_place(node: Node) -> bool:
    """Returns whether a node is a constant such as `HERE = Path(__file__).parent`, that names no file yet."""
    unit = node.unit
    return unit.kind == "binding" and set(unit.attributes) <= MOVES and all(r.use & EXECUTED for r in unit.references)


def _knows_place(program: Program, node: Node, seen: set[Node]) -> bool:
    seen.add(node)
    if node.unit.locates:
        return True
    constants = {target.node for _, targets in program.targets(node) for target in targets if target.node} - seen
    return any(_is_place(constant) and _knows_place(program, constant, seen) for constant in constants)
