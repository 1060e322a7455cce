"""Roots that run together: one that imports by computed names, and the roots that stand for what it imports.

Objects pass between them. A method counts if either of them reads its name, a docstring if either reads docstrings, a
registration if either reaches the registry.
"""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_

from .closure import Closure, Facts


def share(roots: Mapping[str, tuple[Closure, str | None]]) -> None:
    """Completes the closures of all roots by what they know of each other.

    Args:
        roots: Each root's closure, and the key of the pattern that it was expanded from.
    """
    changed = True
    while changed:
        changed = sum(_spread(group) for group in _groups(roots.values())) > 0


def _spread(closures: list[Closure]) -> bool:
    """Tells each closure what all know; returns whether that changed any."""
    facts = [closure.facts for closure in closures]
    together = Facts(
        nodes={node for each in facts for node in each.nodes},
        attributes={name for each in facts for name in each.attributes},
        values={name for each in facts for name in each.values},
        reads=reduce(or_, (each.reads for each in facts)),
        any_attribute=any(each.any_attribute for each in facts),
        class_docs=any(each.class_docs for each in facts),
    )
    return sum(closure.assume(together) for closure in closures) > 0


def _groups(roots: Iterable[tuple[Closure, str | None]]) -> list[list[Closure]]:
    """Puts closures together that have a pattern in common, by importing it or by standing for it."""
    groups: list[tuple[set[str], list[Closure]]] = []
    for closure, pattern in roots:
        patterns = closure.covered | ({pattern} if pattern else set())
        joined = [group for group in groups if group[0] & patterns]
        groups = [group for group in groups if not group[0] & patterns]
        members = [member for group in joined for member in group[1]]
        groups.append((patterns.union(*(group[0] for group in joined)), [*members, closure]))
    return [members for _, members in groups if len(members) > 1]
