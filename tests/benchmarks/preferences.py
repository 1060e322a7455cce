"""DPO with common prefixes computed once, against TRL's own trainer on the same batches."""

import tempfile
import time
from dataclasses import replace
from itertools import islice
from random import Random

import torch
from datasets import Dataset, Features, Json, List
from peft import LoraConfig
from trl import DPOConfig, DPOTrainer

from stages.agent.error_types import ErrorType
from stages.preferences.pairs import PairBuilder
from stages.student.model import Architecture, build
from stages.student.pretraining import render
from stages.student.shared_prefix_trainer import SharedPrefixDPOTrainer
from stages.student.tokenizer import train_tokenizer
from stages.tasks import load_families, load_functions, load_task
from stages.tasks.problem_sets import generate
from tests import tiny

CHAINS, STEPS, PROMPT, BATCH = 16, 5, 300, 10
ORDERS = {"chains together": "sequential", "shuffled": "random"}
COLUMNS = ("prompt", "chosen", "rejected", "tools")


def measure():
    """Returns rows: pairs per CPU-second of whole training runs, reference included, in two orders of the pairs."""
    torch.set_num_threads(1)
    blank = train_tokenizer([], 300)
    tokenizer = train_tokenizer((render(chain, blank) for chain in tiny.chains()), 2000)
    data = _pairs(tokenizer)
    rows = []
    for name, order in ORDERS.items():
        ours, other = (_speed(kind, tokenizer, data, order) for kind in (SharedPrefixDPOTrainer, DPOTrainer))
        row = {"name": f"DPO, {name}", "ours": ours, "other": other, "ratio": ours / other}
        rows.append(row | {"unit": "pairs per CPU-second"})
    return rows


def _pairs(tokenizer):
    """Step pairs at each of five steps of every chain, under prompts of 300 tokens: functions, examples, question."""
    task, functions = load_task("math"), load_functions("math", ["arithmetic"])
    drawn = generate(task, functions, load_families("math"), [STEPS - 1], {"train": 10 * CHAINS}, 0)
    problems = [problem for _, problem in drawn]
    rows = []
    for problem in problems[:CHAINS]:
        examples = iter(problems[CHAINS + problems.index(problem) :: CHAINS])
        made = _constructed(task, functions, problem)
        while _length(tokenizer, made[0].prompt[:1], made[0].tools) < PROMPT:
            problem = replace(problem, question=f"{next(examples).question} …\n\n{problem.question}")
            made = _constructed(task, functions, problem)
        assert len(made) == STEPS
        rows += [{column: pair.record()[column] for column in COLUMNS} for pair in made]
    return Dataset.from_list(rows, features=Features({column: List(Json()) for column in COLUMNS}))


def _constructed(task, functions, problem):
    builder = PairBuilder(task, functions, problem, [])
    return list(islice(builder.construct(dict.fromkeys(ErrorType, 1.0), (), Random(0)), STEPS))


def _length(tokenizer, messages, tools):
    return len(tokenizer.apply_chat_template(messages, tools=tools, add_generation_prompt=True)["input_ids"])


def _speed(kind, tokenizer, data, order):
    shape = Architecture(hidden_size=256, layers=6, heads=8, intermediate_size=768)
    with tempfile.TemporaryDirectory() as folder:
        settings = DPOConfig(
            output_dir=folder,
            per_device_train_batch_size=BATCH,
            num_train_epochs=1,
            train_sampling_strategy=order,
            loss_type=["sigmoid", "sft"],
            loss_weights=[1.0, 1.0],
            report_to="none",
            save_strategy="no",
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            disable_tqdm=True,
        )
        begun = time.process_time()
        kind(
            model=build(shape, tokenizer, 0),
            args=settings,
            train_dataset=data,
            processing_class=tokenizer,
            peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"),
        ).train()
        return len(data) / (time.process_time() - begun)
