"""The launcher: `python -m stages STAGE [TASK]` for every `cmd` of dvc.yaml, and the verbs for people."""

import importlib
import os
import sys
import warnings

from stages.errors import UserError
from stages.lineage import LineageError, guard, read_project

STAGES = {
    "fingerprint": "what every stage's code and libraries are, as data/fingerprints.json",
    "problems": "what there is to solve, in three splits",
    "base": "the student before it learns preferences",
    "chains": "a teacher's attempts, right and wrong",
    "attempts": "the student's own attempts, before it learns preferences",
    "pairs": "verified preference pairs",
    "adapter": "the DPO adapter and the SFT control",
    "refinement": "from the SFT control on, DPO on its own mistakes, and a control of its own",
    "evaluation": "every arm on the same held-out problems",
    "generalization": "every arm on problems unlike those of training",
    "report": "what was gained, with paired statistics",
}
VERBS = {
    "check": "load a data source and say what of it can be used",
    "show": "print problems, chains, attempts, pairs or evaluations for reading",
    "ask": "let the trained student solve a question, call by call",
    "dataset": "write chains and pairs as a data set, and push it to the hub",
    "export": "write a student as a GGUF, for llama.cpp and the like",
    "store": "look after the completions that were paid for",
    "explain": "say which stages would run, and why",
}
HELP = ("-h", "--help")
WITHOUT_TASK = ("fingerprint", "report")
ENVIRONMENT = {
    # Threads that wait for each other must sleep, not spin: on a machine that does other things too, spinning makes
    # small matrices ten times slower.
    "OMP_WAIT_POLICY": "PASSIVE",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "PYTHONWARNINGS": "ignore::FutureWarning",  # for the processes that a stage starts
}


def main(arguments: list[str]) -> int:
    """Runs a stage or a verb and returns the exit code: 0, 1 for an error that is explained, 2 for wrong usage."""
    if not arguments or arguments[0] in HELP:
        return _show(_usage(), asked=bool(arguments))
    name, *rest = arguments
    if name not in STAGES and name not in VERBS:
        print(f"error: there is no stage or verb `{name}`\n\n{_usage()}", file=sys.stderr)
        return 2
    _quieten()
    try:
        if name in VERBS:
            return int(importlib.import_module(f"stages.{name}").run(rest))
        return _run_stage(name, rest)
    except (UserError, LineageError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read the output, such as `head`, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _quieten() -> None:
    """Keeps what libraries tell their developers off the screen, and all progress bars off what is no screen."""
    for variable, value in ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    if not sys.stderr.isatty():
        os.environ.setdefault("TQDM_DISABLE", "1")
    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")


def _run_stage(name: str, rest: list[str]) -> int:
    expected = 0 if name in WITHOUT_TASK else 1
    asked = any(item in HELP for item in rest)
    if len(rest) != expected or asked:
        return _show(f"usage: python -m stages {name}{' TASK' * expected}\n\n{STAGES[name]}", asked)
    with guard(read_project(), os.environ.get("DVC_STAGE") if name != "fingerprint" else None):
        importlib.import_module(f"stages.{name}").run(*rest)
    return 0


def _show(usage: str, asked: bool) -> int:
    print(usage, file=sys.stdout if asked else sys.stderr)
    return 0 if asked else 2


def _usage() -> str:
    names = [f"  {name:<12} {text}" for name, text in {**STAGES, **VERBS}.items()]
    names.insert(len(STAGES), "\nverbs:")
    return "\n".join(
        ["usage: python -m stages STAGE [TASK] | VERB …", "\nstages (`dvc repro` runs them in order):", *names]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
