"""Problems unlike those of training: deeper ones, about strangers, with other numbers, or with reordered functions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from stages.agent.functions import FunctionSet
from stages.tasks import load_augmentation, load_families
from stages.tasks.configured import Configured
from stages.tasks.problem_sets import PROCEDURAL, generate, reference_fault
from stages.tasks.rewording import replaced
from stages.tasks.task import Draft, Problem, Variant

DEEPER, STRANGERS, NUMBERS, REORDERED = "deeper", "other names", "other numbers", "other function order"
NAMES = ("Amir", "Berta", "Chen", "Dora", "Emil", "Fatima", "Goran", "Hana", "Igor", "Jelena", "Kofi", "Lucia")


@dataclass(frozen=True)
class Shift:
    """A set of problems, and how it differs from those of training.

    Attributes:
        name: What is different.
        functions: What is offered, in this order.
        problems: At least one.
    """

    name: str
    functions: FunctionSet
    problems: Sequence[Problem]


def shifts(setting: Configured, held_out: Sequence[Problem], depths: Sequence[int], size: int) -> Iterator[Shift]:
    """Yields what sets can be made.

    Args:
        setting: The task.
        held_out: Problems that others are made of.
        depths: Of the deeper problems; only procedural ones can be made.
        size: The largest number of problems of each set.

    Raises:
        UserError: If there are no problems of such depths.
    """
    methods, functions = load_augmentation(setting.task.name), setting.functions
    if setting.parameters.source == PROCEDURAL and depths:
        yield Shift(DEEPER, functions, list(_deeper(setting, depths, size)))
    for name, method in ((STRANGERS, "rename"), (NUMBERS, "numbers")):
        if method in methods:
            tell = _strange(methods[method]) if name == STRANGERS else methods[method]
            if problems := list(_told(setting, held_out, tell, name, size)):
                yield Shift(name, functions, problems)
    backwards = [function.name for function in functions][::-1]
    yield Shift(REORDERED, functions.only(backwards), held_out[:size])


def _deeper(setting: Configured, depths: Sequence[int], size: int) -> Iterator[Problem]:
    shape = setting.parameters
    families = load_families(setting.task.name, shape.families)
    drawn = generate(setting.task, setting.functions, families, depths, {"test": size}, shape.seed)
    return (replace(problem, id=f"{problem.id}~{DEEPER}") for _, problem in drawn)


Teller = Callable[[Problem, Random], Variant | None]


def _strange(rename: Teller) -> Teller:
    """Returns a method that gives names that no training problem has to whoever `rename` would give another name."""

    def tell(problem: Problem, random: Random) -> Variant | None:
        variant = rename(problem, random)
        people = sorted(word for word in (variant.words if variant and variant.words else ()) if word[0].isupper())
        words = dict(zip(people, random.sample(NAMES, len(NAMES))))
        question, *reference = (replaced(text, words) for text in (problem.question, *(problem.reference or ())))
        return Variant(question, problem.answer, reference, words) if words else None

    return tell


def _told(setting: Configured, held_out: Sequence[Problem], tell: Teller, name: str, size: int) -> Iterator[Problem]:
    """Yields variants whose references have been executed."""
    for problem in held_out[:size]:
        variant = tell(problem, Random(f"{setting.parameters.seed}/{name}/{problem.id}"))
        if variant is None or problem.reference is None:
            continue
        draft = Draft(variant.question, variant.answer, variant.reference)
        if reference_fault(draft, setting.task, setting.functions) is None:
            yield replace(
                problem,
                id=f"{problem.id}~{name}",
                question=variant.question,
                answer=variant.answer,
                reference=list(variant.reference),
            )
