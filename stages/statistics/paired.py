"""Two arms on the same problems: tests, interval and effect size of their difference."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from stages.statistics.intervals import RESAMPLES, FloatArray, Interval, bootstrap_interval

# Up to here every assignment of signs is enumerated (4096 at most); the normal approximation
# takes over beyond. Fixed, so that a result never depends on what a library picks by itself.
EXACT_DIFFERENCES = 12


@dataclass(frozen=True)
class Comparison:
    """What `after` changed against `before` on the same problems.

    Attributes:
        n: Problems in the pair of arms.
        difference: Accuracy after minus accuracy before.
        ci95: Percentile bootstrap interval of the difference, over problems.
        wilcoxon_p: Two-sided, on the per-problem mean scores.
        mcnemar_p: Two-sided and exact, on the first sample of each problem.
        effect_size: Matched-pairs rank-biserial correlation, -1 to 1.
        gained: Problems that only `after` solved, in the first sample.
        lost: Problems that only `before` solved, in the first sample.
    """

    n: int
    difference: float
    ci95: Interval
    wilcoxon_p: float
    mcnemar_p: float
    effect_size: float
    gained: int
    lost: int


def compare(before: FloatArray, after: FloatArray, seed: int, resamples: int = RESAMPLES) -> Comparison:
    """Compares two arms problem by problem.

    Args:
        before: 1 for solved and 0 for not, shape `(problems, samples)`.
        after: The same problems in the same order; the number of samples may differ.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.

    Raises:
        ValueError: If the arms have no problem, or not the same number of them.
    """
    if len(before) != len(after) or len(before) == 0:
        raise ValueError(f"arms of {len(before)} and {len(after)} problems can't be paired")
    differences = _differences(before, after)
    gained = int((after[:, 0] > before[:, 0]).sum())
    lost = int((after[:, 0] < before[:, 0]).sum())
    return Comparison(
        n=len(differences),
        difference=float(differences.mean()),
        ci95=bootstrap_interval(differences, seed, resamples),
        wilcoxon_p=wilcoxon_p(differences),
        mcnemar_p=mcnemar_p(gained, lost),
        effect_size=rank_biserial(differences),
        gained=gained,
        lost=lost,
    )


def _differences(before: FloatArray, after: FloatArray) -> FloatArray:
    # 2/3 - 1/3 and 1/3 - 0 differ in the last bit; rounding keeps them the tie that they are.
    differences: FloatArray = np.round(after.mean(axis=1) - before.mean(axis=1), 12)
    return differences


def wilcoxon_p(differences: FloatArray) -> float:
    """The two-sided p-value of Wilcoxon's signed-rank test (Wilcoxon 1945).

    Zero differences are dropped, as in the original. Ties get average ranks. With up to
    `EXACT_DIFFERENCES` differences left, the exact distribution over all signs, which holds under
    ties; beyond, the normal approximation with tie correction and no continuity correction.

    Args:
        differences: One a problem, shape `(n,)`.

    Returns:
        The p-value; 1.0 where at most one problem differs: both signs are equally extreme.
    """
    nonzero = differences[differences != 0]
    if len(nonzero) <= 1:
        return 1.0
    if len(nonzero) > EXACT_DIFFERENCES:
        # Without `keepdims`, scipy's published types do not know this method.
        return float(stats.wilcoxon(nonzero, method="asymptotic", keepdims=True).pvalue[0])
    signed_ranks = np.sign(nonzero) * stats.rankdata(np.abs(nonzero))
    every_sign = {"permutation_type": "samples", "n_resamples": 2**EXACT_DIFFERENCES}
    return float(stats.permutation_test((signed_ranks,), np.sum, vectorized=True, **every_sign).pvalue)


def mcnemar_p(gained: int, lost: int) -> float:
    """The two-sided p-value of the exact McNemar test: binomial on the discordant pairs.

    With several samples a problem, count the first one: each problem must enter once, and a
    majority would leave ties.

    Returns:
        The p-value; 1.0 where nothing differs.
    """
    if gained + lost == 0:
        return 1.0
    return float(stats.binomtest(gained, gained + lost, 0.5).pvalue)


def rank_biserial(differences: FloatArray) -> float:
    """The matched-pairs rank-biserial correlation (Kerby 2014): the effect size of Wilcoxon's test.

    The favourable share of the rank sum minus the unfavourable one, zeros dropped. With one sample
    a problem it is `(gained - lost) / (gained + lost)`, twice Cohen's g.

    Args:
        differences: One a problem, shape `(n,)`.

    Returns:
        From -1 (every change is a loss) to 1 (every change is a gain); 0.0 where nothing differs.
    """
    nonzero = differences[differences != 0]
    if len(nonzero) == 0:
        return 0.0
    ranks = stats.rankdata(np.abs(nonzero))
    return float((ranks * np.sign(nonzero)).sum() / ranks.sum())
