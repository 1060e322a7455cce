"""What stages do, on the smoke preset: run in forks of a process that has loaded all libraries, but nothing of ours."""

import contextlib
import hashlib
import importlib
import io
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import yaml

from tests.lineage.mutation.reads import Reads
from tests.workspace import ROOT, lay_out, parameters

LIBRARIES = (
    "datasets", "dvclive", "jinja2", "matplotlib.pyplot", "peft", "pydantic", "scipy.stats", "tokenizers", "torch",
    "tqdm", "transformers", "transformers.models.qwen3.modeling_qwen3", "trl", "trl.trainer.dpo_trainer",
    "trl.trainer.sft_trainer", "yaml", "z3",
)  # fmt: skip
LIMIT = 300  # seconds
PAIRS = 24


@dataclass
class Trace:
    """What a stage used of the package.

    Attributes:
        files: Paths in the package of modules that were loaded and of data files that were opened.
        entered: Path in the package and first line of each function whose body was entered.
        parameters: Keys of params.yaml that were read; each stands for all leaves below it.
    """

    files: set[str] = field(default_factory=set)
    entered: set[tuple[str, int]] = field(default_factory=set)
    parameters: set[str] = field(default_factory=set)


def preload() -> None:
    """Loads what forks then need not load again."""
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


class Workspace:
    """A folder with the inputs of every stage, as the unchanged code makes them, and a copy of the code to change.

    Args:
        folder: Where to build it.
        stages: Names such as `chains@math`, in the order of the graph.
        follow: Whether to follow every call, which is slow, and to run each stage twice, so that its behaviour can be
            compared with that of changed code. If not, only the reading of parameters is watched.
    """

    def __init__(self, folder: Path, stages: list[str], *, follow: bool = True) -> None:
        self.stages, self._follow = stages, follow
        self.inputs, self.code = folder / "inputs", folder / "code"
        shutil.copytree(ROOT / "stages", self.code / "stages", ignore=shutil.ignore_patterns("__pycache__"))
        values = parameters()
        values["adapter"]["workers"] = 1
        # Mistakes of every kind among few problems: what makes them counts as used.
        for section in (values["teachers"]["reference"], *(each["mistakes"] for each in values["base"].values())):
            section["rates"] = dict.fromkeys(section["rates"], 0.09)
        if not any(stage.startswith("attempts@") for stage in stages):
            values["pairs"]["mix"]["student"] = 0  # what is not made cannot be read
        lay_out(self.inputs, values)
        (self.inputs / "data").mkdir()
        prints = {name: {"code": name, "libs": {}} for name in ("problems", "report")}
        (self.inputs / "data/fingerprints.json").write_text(json.dumps(prints), encoding="utf-8")
        self._definitions = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
        self.expected: dict[str, str] = {}
        self.traces: dict[str, Trace] = {}
        for stage in stages:
            seen, trace = self.run(stage, traced=True)
            again = self.run(stage)[0] if follow else seen
            if seen.startswith("failed") or again != seen:
                raise RuntimeError(f"{stage}: no behaviour to compare with: {seen}, {again}")
            self.expected[stage], self.traces[stage] = seen, trace
            if stage.startswith("pairs@"):
                self._shorten(self.inputs / "data/pairs" / stage.partition("@")[2] / "train.jsonl")

    @staticmethod
    def _shorten(path: Path) -> None:
        """Keeps the first pairs: training on all of them takes most of the time and shows nothing else."""
        path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:PAIRS]), encoding="utf-8")

    @contextlib.contextmanager
    def changed(self, files: dict[str, str | None]) -> Iterator[None]:
        """Changes files of the package for a while."""
        paths = {self.code / "stages" / name: text for name, text in files.items()}
        before = {path: path.read_bytes() if path.exists() else None for path in paths}
        times = {path: path.stat().st_mtime for path in paths if path.exists()}
        try:
            for path, text in paths.items():
                _write(path, text.encode() if text is not None else None, None)
            yield
        finally:
            for path, content in before.items():
                _write(path, content, times.get(path))

    def differs(self, stage: str) -> bool:
        """Whether a stage does something else than with the unchanged code."""
        return self.run(stage)[0] != self.expected[stage]

    def run(self, stage: str, *, traced: bool = False) -> tuple[str, Trace]:
        """Returns a digest of all that a stage wrote and said, or how it failed, and what it used if asked to trace.

        Traced runs leave their outs behind as inputs of the stages that follow.
        """
        name, _, task = stage.partition("@")
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            for path in ("params.yaml", "pyproject.toml"):
                shutil.copy(self.inputs / path, folder)
            for path in self._paths(name, task, "deps"):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).symlink_to(self.inputs / path)
            result = _forked(lambda: self._child(name, task, folder, traced))
            outs = self._paths(name, task, "outs") + self._paths(name, task, "metrics")
            if traced and "trace" in result:
                for path in outs:
                    (self.inputs / path).parent.mkdir(parents=True, exist_ok=True)
                    shutil.move(folder / path, self.inputs / path)
        entered = {(path, line) for path, line in result.get("trace", ())}
        return result["seen"], Trace(set(result.get("files", ())), entered, set(result.get("parameters", ())))

    def _paths(self, name: str, task: str, part: str) -> list[str]:
        entries = self._definitions[name].get(part, [])
        paths = [next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries]
        paths += ["data/fingerprints.json"] if (name, part) == ("report", "deps") else []
        return [path.replace("${item.task}", task) for path in paths]

    def _child(self, name: str, task: str, folder: Path, traced: bool) -> dict[str, Any]:
        os.chdir(folder)
        _forget("stages")
        sys.path.insert(0, str(self.code))
        sys.dont_write_bytecode = not traced
        _forget_cached_files()
        shown, tracer, reads = io.StringIO(), _Tracer(self.code / "stages"), Reads()
        if traced:
            reads.watch()
            sys.addaudithook(tracer.opened)
        if traced and self._follow:
            sys.setprofile(tracer.note)
            threading.setprofile(tracer.note)
        try:
            with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(io.StringIO()):
                importlib.import_module(f"stages.{name}").run(*([task] if task else []))
        except BaseException:
            return {"seen": f"failed: {traceback.format_exc().splitlines()[-1][:200]}"}
        finally:
            sys.setprofile(None)
        outs = [path for part in ("outs", "metrics") for path in self._paths(name, task, part)]
        used = {"trace": sorted(tracer.entered), "files": sorted(tracer.files()), "parameters": sorted(reads.keys)}
        return {"seen": _digest(folder, outs, shown.getvalue())} | (used if traced else {})


def _forget(package: str) -> None:
    """Forgets what the process that was forked had loaded of a package."""
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        del sys.modules[name]
    importlib.invalidate_caches()


def _forget_cached_files() -> None:
    """Forgets the folder in which the process that was forked caches data sets: forks give them the same names."""
    from datasets import fingerprint

    fingerprint._TEMP_DIR_FOR_TEMP_CACHE_FILES = None


class _Tracer:
    def __init__(self, package: Path) -> None:
        self.package = f"{package}/"
        self.entered: set[tuple[str, int]] = set()
        self.data: set[str] = set()

    def note(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(self.package) and code.co_name != "<module>":
            self.entered.add((code.co_filename[len(self.package) :], code.co_firstlineno))

    def opened(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and str(arguments[0]).startswith(self.package):
            self.data.add(str(arguments[0])[len(self.package) :])

    def files(self) -> set[str]:
        loaded = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
        return self.data | {path[len(self.package) :] for path in loaded if path.startswith(self.package)}


def _digest(folder: Path, outs: list[str], shown: str) -> str:
    digest = hashlib.sha256(shown.encode())
    for out in outs:
        path = folder / out
        if not path.exists():
            return f"failed: {out} is missing"
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def _forked(work: Any) -> dict[str, Any]:
    """Returns what some work gives in a fork of this process; the fork is ended after a while."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(LIMIT)
        with os.fdopen(writing, "w") as pipe:
            json.dump(work(), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else {"seen": "failed: died or hung"}


def _write(path: Path, content: bytes | None, time: float | None) -> None:
    if content is None:
        path.unlink()
        return
    path.write_bytes(content)
    # Byte code is told from its source by size and second of change: a changed file must never look like the old one.
    os.utime(path, (time or 1, time or 1))
