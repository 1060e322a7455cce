"""Stage `report`: what the evaluations show, as metrics, plot data, a page, and a table on the terminal."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from stages import configuration, parameters
from stages.errors import UserError
from stages.files import published

if TYPE_CHECKING:
    from stages.reporting.page import Report

DATA = Path("data")
OUT = DATA / "report"
FINGERPRINTS = DATA / "fingerprints.json"


class ReportParameters(parameters.Parameters):
    """The section `report` of params.yaml.

    Attributes:
        seed: Of the bootstrap.
        resamples: How often the bootstrap draws.
        flips: How many flipped problems are shown of each kind.
    """

    seed: int = Field(ge=0)
    resamples: int = Field(ge=100)
    flips: int = Field(ge=0)


def run(task: str | None = None) -> None:
    """Writes data/report from the evaluations of all tasks, and prints the result.

    Raises:
        UserError: If an input is missing or malformed, or a parameter is wrong.
    """
    from stages.reporting.console import print_results
    from stages.reporting.metrics import metrics, plot_rows
    from stages.reporting.page import render

    if task is not None:
        raise UserError(f"the stage `report` covers all tasks; call it without {task!r}")
    report = _collect()
    page = render(report)
    _write_json(OUT / "metrics.json", metrics(report.results))
    with published(OUT / "plots") as folder:
        folder.mkdir()
        for name, rows in plot_rows(report.results, report.training).items():
            _write_json(folder / f"{name}.json", rows)
    with published(OUT / "index.html") as scratch:
        scratch.write_text(page, encoding="utf-8", newline="\n")
    print_results(report.results)


def _collect() -> "Report":
    from stages.reporting import background
    from stages.reporting.evaluations import read_evaluations
    from stages.reporting.page import Report
    from stages.reporting.results import Draws, analyse

    chosen = parameters.section("report", ReportParameters)
    values, tasks = configuration.read_all(), configuration.tasks()
    teacher = _teacher(values)
    draws = Draws(chosen.seed, chosen.resamples)
    evaluations = {task: read_evaluations(DATA / "evaluations" / f"{task}.jsonl") for task in tasks}
    shifted = {task: read_evaluations(DATA / "generalization" / f"{task}.jsonl") for task in tasks}
    return Report(
        draws=draws,
        training={
            task: background.read_training([DATA / kind / task for kind in ("training", "refinement")])
            for task in tasks
        },
        counts={
            task: background.read_counts(DATA / "chains" / f"{task}.jsonl", DATA / "pairs" / task) for task in tasks
        },
        teacher=teacher,
        fingerprints=background.lineage(_fingerprints(), tasks, teacher),
        parameters=background.parameters(values, teacher),
        flips=chosen.flips,
        results=[analyse(task, evaluations[task], shifted[task], draws) for task in tasks],
    )


def _teacher(values: dict[str, Any]) -> str:
    chains = values.get("chains")
    teacher = chains.get("teacher") if isinstance(chains, dict) else None
    if not isinstance(teacher, str):
        raise UserError(f"{configuration.PATH}: `chains.teacher` must name one of `teachers`")
    return teacher


def _fingerprints() -> dict[str, Any]:
    try:
        values = json.loads(FINGERPRINTS.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{FINGERPRINTS}: no such file; run `dvc repro fingerprint`") from None
    except ValueError as error:
        raise UserError(f"{FINGERPRINTS}: not valid JSON ({error}); run `dvc repro fingerprint`") from None
    if not isinstance(values, dict):
        raise UserError(f"{FINGERPRINTS}: expected a JSON object; run `dvc repro fingerprint`")
    return values


def _write_json(path: Path, value: object) -> None:
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    with published(path) as scratch:
        scratch.write_text(text + "\n", encoding="utf-8", newline="\n")
