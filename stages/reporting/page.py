"""The report as one self-contained HTML file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from stages.agent.error_types import CORRECT
from stages.reporting import pair_pictures, pictures, wording
from stages.reporting.background import DataCounts, TrainingLog
from stages.reporting.evaluations import Attempt, Evaluation
from stages.reporting.results import Draws, Pair, TaskResult, flipped
from stages.statistics import Comparison
from stages.student.arms import BASE, CONTROLS

ROOM = Path(__file__).parent
PAGE = "page.html.jinja"
TEMPLATES = (PAGE, "task.html.jinja", "flips.html.jinja", "sources.html.jinja")
CSS = "page.css"
TRAIN = "train"


@dataclass(frozen=True)
class Report:
    """All that the page shows.

    Attributes:
        results: One a task.
        draws: How the bootstrap drew.
        training: The training logs by task.
        counts: The data behind the training by task.
        teacher: The selected teacher, as in params.yaml.
        fingerprints: `{"code", "libs"}` by root.
        parameters: By dotted key.
        flips: How many flipped problems are shown of each kind.
    """

    results: list[TaskResult]
    draws: Draws
    training: Mapping[str, list[TrainingLog]]
    counts: Mapping[str, DataCounts]
    teacher: str
    fingerprints: Mapping[str, Any]
    parameters: Mapping[str, Any]
    flips: int


def render(report: Report) -> str:
    """Returns the page. What models and data sets wrote is escaped; nothing is fetched and no script runs."""
    page = _environment().get_template(PAGE)
    return page.render(
        css=(ROOM / CSS).read_text(encoding="utf-8"),
        results=report.results,
        draws=report.draws,
        counts=report.counts,
        teacher=wording.teacher_title(report.teacher),
        fingerprints=report.fingerprints,
        parameters=report.parameters,
        differences=pictures.differences(report.results),
        pictures={result.task: _pictures(result, report.training[result.task]) for result in report.results},
        pair_pictures={
            task: pair_pictures.pairs(task, counts.pairs[TRAIN])
            for task, counts in report.counts.items()
            if counts.pairs[TRAIN].errors
        },
        training_lines={task: [_ends(log) for log in logs] for task, logs in report.training.items()},
        flips=[flip for result in report.results for flip in _flips(result, report.flips)],
    )


def _environment() -> Environment:
    sources = {name: (ROOM / name).read_text(encoding="utf-8") for name in TEMPLATES}
    environment = Environment(
        loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        arm_title=wording.arm_title,
        pair_title=wording.pair_title,
        words=wording.words,
        percent=wording.percent,
        percent_interval=wording.percent_interval,
        points=wording.points,
        points_interval=wording.points_interval,
        p_value=wording.p_value,
        p_equals=wording.p_equals,
        signed=wording.signed,
        detectable=wording.detectable,
        tone=_tone,
        tojson_text=_json,
    )
    environment.globals.update(
        gain_sentence=wording.gain_sentence,
        verdict=wording.verdict,
        verdict_sentence=wording.verdict_sentence,
        divergence=divergence,
        base=BASE,
        correct=CORRECT,
    )
    return environment


def _tone(item: Comparison) -> str:
    if not wording.significant(item):
        return ""
    return "good" if item.difference > 0 else "bad"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _pictures(result: TaskResult, logs: list[TrainingLog]) -> dict[str, str]:
    return {
        "families": pictures.by_group(result, result.families, "families"),
        "shifts": pictures.by_group(result, result.shifts, "shifts"),
        "depths": pictures.depths(result),
        "errors": pictures.errors(result),
        "training": pictures.training(result.task, result.arms, logs),
    }


def _ends(log: TrainingLog) -> str:
    _, values = log.curve("logps/chosen")
    name = wording.arm_title(log.arm)
    if not values:
        return f"{name}: the log-probability of the chosen calls was not logged."
    first, last = (wording.signed(value) for value in (values[0], values[-1]))
    return f"{name}: the log-probability of the chosen calls (logps/chosen) went from {first} to {last}."


def _flips(result: TaskResult, cap: int) -> list[dict[str, Any]]:
    return [_flip(result, pair, cap) for pair in result.comparisons if pair.after not in CONTROLS.values()]


def _flip(result: TaskResult, pair: Pair, cap: int) -> dict[str, Any]:
    titles = [f"Solved only by {wording.arm_title(arm)}" for arm in pair]
    return {
        "task": result.task,
        "pair": pair,
        "colors": (result.arms.index(pair.before), result.arms.index(pair.after)),
        "directions": [
            {"title": title, "total": len(items), "shown": spread(items, cap)}
            for title, items in zip(titles, flipped(result.evaluations, pair), strict=True)
        ],
    }


def spread(items: list[Evaluation], cap: int) -> list[Evaluation]:
    """Returns at most `cap` items, evenly spaced, so that all families of a sorted file are seen."""
    if len(items) <= cap:
        return items
    return [items[place * len(items) // cap] for place in range(cap)]


def divergence(before: Attempt, after: Attempt) -> int:
    """Returns the first step, counted from zero, at which two attempts differ."""
    pairs = zip(before.steps, after.steps, strict=False)
    same = (one.call == other.call and one.completion == other.completion for one, other in pairs)
    return next((place for place, equal in enumerate(same) if not equal), min(len(before.steps), len(after.steps)))
