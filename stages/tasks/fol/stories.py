"""What the readers of logic data sets share: a story, a conclusion and a label become a problem with its calls."""

from collections.abc import Sequence

from stages.files import Row
from stages.tasks.fol.formula import Formula
from stages.tasks.fol.prover import Verdict
from stages.tasks.fol.solution import written
from stages.tasks.rows import NO_QUESTION, text_of
from stages.tasks.task import NO_ANSWER, Draft, Rejection

NO_PREMISES = "no premises"
UNHEARD_ANSWER = "the answer is not True, False or Unknown"
_ANSWERS = {verdict.lower(): verdict.value for verdict in (Verdict.TRUE, Verdict.FALSE, Verdict.UNKNOWN)}
_ANSWERS["uncertain"] = Verdict.UNKNOWN.value
_OPTIONS = {"A": "True", "B": "False", "C": "Unknown"}


def draft_of(
    where: str,
    premises: str,
    conclusion: str,
    answer: str,
    statements: Sequence[Formula] | None,
    family: str,
    depth: int,
) -> Draft | Rejection:
    """Returns a problem with its reference, or why the row cannot be used.

    Args:
        where: The row's place.
        premises: What is known, in English.
        conclusion: What may follow from it, in English.
        answer: The label.
        statements: The premises and, last, the conclusion, as formulas; None if they cannot be had.
        family: As in `Draft`.
        depth: As in `Draft`.
    """
    gold = _ANSWERS.get(answer.lower())
    if not premises or not conclusion:
        return Rejection(where, NO_QUESTION if premises else NO_PREMISES)
    if gold is None:
        return Rejection(where, UNHEARD_ANSWER if answer else NO_ANSWER)
    # Whether `entails` returns that answer is found out where references are executed.
    reference = written(statements[:-1], statements[-1], gold) if statements else None
    return Draft(f"{premises}\nConclusion: {conclusion}", gold, reference, family, depth)


def chosen(row: Row) -> str:
    """Returns the text of the option that `answer` is the letter of (`B` of `B) False`), or `answer` itself."""
    answer, options = text_of(row, "answer"), row.get("options")
    for option in options if isinstance(options, list) else ():
        letter, _, text = str(option).partition(")")
        if letter.strip() == answer:
            return text.strip()
    return _OPTIONS.get(answer, answer)
