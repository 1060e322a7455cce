"""Which pairs a set keeps: those on problems of some difficulty, and no more of a kind than its caps allow."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field

from stages.agent.error_types import CORRECT
from stages.files import Row, read_jsonl, write_jsonl
from stages.parameters import Parameters
from stages.preferences.augmentation import original_id
from stages.teachers.mistakes import uniform


def _ascending(bounds: list[float]) -> list[float]:
    if bounds != sorted(bounds):
        raise ValueError("the smallest comes first")
    return bounds


_Share = Annotated[float, Field(ge=0, le=1)]
Bounds = Annotated[list[_Share], Field(min_length=2, max_length=2), AfterValidator(_ascending)]
_Cap = Annotated[int, Field(ge=1)] | None


class Caps(Parameters):
    """The largest number of pairs in a split; null for as many as there are.

    Attributes:
        problem: About one problem, its variants included.
        family: Of one family.
        error_type: With one error type.
    """

    problem: _Cap
    family: _Cap
    error_type: _Cap


class Kind(NamedTuple):
    """What counts of a pair: a few dozen bytes, where the pair has thousands."""

    problem: str
    family: str
    error_type: str


def difficulty(chains: Sequence[Row]) -> float | None:
    """Returns the share of a problem's chains that are wrong; None if there is none."""
    return sum(row["outcome"] != CORRECT for row in chains) / len(chains) if chains else None


def is_within(value: float | None, bounds: Sequence[float]) -> bool:
    """Whether a difficulty is within bounds; one that is not known is within the widest alone."""
    return bounds[0] <= value <= bounds[1] if value is not None else list(bounds) == [0, 1]


def write_capped(path: Path, rows: Iterable[Row], caps: Caps, seed: int) -> Counter[str]:
    """Writes as many pairs as caps allow; where there are no caps, nothing is held of a pair that is written.

    Args:
        path: A file of data/pairs.
        rows: What is written.
        caps: What is allowed.
        seed: Decides what is left out.

    Returns:
        What was written, by error type.
    """
    kinds: list[Kind] = []
    counts: Counter[str] = Counter()
    write_jsonl(path, _noted(rows, counts, kinds if any(caps.model_dump().values()) else None))
    kept = balanced(kinds, caps, seed)
    if len(kept) < len(kinds):
        write_jsonl(path, (row for place, row in enumerate(read_jsonl(path)) if place in kept))
    return Counter(kinds[place].error_type for place in kept) if kinds else counts


def _noted(rows: Iterable[Row], counts: Counter[str], kinds: list[Kind] | None) -> Iterator[Row]:
    for row in rows:
        counts[row["error_type"]] += 1
        if kinds is not None:
            kinds.append(Kind(original_id(row["problem_id"]), row["family"], row["error_type"]))
        yield row


def balanced(kinds: Sequence[Kind], caps: Caps, seed: int) -> set[int]:
    """Chooses as many pairs as caps allow, evenly, and returns their places.

    All kinds of pairs (family and error type) take turns, and within a kind all problems; equal pairs are told apart by
    a draw. So a cap takes from what there is most of.

    Args:
        kinds: Of every pair.
        caps: What is allowed.
        seed: Of the draw.
    """
    draws = [uniform(seed, "cap", *kind, place) for place, kind in enumerate(kinds)]
    turns = _turns(range(len(kinds)), lambda place: kinds[place].problem, lambda place: (draws[place],))
    rounds = _turns(range(len(kinds)), lambda place: kinds[place][1:], lambda place: (turns[place], draws[place]))
    limits, counts, kept = caps.model_dump(), Counter[tuple[str, str]](), set()
    for place in sorted(range(len(kinds)), key=lambda place: (rounds[place], draws[place])):
        groups = [item for item in kinds[place]._asdict().items() if limits[item[0]] is not None]
        if all(counts[group] < limits[group[0]] for group in groups):
            counts.update(groups)
            kept.add(place)
    return kept


def _turns(
    places: Iterable[int], group: Callable[[int], Hashable], order: Callable[[int], tuple[float, ...]]
) -> dict[int, int]:
    """Returns at which turn of its group each place comes."""
    groups: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place in places:
        groups[group(place)].append(place)
    return {place: turn for members in groups.values() for turn, place in enumerate(sorted(members, key=order))}
