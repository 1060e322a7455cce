import json

import pytest
from peft import LoraConfig, get_peft_model

from stages.__main__ import main
from stages.agent.episode import Episode
from stages.ask import solve
from stages.tasks import load_functions
from tests import tiny
from tests.workspace import lay_out, parameters

QUESTION = "Tom has 3 nuts. Tom finds 4 more. How many nuts does Tom have now?"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Models with random weights; what they answer is noise, but it is their answer."""
    folder = lay_out(tmp_path_factory.mktemp("ask"), parameters())
    base = folder / "models/base/math"
    tiny.talkative_model(seed=1).float().save_pretrained(base)
    tiny.tokenizer().save_pretrained(base)
    for arm in ("sft", "dpo"):
        settings = LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False)
        get_peft_model(tiny.talkative_model(seed=1).float(), settings).save_pretrained(
            folder / f"models/adapters/math/{arm}"
        )
    return folder


@pytest.fixture
def ask(built, monkeypatch, capsys):
    monkeypatch.chdir(built)

    def run(*arguments):
        assert main(["ask", "math", *arguments]) == 0
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("arm", ["base", "sft", "dpo"])
def test_every_arm_answers_call_by_call(ask, arm):
    found = json.loads(ask(QUESTION, "--arm", arm, "--json"))
    assert (found["question"], found["arm"]) == (QUESTION, arm)
    assert 1 <= len(found["steps"]) <= 4, "evaluation.max_steps"
    assert set(found["steps"][0]) == {"completion", "call", "result", "error"}
    shown = ask(QUESTION, "--arm", arm)
    assert " ".join(found["steps"][0]["result"].split()) in " ".join(shown.split())
    assert shown.splitlines()[-1].startswith(("no answer: ", "answer: "))


def test_the_adapter_is_used(ask):
    answers = [json.loads(ask(QUESTION, "--arm", arm, "--json"))["steps"] for arm in ("base", "dpo")]
    assert answers[0] != answers[1]
    assert json.loads(ask(QUESTION, "--json"))["steps"] == answers[1], "dpo is the default"


def test_steps_come_one_by_one_until_the_answer():
    class Scripted:
        identity = {}
        completions = iter(["add(a=3, b=4)", "stop(answer=7)"])

        def complete(self, requests):
            (request,) = requests
            self.seen = request
            return [next(self.completions)]

    model = Scripted()
    episode = Episode(QUESTION, load_functions("math", ["arithmetic"]), max_steps=5)
    steps = solve(model, episode)
    assert next(steps).result == "7"
    assert len(model.seen.messages) == 1
    assert next(steps).result == "7"
    assert model.seen.messages[-1]["content"] == "7"
    assert list(steps) == []
    assert episode.answer == "7"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["math", "  "], "the question is empty"),
        (["unheard", QUESTION], "there is no task `unheard`"),
        (["fol", QUESTION], "models/base/fol: no such model; run `dvc repro`"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(built, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(built)
    assert main(["ask", *arguments]) == 1
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.count("\n") == 1
