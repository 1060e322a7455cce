"""A sample of the mutation bench (`make mutants` runs the whole of it), and a walk over the parameters.

Of the mutants, only the stages that take a second are run here: those that train are for the bench.
"""

import re

import pytest
import yaml

from stages.lineage.pipeline import Pipeline
from tests.lineage.mutation.behaviour import Workspace
from tests.lineage.mutation.bench import Predictions, chosen, judge, table
from tests.lineage.mutation.mutants import NULL
from tests.lineage.mutation.reads import leaves
from tests.workspace import ROOT

EVERY = [name for name in Pipeline(ROOT).names() if name != "fingerprint"]
STAGES = [name for name in EVERY if name.partition("@")[0] in ("problems", "chains", "pairs")]
LEAVES = list(leaves(yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))))
# Read where a source is chosen, which the procedural problems of the preset need not.
UNREAD = re.compile(r"problems\.\w+\.path")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return Workspace(tmp_path_factory.mktemp("mutation"), STAGES)


@pytest.fixture(scope="module")
def verdicts(workspace):
    predictions = Predictions(STAGES)
    return [each for mutant in chosen(sample=2, seed=7) for each in judge(workspace, predictions, mutant)]


def test_no_mutant_is_missed(verdicts):
    assert [each for each in verdicts if each.changed and not each.predicted] == []
    assert sum(each.changed for each in verdicts) > 5


def test_null_mutants_rebuild_nothing(verdicts):
    assert {each.kind for each in verdicts} >= set(NULL)
    assert [each for each in verdicts if each.kind in NULL and (each.predicted or each.changed)] == []


def test_much_of_what_is_rebuilt_has_changed(verdicts):
    (row,) = [row for row in table(verdicts) if row["kind"] == "all"]
    assert row["precision"] > 0.4


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """The leaves that each stage of the whole graph reads."""
    traces = Workspace(tmp_path_factory.mktemp("parameters"), EVERY, follow=False).traces
    return {stage: expanded(trace.parameters) for stage, trace in traces.items()}


def expanded(keys):
    return {leaf for leaf in LEAVES for key in keys if f"{leaf}.".startswith(f"{key}.")}


@pytest.mark.parametrize("stage", EVERY)
def test_a_stage_declares_the_parameters_that_it_reads_and_no_others(read, stage):
    keys = Pipeline(ROOT).parameters(stage)["params.yaml"]
    declared = expanded(keys)
    unread = {leaf for leaf in declared - read[stage] if not UNREAD.fullmatch(leaf)}
    assert (read[stage] - declared, unread) == (set(), set())


def test_every_parameter_is_read_by_some_stage(read):
    others = {leaf for leaf in LEAVES if leaf.startswith("teachers.") and not leaf.startswith("teachers.reference.")}
    assert set(LEAVES) - others == set().union(*read.values())
