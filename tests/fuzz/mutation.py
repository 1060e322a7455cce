"""Seeded mutations of texts, for where no coverage-guided fuzzer is installed."""

from random import Random

from tests.fuzz.corpus import ARGUMENT, ARGUMENTS, STEP

MAX_LENGTH = 5000
PIECES = [*ARGUMENTS, ARGUMENT, STEP, *(chr(code) for code in range(256))]


def mutated(seeds: list[str], random: Random) -> str:
    """Returns a seed after some mutations, or untouched now and then."""
    text = random.choice(seeds)
    for _ in range(random.choice((0, 1, 1, 2, 2, 3, 4, 6, 10))):
        text = random.choice(MUTATIONS)(text, seeds, random)[:MAX_LENGTH]
    return text


def _cut(text: str, random: Random) -> tuple[str, str, str]:
    """Splits a text at two places, mostly near each other."""
    start = random.randint(0, len(text))
    end = min(len(text), start + random.choice((0, 1, 1, 2, 5, 20, len(text))))
    return text[:start], text[start:end], text[end:]


def _delete(text: str, _: list[str], random: Random) -> str:
    before, _, after = _cut(text, random)
    return before + after


def _insert(text: str, _: list[str], random: Random) -> str:
    before, inside, after = _cut(text, random)
    return before + random.choice(PIECES) + inside + after


def _replace(text: str, _: list[str], random: Random) -> str:
    before, _, after = _cut(text, random)
    return before + random.choice(PIECES) + after


def _repeat(text: str, _: list[str], random: Random) -> str:
    before, inside, after = _cut(text, random)
    return before + inside * random.choice((2, 3, 10, 100, 1000)) + after


def _wrap(text: str, _: list[str], random: Random) -> str:
    before, inside, after = _cut(text, random)
    opening, closing = random.choice(("()", "[]", "{}", '""', "''", ("not (", ")"), ("f(", ")"), ("forall x (", ")")))
    times = random.choice((1, 1, 2, 30, 200))
    return before + opening * times + inside + closing * times + after


def _splice(text: str, seeds: list[str], random: Random) -> str:
    return _cut(text, random)[0] + _cut(random.choice(seeds), random)[2]


def _join(text: str, seeds: list[str], random: Random) -> str:
    return text + random.choice((STEP, STEP, ARGUMENT, "\n", " and ", ", ", "")) + random.choice(seeds)


MUTATIONS = (_delete, _insert, _replace, _repeat, _wrap, _splice, _join)
