"""Inputs of the report as a build leaves them, made up from a seed: base errs often, sft and dpo seldom."""

import json
import random
from pathlib import Path

import yaml

from stages.reporting.background import STAGES

SKILL = {"base": 0.5, "sft": 0.92, "dpo": 0.9}
FAMILIES = {
    "fol": ["quantifier", "chain_rule", "negation", "unknown"],
    "math": ["shopping", "travel", "mixtures", "sharing", "work_rates"],
}
SHIFTS = ["deeper", "other names"]
MISTAKES = ["wrong_argument", "wrong_function", "premature_stop", "wrong_order", "malformed", "loop", "execution_error"]


def attempt(rng: random.Random, depth: int, solved: bool, sample: int = 0) -> dict:
    steps, total = [], rng.randint(3, 40)
    for _ in range(depth):
        price = rng.randint(2, 60)
        call = f"add(a={total}, b={price})"
        total += price
        steps.append({"completion": call, "call": call, "result": str(total), "error": None})
    outcome = "correct" if solved else rng.choice(MISTAKES)
    if outcome == "malformed":
        steps[-1] = {
            "completion": "add(a=<b>, b=",
            "call": None,
            "result": "Error: not a call; write one such as add(a=2, b=3)",
            "error": "malformed",
        }
    call = f"stop(answer={total})"
    steps.append({"completion": call, "call": call, "result": str(total), "error": None})
    error = None if solved else outcome
    return {"sample": sample, "outcome": outcome, "error_type": error, "steps": steps}


def evaluation(rng: random.Random, task: str, number: int, samples: int = 1, skill: dict | None = None) -> dict:
    family, depth = rng.choice(FAMILIES[task]), rng.randint(1, 5)
    luck = rng.random() * 0.2
    seed = rng.random()
    arms = {
        arm: [
            attempt(random.Random(seed), depth, rng.random() < share + luck - 0.04 * depth, sample)
            for sample in range(samples)
        ]
        for arm, share in (skill or SKILL).items()
    }
    return {
        "problem_id": f"{task}-test-{number:04d}",
        "question": f"Ana has {number} apples & buys <b>{depth}</b> bags. They cost $3 each. How many has she?",
        "answer": str(number),
        "family": family,
        "depth": depth,
        "arms": arms,
    }


def training(arm: str, steps: int = 120) -> list[dict]:
    rng = random.Random(arm)
    rows = []
    for step in range(0, steps + 1, 5):
        left = 0.97**step
        row = {"step": step, "loss": 0.1 + 0.7 * left + rng.gauss(0, 0.02), "logps/chosen": -0.2 - 2.4 * left}
        if arm.endswith("dpo"):
            row |= {"logps/rejected": -3 - step / 8, "rewards/margins": step / 30, "rewards/accuracies": 1 - left / 2}
        rows.append(row)
    return rows


def pair(rng: random.Random) -> dict:
    return {
        "family": rng.choice(["first_one", "second_one"]),
        "error_type": rng.choice(MISTAKES),
        "origin": rng.choice(["teacher", "constructed"]),
        "augmentation": rng.choice(["none", "none", "rename"]),
        "difficulty": rng.choice([0.0, 0.5, 1.0]),
    }


PARAMS = {
    "tasks": ["fol", "math"],
    "problems": {"seed": 1, "math": {"source": "procedural", "depths": [1, 2, 3, 4, 5]}},
    "chains": {"teacher": "reference", "samples": 2},
    "adapter": {"beta": 0.1, "learning_rate": 0.002, "rank": 16},
    "evaluation": {"samples": 1},
    "report": {"seed": 7, "resamples": 2000, "flips": 4},
    "teachers": {"reference": {"mistakes": {"wrong_argument": 0.1}}, "llama_cpp": {"path": "x.gguf"}},
}


def write_jsonl(path: Path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_inputs(root: Path, problems: int = 60, samples: int = 1, params: dict = PARAMS) -> None:
    """Writes params.yaml and data/ under `root`."""
    (root / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    for task in params["tasks"]:
        rng = random.Random(task)
        rows = [evaluation(rng, task, number, samples) for number in range(problems)]
        write_jsonl(root / f"data/evaluations/{task}.jsonl", rows)
        shifted = [evaluation(rng, task, number) | {"shift": SHIFTS[number % 2]} for number in range(20)]
        write_jsonl(root / f"data/generalization/{task}.jsonl", shifted)
        outcomes = [rng.choice(["correct", "correct", *MISTAKES]) for _ in range(90)]
        chains = [{"problem_id": f"{task}-train-{i // 2}", "outcome": kind} for i, kind in enumerate(outcomes)]
        write_jsonl(root / f"data/chains/{task}.jsonl", chains)
        for split, count in (("train", 150), ("validation", 20)):
            pairs = [pair(rng) for _ in range(count)]
            write_jsonl(root / f"data/pairs/{task}/{split}.jsonl", pairs)
        for kind, arms in (("training", ("dpo", "sft")), ("refinement", ("sft_dpo", "sft_sft"))):
            for arm in arms:
                write_jsonl(root / f"data/{kind}/{task}/{arm}.jsonl", training(arm))
    code = {
        name: {"code": f"{place:02d}f3a9c27be841d0", "libs": {"sympy": "1.14.0"} if place % 2 else {}}
        for place, name in enumerate(STAGES)
    }
    values = code | {
        "tasks": {name: {"code": f"{name}0123456789abcdef", "libs": {}} for name in ("fol", "math", "unused")},
        "functions": {"math": {"arithmetic": {"code": "abcdef0123456789", "libs": {}}}},
        "teachers": {name: {"code": f"{name}4567890123", "libs": {}} for name in ("reference", "llama_cpp")},
    }
    (root / "data/fingerprints.json").write_text(json.dumps(values), encoding="utf-8")
