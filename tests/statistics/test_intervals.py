import numpy as np
import pytest

from stages.statistics import accuracy_interval, bootstrap_interval, wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_agrees_with_newcombes_table(successes, n, low, high):
    interval = wilson(successes, n)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


def test_bootstrap_agrees_with_normal_theory_on_many_problems():
    values = np.repeat([-1.0, 0.0, 1.0], [60, 300, 140])
    half_width = 1.959964 * values.std(ddof=1) / np.sqrt(len(values))
    interval = bootstrap_interval(values, seed=1)
    assert interval.low == pytest.approx(values.mean() - half_width, abs=0.005)
    assert interval.high == pytest.approx(values.mean() + half_width, abs=0.005)


def test_bootstrap_is_a_function_of_its_seed():
    values = np.random.default_rng(0).normal(size=50)
    assert bootstrap_interval(values, seed=3) == bootstrap_interval(values, seed=3)
    assert bootstrap_interval(values, seed=3) != bootstrap_interval(values, seed=4)


@pytest.mark.parametrize("n", [1, 2, 40])
def test_bootstrap_of_equal_values_is_a_point(n):
    assert bootstrap_interval(np.full(n, 0.25), seed=0) == (0.25, 0.25)


def test_bootstrap_covers_the_truth_as_often_as_it_says():
    random = np.random.default_rng(5)
    truth, hits, tries = 0.3, 0, 300
    for seed in range(tries):
        interval = bootstrap_interval(random.binomial(1, truth, 150).astype(float), seed, resamples=400)
        hits += interval.low <= truth <= interval.high
    assert 0.91 <= hits / tries <= 0.985


def test_accuracy_interval_of_one_sample_is_wilson():
    scores = np.array([[1.0]] * 15 + [[0.0]] * 133)
    assert accuracy_interval(scores, seed=0) == wilson(15, 148)


def test_accuracy_interval_of_agreeing_samples_counts_problems_not_samples():
    scores = np.array([[1.0] * 8] * 20)
    assert accuracy_interval(scores, seed=0) == wilson(20, 20)


def test_accuracy_interval_keeps_the_samples_of_a_problem_together():
    always, never = [[1.0, 1.0, 1.0, 1.0]], [[0.0, 0.0, 0.0, 0.0]]
    scores = np.array(always * 50 + never * 48 + [[1.0, 0.0, 1.0, 0.0]] * 2)
    clustered = accuracy_interval(scores, seed=0)
    pooled = wilson(int(scores.sum()), scores.size)
    assert clustered.high - clustered.low > 1.7 * (pooled.high - pooled.low)
