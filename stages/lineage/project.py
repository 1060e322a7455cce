"""The `[tool.lineage]` section of pyproject.toml."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from .choices import Choice, read_choice
from .errors import LineageError

FILE = "pyproject.toml"


@dataclass(frozen=True)
class Root:
    """Something that a stage of the pipeline depends on: a key of the fingerprints file, and where its code starts.

    Attributes:
        key: Dotted; may contain `*` parts.
        module: Dotted; each `*` part stands for one name and fills the `*` of the key in the same order.
        attribute: The name in that module.
    """

    key: str
    module: str
    attribute: str

    @property
    def is_pattern(self) -> bool:
        """Whether it stands for several modules."""
        return "*" in self.module

    def fill(self, module: str) -> "Root | None":
        """Returns the root that a pattern stands for in a module; None if the module doesn't fit."""
        wanted, parts = self.module.split("."), module.split(".")
        if len(parts) != len(wanted) or any(want not in ("*", part) for want, part in zip(wanted, parts, strict=True)):
            return None
        return self.filled([part for want, part in zip(wanted, parts, strict=True) if want == "*"])

    def filled(self, names: list[str]) -> "Root":
        """Returns the root that a pattern stands for with names in place of its `*` parts."""
        return Root(_filled(self.key, names), _filled(self.module, names), self.attribute)

    def names(self, key: str) -> list[str] | None:
        """Returns the names in place of the pattern's `*` parts; None if the key doesn't fit."""
        wanted, parts = self.key.split("."), key.split(".")
        if len(parts) != len(wanted) or any(want not in ("*", part) for want, part in zip(wanted, parts, strict=True)):
            return None
        return [part for want, part in zip(wanted, parts, strict=True) if want == "*"]


def _filled(pattern: str, names: list[str]) -> str:
    filling = iter(names)
    return ".".join(next(filling) if part == "*" else part for part in pattern.split("."))


@dataclass(frozen=True)
class Project:
    """What is fingerprinted, and where the fingerprints go.

    Attributes:
        folder: The repository's root; the other paths are relative to it.
        package: Name of the package.
        package_folder: Its folder.
        locks: Files of `NAME==VERSION` lines.
        fingerprints: The file of fingerprints.
        roots: In the order of the file.
        distributions: Import name to the name of the distribution that brings it, where they can't be matched by name.
        choices: Which roots of a pattern count, where a parameter says so.
        optional: Key of a pattern whose modules may be missing, to the key of the pattern that says where one could be.
    """

    folder: Path
    package: str
    package_folder: PurePosixPath
    locks: tuple[PurePosixPath, ...]
    fingerprints: PurePosixPath
    roots: tuple[Root, ...]
    distributions: dict[str, str]
    choices: tuple[Choice, ...] = ()
    optional: dict[str, str] = field(default_factory=dict)

    def counts(self, key: str, pattern: Root) -> bool:
        """Returns whether a root that was expanded from a pattern counts."""
        return all(choice.admits(key, pattern.key) for choice in self.choices)


def read_project(folder: Path | str = ".") -> Project:
    """Reads the configuration of the project in a folder.

    Raises:
        LineageError: If a part is missing or malformed; names the key.
    """
    root = Path(folder).resolve()
    try:
        return parse_project((root / FILE).read_bytes(), root)
    except FileNotFoundError:
        raise LineageError(f"{FILE}: no such file; run from the root of the repository") from None


def parse_project(content: bytes, root: Path) -> Project:
    """Reads the configuration from the content of its file.

    Raises:
        LineageError: If a part is missing or malformed; names the key.
    """
    section = _section(content)
    package = _text(section, "package")
    locks = section.get("lock", [])
    return Project(
        folder=root,
        package=package,
        package_folder=PurePosixPath(section.get("folder", package.replace(".", "/"))),
        locks=tuple(map(PurePosixPath, [locks] if isinstance(locks, str) else locks)),
        fingerprints=PurePosixPath(_text(section, "fingerprints")),
        roots=tuple(_root(key, place) for key, place in _table(section, "roots").items()),
        distributions=_table(section, "distributions") if "distributions" in section else {},
        choices=tuple(_choices(section, root)),
        optional=_optional(section),
    )


def _section(text: bytes) -> dict[str, Any]:
    try:
        content = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LineageError(f"{FILE}: not valid TOML ({error})") from None
    section = content.get("tool", {}).get("lineage")
    if not isinstance(section, dict):
        raise LineageError(f"{FILE}: has no [tool.lineage] section; add one that names `package` and `roots`")
    return section


def _text(section: dict[str, Any], key: str) -> str:
    value = section.get(key)
    if not isinstance(value, str) or not value:
        raise LineageError(f"{FILE}: [tool.lineage] needs `{key}` as a text")
    return value


def _table(section: dict[str, Any], key: str) -> dict[str, str]:
    value = section.get(key)
    if not isinstance(value, dict) or not value or not all(isinstance(entry, str) for entry in value.values()):
        raise LineageError(f"{FILE}: [tool.lineage.{key}] must be a table of texts")
    return value


def _choices(section: dict[str, Any], folder: Path) -> Iterator[Choice]:
    for key, place in (_table(section, "chosen") if "chosen" in section else {}).items():
        where = f"{FILE}: [tool.lineage.chosen] `{key}`"
        if key not in section["roots"]:
            raise LineageError(f"{where}: there is no such key in [tool.lineage.roots]")
        yield read_choice(folder, key, place, where)


def _optional(section: dict[str, Any]) -> dict[str, str]:
    table = _table(section, "optional") if "optional" in section else {}
    for key, other in table.items():
        if any(name not in section["roots"] for name in (key, other)) or key.count("*") != other.count("*"):
            where = f"{FILE}: [tool.lineage.optional] `{key}`"
            raise LineageError(f"{where}: expected two keys of [tool.lineage.roots] with equally many `*`")
    return table


def _root(key: str, place: str) -> Root:
    module, colon, attribute = place.partition(":")
    if not colon or not module or not attribute.isidentifier():
        raise LineageError(f'{FILE}: [tool.lineage.roots] `{key}`: expected "module:attribute", found "{place}"')
    stars = [part for part in module.split(".") if "*" in part]
    if any(part != "*" for part in stars) or key.split(".").count("*") != len(stars):
        raise LineageError(f'{FILE}: [tool.lineage.roots] `{key}`: needs as many `*` parts as "{place}"')
    return Root(key, module, attribute)
