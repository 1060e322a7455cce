import asyncio

import pytest

from stages.agent.episode import Episode
from stages.agent.loop import Attempt, run
from stages.agent.model import Keys
from stages.agent.streaming import stream
from stages.tasks import load_functions

FUNCTIONS = load_functions("math", ["arithmetic"])


class Scripted:
    """Problem `k` takes `k` calls before it stops."""

    identity = {"name": "scripted"}

    def __init__(self):
        self.asked = []

    def complete(self, requests):
        self.asked.append([request.problem_id for request in requests])
        return [self._next(int(request.problem_id), len(request.messages) // 2) for request in requests]

    def _next(self, calls, done):
        return f"stop(answer={calls})" if done == calls else f"add(a={done}, b=1)"


def attempts(*problems, drawn=None):
    for problem in problems:
        if drawn is not None:
            drawn.append(problem)
        yield Attempt(str(problem), 0, Episode(f"Count to {problem}.", FUNCTIONS, max_steps=9))


def test_attempts_end_and_come_back_in_order():
    done = list(run(Scripted(), attempts(3, 0, 2, 1), batch_size=4))
    assert [attempt.episode.answer for attempt in done] == ["3", "0", "2", "1"]
    assert [len(attempt.episode.steps) for attempt in done] == [4, 1, 3, 2]


def test_what_has_ended_is_not_asked_again():
    model = Scripted()
    list(run(model, attempts(2, 0, 1), batch_size=3))
    assert model.asked == [["2", "0", "1"], ["2", "1"], ["2"]]


def test_batches_are_drawn_one_at_a_time():
    drawn = []
    finished = run(Scripted(), attempts(1, 1, 1, 1, 1, drawn=drawn), batch_size=2)
    assert drawn == []
    next(finished)
    assert len(drawn) == 2
    assert len(list(finished)) == 4


def test_every_step_has_the_key_of_its_completion():
    first, second = (list(run(Scripted(), attempts(2, 2), batch_size=size)) for size in (1, 2))
    assert [attempt.requests for attempt in first] == [attempt.requests for attempt in second]
    assert len(set(first[0].requests)) == len(first[0].episode.steps) == 3
    assert first[0].requests == first[1].requests, "the conversations are the same, and so is the sample"


def test_a_key_grows_as_the_conversation_does():
    (attempt,) = run(Scripted(), attempts(3), batch_size=1)
    messages, tools = attempt.episode.messages, attempt.episode.functions.schemas
    keys = Keys(Scripted.identity, tools)
    assert attempt.requests == [keys.of(messages[: 2 * step + 1], 0) for step in range(4)]
    assert keys.of([], 0) not in attempt.requests


BASE = {
    "identity": {"name": "a", "seed": 0},
    "tools": [{"type": "function"}],
    "sample": 0,
    "messages": [{"role": "user"}],
}
ARGUMENTS = [[{"arguments": {"a": 1, "b": 2}}], [{"arguments": {"b": 2, "a": 1}}]]


def key(identity, tools, sample, messages):
    return Keys(identity, tools).of(messages, sample)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"identity": {"seed": 0, "name": "a"}}, True),
        ({"identity": {"name": "a", "seed": 1}}, False),
        ({"sample": 1}, False),
        ({"messages": []}, False),
        ({"tools": []}, False),
    ],
)
def test_a_key_depends_on_all_that_shapes_the_completion_and_on_nothing_else(change, same):
    assert (key(**BASE | change) == key(**BASE)) is same


def test_the_order_of_arguments_is_part_of_the_key_as_the_model_reads_it():
    assert len({key(**BASE | {"messages": messages}) for messages in ARGUMENTS}) == 2


class Slow:
    """Answers like `Scripted`, problem 0 last; counts how many are asked at once."""

    identity, in_flight = {"name": "slow"}, 3

    def __init__(self):
        self.now, self.most, self.closed = 0, 0, False

    async def answer(self, request):
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.05 if request.problem_id == "0" else 0)
        self.now -= 1
        return Scripted._next(self, int(request.problem_id), len(request.messages) // 2)

    def stop(self):
        self.stopped = True

    async def close(self):
        self.closed = self.stopped and not self.now


def test_a_model_that_answers_one_by_one_keeps_many_in_flight_and_the_order():
    model = Slow()
    done = list(stream(model, attempts(0, *[2] * 20, 1)))
    assert [attempt.episode.answer for attempt in done] == ["0", *["2"] * 20, "1"]
    assert (model.most, model.closed) == (3, True)


def test_whoever_stops_early_waits_for_what_has_been_asked_and_closes_the_model():
    model = Slow()
    going = stream(model, attempts(1, 0, 1, 1))
    next(going)
    assert model.now == 1
    going.close()
    assert (model.now, model.closed) == (0, True)
