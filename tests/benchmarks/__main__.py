"""Runs every benchmark, prints its ratio, and writes tests/benchmarks/results.json."""

import json
from pathlib import Path

from tests.benchmarks import rollouts

if __name__ == "__main__":
    rows = [benchmark.measure() for benchmark in (rollouts,)]
    for row in rows:
        print(f"{row['name']}: {row['ours']:.1f} against {row['other']:.1f} {row['unit']}: {row['ratio']:.1f} times")
    Path(__file__).with_name("results.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
