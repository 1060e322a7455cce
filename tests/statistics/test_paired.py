import numpy as np
import pytest
from scipy import stats

from stages.statistics import compare, mcnemar_p, rank_biserial, wilcoxon_p

# Hollander & Wolfe (1973), table 3.1: Hamilton depression scale factor IV before and after tranquillizers; V = 40.
BEFORE = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
AFTER = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])


def scores(*outcomes):
    return np.array(outcomes, dtype=float).reshape(len(outcomes), -1)


def binary(both, gained, lost, neither):
    before = [1] * both + [0] * gained + [1] * lost + [0] * neither
    after = [1] * both + [1] * gained + [0] * lost + [0] * neither
    return scores(*before), scores(*after)


def test_wilcoxon_agrees_with_the_textbook():
    assert wilcoxon_p(BEFORE - AFTER) == pytest.approx(0.03906, abs=5e-6)


def test_rank_biserial_agrees_with_the_textbook_ranks():
    assert rank_biserial(BEFORE - AFTER) == pytest.approx((40 - 5) / 45)
    assert rank_biserial(AFTER - BEFORE) == pytest.approx(-(40 - 5) / 45)


def test_wilcoxon_drops_zeros():
    differences = BEFORE - AFTER
    assert wilcoxon_p(np.concatenate([differences, np.zeros(30)])) == wilcoxon_p(differences)


def test_wilcoxon_agrees_with_scipys_exact_distribution_without_ties():
    differences = np.array([3.1, -1.2, 4.5, 0.7, -2.2, 5.9, 6.4, 1.9, -0.3, 7.7, 8.1, 2.6])
    assert wilcoxon_p(differences) == pytest.approx(stats.wilcoxon(differences, method="exact").pvalue)


@pytest.mark.parametrize(("gained", "lost"), [(20, 8), (200, 9), (40, 40)])
def test_wilcoxon_of_many_ties_is_the_sign_z_test(gained, lost):
    differences = np.repeat([1.0, -1.0], [gained, lost])
    z = abs(gained - lost) / np.sqrt(gained + lost)
    assert wilcoxon_p(differences) == pytest.approx(2 * stats.norm.sf(z), rel=1e-9)


@pytest.mark.parametrize(("gained", "lost"), [(1, 0), (6, 0), (5, 2), (7, 5), (3, 3), (12, 0)])
def test_exact_wilcoxon_of_binary_outcomes_is_exact_mcnemar(gained, lost):
    assert wilcoxon_p(np.repeat([1.0, -1.0], [gained, lost])) == pytest.approx(mcnemar_p(gained, lost))


def test_mcnemar_agrees_with_the_textbook():
    # Agresti (1990), approval of a prime minister's performance: 150 and 86 changed their minds.
    assert mcnemar_p(86, 150) == pytest.approx(3.716e-05, rel=1e-3)


def test_where_nothing_differs():
    result = compare(*binary(both=30, gained=0, lost=0, neither=10), seed=0)
    assert (result.difference, result.ci95) == (0.0, (0.0, 0.0))
    assert (result.wilcoxon_p, result.mcnemar_p, result.effect_size) == (1.0, 1.0, 0.0)
    assert (result.gained, result.lost) == (0, 0)


def test_compare_counts_and_agrees_with_its_parts():
    result = compare(*binary(both=100, gained=60, lost=15, neither=25), seed=0)
    assert (result.n, result.gained, result.lost) == (200, 60, 15)
    assert result.difference == pytest.approx(45 / 200)
    assert result.mcnemar_p == mcnemar_p(60, 15)
    assert result.effect_size == pytest.approx((60 - 15) / 75)
    assert 0.14 < result.ci95.low < result.difference < result.ci95.high < 0.31


def test_swapped_arms_swap_the_sign_only():
    before, after = binary(both=50, gained=21, lost=9, neither=20)
    one, other = compare(before, after, seed=0), compare(after, before, seed=0)
    assert (one.difference, one.effect_size) == (-other.difference, -other.effect_size)
    assert (one.wilcoxon_p, one.mcnemar_p) == (other.wilcoxon_p, other.mcnemar_p)
    assert (one.gained, one.lost) == (other.lost, other.gained)


def test_samples_are_averaged_for_wilcoxon_and_the_first_is_taken_for_mcnemar():
    before = scores([0, 0, 1], [0, 0, 0], [1, 1, 1])
    after = scores([0, 1, 1], [1, 1, 1], [1, 0, 0])
    result = compare(before, after, seed=0)
    assert result.difference == pytest.approx((1 / 3 + 1 - 2 / 3) / 3)
    assert (result.gained, result.lost) == (1, 0)


def test_equal_steps_between_shares_of_samples_are_ties():
    # 2/3 - 1/3 and 1/3 - 0 are not the same floating-point number
    before, after = scores([1, 0, 0], [0, 0, 0]), scores([1, 1, 0], [1, 0, 0])
    swapped = compare(np.vstack([before, after[:1]]), np.vstack([after, before[:1]]), seed=0)
    assert swapped.effect_size == pytest.approx(1 / 3)


@pytest.mark.parametrize(("before", "after"), [(3, 2), (0, 0)])
def test_arms_that_cannot_be_paired_are_refused(before, after):
    with pytest.raises(ValueError, match="paired"):
        compare(np.ones((before, 1)), np.ones((after, 1)), seed=0)


def test_tests_hold_their_level_where_arms_are_equal():
    random = np.random.default_rng(11)
    tries, wilcoxon, mcnemar = 400, 0, 0
    for _ in range(tries):
        before, after = random.binomial(1, 0.6, 120), random.binomial(1, 0.6, 120)
        wilcoxon += wilcoxon_p((after - before).astype(float)) < 0.05
        mcnemar += mcnemar_p(int((after > before).sum()), int((after < before).sum())) < 0.05
    assert 0.02 <= wilcoxon / tries <= 0.085
    assert mcnemar <= wilcoxon
