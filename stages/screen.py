"""What people read on the terminal: one console for all, and an attempt's steps as they look on it."""

import io
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from stages.agent.error_types import CORRECT

MIN_WIDTH = 100  # a narrower terminal wraps the lines rather than losing figures


def console() -> Console:
    """Returns the console on standard output; without any styling where that is no terminal."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without minus signs must not fail the stage
    screen = Console(highlight=False)
    screen.width = max(screen.width, MIN_WIDTH)
    return screen


def step_text(step: Mapping[str, Any]) -> Text:
    """Returns a step record as a person reads it: the call and what came back, in red if the call failed."""
    written = " ".join((step["call"] if step["call"] is not None else step["completion"]).split())
    return Text.assemble((written or "(nothing)", "red" if step["error"] else ""), (f" → {step['result']}", "dim"))


def outcome_text(outcome: str) -> Text:
    """Returns an outcome in the colour that says whether it is good."""
    return Text(outcome.replace("_", " "), "bold green" if outcome == CORRECT else "bold red")
