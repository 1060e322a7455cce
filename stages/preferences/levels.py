"""Rows of data/pairs at either level: two next turns, or two whole chains from the question on."""

from itertools import takewhile

from stages.files import Row

STEP, CHAIN = "step", "chain"
SIDES = ("chosen", "rejected")


def is_of_chains(row: Row) -> bool:
    """Whether a side of a pair has several turns, with what came back from calls in between."""
    return any(len(row[side]) > 1 for side in SIDES)


def of_steps(row: Row) -> Row:
    """Returns a pair as one between the two turns where its sides part."""
    pairs = zip(row["chosen"], row["rejected"])
    common = [turn for turn, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]
    place = len(common)
    return row | {"prompt": row["prompt"] + common} | {side: row[side][place : place + 1] for side in SIDES}
