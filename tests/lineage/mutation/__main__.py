"""`make mutants`: every mutant of the package, what would be rebuilt, and what really changes."""

import argparse
import json
import multiprocessing
import sys
import tempfile
from pathlib import Path

from tqdm import tqdm

from stages.lineage.pipeline import Pipeline
from tests.lineage.mutation.behaviour import Workspace, preload
from tests.lineage.mutation.bench import Predictions, Verdict, chosen, judge, table
from tests.workspace import ROOT


def main() -> int:
    """Runs the bench and returns 0 if nothing was missed and no null mutant rebuilds anything."""
    parser = argparse.ArgumentParser(prog="python -m tests.lineage.mutation", description=__doc__)
    parser.add_argument("--sample", type=int, help="mutants of each kind (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--kinds", nargs="*", help="only these kinds")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("mutants.jsonl"), help="where every verdict is written")
    options = parser.parse_args()
    every = [m for m in chosen(options.sample, options.seed) if not options.kinds or m.kind in options.kinds]
    preload()
    context = multiprocessing.get_context("fork")
    with context.Manager() as manager:
        done = manager.Queue()
        processes = [
            context.Process(target=_work, args=(every[place :: options.workers], done))
            for place in range(options.workers)
        ]
        for process in processes:
            process.start()
        verdicts: list[Verdict] = []
        with options.out.open("w", encoding="utf-8") as out:
            for _ in tqdm(every, "mutants", disable=None):
                found = _next(done, processes)
                verdicts += found
                out.writelines(json.dumps(vars(each)) + "\n" for each in found)
                out.flush()
    return _tell(verdicts)


def _next(done, processes) -> list[Verdict]:
    while True:
        try:
            return done.get(timeout=300)
        except Exception:
            if not any(process.is_alive() for process in processes):
                raise SystemExit("error: a worker ended early; see its message above") from None


def _work(mutants, done) -> None:
    stages = [name for name in Pipeline(ROOT).names() if name != "fingerprint"]
    with tempfile.TemporaryDirectory() as folder:
        workspace, predictions = Workspace(Path(folder), stages), Predictions(stages)
        for mutant in mutants:
            done.put(list(judge(workspace, predictions, mutant)))


def _tell(verdicts: list[Verdict]) -> int:
    rows = table(verdicts)
    print(f"{'kind':<20}{'mutants':>8}{'rebuilt':>9}{'changed':>9}{'missed':>8}{'recall':>8}{'precision':>11}")
    for row in rows:
        shares = [f"{row[name]:.3f}" if row[name] is not None else "-" for name in ("recall", "precision")]
        counts = f"{row['mutants']:>8}{row['rebuilt']:>9}{row['changed']:>9}{row['missed']:>8}"
        print(f"{row['kind']:<20}{counts}{shares[0]:>8}{shares[1]:>11}")
    misses = [each for each in verdicts if each.changed and not each.predicted]
    for each in misses:
        print(f"missed: {each.stage} changes with {each.name} ({each.kind})")
    return (
        1
        if misses or any(row["rebuilt"] for row in rows if row["kind"] in ("format", "comment", "move", "rename"))
        else 0
    )


if __name__ == "__main__":
    sys.exit(main())
