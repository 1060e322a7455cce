"""When an answer equals the gold one."""

from fractions import Fraction

from stages.agent.values import exact


def check(answer: str, gold: str) -> bool:
    """Returns whether two answers are the same exact number.

    A dollar sign, a percent sign and thousands' commas are notation; any other word or sign makes an answer wrong.
    """
    try:
        return amount(answer) == amount(gold)
    except ValueError:
        return False


def amount(written: str) -> Fraction:
    """Reads a number as people write it in answers, such as `$1,200.50`, `40%` (40) or `7/2`.

    Raises:
        ValueError: If it is no number.
    """
    return exact(written.strip().replace("$", "", 1).removesuffix("%").strip())
