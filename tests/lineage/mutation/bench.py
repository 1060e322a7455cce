"""Holds what the fingerprints say of each mutant against what it does."""

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from stages.lineage import Fingerprints, LineageError, read_project
from stages.lineage.cache import Cache
from stages.lineage.fingerprints import matching
from stages.lineage.guard import stage_keys
from stages.lineage.snapshot import take_snapshot
from tests.lineage.mutation.behaviour import Workspace
from tests.lineage.mutation.mutants import NULL, Mutant, mutants, renamed
from tests.workspace import ROOT

ALL, USED = "all", "all of use"
PACKAGE = ROOT / "stages"
# The launcher, the verbs and the lineage room itself are no part of what stages do.
SKIPPED = ("lineage/", "__main__.py", "fingerprint.py", "explain.py", "check.py", "show.py", "ask.py", "screen.py")
RENAMED = ["agent/calls.py", "preferences/preflight.py", "statistics/paired.py", "student/model.py", "tasks/task.py"]


@dataclass(frozen=True)
class Verdict:
    """One mutant and one stage: whether its fingerprints changed, and whether its behaviour did."""

    kind: str
    name: str
    stage: str
    predicted: bool
    changed: bool


class Predictions:
    """Which stages the fingerprints of a changed package would rerun."""

    def __init__(self, stages: Iterable[str]) -> None:
        self._snapshot = take_snapshot(read_project(ROOT))
        self._cache = _Memory()
        found = Fingerprints(self._snapshot, self._cache)
        self._before = {key: found.of(key) for key in found.roots}
        self._keys = {stage: self._stage_keys(stage) for stage in stages}

    def _stage_keys(self, stage: str) -> list[str]:
        # The report shows all fingerprints: as data, which is another thing than what its code does.
        keys = ["report"] if stage == "report" else stage_keys(self._snapshot.project, stage)
        return matching(self._before, keys)

    def of(self, mutant: Mutant) -> set[str]:
        """Returns the stages whose fingerprints a mutant changes."""
        files: dict[str, Any] = self._snapshot.files | {
            name: text.encode() if text is not None else None for name, text in mutant.files.items()
        }
        files = {name: content for name, content in sorted(files.items()) if content is not None}
        found = Fingerprints(replace(self._snapshot, files=files), self._cache)
        try:
            changed = {key for key in self._before if key not in found.roots or found.of(key) != self._before[key]}
        except LineageError:  # then nothing runs until it is mended
            changed = set(self._before)
        return {stage for stage, keys in self._keys.items() if changed & set(keys)}


class _Memory(Cache):
    """Keeps the analyses of the unchanged files."""

    def __init__(self) -> None:
        super().__init__(None)
        self._kept: dict[str, Any] = {}

    def read(self, kind: str, digest: str = "") -> Any:
        return self._kept.get(kind)

    def write(self, kind: str, value: object, digest: str = "") -> None:
        self._kept.setdefault(kind, json.loads(json.dumps(value)))


def chosen(sample: int | None, seed: int) -> list[Mutant]:
    """Returns all mutants, or a number of each kind."""
    every = [*mutants(PACKAGE, SKIPPED), *renamed(PACKAGE, RENAMED)]
    if sample is None:
        return every
    kinds = defaultdict(list)
    for mutant in every:
        kinds[mutant.kind].append(mutant)
    return [mutant for kind in kinds.values() for mutant in random.Random(seed).sample(kind, min(sample, len(kind)))]


def judge(workspace: Workspace, predictions: Predictions, mutant: Mutant) -> Iterator[Verdict]:
    """Yields a verdict for each stage of the workspace."""
    predicted, changed = predictions.of(mutant), dict.fromkeys(workspace.stages, False)
    with workspace.changed(mutant.files):
        for stage in workspace.stages:
            may_change = mutant.kind not in NULL and _may_change(workspace, stage, mutant)
            changed[stage] = may_change and workspace.differs(stage)
    if mutant.harder is not None:
        # Only where a rebuild is predicted: what can't even be loaded fails stages that don't use it.
        with workspace.changed(mutant.harder):
            for stage in predicted:
                changed[stage] = changed[stage] or workspace.differs(stage)
    for stage in workspace.stages:
        yield Verdict(mutant.kind, mutant.name, stage, stage in predicted, changed[stage])


def _may_change(workspace: Workspace, stage: str, mutant: Mutant) -> bool:
    """A stage that loads no changed file, or enters no changed body, does what it did before."""
    trace = workspace.traces[stage]
    if mutant.code is not None:
        return mutant.code in trace.entered
    return not trace.files.isdisjoint(mutant.files)


def table(verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
    """Returns recall and precision for each kind of mutant, for all that are not null, and for those of use.

    What no stage uses on the preset, such as messages about files that are in order, says how much of the package the
    preset enters. The others say whether what one stage uses is told from what another does.
    """
    verdicts, groups = list(verdicts), defaultdict[str, list[Verdict]](list)
    used = {(verdict.kind, verdict.name) for verdict in verdicts if verdict.changed}
    for verdict in verdicts:
        groups[verdict.kind].append(verdict)
        if verdict.kind not in NULL:
            groups[ALL].append(verdict)
            if (verdict.kind, verdict.name) in used:
                groups[USED].append(verdict)
    order = sorted(groups, key=lambda kind: (kind in NULL, kind in (ALL, USED), kind))
    return [_row(kind, groups[kind]) for kind in order]


def _row(kind: str, verdicts: list[Verdict]) -> dict[str, Any]:
    predicted = sum(verdict.predicted for verdict in verdicts)
    changed = sum(verdict.changed for verdict in verdicts)
    both = sum(verdict.predicted and verdict.changed for verdict in verdicts)
    return {
        "kind": kind,
        "mutants": len({verdict.name for verdict in verdicts}),
        "rebuilt": predicted,
        "changed": changed,
        "missed": changed - both,
        "recall": both / changed if changed else None,
        "precision": both / predicted if predicted else None,
    }
