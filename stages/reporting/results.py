"""The results of a task as tables: accuracies, comparisons, groups, error types, flipped problems."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stages.reporting.evaluations import Evaluation, arm_names, scores
from stages.statistics import Comparison, Interval, accuracy_interval, compare, detectable_difference, holm
from stages.student.arms import BASE, CONTROLS, SFT, STARTS


class Pair(NamedTuple):
    """Two arms that are compared: what `after` changed against `before`."""

    after: str
    before: str

    @property
    def name(self) -> str:
        """The comparison's name in metrics.json."""
        return f"{self.after}_vs_{self.before}"


class Draws(NamedTuple):
    """How the bootstrap draws."""

    seed: int
    resamples: int


@dataclass(frozen=True)
class Accuracy:
    """An arm's share of solved problems.

    Attributes:
        accuracy: Mean over problems of the share of solved samples.
        ci95: Its 95 % interval.
        n: Problems.
    """

    accuracy: float
    ci95: Interval
    n: int


@dataclass(frozen=True)
class Group:
    """The results on the problems of one family or depth.

    Attributes:
        label: The family or depth.
        accuracies: By arm.
        comparisons: By pair of arms.
        holm_p: Wilcoxon's p-value by pair, adjusted over the groups beside this one.
    """

    label: str | int
    accuracies: dict[str, Accuracy]
    comparisons: dict[Pair, Comparison]
    holm_p: dict[Pair, float]


@dataclass(frozen=True)
class TaskResult:
    """Everything the report says about one task's evaluation.

    Attributes:
        task: Its name.
        evaluations: One a problem.
        arms: In the order of the tables.
        accuracies: By arm.
        comparisons: By pair of arms, on all problems.
        detectable: The true difference that a test finds in four of five cases, by pair; None if there is none.
        families: One group a family.
        depths: One group a depth, ascending.
        shifts: One group for each kind of problems unlike those of training.
        outcomes: How many attempts of each arm ended in each outcome.
    """

    task: str
    evaluations: list[Evaluation]
    arms: list[str]
    accuracies: dict[str, Accuracy]
    comparisons: dict[Pair, Comparison]
    detectable: dict[Pair, float | None]
    families: list[Group]
    depths: list[Group]
    shifts: list[Group]
    outcomes: dict[str, Counter[str]]


def pairs_of_arms(arms: Sequence[str]) -> list[Pair]:
    """Returns what is compared: preference arms with base, SFT and their own controls; controls with their starts."""
    controls = [arm for arm in CONTROLS.values() if arm in arms]
    preference = [arm for arm in arms if arm not in (BASE, *controls)]
    compared = [(arm, before) for arm in preference for before in (BASE, SFT, CONTROLS.get(arm, SFT))]
    compared += [(arm, STARTS[arm]) for arm in controls]
    return [Pair(*names) for names in dict.fromkeys(compared) if names[1] in arms]


def analyse(task: str, evaluations: list[Evaluation], shifted: list[Evaluation], draws: Draws) -> TaskResult:
    """Computes all tables of a task from held-out problems and, for one of the tables, those unlike training's."""
    comparisons = _comparisons(evaluations, draws)
    return TaskResult(
        task=task,
        evaluations=evaluations,
        arms=arm_names(evaluations),
        accuracies=_accuracies(evaluations, draws),
        comparisons=comparisons,
        detectable={
            pair: detectable_difference(item.n, (item.gained + item.lost) / item.n)
            for pair, item in comparisons.items()
        },
        families=_groups(evaluations, lambda evaluation: evaluation.family, draws),
        depths=_groups(evaluations, lambda evaluation: evaluation.depth, draws),
        shifts=_groups(shifted, lambda evaluation: evaluation.shift, draws),
        outcomes=_outcomes(evaluations),
    )


def _accuracies(evaluations: list[Evaluation], draws: Draws) -> dict[str, Accuracy]:
    values = {arm: scores(evaluations, arm) for arm in arm_names(evaluations)}
    return {
        arm: Accuracy(float(array.mean()), accuracy_interval(array, *draws), len(array))
        for arm, array in values.items()
    }


def _comparisons(evaluations: list[Evaluation], draws: Draws) -> dict[Pair, Comparison]:
    return {
        pair: compare(scores(evaluations, pair.before), scores(evaluations, pair.after), *draws)
        for pair in pairs_of_arms(arm_names(evaluations))
    }


def _groups(evaluations: list[Evaluation], key: Callable[[Evaluation], str | int], draws: Draws) -> list[Group]:
    members: dict[str | int, list[Evaluation]] = {}
    for evaluation in sorted(evaluations, key=key):
        members.setdefault(key(evaluation), []).append(evaluation)
    comparisons = {label: _comparisons(group, draws) for label, group in members.items()}
    adjusted: dict[str | int, dict[Pair, float]] = {label: {} for label in members}
    for pair in pairs_of_arms(arm_names(evaluations)):
        p_values = holm([comparisons[label][pair].wilcoxon_p for label in members])
        for label, p_value in zip(members, p_values, strict=True):
            adjusted[label][pair] = p_value
    return [
        Group(label, _accuracies(group, draws), comparisons[label], adjusted[label]) for label, group in members.items()
    ]


def _outcomes(evaluations: list[Evaluation]) -> dict[str, Counter[str]]:
    return {
        arm: Counter(attempt.outcome for item in evaluations for attempt in item.arms[arm])
        for arm in arm_names(evaluations)
    }


def flipped(evaluations: list[Evaluation], pair: Pair) -> tuple[list[Evaluation], list[Evaluation]]:
    """Returns the problems that only `after` and those that only `before` solved, in the first sample."""
    changed = [item for item in evaluations if item.first(pair.after).solved != item.first(pair.before).solved]
    gained = [item for item in changed if item.first(pair.after).solved]
    lost = [item for item in changed if item.first(pair.before).solved]
    return gained, lost
