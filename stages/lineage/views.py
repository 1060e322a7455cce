"""An explanation as people read it: as text, or as a Mermaid graph."""

import sys
from collections import defaultdict

from .changes import Reason
from .errors import LineageError
from .explain import MAY_RUN, RUNS, SKIPPED, Explanation, Notes, Stage, no_notes
from .project import Project

USAGE = """usage: explain [--json | --graph [NAME]]

Says which stages `dvc repro` would run, and why.

  --json          the same for programs
  --graph [NAME]  a Mermaid graph: what changed (or a function, class, constant, module or file) → roots → stages
"""


def main(project: Project, arguments: list[str], notes: Notes = no_notes) -> int:
    """Runs the verb and returns the exit code; `notes` says what else is known of a stage that may run."""
    match arguments:
        case []:
            print(as_text(Explanation(project, notes)))
        case ["--json"]:
            print(Explanation(project, notes).as_json())
        case ["--graph", *names] if len(names) < 2:
            print(as_graph(Explanation(project), *names))
        case ["-h" | "--help"]:
            print(USAGE, end="")
        case _:
            print(USAGE, end="", file=sys.stderr)
            return 2
    return 0


def as_text(explanation: Explanation) -> str:
    """Returns one line for each stage, and one for each reason below it."""
    width = max((len(stage.name) for stage in explanation.stages), default=0)
    lines = []
    for stage in explanation.stages:
        lines.append(f"{stage.state:<8}  {stage.name:<{width}}".rstrip())
        lines += [f"{'':10}← {sentence}" for sentence in dict.fromkeys(map(_sentence, stage.reasons))]
        lines += [f"{'':10}  {name}: {number:,}" for name, number in stage.notes.items()]
    counts = [
        f"{sum(stage.state == state for stage in explanation.stages)} {state}" for state in (RUNS, MAY_RUN, SKIPPED)
    ]
    return "\n".join([*lines, "", ", ".join(counts)])


def _sentence(reason: Reason) -> str:
    match reason.kind:
        case "code" if reason.part:
            way = f" (by way of {' → '.join(reason.via)})" if len(reason.via) > 1 else ""
            return f"{reason.root}: {_part(reason)} {reason.what} {reason.change}{way}"
        case "code":
            return f"{reason.root}: {reason.change}"
        case "library":
            return f"{reason.root}: library {reason.what} {_from_to(reason)}"
        case "parameter":
            return f"parameter {reason.what} of {reason.root}: {_from_to(reason)}"
        case "upstream":
            return f"{reason.what}, which {reason.change}"
        case "new" | "always":
            return reason.change
        case "command":
            return "its command changed"
    return f"{reason.what} {reason.change}"


def _part(reason: Reason) -> str:
    return {"binding": "constant", "main": "program"}.get(reason.part, reason.part)


def _from_to(reason: Reason) -> str:
    if reason.old is None or reason.new is None:
        return f"{reason.new} added" if reason.old is None else f"{reason.old} removed"
    return f"{reason.old} → {reason.new}"


def as_graph(explanation: Explanation, name: str = "") -> str:
    """Returns a Mermaid graph from parts of the code over roots to stages.

    Args:
        explanation: What to draw.
        name: A qualified name, a module or a path whose reach is drawn; empty for all that changed.

    Raises:
        LineageError: If no root reaches anything of that name.
    """
    reached = _named(explanation, name) if name else _changed(explanation)
    if name and not reached:
        raise LineageError(
            f"no root reaches `{name}`; give a qualified name such as package.module.function, or a path"
        )
    graph = _Mermaid()
    for part, roots in sorted(reached.items()):
        for root in sorted(roots):
            graph.edge(f"code {part}", f"root {root}")
    for stage in explanation.stages:
        _draw_stage(graph, explanation, stage, {root for roots in reached.values() for root in roots})
    return graph.text()


def _draw_stage(graph: "_Mermaid", explanation: Explanation, stage: Stage, roots: set[str]) -> None:
    kind = {RUNS: "runs", MAY_RUN: "mayrun", SKIPPED: "skipped"}[stage.state]
    graph.node(f"stage {stage.name}", kind)
    for root in sorted(explanation.changes.roots(stage.keys) & roots):
        graph.edge(f"root {root}", f"stage {stage.name}")
    for before in stage.needs:
        graph.edge(f"stage {before}", f"stage {stage.name}")


def _changed(explanation: Explanation) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for stage in explanation.stages:
        for reason in stage.reasons:
            if reason.kind in ("code", "library"):
                found[reason.what].add(reason.root)
    return found


def _named(explanation: Explanation, name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    fingerprints = explanation.changes.fingerprints
    for root in fingerprints.roots:
        for part in fingerprints.nodes(root):
            if part == name or part.startswith(f"{name}."):
                found[part].add(root)
    return found


class _Mermaid:
    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}
        self.lines: list[str] = []

    def node(self, name: str, style: str = "") -> str:
        if name not in self.numbers:
            self.numbers[name] = f"n{len(self.numbers)}"
            kind, _, label = name.partition(" ")
            opening, closing = {"code": ("[", "]"), "root": ("([", "])"), "stage": ("[[", "]]")}[kind]
            label = label.replace('"', "#quot;")
            self.lines.append(f'  {self.numbers[name]}{opening}"{label}"{closing}{f":::{style}" if style else ""}')
        return self.numbers[name]

    def edge(self, start: str, end: str) -> None:
        line = f"  {self.node(start)} --> {self.node(end)}"
        self.lines.append(line)

    def text(self) -> str:
        styles = ["runs fill:#f9c74f", "mayrun fill:#fff3cd", "skipped fill:#eeeeee"]
        return "\n".join(["graph LR", *self.lines, *(f"  classDef {style}" for style in styles)])
