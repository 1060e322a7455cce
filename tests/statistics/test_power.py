import numpy as np
import pytest
from scipy import stats

from stages.statistics import detectable_difference, wilcoxon_p


@pytest.mark.parametrize(("n", "discordant"), [(250, 0.2), (500, 0.1), (1000, 0.4)])
def test_difference_inverts_connors_sample_size(n, discordant):
    difference = detectable_difference(n, discordant)
    z_a, z_b = stats.norm.ppf([0.975, 0.8])
    size = (z_a * discordant**0.5 + z_b * (discordant - difference**2) ** 0.5) ** 2 / difference**2
    assert size == pytest.approx(n)


def test_difference_is_found_with_the_power_it_promises():
    n, discordant = 300, 0.25
    difference = detectable_difference(n, discordant, power=0.8)
    chances = [(discordant + difference) / 2, (discordant - difference) / 2, 1 - discordant]
    random, found = np.random.default_rng(3), 0
    for gained, lost, _ in random.multinomial(n, chances, size=500):
        found += wilcoxon_p(np.repeat([1.0, -1.0], [gained, lost])) < 0.05
    assert 0.75 <= found / 500 <= 0.86


def test_six_one_sided_changes_are_the_least_that_shows():
    assert detectable_difference(300, 0.0) == pytest.approx(6 / 300)
    assert stats.binomtest(6, 6).pvalue < 0.05 < stats.binomtest(5, 5).pvalue


def test_too_few_problems_show_nothing():
    assert detectable_difference(5, 0.5) is None
    assert detectable_difference(6, 1.0) <= 1.0
