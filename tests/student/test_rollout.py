import pytest

from stages.agent.episode import Episode
from stages.agent.loop import Attempt, run
from stages.agent.model import Request
from stages.student.rollout import Student
from stages.tasks import load_families, load_functions, load_task
from stages.tasks.problem_sets import generate
from tests import tiny

TASK, FUNCTIONS = load_task("math"), load_functions("math", ["arithmetic"])
MAX_TOKENS = 12


class Naive:
    """Encodes every conversation anew, alone, and generates greedily."""

    identity = {}

    def __init__(self, model):
        self.model = model.eval()

    def complete(self, requests):
        return [self._one(request) for request in requests]

    def _one(self, request):
        tokenizer = tiny.tokenizer()
        prompt = tokenizer.apply_chat_template(
            list(request.messages), tools=list(request.tools), add_generation_prompt=True, return_tensors="pt"
        )
        written = self.model.generate(**prompt, max_new_tokens=MAX_TOKENS, do_sample=False)
        return tokenizer.decode(written[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True)


class Compared:
    """Asks the student and the naive way, and wants equal answers at every step."""

    identity = {}

    def __init__(self, model):
        self.student, self.naive = student(model), Naive(model)
        self.sizes = []

    def complete(self, requests):
        completions = self.student.complete(requests)
        assert completions == self.naive.complete(requests)
        self.sizes.append(len(requests))
        return completions


def student(model, **options):
    return Student(model, tiny.tokenizer(), MAX_TOKENS, **options)


@pytest.fixture(scope="module")
def model():
    return tiny.talkative_model()


def attempts(count, max_steps=6):
    drawn = generate(TASK, FUNCTIONS, load_families("math"), [1, 2, 3, 4], {"test": count}, 5)
    for number, (_, problem) in enumerate(drawn):
        episode = Episode(TASK.prompt(problem.question), FUNCTIONS, max_steps=2 + number % max_steps)
        yield Attempt(problem.id, 0, episode), problem


def test_completions_are_those_of_the_naive_way_until_every_row_has_ended(model):
    compared = Compared(model)
    done = list(run(compared, (attempt for attempt, _ in attempts(12)), batch_size=6))
    written = [step.completion for attempt in done for step in attempt.episode.steps]
    assert len({len(attempt.episode.steps) for attempt in done}) >= 4
    assert len(set(compared.sizes)) >= 4, "rows end at different steps"
    assert len({len(tiny.tokenizer()(text)["input_ids"]) for text in written}) >= 3, "and after different tokens"


def test_calls_and_results_that_the_model_did_not_write_are_seen(model):
    """The conversation goes on with the reference, so that nothing that was generated stays."""
    compared = Compared(model)
    going = [(attempt.episode, list(problem.reference), problem.id) for attempt, problem in attempts(20, max_steps=9)]
    while going:
        compared.complete([Request(name, 0, item.messages, item.functions.schemas) for item, _, name in going])
        for episode, calls, _ in going:
            assert episode.receive(calls.pop(0)).error is None
        going = [entry for entry in going if entry[0].ended is None]
    assert len(set(compared.sizes)) >= 3


def test_one_row_alone(model):
    list(run(Compared(model), (attempt for attempt, _ in attempts(2)), batch_size=1))


def requests(*texts):
    schemas = FUNCTIONS.schemas
    return [Request(str(number), 0, [{"role": "user", "content": text}], schemas) for number, text in enumerate(texts)]


def test_the_same_requests_again_are_answered_alike(model):
    ours = student(model)
    first = ours.complete(requests("One.", "Two and more."))
    assert ours.complete(requests("One.", "Two and more.")) == first
    assert ours.complete(requests("One.")) == first[:1]
    assert ours.complete(requests("One.", "Two and more.")) == first


def test_a_conversation_may_change(model):
    """Messages that are not those of the last step hide what was cached of them."""
    ours, naive = student(model), Naive(model)
    for texts in (["One.", "Two."], ["One or so.", "Two."], ["O", "Entirely other words."]):
        assert ours.complete(requests(*texts)) == naive.complete(requests(*texts))


def test_conversations_without_anything_in_common(model):
    asked = [
        Request("a", 0, [{"role": "user", "content": "a"}], []),
        Request("b", 0, [{"role": "tool", "content": "b"}], []),
    ]
    assert student(model).complete(asked) == Naive(model).complete(asked)


def test_every_token_is_computed_once(model, monkeypatch):
    computed = []
    forward = model.forward

    def counting(**options):
        computed.append(options["input_ids"].numel())
        return forward(**options)

    monkeypatch.setattr(model, "forward", counting)
    naive = 0
    going = [attempt for attempt, _ in attempts(4)]
    ours = student(model)
    while going:
        asked = [Request(item.problem_id, 0, item.episode.messages, item.episode.functions.schemas) for item in going]
        prompts = [tiny.tokenizer().apply_chat_template(list(item.messages), tools=list(item.tools)) for item in asked]
        naive += sum(len(prompt["input_ids"]) for prompt in prompts)
        for attempt, completion in zip(going, ours.complete(asked)):
            attempt.episode.receive(completion)
        going = [attempt for attempt in going if attempt.episode.ended is None]
    assert sum(computed) < naive / 2


def test_sampling_is_seeded(model):
    asked = requests(*["Say anything."] * 3)
    first, again, other = (student(model, temperature=1.0, seed=seed).complete(asked) for seed in (1, 1, 2))
    assert first == again != other
    assert len(set(first)) >= 2, "rows are drawn apart"


def test_sampling_follows_the_probabilities(model):
    """At a very low temperature what is sampled is what is greedy."""
    asked = requests("One.", "Two.")
    assert student(model, temperature=1e-6).complete(asked) == student(model).complete(asked)


def test_completions_end_at_the_end_token_or_the_limit():
    (endless,) = student(tiny.talkative_model(end=-100.0)).complete(requests("One."))
    (silent,) = student(tiny.talkative_model(end=100.0)).complete(requests("One."))
    assert (len(tiny.tokenizer()(endless)["input_ids"]) >= MAX_TOKENS, silent) == (True, "")
