"""Verb `ask`: lets the trained student solve a question, call by call."""

import argparse
from collections.abc import Iterator

from stages.agent.episode import Episode, Step
from stages.agent.model import Model, Request
from stages.errors import UserError
from stages.evaluation import EvaluationParameters, student
from stages.files import dump
from stages.parameters import section
from stages.screen import console, step_text
from stages.student.arms import ARMS
from stages.tasks.configured import configured


def run(argv: list[str]) -> int:
    """Runs `ask TASK QUESTION [--arm ARM] [--json]` and returns the exit code.

    Raises:
        UserError: If the task is unknown, the question is empty, or the models have not been built.
    """
    options = _parser().parse_args(argv)
    question = " ".join(options.question.split())
    if not question:
        raise UserError("the question is empty; ask one such as `python -m stages show problems` prints")
    parameters = section("evaluation", EvaluationParameters)
    setting = configured(options.task)
    episode = Episode(setting.task.prompt(question), setting.functions, parameters.max_steps)
    screen = console()
    for step in solve(student(options.task, options.arm, parameters), episode):
        if not options.json:
            screen.print(step_text(step.record()))
    steps = [step.record() for step in episode.steps]
    if options.json:
        print(dump({"question": question, "arm": options.arm, "steps": steps, "answer": episode.answer}))
    elif episode.answer is None:
        screen.print(f"no answer: {str(episode.ended).replace('_', ' ')} after {len(steps)} steps")
    else:
        screen.print(f"answer: {episode.answer}", style="bold", markup=False)
    return 0


def solve(model: Model, episode: Episode) -> Iterator[Step]:
    """Yields the steps of an attempt as the model makes them."""
    tools = episode.functions.schemas
    while episode.ended is None:
        (completion,) = model.complete([Request("question", 0, episode.messages, tools)])
        yield episode.receive(completion)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stages ask", description=__doc__)
    parser.add_argument("task", help="such as math")
    parser.add_argument("question", help="in quotation marks")
    parser.add_argument("--arm", choices=ARMS, default="dpo", help="which student (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print question, steps and answer as JSON")
    return parser
