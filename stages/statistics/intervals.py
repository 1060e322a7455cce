"""95 % intervals of an accuracy and of a mean difference."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

CONFIDENCE = 0.95
RESAMPLES = 9999

FloatArray = NDArray[np.float64]


class Interval(NamedTuple):
    """A two-sided confidence interval."""

    low: float
    high: float


def wilson(successes: int, n: int) -> Interval:
    """The Wilson score interval of a proportion (Wilson 1927), without continuity correction.

    Args:
        successes: Problems solved, 0 to `n`.
        n: Problems tried, at least 1.
    """
    interval = stats.binomtest(successes, n).proportion_ci(CONFIDENCE, method="wilson")
    return Interval(float(interval.low), float(interval.high))


def bootstrap_interval(values: FloatArray, seed: int, resamples: int = RESAMPLES) -> Interval:
    """The percentile bootstrap interval of the mean (Efron 1979).

    Problems are what is drawn again: with a row of values a problem, average first, so that the
    samples of one problem stay together (the cluster bootstrap). Equal values have no spread to
    draw from: their interval is the one point.

    Args:
        values: One number a problem, shape `(n,)`, `n >= 1`.
        seed: Of the random draws.
        resamples: How many times to draw.
    """
    if np.ptp(values) == 0:
        return Interval(float(values[0]), float(values[0]))
    result = stats.bootstrap(
        (values,),
        np.mean,
        n_resamples=resamples,
        batch=1000,  # bounds the memory at 1000 x n numbers
        confidence_level=CONFIDENCE,
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    interval = result.confidence_interval
    return Interval(float(interval.low), float(interval.high))


def accuracy_interval(scores: FloatArray, seed: int, resamples: int = RESAMPLES) -> Interval:
    """The interval of an accuracy over problems, each tried one or several times.

    Wilson's where every problem is either always or never solved (so always with one sample):
    unlike the bootstrap it stays honest near 0 and 1. The cluster bootstrap over problems otherwise.

    Args:
        scores: 1 for solved and 0 for not, shape `(problems, samples)`.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.
    """
    means = scores.mean(axis=1)
    if np.isin(means, (0.0, 1.0)).all():
        return wilson(int(means.sum()), len(means))
    return bootstrap_interval(means, seed, resamples)
