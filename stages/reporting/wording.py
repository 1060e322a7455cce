"""How the report says things: numbers, names, and what the comparisons mean."""

from stages.reporting.results import Pair, TaskResult
from stages.statistics import Comparison, Interval
from stages.student.arms import BASE, DPO, SFT, STARTS

SIGNIFICANT = 0.05
_ARMS = {BASE: "base", SFT: "SFT control", DPO: "DPO"}
_TEACHERS = {"reference": "the embedded reference teacher (worked solutions with planted mistakes)"}
MINUS = "\N{MINUS SIGN}"


def words(name: str) -> str:
    """Returns an identifier as words."""
    return name.replace("_", " ")


def short(name: str, limit: int = 24) -> str:
    """Returns an identifier as words, cut where a picture has no room for more."""
    text = words(name)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def arm_title(arm: str) -> str:
    """Returns an arm's name as people read it."""
    return _ARMS.get(arm, words(arm).replace("sft", "SFT").replace("dpo", "DPO").replace(" ", " + "))


def pair_title(pair: Pair) -> str:
    """Returns a comparison's name as people read it."""
    return f"{arm_title(pair.after)} against {arm_title(pair.before)}"


def teacher_title(name: str) -> str:
    """Returns what wrote the chains, as configured."""
    return _TEACHERS.get(name, f"the teacher “{name}”")


def percent(share: float) -> str:
    """Returns a share of one as a percentage."""
    return f"{100 * share:.1f}\u00a0%"


def percent_interval(interval: Interval) -> str:
    """Returns an interval of shares as percentages."""
    return f"{100 * interval.low:.1f} to {100 * interval.high:.1f}\u00a0%"


def points(difference: float) -> str:
    """Returns a difference of accuracies in percentage points, with its sign."""
    text = f"{100 * difference:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", MINUS)


def points_interval(interval: Interval) -> str:
    """Returns an interval of differences in percentage points."""
    return f"{points(interval.low)} to {points(interval.high)}"


def p_value(p: float) -> str:
    """Returns a p-value with two significant digits."""
    if p < 1e-16:
        return "<\u00a010⁻¹⁶"
    if p < 0.001:
        mantissa, exponent = f"{p:.1e}".split("e")
        return f"{mantissa} · 10{str(int(exponent)).translate(_SUPERSCRIPTS)}"
    return "1" if p >= 0.995 else f"{p:.2g}" if p < 0.1 else f"{p:.2f}"


_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def p_equals(p: float) -> str:
    """Returns a p-value as part of a sentence."""
    text = p_value(p)
    return f"p\u00a0{text}" if text.startswith("<") else f"p\u00a0=\u00a0{text}"


def signed(value: float) -> str:
    """Returns a number with its sign."""
    return f"{value:+.2f}".replace("-", MINUS)


def detectable(difference: float | None) -> str:
    """Returns the smallest difference that shows, in points."""
    return "none" if difference is None else f"{100 * difference:.1f}"


def significant(item: Comparison) -> bool:
    """Whether the difference is one that the data show: by Wilcoxon's test, at 0.05."""
    return item.wilcoxon_p < SIGNIFICANT


def gain_sentence(result: TaskResult, pair: Pair) -> str:
    """Says what an arm gained against the base."""
    item = result.comparisons[pair]
    return (
        f"{_sentence_title(pair.after)} solves {percent(result.accuracies[pair.after].accuracy)} of the {item.n} "
        f"held-out {result.task} problems, the {arm_title(pair.before)} student "
        f"{percent(result.accuracies[pair.before].accuracy)}. {_change(item)}"
    )


def _sentence_title(arm: str) -> str:
    return f"The {arm_title(arm)}" if arm == SFT else arm_title(arm)


def _change(item: Comparison) -> str:
    numbers = f"{_numbers(item)}: {item.gained} problems gained, {item.lost} lost."
    if not significant(item):
        return f"No difference is shown: {points(item.difference)} points {numbers}"
    kind = "gain" if item.difference > 0 else "loss"
    return f"A {kind} of {100 * abs(item.difference):.1f} points {numbers}"


def _numbers(item: Comparison) -> str:
    return f"(95\u00a0% interval {points_interval(item.ci95)}, {p_equals(item.wilcoxon_p)})"


def verdict(result: TaskResult, pair: Pair) -> str:
    """Says in a few words what an arm added to another: preference to imitation, or more training to its start."""
    item = result.comparisons[pair]
    name, other = arm_title(pair.after), _added_to(pair)
    if not significant(item):
        return f"On {result.task}, {name} added nothing that shows over {other}."
    if item.difference > 0:
        return f"On {result.task}, {name} added to {other}."
    return f"On {result.task}, {name} is worse than {other}."


def _added_to(pair: Pair) -> str:
    return _named(pair.before) if _goes_on(pair) else "imitation"


def _goes_on(pair: Pair) -> bool:
    return STARTS.get(pair.after) == pair.before


def _named(arm: str) -> str:
    return f"the {arm_title(arm)}" if arm == SFT else arm_title(arm)


def verdict_sentence(result: TaskResult, pair: Pair) -> str:
    """Gives the figures behind the verdict, and what this test set could have shown."""
    item = result.comparisons[pair]
    shown = result.detectable[pair]
    text = (
        f"Against {_named(pair.before)}, {_role(pair)}: {points(item.difference)} points {_numbers(item)}: "
        f"{item.gained} problems that only {arm_title(pair.after)} solves, {item.lost} that only "
        f"{_named(pair.before)} solves."
    )
    if shown is None:
        return f"{text} So few problems can't show any difference."
    return f"{text} A true difference of {detectable(shown)} points would be found in four of five such test sets."


def _role(pair: Pair) -> str:
    if _goes_on(pair):
        return "from which its training went on"
    return "which imitates the same chosen calls, from the same start"
