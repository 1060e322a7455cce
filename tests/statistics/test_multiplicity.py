import numpy as np
import pytest

from stages.statistics import holm


def test_holm_agrees_with_the_worked_example():
    # Four tests: 4 * 0.005, 3 * 0.01, 2 * 0.03, and 0.04 raised to its predecessor; as R's p.adjust gives.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_holm_stays_within_one_and_keeps_the_order():
    assert holm([0.9, 0.6, 0.2]) == pytest.approx([1.0, 1.0, 0.6])
    assert holm([]) == []
    assert holm([0.2]) == [0.2]


def test_holm_keeps_the_familywise_level():
    random = np.random.default_rng(2)
    alarms = sum(min(holm(list(random.uniform(size=8)))) < 0.05 for _ in range(2000))
    assert 0.03 <= alarms / 2000 <= 0.065
