"""Token trees: sequences with common prefixes laid out so that a transformer computes every shared token once.

A tree is the trie of its sequences. Its tokens stand in one row, each at the position that it has in its sequences, and
each sees its ancestors and itself alone. This is the attention of tree-structured decoding (Miao et al. 2024,
"SpecInfer"), used for training: what a token sees is what it would see in a sequence of its own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Tokens = Sequence[int]
Integers = NDArray[np.int64]

GROWTH = 1.05  # from one width that is tried to the next


@dataclass(frozen=True)
class Trees:
    """Sequences as token trees in the rows of a batch.

    Attributes:
        tokens: Token of every place, 0 in padding; shape (rows, width).
        positions: Number of ancestors of every place, 0 in padding; shape (rows, width).
        sees: Whether a place (second axis) sees another (third axis): its ancestors and itself, and nothing else; a
            place of padding sees itself, so that no attention is empty. Shape (rows, width, width).
        places: For every sequence the places of its tokens, as indices into the flattened `tokens`.
    """

    tokens: Integers
    positions: Integers
    sees: NDArray[np.bool_]
    places: list[Integers]


def plant(sequences: Sequence[Tokens], linear: float) -> Trees:
    """Lays sequences out in trees, in the rows that make a forward cheapest.

    Args:
        sequences: Tokens of each; equal ones take the place of one.
        linear: What a token costs outside attention, in units of what it costs to let it see one more place.

    Raises:
        ValueError: If there are no sequences, or one is empty.
    """
    if not sequences or not all(map(len, sequences)):
        raise ValueError("a tree needs sequences, each with a token")
    # In lexicographic order a sequence shares most with its predecessor, so a tree grows by one branch after the other.
    order = sorted(range(len(sequences)), key=lambda index: list(sequences[index]))
    ordered = [np.asarray(sequences[index], np.int64) for index in order]
    rows = _rows([len(tokens) for tokens in ordered], [0, *(_shared(*pair) for pair in pairwise(ordered))], linear)
    return _laid_out(ordered, order, rows)


def _shared(first: Integers, second: Integers) -> int:
    """Returns the length of the common prefix."""
    length = min(len(first), len(second))
    differs = first[:length] != second[:length]
    return int(differs.argmax()) if differs.any() else length


@dataclass(frozen=True)
class _Branch:
    """Where a sequence's tree is: in which row, what it shares with the sequence before, and its first own column."""

    row: int
    shared: int
    column: int


def _rows(lengths: Sequence[int], shared: Sequence[int], linear: float) -> list[_Branch]:
    """Returns the branches under the cheapest of the widths that rows might be cut to.

    Wide rows share more and cost more attention, of which a mask spares nothing.
    """
    longest, total = max(lengths), sum(lengths) - sum(shared)
    steps = math.ceil(math.log(total / longest, GROWTH)) if total > longest else 0
    widths = [*(longest * GROWTH**step for step in range(steps)), total]
    return min((_cut(lengths, shared, width) for width in widths), key=lambda cut: _cost(cut, lengths, linear))


def _cut(lengths: Sequence[int], shared: Sequence[int], width: float) -> list[_Branch]:
    """Fills rows of a width with one sequence after the other; the first of a row shares nothing."""
    branches: list[_Branch] = []
    row, column = 0, 0
    for length, common in zip(lengths, shared):
        if column and column + length - common > width:
            row, column = row + 1, 0
        branches.append(_Branch(row, common if column else 0, column))
        column += length - branches[-1].shared
    return branches


def _cost(branches: Sequence[_Branch], lengths: Sequence[int], linear: float) -> float:
    rows, width = _size(branches, lengths)
    return rows * width * (linear + width)


def _size(branches: Sequence[_Branch], lengths: Sequence[int]) -> tuple[int, int]:
    """Returns the number of rows and the widest row's columns."""
    ends = (branch.column + length - branch.shared for branch, length in zip(branches, lengths))
    return branches[-1].row + 1, max(ends)


def _laid_out(ordered: Sequence[Integers], order: Sequence[int], branches: Sequence[_Branch]) -> Trees:
    rows, width = _size(branches, [len(tokens) for tokens in ordered])
    tokens, positions = np.zeros((rows, width), np.int64), np.zeros((rows, width), np.int64)
    sees = np.broadcast_to(np.eye(width, dtype=np.bool_), (rows, width, width)).copy()
    places: list[Integers] = [np.empty(0, np.int64)] * len(order)
    columns = np.empty(0, np.int64)
    for sequence, index, branch in zip(ordered, order, branches):
        own = np.arange(branch.column, branch.column + len(sequence) - branch.shared)
        columns = np.concatenate([columns[: branch.shared], own])
        tokens[branch.row, own] = sequence[branch.shared :]
        positions[branch.row, own] = np.arange(branch.shared, len(sequence))
        sees[branch.row][np.ix_(own, columns)] = np.tri(len(own), len(columns), branch.shared, dtype=np.bool_)
        places[index] = branch.row * width + columns
    return Trees(tokens, positions, sees, places)
