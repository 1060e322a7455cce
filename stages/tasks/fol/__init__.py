"""What follows from premises in English: True, False or Unknown, decided in first-order logic."""

from stages.tasks.task import Task

_SAME = {"uncertain": "unknown"}


def check(answer: str, gold: str) -> bool:
    """Tells whether two of True, False and Unknown (or Uncertain) are the same, whatever their case."""
    return _plain(answer) == _plain(gold)


def _plain(answer: str) -> str:
    word = answer.strip().rstrip(".").lower()
    return _SAME.get(word, word)


TASK = Task(
    name="fol",
    instructions="Does it follow? Answer True, False or Unknown.",
    check=check,
    confusions={
        "implies": "both",
        "both": "either",
        "either": "both",
        "negate": "assume",
        "forall": "exists",
        "exists": "forall",
        "assume": "entails",
        "entails": "assume",
    },
    ordered=frozenset({"implies"}),
    failing_call='assume(formula="f99")',
    decides="entails",
)
