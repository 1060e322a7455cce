"""Many tests at once."""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted by Holm's step-down method (Holm 1979), in the order given.

    The chance of even one false alarm among all of them stays below the level at which the
    adjusted values are read, whatever the tests' dependence.
    """
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, p_values[index] * (len(p_values) - rank))
        adjusted[index] = min(1.0, largest)
    return adjusted
