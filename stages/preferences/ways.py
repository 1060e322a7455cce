"""Ways to the answer: the calls that still lead there from the beginning of a chain, found by executing them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from stages.agent.episode import STOP, Episode, Step
from stages.agent.error_types import CORRECT, ErrorType
from stages.agent.functions import FunctionSet
from stages.preferences.plans import Plan, equivalents, replacing
from stages.preferences.regrouping import is_too_far, regroupings
from stages.tasks.references import carry, error_type
from stages.tasks.task import Problem, Task

MOST = 16  # ways that are kept in mind where there are several
Way = Sequence[Step]  # what is still to be done, as it was when it was executed last; it ends with the right answer


@dataclass(frozen=True)
class Course:
    """How far an attempt is right.

    Attributes:
        right: How many of its first steps are.
        way: A way on from there; empty if the answer is given.
        error: How the next step is wrong; None if there is none, or if nothing is known of it.
    """

    right: int
    way: Way
    error: ErrorType | None


@dataclass(frozen=True)
class Guide:
    """Knows ways to the answer of one problem.

    A step is right if it is a call of a way, whatever the order; if it may stand for one, such as a call with commuted
    arguments or another variable; or if it groups the operands of a way in another order. What is left of the way,
    with the actual results carried on, must then lead to the answer. A step is wrong if it fails, or if what is left
    of no way leads to the answer with its result in place of the next one. Of a step that is neither, such as one in
    place of a premise that is not needed, nothing is known.

    Attributes:
        task: Checks answers.
        functions: What chains may call.
        problem: Has the gold answer.
    """

    task: Task
    functions: FunctionSet
    problem: Problem

    def ways(self, chains: Iterable[Mapping[str, Any]]) -> list[Way]:
        """Returns the ways that are known at the start: the reference and the right chains, each once.

        Args:
            chains: Rows of data/chains or data/attempts about the problem.
        """
        right = [[step["completion"] for step in row["steps"]] for row in chains if row["outcome"] == CORRECT]
        found = [self._way(completions) for completions in (self.problem.reference or [], *right)]
        return _distinct(way for way in found if way)

    def follow(self, episode: Episode, ways: Sequence[Way]) -> Course:
        """Follows an attempt as long as it is right.

        Args:
            episode: The attempt.
            ways: Ways from its start on, at least one.
        """
        for index, step in enumerate(episode.steps):
            before = episode.steps[:index]
            left = [way[1:] for way in ways if _key(way[:1]) == _key([step])] or self._others(before, step, ways)
            if not left:
                unknown = any(self._reaches(before, step, way) for way in ways)
                return Course(index, ways[0], None if unknown else error_type(step, before, ways[0], episode.ended))
            ways = left
        return Course(len(episode.steps), ways[0], None)

    def begin(self, max_steps: int) -> Episode:
        """Returns a fresh attempt."""
        return Episode(self.task.prompt(self.problem.question), self.functions, max_steps)

    def replay(self, completions: Sequence[str], spare: int = 0) -> Episode:
        """Executes completions; with spare steps, the attempt does not end at the step limit."""
        episode = self.begin(len(completions) + spare)
        for completion in completions:
            if episode.ended is None:
                episode.receive(completion)
        return episode

    def is_right(self, episode: Episode) -> bool:
        """Whether an attempt ended with the right answer."""
        return episode.answer is not None and self.task.check(episode.answer, self.problem.answer)

    def _way(self, completions: Sequence[str]) -> Way:
        """Returns what was executed of a chain without an error, if that leads to the answer; else nothing."""
        kept = [step.completion for step in self.replay(completions).steps if step.error is None]
        episode = self.replay(kept)
        return episode.steps if self.is_right(episode) else []

    def _others(self, before: Sequence[Step], step: Step, ways: Sequence[Way]) -> list[Way]:
        """Returns ways on from a step with which none of the known ones begins."""
        if _ends(step):
            return [[]] if step.error is None and self.task.check(step.result, self.problem.answer) else []
        alike = (plan for way in ways for plan in equivalents(step, way, self.task, self.functions))
        regrouped = (plan for way in ways for plan in regroupings(step, way, self.functions))
        made = (self._complete(before, step, plan) for plan in chain(alike, regrouped))
        return _distinct(islice((way for way in made if way is not None), MOST))

    def _reaches(self, before: Sequence[Step], step: Step, way: Way) -> bool:
        """Whether a way leads, or for all that was tried may lead, to the answer with a step in place of its first."""
        if _ends(step):
            return False
        plans = (replacing(step, way, place) for place in dict.fromkeys([0, *self._unseen(step, way)]))
        return is_too_far(step, way, self.functions) or any(self._complete(before, step, plan) for plan in plans)

    def _unseen(self, step: Step, way: Way) -> list[int]:
        """Returns the places of calls that a step may stand for in words of its own, such as a formula as a whole."""
        if step.call is None or not self.functions.uses_state(step.call.name):
            return []
        seen = {str(value) for item in way if item.call for value in item.call.keywords.values()}
        if seen & set(map(str, step.call.keywords.values())):
            return []
        return [place for place, other in enumerate(way) if other.call and other.call.name == step.call.name]

    def _complete(self, before: Sequence[Step], step: Step, plan: Plan) -> Way | None:
        """Executes a plan on what came back before, and returns its steps if it leads to the answer."""
        episode = self.replay([item.completion for item in (*before, step)], spare=len(plan.calls))
        carried = dict(plan.words)
        for item in plan.calls:
            done = episode.receive(str(carry(item.call, carried)))
            if done.error is not None or episode.ended not in (None, STOP):
                return None
            carried[item.result] = done.result
        return episode.steps[len(before) + 1 :] if self.is_right(episode) else None


def _distinct(ways: Iterable[Way]) -> list[Way]:
    return list({_key(way): way for way in ways}.values())


def _key(steps: Sequence[Step]) -> str:
    return "\n".join(f"{step.call} {step.result}" for step in steps)


def _ends(step: Step) -> bool:
    """Whether nothing can follow from a step's result."""
    return step.error is not None or step.call is None or step.call.name == STOP
