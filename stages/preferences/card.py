"""The card of a data set: what `datasets` needs to load it, and what a reader needs to judge it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import yaml

from stages.agent.error_types import ErrorType
from stages.preferences.formats import CHAINS, KTO, STEPWISE
from stages.preferences.pairs import ORIGINAL
from stages.preferences.summary import STEPS, Summary

Recorded = Mapping[str, Mapping[str, Any]]  # of a stage of this task: what dvc.lock holds about its last run
SPLITS = ("train", "validation")
CONFIGURATIONS = {
    STEPS: "preferences between two next calls after the same conversation",
    CHAINS: "preferences between two whole chains; mask the results in them",
    KTO: "single calls, labelled right or wrong",
    STEPWISE: "chains of calls with their results, each labelled, up to the first that is wrong",
}
BINS, BAR = 10, 30
_PRIVATE = {"base_url", "key_variable", "extra"}


def card(task: str, summary: Summary, recorded: Recorded) -> str:
    """Returns the card in Markdown, with a header in YAML; equal data gives an equal card."""
    sections = {
        "Configurations": _configurations(summary),
        "How the rejected call is wrong": _errors(summary),
        "Where the pairs come from": _origins(summary),
        "Lengths": _lengths(summary),
        "Provenance": _provenance(recorded),
    }
    intro = (
        f"Chains of function calls that solve problems of the task `{task}`, made by callsmith. Every call was "
        "executed. Of each pair in `steps`, the chosen call leads on to the gold answer, and the rejected one is "
        "proven wrong; `origin` says whose mistake it is: the teacher's, the student's own, or one made on purpose. "
        f'Load it with `load_dataset(FOLDER, "{STEPS}")` and a `datasets` of 4.7 or newer.'
    )
    body = "\n\n".join(f"## {title}\n\n" + "\n".join(lines) for title, lines in sections.items())
    return f"---\n{_header(task, summary)}---\n\n# callsmith: {task}\n\n{intro}\n\n{body}\n"


def _header(task: str, summary: Summary) -> str:
    names = [name for name in CONFIGURATIONS if name in summary.features]
    configurations = [
        {"config_name": name, "default": name == STEPS}
        | {"data_files": [{"split": s, "path": f"{name}/{s}.jsonl"} for s in SPLITS if summary.rows[name, s]]}
        for name in names
    ]
    features = [
        {
            "config_name": name,
            "features": [{"name": key} | kind for key, kind in sorted(summary.features[name].items())],
        }
        for name in names
    ]
    header = {
        "pretty_name": f"callsmith {task}",
        "language": ["en"],
        "tags": ["function-calling", "tool-use", "preference", "dpo", "trl", "callsmith"],
        "configs": configurations,
        "dataset_info": features,
    }
    return yaml.safe_dump(header, sort_keys=False)


def _configurations(summary: Summary) -> Iterator[str]:
    rows = [
        [f"`{name}`", what, *(str(summary.rows[name, split]) for split in SPLITS)]
        for name, what in CONFIGURATIONS.items()
    ]
    return _table(["configuration", "what a row is", *SPLITS], rows)


def _origins(summary: Summary) -> Iterator[str]:
    """Yields whose mistakes there are, on problems as they were and on those that augmentation made."""
    origins = sorted({origin for origin, _ in summary.origins})
    methods = [ORIGINAL, *sorted({method for _, method in summary.origins} - {ORIGINAL})]
    rows = [[method, *(str(summary.origins[origin, method]) for origin in origins)] for method in methods]
    return _table(["augmentation", *(f"{origin} mistakes" for origin in origins)], rows)


def _errors(summary: Summary) -> Iterator[str]:
    types = [kind for kind in ErrorType if any(found == kind for _, found in summary.errors)]
    rows = [
        [family, *(str(summary.errors[family, kind]) for kind in types)]
        for family in sorted({family for family, _ in summary.errors})
    ]
    return _table(["family", *(kind.replace("_", " ") for kind in types)], rows)


def _lengths(summary: Summary) -> Iterator[str]:
    """Yields a histogram of equally wide bins."""
    width = max(summary.lengths) // BINS + 1
    counts = [sum(count for size, count in summary.lengths.items() if size // width == place) for place in range(BINS)]
    rows = [
        [f"{place * width} to {(place + 1) * width - 1}", str(count), "█" * round(BAR * count / max(counts))]
        for place, count in enumerate(counts)
    ]
    return _table(["characters of a conversation", "pairs in `steps`", ""], rows)


def _provenance(recorded: Recorded) -> Iterator[str]:
    if not recorded:
        yield "Not recorded: DVC did not write these files."
        return
    sections: dict[str, Any] = {}
    codes: dict[str, Any] = {}
    for stage in recorded.values():
        sections |= stage["params"]["params.yaml"]
        codes |= stage["params"]["data/fingerprints.json"]
    yield f"The teacher was `{sections['chains']['teacher']}`. Parameters:\n\n```yaml"
    yield yaml.safe_dump(_public(sections), default_flow_style=None, width=100) + "```\n"
    outs = [(stage, out) for stage, entry in recorded.items() for out in entry["outs"]]
    yield from _table(
        ["stage", "output", "MD5"], [[stage, f"`{out['path']}`", f"`{out['md5']}`"] for stage, out in outs]
    )
    yield ""
    yield from _table(["code", "fingerprint"], [[root, f"`{code}`"] for root, code in sorted(_codes(codes))])


def _public(value: Any) -> Any:
    """Leaves out what tells of a machine or an account: addresses, folders, names of variables."""
    if isinstance(value, Mapping):
        return {key: _public(item) for key, item in value.items() if key not in _PRIVATE}
    return PurePath(value).name if isinstance(value, str) and value.startswith(("/", "~", "..")) else value


def _codes(value: Mapping[str, Any], root: str = "") -> Iterator[tuple[str, str]]:
    """Yields the hash of each root in a part of data/fingerprints.json."""
    if isinstance(value.get("code"), str):
        yield root, value["code"]
        return
    for name, inner in value.items():
        yield from _codes(inner, f"{root}.{name}" if root else name)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield from (f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))
