"""Word problems as stories: an opening sets a value, each sentence after it changes it by one operation.

The order of the sentences is the order of the calls, and the value so far always comes first in a call (it is what a
percentage is of). So the words alone decide the reference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random

from stages.agent.calls import Call
from stages.agent.values import literal, result_text
from stages.tasks.math.operations import OPERATIONS, call_of
from stages.tasks.task import Draft

# fmt: off
NAMES = [
    "Ada", "Ali", "Ann", "Ben", "Bob", "Eva", "Ida", "Jan",
    "Kim", "Leo", "Lin", "Max", "Mia", "Sam", "Tom", "Zoe",
]
THINGS = [
    "apples", "balls", "beads", "books", "boxes", "cards", "coins", "eggs",
    "keys", "maps", "nuts", "pens", "rings", "shells", "stamps", "toys",
]
# fmt: on
MAX_VALUE = 999
_FACTORS = range(2, 13)
_PERCENTAGES = range(5, 100, 5)
_WHOLE_SHARE = 0.7
_SIMPLE_DENOMINATORS = (1, 2, 4, 5, 10)


@dataclass(frozen=True)
class Story:
    """How the problems of one family are told.

    Attributes:
        openings: Sentences that set the first value, `{n}`.
        moves: Sentences for each function; `{n}` is the operand.
        question: What is asked at the end.
        start: Smallest and largest first value.
        first: The moves of the first sentence, if they are others than the later ones'.
        counted: Whether the value counts things, so that it must stay whole.
    """

    openings: Sequence[str]
    moves: Mapping[str, Sequence[str]]
    question: str
    start: tuple[int, int] = (10, 300)
    first: Mapping[str, Sequence[str]] | None = None
    counted: bool = True

    def __call__(self, random: Random, depth: int) -> Draft:
        """Tells one problem of `depth` operations."""
        names, thing = random.sample(NAMES, depth + 1), random.choice(THINGS)
        value = Fraction(random.randint(*self.start))
        sentences = [random.choice(self.openings).format(n=value, name=names[0], thing=thing)]
        reference: list[str] = []
        function = ""
        for index in range(depth):
            moves = self.first if self.first and index == 0 else self.moves
            function, operand = self._move(random, [name for name in moves if name != function], value)
            words = {"n": operand, "name": names[0], "thing": thing, "before": names[index], "after": names[index + 1]}
            sentences.append(random.choice(moves[function]).format(**words))
            reference.append(str(call_of(function, value, Fraction(operand))))
            value = OPERATIONS[function](value, Fraction(operand))
        sentences.append(self.question.format(name=names[0], thing=thing, after=names[depth]))
        stop = Call("stop", {"answer": literal(value)})
        return Draft(" ".join(sentences), result_text(value), (*reference, str(stop)), depth=depth)

    def _move(self, random: Random, functions: Sequence[str], value: Fraction) -> tuple[str, int]:
        whole = self.counted or random.random() < _WHOLE_SHARE
        for function in random.sample(functions, len(functions)):
            if operands := _operands(function, value, whole):
                return function, random.choice(operands)
        raise ValueError(f"none of {functions} fits the value {value}")


def _operands(function: str, value: Fraction, whole: bool) -> Sequence[int]:
    """Returns the operands that keep the value within bounds, and whole if asked to."""
    if function == "add":
        return range(2, min(100, int(MAX_VALUE - value)))
    if function == "subtract":
        return range(2, min(100, int(value)))
    numbers = _PERCENTAGES if function == "percent" else _FACTORS
    results = {number: OPERATIONS[function](value, Fraction(number)) for number in numbers}
    denominators = (1,) if whole else _SIMPLE_DENOMINATORS
    return [n for n, result in results.items() if 1 <= result <= MAX_VALUE and result.denominator in denominators]
