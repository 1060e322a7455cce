"""Stage `pairs`: the teacher's chains, the student's attempts and constructed mistakes become preference pairs."""

import json
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from tqdm import tqdm

from stages.agent.episode import STOPPING
from stages.agent.error_types import ErrorType
from stages.completions import store
from stages.errors import UserError
from stages.files import Row, published
from stages.parameters import Parameters, section
from stages.preferences.augmentation import Augmenter, AugmentParameters
from stages.preferences.curation import Bounds, Caps, difficulty, is_within, write_capped
from stages.preferences.kept import KeptPairs
from stages.preferences.making import Maker, Mix
from stages.preferences.overlap import HeldOut, plain
from stages.preferences.pairs import STUDENT, TEACHER
from stages.preferences.reading import by_problem
from stages.tasks import load_augmentation
from stages.tasks.configured import FOLDER as PROBLEMS
from stages.tasks.configured import Configured, configured, read_problems
from stages.tasks.task import Problem
from stages.teachers.mistakes import few_answers

FOLDER = Path("data/pairs")
SOURCES = {TEACHER: Path("data/chains"), STUDENT: Path("data/attempts")}
FINGERPRINTS = Path("data/fingerprints.json")
ROOTS = ("pairs", "tasks", "functions", "augmentations")  # what code the stage runs: its own, and that of its task
CHOOSING = {
    "augment",
    "near_duplicate",
    "difficulty",
    "caps",
}  # whose pairs are taken, not how they are made
TRAIN, VALIDATION, TEST = "train", "validation", "test"


class PairParameters(Parameters):
    """`pairs` of params.yaml.

    Attributes:
        level: `step` for pairs of two next calls, `chain` for pairs of two whole chains.
        mix: Whose mistakes are taken.
        mistakes: Weight of each error type among the constructed mistakes, where several can be made; 0 for never.
        augment: Variants of the training problems, by method.
        near_duplicate: The similarity to a held-out question from which a training problem is left out.
        difficulty: Smallest and largest share of wrong chains that a problem may have.
        caps: The largest number of pairs of a kind.
        seed: Decides which steps, which mistakes, which variants, and which pairs caps leave out.
    """

    level: Literal["step", "chain"]
    mix: Mix
    mistakes: dict[str, Annotated[float, Field(ge=0)]]
    augment: AugmentParameters
    near_duplicate: Annotated[float, Field(gt=0, le=1)]
    difficulty: Bounds
    caps: Caps
    seed: int

    @field_validator("mistakes")
    @classmethod
    def _known(cls, mistakes: dict[str, float]) -> dict[str, float]:
        if unknown := sorted(set(mistakes) - set(ErrorType)):
            raise ValueError(f"unknown error types {unknown}; there are {', '.join(ErrorType)}")
        return mistakes


def run(task: str) -> None:
    """Writes data/pairs/TASK/{train,validation}.jsonl.

    Raises:
        UserError: If problems, chains or attempts are unusable, or no pair can be made.
    """
    parameters, setting = section("pairs", PairParameters), configured(task)
    with published(FOLDER / task) as folder:
        for split in (TRAIN, VALIDATION):
            rows = _rows(setting, split, parameters)
            counts = write_capped(folder / f"{split}.jsonl", rows, parameters.caps, parameters.seed)
            if not counts:
                raise UserError(
                    f"data/chains/{task}.jsonl: no pair can be made for the {split} split, since no chain goes wrong "
                    "where the reference goes on; raise the teacher's mistakes, `chains.samples` or `pairs.mix` in "
                    "params.yaml, or widen `pairs.difficulty`"
                )
            print(f"pairs {task} {split}: " + ", ".join(f"{count} {name}" for name, count in counts.most_common()))


def _rows(setting: Configured, split: str, parameters: PairParameters) -> Iterator[Row]:
    name, elsewhere = setting.task.name, parameters.augment.prefix if split == TRAIN else 0
    problems = read_problems(name, split)
    made_as = parameters.level, parameters.mix, parameters.mistakes
    maker = Maker(setting.task, *made_as, elsewhere, few_answers(problems), parameters.seed)
    augmenter, kept = _augmenter(setting, split, problems, parameters), _kept(name, parameters)
    near = augmenter.held_out.near_duplicates(problems, PROBLEMS / name / f"{split}.jsonl")
    sources = [SOURCES[TEACHER], *([SOURCES[STUDENT]] if parameters.mix.student else [])]
    rows = zip(problems, *(by_problem(folder / f"{name}.jsonl", problems) for folder in sources), strict=True)
    for problem, *found in tqdm(rows, f"pairs {name} {split}", len(problems), disable=None):
        chains = dict(zip(SOURCES, found))
        share = difficulty(chains[TEACHER])
        if problem.id not in near and is_within(share, parameters.difficulty):
            for version in augmenter.versions(problem, chains):
                made = kept.rows([version.record(), elsewhere, maker.answers], partial(maker.rows, version))
                tools = (version.functions | STOPPING).schemas
                yield from (row | {"difficulty": share, "tools": tools} for row in made)
    kept.flush()
    for (method, reason), count in sorted(augmenter.tally.items()):
        print(f"pairs {name} {split}: {method}: {count} variants {reason}")
    if near:
        print(f"pairs {name} {split}: {len(near)} problems left out, near-duplicates of held-out ones")


def _kept(task: str, parameters: PairParameters) -> KeptPairs:
    """Returns what earlier runs made, if it is DVC that runs the stage: then the fingerprints are those of the code."""
    if "DVC_STAGE" not in os.environ:
        return KeptPairs(None, None)
    recorded = json.loads(FINGERPRINTS.read_text(encoding="utf-8"))
    code = {root: recorded[root] if root == "pairs" else recorded[root].get(task) for root in ROOTS}
    return KeptPairs(store.folder(), [code, parameters.model_dump(exclude=CHOOSING)])


def _augmenter(setting: Configured, split: str, problems: Sequence[Problem], parameters: PairParameters) -> Augmenter:
    """Returns what makes variants: of training problems, and apart from all others."""
    name, trained = setting.task.name, split == TRAIN
    others = [item for other in (VALIDATION, TEST) for item in read_problems(name, other)] if trained else []
    counts = parameters.augment.model_dump()
    return Augmenter(
        task=setting.task,
        functions=setting.functions,
        methods=load_augmentation(name),
        counts=counts if trained else dict.fromkeys(counts, 0),
        held_out=HeldOut({item.id: item.question for item in others}, parameters.near_duplicate),
        taken={plain(problem.question) for problem in problems},
        seed=parameters.seed,
    )
