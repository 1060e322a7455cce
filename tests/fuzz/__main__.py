"""Throws hostile texts at every target, prints what came of it, and fails if anything broke, hung or escaped.

Texts are mutations of the corpus: guided by coverage where `atheris` is installed, else seeded and without a guide.
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random

try:
    import atheris
except ImportError:
    atheris = None

with atheris.instrument_imports(include=["stages"]) if atheris else nullcontext():
    from stages.agent import worker
    from tests.fuzz.mutation import MAX_LENGTH, mutated
    from tests.fuzz.targets import Target, targets
    from tests.fuzz.watch import HANG_SECONDS, Hang, watched

    TARGETS = targets()


@dataclass
class Row:
    """What came of one target."""

    target: Target
    inputs: int = 0
    crashes: int = 0
    hangs: int = 0
    escapes: int = 0
    slowest: float = 0.0

    @property
    def bad(self) -> int:
        return self.crashes + self.hangs + self.escapes

    def attempt(self, text: str) -> None:
        """Lets the target handle a text, and tells of the first that goes wrong."""
        problem, begun = "", time.perf_counter()
        try:
            with watched() as seen:
                self.target.handle(text)
        except Hang:
            problem = f"more than {HANG_SECONDS} s"
            self.hangs += 1
        except Exception:
            problem = traceback.format_exc(limit=-4)
            self.crashes += 1
        self.inputs += 1
        self.slowest = max(self.slowest, time.perf_counter() - begun)
        self.escapes += bool(seen)
        if (problem or seen) and self.bad <= 3:
            print(f"{self.target.name}: {text!a}\n{problem or dict(seen)}", file=sys.stderr, flush=True)


def table(rows: list[Row], seconds: float) -> str:
    """Returns a line a target and one for all."""
    total = Row(Target("all", print, []), *(sum(values) for values in zip(*map(_counts, rows))))
    total.slowest = max(row.slowest for row in rows)
    width = max(len(row.target.name) for row in rows)
    lines = [f"{'target':<{width}}{'inputs':>10}{'crashes':>9}{'hangs':>7}{'escapes':>9}{'slowest, ms':>13}"]
    for row in (*rows, total):
        counts = f"{row.inputs:>10}{row.crashes:>9}{row.hangs:>7}{row.escapes:>9}"
        lines.append(f"{row.target.name:<{width}}{counts}{1000 * row.slowest:>13.1f}")
    return "\n".join([*lines, f"{seconds:.0f} s, {'guided by coverage' if atheris else 'seeded mutations'}"])


def _counts(row: Row) -> tuple[int, int, int, int]:
    return row.inputs, row.crashes, row.hangs, row.escapes


def _seeded(rows: list[Row], seed: int) -> Iterator[None]:
    random = Random(seed)
    for number in count():
        for row in rows:
            if number % row.target.every == 0:
                row.attempt(mutated(row.target.seeds, random))
                yield


@dataclass
class Run:
    """A run with its limits."""

    rows: list[Row]
    inputs: int
    seconds: int
    begun: float

    def over(self) -> bool:
        return sum(row.inputs for row in self.rows) >= self.inputs or time.monotonic() - self.begun >= self.seconds

    def end(self) -> int:
        print(table(self.rows, time.monotonic() - self.begun), flush=True)
        return int(any(row.bad for row in self.rows))


def _guided(run: Run, seed: int) -> None:
    """Hands the process to libFuzzer, which never gives it back: the first byte of its inputs chooses the target."""
    folder = Path(tempfile.mkdtemp())

    def attempt(data: bytes) -> None:
        if run.over():
            shutil.rmtree(folder)
            os._exit(run.end())
        if data:
            run.rows[data[0] % len(run.rows)].attempt(data[1:].decode(errors="surrogateescape"))

    for place, row in enumerate(run.rows):
        for number, text in enumerate(row.target.seeds):
            (folder / f"{place}-{number}").write_bytes(bytes([place]) + text.encode(errors="surrogatepass"))
    options = (f"-seed={seed}", f"-max_len={MAX_LENGTH}", "-verbosity=0", f"-artifact_prefix={folder}/")
    atheris.Setup([sys.argv[0], *options, str(folder)], attempt)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    run = Run([Row(target) for target in TARGETS], options.inputs, options.seconds, time.monotonic())
    worker.LIMITS = worker.Limits(computing=1, seconds=HANG_SECONDS // 3)  # killing is what is tried here, not waiting
    if atheris:
        _guided(run, options.seed)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        for _ in _seeded(run.rows, options.seed):
            if run.over():
                break
    return run.end()


if __name__ == "__main__":
    sys.exit(main())
