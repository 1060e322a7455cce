"""A step of the agent without its model, against Microchain's own Agent and Engine on the same scripted answers."""

import contextlib
import itertools
import time

from stages.agent.episode import Episode
from stages.agent.functions import FunctionSet
from stages.agent.loop import Attempt, run

CHAINS, STEPS, BATCH, ROUNDS = 256, 12, 64, 9
SCRIPT = [*(f"add(a={number}, b={7 * number})" for number in range(2, STEPS + 1)), "stop(answer=42)"]
FUNCTIONS = FunctionSet()


@FUNCTIONS.register(example="add(a=2, b=3)")
def add(a: float, b: float) -> float:
    """Add b to a."""
    return a + b


class Scripted:
    """A model that always knows its next line."""

    identity: dict[str, str] = {}

    def complete(self, requests):
        return [SCRIPT[len(request.messages) // 2] for request in requests]


class Silence:
    """A screen that shows nothing and costs nothing."""

    def write(self, _):
        pass


def measure():
    """Returns a row: microseconds of a step both ways, in turns, the best round of each."""
    try:
        import microchain
    except ImportError:
        print("a step of the agent, against Microchain: skipped; `pip install microchain-python` to see it")
        return []
    ways = {"ours": _ours, "other": _microchain(microchain)}
    spent = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begun = time.process_time()
            assert way() == CHAINS * STEPS
            spent[name].append((time.process_time() - begun) / CHAINS / STEPS * 1e6)
    ours, other = (min(spent[name]) for name in ways)
    return [
        {
            "name": "a step of the agent, against Microchain",
            "ours": ours,
            "other": other,
            "ratio": ours / other,
            "unit": "µs",
        }
    ]


def _ours():
    attempts = (Attempt(str(number), 0, Episode("Count.", FUNCTIONS, STEPS + 1)) for number in range(CHAINS))
    return sum(len(attempt.episode.steps) for attempt in run(Scripted(), attempts, BATCH))


def _microchain(microchain):
    """Returns the same chains with Microchain's classes, as its documentation puts them together."""

    class add(microchain.Function):  # noqa: N801  # a function is called like its class
        description = "Add b to a."
        example_args = [2, 3]

        def __call__(self, a: float, b: float):
            return a + b

    class stop(microchain.Function):  # noqa: N801
        description = "Give the final answer and end."
        example_args = [42]

        def __call__(self, answer: float):
            self.engine.stop()
            return answer

    def way():
        lines, steps = itertools.cycle(SCRIPT), 0
        with contextlib.redirect_stdout(Silence()):
            for _ in range(CHAINS):
                engine = microchain.Engine()
                engine.register(add())
                engine.register(stop())
                agent = microchain.Agent(llm=lambda *_, **__: next(lines), engine=engine)
                agent.prompt = f"Count.\n{engine.help}"
                agent.run(iterations=STEPS + 1)
                steps += len(agent.history) // 2
        return steps

    return way
