import pytest

from stages.agent.episode import Episode
from stages.agent.loop import Attempt, run
from stages.agent.model import Request, request_key
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


BASE = Request("1", 0, [{"role": "user", "content": "Go."}], [{"type": "function"}])


@pytest.mark.parametrize(
    ("identity", "request_", "same"),
    [
        ({"name": "a", "seed": 0}, BASE, True),
        ({"seed": 0, "name": "a"}, BASE, True),
        ({"name": "a", "seed": 1}, BASE, False),
        ({"name": "a", "seed": 0}, Request("2", 0, BASE.messages, BASE.tools), True),
        ({"name": "a", "seed": 0}, Request("1", 1, BASE.messages, BASE.tools), False),
        ({"name": "a", "seed": 0}, Request("1", 0, [], BASE.tools), False),
        ({"name": "a", "seed": 0}, Request("1", 0, BASE.messages, []), False),
    ],
)
def test_a_key_depends_on_all_that_shapes_the_completion_and_on_nothing_else(identity, request_, same):
    assert (request_key(identity, request_) == request_key({"name": "a", "seed": 0}, BASE)) is same
