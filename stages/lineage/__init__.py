"""Fingerprints of code for DVC: rerun exactly the stages whose result a change of code can change.

`update` computes, for each root that pyproject.toml names, a digest of everything its result can depend on in the
package, and writes them into a file whose keys the stages of dvc.yaml read as parameters. `guard` refuses to run
a stage under a fingerprint that is not its code's. Nothing here knows which package it looks at.
"""

from .errors import LineageError
from .fingerprints import Fingerprint, Fingerprints, current, update
from .guard import guard
from .project import Project, Root, read_project

__all__ = [
    "Fingerprint",
    "Fingerprints",
    "LineageError",
    "Project",
    "Root",
    "current",
    "guard",
    "read_project",
    "update",
]
