"""Verb `export`: writes a student as a GGUF, for llama.cpp, Ollama and the like."""

import argparse
from pathlib import Path

from stages.student.arms import ARMS, folders
from stages.tasks import load_task

EXPORTS = Path("models/exports")


def run(argv: list[str]) -> int:
    """Runs `export TASK [--arm ARM] [--out FILE]` and returns the exit code.

    Raises:
        UserError: If the student has not been built, or is of an architecture that cannot be written.
    """
    parser = argparse.ArgumentParser(prog="python -m stages export", description=__doc__)
    parser.add_argument("task", help="such as math")
    parser.add_argument("--arm", choices=ARMS, default="dpo", help="which student (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="the file (default: models/exports/TASK/ARM.gguf)")
    options = parser.parse_args(argv)
    task = load_task(options.task).name
    from stages.student.gguf_file import write_gguf
    from stages.student.model import load_arm

    model, tokenizer = load_arm(*folders(task, options.arm))
    out = options.out or EXPORTS / task / f"{options.arm}.gguf"
    write_gguf(model, tokenizer, out)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")
    return 0
