"""Paired tests, intervals, multiplicity and power: pure functions of arrays of scores."""

from stages.statistics.intervals import Interval, accuracy_interval, bootstrap_interval, wilson
from stages.statistics.multiplicity import holm
from stages.statistics.paired import Comparison, compare, mcnemar_p, rank_biserial, wilcoxon_p
from stages.statistics.power import detectable_difference

__all__ = [
    "Comparison",
    "Interval",
    "accuracy_interval",
    "bootstrap_interval",
    "compare",
    "detectable_difference",
    "holm",
    "mcnemar_p",
    "rank_biserial",
    "wilcoxon_p",
    "wilson",
]
