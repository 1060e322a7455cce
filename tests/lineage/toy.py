"""Toy packages: written from texts, fingerprinted, changed, and fingerprinted again."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from stages.lineage import Fingerprint, Fingerprints, read_project
from stages.lineage.cache import Cache
from stages.lineage.snapshot import take_snapshot

DEFAULT_ROOTS = {"root": "toy.main:run"}


class Toy:
    """A project with a package `toy` in a folder of its own.

    `files` maps paths within the package to texts; `toy/__init__.py` need not be given.
    """

    def __init__(self, folder: Path, files: Mapping[str, str], roots: Mapping[str, str] = DEFAULT_ROOTS) -> None:
        self.folder = folder
        self.lock = "pydantic==2.0\nPyYAML==6.0\nsympy==1.14.0\nattrs==25.1\nnumpy==2.0\n"
        self.roots = dict(roots)
        self.write({"__init__.py": "", **files})

    def write(self, files: Mapping[str, str | None]) -> None:
        """Writes (or, for None, deletes) files of the package."""
        for name, text in files.items():
            path = self.folder / "toy" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink()
            else:
                path.write_text(dedent(text), encoding="utf-8")
        (self.folder / "requirements.lock").write_text(self.lock, encoding="utf-8")
        lines = [f'"{key}" = "{place}"' for key, place in self.roots.items()]
        section = '[tool.lineage]\npackage = "toy"\nlock = "requirements.lock"\nfingerprints = "fingerprints.json"\n'
        text = f"{section}[tool.lineage.roots]\n" + "\n".join(lines) + "\n"
        (self.folder / "pyproject.toml").write_text(text, encoding="utf-8")

    def fingerprints(self) -> Fingerprints:
        return Fingerprints(take_snapshot(read_project(self.folder)), Cache(None))

    def of(self, key: str = "root") -> Fingerprint:
        return self.fingerprints().of(key)

    def all(self) -> dict[str, Fingerprint]:
        fingerprints = self.fingerprints()
        return {key: fingerprints.of(key) for key in fingerprints.roots}

    def code(self, key: str = "root") -> str:
        return self.of(key).code

    def replace(self, name: str, old: str, new: str) -> None:
        """Edits one place of one file."""
        path = self.folder / "toy" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")
