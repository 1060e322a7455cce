"""Runs every benchmark, prints its ratio, and writes tests/benchmarks/results.json."""

import json
from pathlib import Path

from tests.benchmarks import agents, fingerprints, memory, pairs, preferences, rollouts, teachers

BENCHMARKS = (agents, rollouts, pairs, preferences, fingerprints, teachers, memory)

if __name__ == "__main__":
    rows = [row for benchmark in BENCHMARKS for row in benchmark.measure()]
    for row in rows:
        print(f"{row['name']}: {row['ours']:.3g} against {row['other']:.3g} {row['unit']}: {row['ratio']:.2f} times")
    Path(__file__).with_name("results.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
