"""Chains from a server: against the ideal of its latency, against Microchain's agent, and again from the store.

The server is a process of its own that waits before every answer. The ideal is that neither it nor the stage takes any
time besides: every chain in flight has an answer after each wait, and all take `steps × latency / chains in flight`.
The whole stage is compared with that, reading the problems and writing the chains included.
"""

import contextlib
import inspect
import os
import shutil
import tempfile
import time
from pathlib import Path

from stages import chains, problems
from stages.agent.calls import parse
from stages.agent.episode import STOP, STOPPING
from stages.completions.store import VARIABLE, folder
from stages.tasks.configured import configured, read_problems
from tests.benchmarks.agents import Silence
from tests.server import serving
from tests.workspace import lay_out, overlaid, parameters

TASK, LATENCY, IN_FLIGHT, PROBLEMS, SAMPLES, ROUNDS = "math", 0.05, 64, 1000, 5, 3
ALONE = 30  # chains of Microchain's agent, which carries on one at a time


def measure():
    """Returns rows: steps a second against the ideal, Microchain and the store; what is paid for under faults."""
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(lay_out(Path(place), settings(PROBLEMS))):
        os.environ[VARIABLE] = f"{place}/store"
        problems.run(TASK)
        return [*_speed(), _faults()]


def settings(count, samples=SAMPLES, url="http://127.0.0.1:1/v1"):
    served = {"base_url": url, "model": "m", "in_flight": IN_FLIGHT}
    sizes = {"train": count, "validation": 1, "test": 1}
    changes = {"chains": {"teacher": "openai_compatible", "samples": samples}, "problems": {TASK: {"splits": sizes}}}
    return overlaid(parameters(), changes | {"teachers": {"openai_compatible": served}})


def _serving(**options):
    return serving(problems=[str(Path(f"data/problems/{TASK}/train.jsonl").resolve())], **options)


def _speed():
    with _serving(latency=LATENCY) as server:
        lay_out(Path(), settings(PROBLEMS, url=server.url))
        rounds = [_fresh() for _ in range(ROUNDS)]
        stats = server.stats()
        microchain = _microchain(server.url)
    assert stats["billed"] == sum(steps for steps, *_ in rounds)
    for steps, seconds, computing in rounds:
        print(f"{steps} steps in {seconds:.1f} s; {computing / steps * 1e3:.3f} ms of computing for each")
    fastest = max(steps / seconds for steps, seconds, _ in rounds)
    served = f"{IN_FLIGHT} chains in flight, {LATENCY * 1e3:.0f} ms latency"
    yield row(f"steps of {served}, against the ideal", fastest, IN_FLIGHT / LATENCY, "steps/s")
    if microchain:
        yield row(f"steps of {served}, against Microchain's agent", fastest, microchain, "steps/s")
    steps, seconds, _ = _timed()
    assert steps == rounds[-1][0]
    yield row("steps from the store, against those from the server", steps / seconds, fastest, "steps/s")


def _fresh():
    """Runs the stage with nothing in the store."""
    shutil.rmtree(folder(), ignore_errors=True)
    shutil.rmtree(chains.FOLDER, ignore_errors=True)
    return _timed()


def _microchain(url):
    """Returns the steps a second of Microchain's own agent and generator on the same problems and functions."""
    try:
        import microchain
        import openai  # noqa: F401  # what its generator asks with
    except ImportError:
        print("chains from a server, against Microchain: skipped; `pip install microchain-python openai` to see it")
        return None
    generator = microchain.OpenAIChatGenerator(model="m", api_key="none", api_base=url)
    steps, began = 0, time.perf_counter()
    with contextlib.redirect_stdout(Silence()):
        for problem in read_problems(TASK, "train")[:ALONE]:
            engine = microchain.Engine()
            for function in configured(TASK).functions | STOPPING:
                engine.register(_as_microchain(microchain, function))
            agent = microchain.Agent(llm=microchain.LLM(generator=generator), engine=engine)
            agent.prompt = f"{engine.help}\n\n{problem.question}"
            agent.run(iterations=parameters()["chains"]["max_steps"])
            assert agent.do_stop
            steps += len(agent.history) // 2
    return steps / (time.perf_counter() - began)


def _as_microchain(microchain, function):
    """Returns a function as Microchain has it: an object of a class with the function's name and a typed `__call__`."""

    def call(self, **arguments):
        if function.name == STOP:
            self.engine.stop()
        return function.execute(arguments, None)

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter(name, kind, annotation=float) for name in ("self", *function.parameters)]
    call.__signature__ = inspect.Signature(parameters)
    example = list(parse(function.example).keywords.values())
    members = {"description": function.description, "example_args": example, "__call__": call}
    return type(function.name, (microchain.Function,), members)()


def _faults():
    """1,000 chains from a server that fails in five ways, each in one request of five that are left by the others."""
    with _serving(faults=1 - 0.8**5) as server:
        patient = {"timeout": 1.0, "pause": 0.01, "tries": 100}
        changes = {"chains": {"samples": 1}, "teachers": {"openai_compatible": patient}}
        lay_out(Path(), overlaid(settings(PROBLEMS, url=server.url), changes))
        _fresh()
        stats = server.stats()
    finished = Path(f"data/chains/{TASK}.jsonl").read_text("utf-8").count("\n")
    assert finished == PROBLEMS + 1
    assert stats["billed"] == stats["requests"]
    print(f"{finished} chains; {stats['tries']} tries of {stats['requests']} requests; failed: {stats['faults']}")
    return row(
        "answers that were paid for, against requests, under faults", stats["billed"], stats["requests"], "answers"
    )


def _timed():
    """Runs the stage and returns its steps, and the seconds that it took, in all and computing."""
    began, computing = time.perf_counter(), time.process_time()
    chains.run(TASK)
    took = time.perf_counter() - began, time.process_time() - computing
    return sum(line.count('"completion": ') for line in Path(f"data/chains/{TASK}.jsonl").open()), *took


def row(name, ours, other, unit):
    return {"name": name, "ours": ours, "other": other, "ratio": ours / other, "unit": unit}
