import random

import pytest

from stages.reporting import wording
from stages.reporting.evaluations import Evaluation
from stages.reporting.page import divergence, spread
from stages.reporting.results import Draws, Pair, analyse, flipped
from tests.reporting.synthetic import evaluation

DRAWS = Draws(seed=0, resamples=500)


def analysed(dpo, sft, problems=200):
    rng = random.Random(4)
    skill = {"base": 0.4, "sft": sft, "dpo": dpo}
    rows = [evaluation(rng, "math", number, skill=skill) for number in range(problems)]
    evaluations = [Evaluation.model_validate(row) for row in rows]
    return analyse("math", evaluations, evaluations, DRAWS)


@pytest.mark.parametrize(
    ("dpo", "sft", "told"),
    [
        (0.95, 0.6, "On math, DPO added to imitation."),
        (0.6, 0.95, "On math, DPO is worse than imitation."),
        (0.8, 0.8, "On math, DPO added nothing that shows over imitation."),
    ],
)
def test_verdict_says_plainly_what_preference_added(dpo, sft, told):
    assert wording.verdict(analysed(dpo, sft), Pair("dpo", "sft")) == told


def test_an_arm_of_two_trainings_is_held_against_its_start_and_its_own_control():
    rng = random.Random(4)
    skill = {"base": 0.4, "sft": 0.6, "dpo": 0.6, "sft_sft": 0.6, "sft_dpo": 1.2}
    rows = [evaluation(rng, "math", number, skill=skill) for number in range(200)]
    evaluations = [Evaluation.model_validate(row) for row in rows]
    result = analyse("math", evaluations, evaluations, DRAWS)
    assert [pair.name for pair in result.comparisons] == [
        "dpo_vs_base", "dpo_vs_sft", "sft_dpo_vs_base", "sft_dpo_vs_sft", "sft_dpo_vs_sft_sft", "sft_vs_base",
        "sft_sft_vs_sft",
    ]  # fmt: skip
    assert wording.verdict(result, Pair("sft_dpo", "sft_sft")) == "On math, SFT + DPO added to imitation."
    assert wording.verdict(result, Pair("sft_dpo", "sft")) == "On math, SFT + DPO added to the SFT control."
    assert wording.verdict(result, Pair("sft_sft", "sft")) == (
        "On math, SFT + SFT added nothing that shows over the SFT control."
    )
    assert "the same chosen calls" in wording.verdict_sentence(result, Pair("sft_dpo", "sft_sft"))
    assert "went on" in wording.verdict_sentence(result, Pair("sft_sft", "sft"))


def test_gain_is_told_with_interval_p_value_and_counts():
    result = analysed(dpo=0.9, sft=0.9)
    item = result.comparisons[Pair("dpo", "base")]
    text = wording.gain_sentence(result, Pair("dpo", "base"))
    assert f"A gain of {100 * item.difference:.1f} points" in text
    assert f"{item.gained} problems gained, {item.lost} lost" in text
    assert wording.points_interval(item.ci95) in text


def test_power_is_told_even_where_there_is_none():
    assert "four of five" in wording.verdict_sentence(analysed(0.8, 0.8), Pair("dpo", "sft"))
    assert "So few problems" in wording.verdict_sentence(analysed(0.8, 0.8, problems=4), Pair("dpo", "sft"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.5, "0.50"),
        (0.0123, "0.012"),
        (0.00071, "7.1 · 10⁻⁴"),
        (3e-12, "3.0 · 10⁻¹²"),
        (0.0, "<\xa010⁻¹⁶"),
    ],
)
def test_p_values_keep_two_significant_digits(value, text):
    assert wording.p_value(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.123, "+12.3"), (-0.05, "−5.0"), (-0.0001, "0.0"), (0.0, "0.0")])
def test_points_carry_their_sign(value, text):
    assert wording.points(value) == text


def test_groups_cover_all_problems_and_adjust_upwards():
    result = analysed(dpo=0.9, sft=0.8)
    for groups in (result.families, result.depths):
        assert sum(group.accuracies["dpo"].n for group in groups) == 200
        for group in groups:
            for pair, item in group.comparisons.items():
                assert group.holm_p[pair] >= item.wilcoxon_p
    assert [group.label for group in result.depths] == [1, 2, 3, 4, 5]


def test_flipped_problems_are_those_that_mcnemar_counts():
    result = analysed(dpo=0.9, sft=0.8)
    for pair, item in result.comparisons.items():
        gained, lost = flipped(result.evaluations, pair)
        assert (len(gained), len(lost)) == (item.gained, item.lost)


def test_spread_shows_the_whole_range():
    assert spread([*range(100)], 4) == [0, 25, 50, 75]
    assert spread([1, 2], 4) == [1, 2]
    assert spread([1, 2], 0) == []


def test_divergence_is_the_first_call_that_differs():
    row = evaluation(random.Random(1), "math", 1, skill={"base": 2.0, "sft": 2.0, "dpo": 2.0})
    item = Evaluation.model_validate(row)
    before, after = item.first("base"), item.first("dpo")
    assert divergence(before, after) == len(before.steps)
    shorter = after.model_copy(update={"steps": after.steps[:-1]})
    assert divergence(before, shorter) == len(before.steps) - 1
    changed = [after.steps[0].model_copy(update={"call": "subtract(a=1, b=2)"}), *after.steps[1:]]
    assert divergence(before, after.model_copy(update={"steps": changed})) == 0
