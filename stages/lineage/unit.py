"""What the analysis of one file yields: its units, and the names it binds. Plain data that fits into JSON."""

from typing import Any, NamedTuple

# How a unit uses a name; uses of one name are or-ed together.
READ = 1  # looked at, neither kept nor handed on
CALL = 2
VALUE = 4  # kept, handed on or returned: whoever gets it may do anything with it
WRITE = 8  # assigned to, or to a part of it
BASE = 16
DECORATE = 32
EXECUTED = 64  # when the unit is defined, not only when it is called
EFFECT = 128  # for what it does, not for what it returns
WIDE = 256  # its attributes are looked up by computed names
LOAD = 512  # imported
PEEK = 1024  # one attribute of it is looked up by a constant name


class Reference(NamedTuple):
    """A use of a name from outside the unit.

    Attributes:
        root: A name of the module, or `=` and what a local import stands for.
        chain: The attributes that are read from it, one after another.
        use: How it is used.
    """

    root: str
    chain: list[str]
    use: int


class Lookup(NamedTuple):
    """An import or look-up by a computed name.

    Attributes:
        line: Where.
        what: The source text, for messages.
        shape: The name with `*` for what is computed; None if it can't be told.
        package: What a relative name is relative to, in the same form.
        attributes: What is read from the module; None if the module itself is handed on.
    """

    line: int
    what: str
    shape: str | None
    package: str | None
    attributes: list[str] | None


class Unit(NamedTuple):
    """The smallest piece of code that is in a closure or not.

    Attributes:
        name: Qualified name within its module; `Class.method` for a method.
        kind: `function`, `class` (its header and attributes), `method`, `binding`, `statement`, or `main` (a block that
            runs only if the module is the program).
        line: Where it starts.
        binds: The module's names that it binds.
        text: Digest of its syntax tree without docstrings and annotations, with numbered places for references.
        doc: Digest of its docstring; empty if it has none.
        inner_doc: Digest of the docstrings and annotations of the functions inside it; empty if there are none.
        signature: Digest of its annotations.
        references: In order of appearance.
        signature_references: Those of its annotations.
        attributes: Names of all attributes it reads from anything.
        values: Those of them that it doesn't just call.
        strings: Constants that may name a file or a module, `*` for computed parts.
        imports: What its own import statements load.
        lookups: By computed names.
        reads: What it reads of other definitions, `READS_DOCS` and `READS_SIGNATURES`.
        any_attribute: Whether it reads attributes by computed names from it knows not what.
        own_module: Whether it looks names of its own module up by computed names.
        locates: Whether it asks where its file is.
        nested: Whether it contains other definitions.
        mutable: For a binding: whether its value can change.
        writes_self: For a method: whether it changes its first parameter.
        acts: Whether it does something that isn't a use of a name, `EXECUTED` (when defined) and `CALL` (when called).
    """

    name: str
    kind: str
    line: int
    binds: list[str]
    text: str
    doc: str
    inner_doc: str
    signature: str
    references: list[Reference]
    signature_references: list[Reference]
    attributes: list[str]
    values: list[str]
    strings: list[str]
    imports: list[str]
    lookups: list[Lookup]
    reads: int
    any_attribute: bool
    own_module: bool
    locates: bool
    nested: bool
    mutable: bool
    writes_self: bool
    acts: int


_REFERENCES = (Unit._fields.index("references"), Unit._fields.index("signature_references"))
_LOOKUPS = Unit._fields.index("lookups")


class Source(NamedTuple):
    """The analysis of one file. It says nothing of where the file is.

    Attributes:
        units: In order of appearance.
        aliases: What imported names stand for.
        stars: Modules whose names are all imported.
        imports: What the module loads when it is loaded.
        unused: Modules that it imports without using the name: for their effects.
        exported: `__all__`; None if there is none.
    """

    units: list[Unit]
    aliases: dict[str, list[str]]
    stars: list[str]
    imports: list[str]
    unused: list[str]
    exported: list[str] | None


def unpack(row: list[Any]) -> Source:
    """Restores a `Source` that went through JSON, where named tuples become lists."""
    return Source([_unit(fields) for fields in row[0]], *row[1:])


def _unit(fields: list[Any]) -> Unit:
    for position in _REFERENCES:
        fields[position] = [Reference(*reference) for reference in fields[position]]
    fields[_LOOKUPS] = [Lookup(*lookup) for lookup in fields[_LOOKUPS]]
    return Unit(*fields)
