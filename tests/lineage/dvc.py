"""A small project of DVC stages, run with the real `dvc`."""

import os
import subprocess
import sys
from pathlib import Path

from tests.lineage.toy import Toy

REPOSITORY = Path(__file__).parents[2]
EVERYTHING = {"fingerprint", "make@a", "make@b", "total"}
PIPELINE = """
stages:
  fingerprint:
    cmd: {python} -m stages.lineage fingerprint
    deps: [toy, requirements.lock]
    outs: [{{fingerprints.json: {{cache: false}}}}]
  make:
    matrix: {{item: "${{items}}"}}
    cmd: {python} -m stages.lineage run toy.make ${{item.item}}
    params:
      - fingerprints.json: [make, "parts.${{item.item}}"]
      - params.yaml: [size]
    outs: ["out/${{item.item}}.txt"]
  total:
    cmd: {python} -m stages.lineage run toy.total
    deps: [out/a.txt, out/b.txt]
    params:
      - fingerprints.json: [total]
    outs: [{{total.txt: {{cache: false}}}}]
"""
FILES = {
    "make.py": """
    import importlib, pathlib, sys, time
    from toy.common import publish

    def run(name):
        part = importlib.import_module(f"toy.parts.{name}").PART
        publish(f"out/{name}.txt", part())

    if __name__ == "__main__":
        run(sys.argv[1])
    """,
    "common.py": """
    import pathlib
    import time

    def publish(path, text):
        '''Writes a text.'''
        while pathlib.Path("hold").exists():
            pathlib.Path("held").touch()
            time.sleep(0.02)
        pathlib.Path(path).parent.mkdir(exist_ok=True)
        pathlib.Path(path).write_text(text)
    """,
    "total.py": """
    from pathlib import Path
    from toy.common import publish

    def run():
        publish("total.txt", join("out/a.txt", "out/b.txt"))

    def join(*paths):
        return " ".join(Path(path).read_text() for path in paths)

    if __name__ == "__main__":
        run()
    """,
    "parts/__init__.py": "",
    "parts/a.py": "def PART(): return 'a1'\n",
    "parts/b.py": "def PART(): return 'b1'\n",
    "parts/unused.py": "def PART(): return 'u1'\n",
}
ROOTS = {"make": "toy.make:run", "total": "toy.total:run", "parts.*": "toy.parts.*:PART"}


class Workspace:
    """A folder with git and DVC."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def initialise(self) -> None:
        (self.folder / ".gitignore").write_text("__pycache__\n")
        self.run("git", "init", "-q", check=True)
        self.run("git", "config", "user.email", "a@b.c", check=True)
        self.run("git", "config", "user.name", "someone", check=True)
        assert self.dvc("init", "-q").returncode == 0

    def run(self, *command: str, **options) -> subprocess.CompletedProcess[str]:
        options = {"capture_output": True, "text": True, "timeout": 180, "stdin": subprocess.DEVNULL, **options}
        return subprocess.run(command, cwd=self.folder, env=_environment(), **options)

    def dvc(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "dvc", *arguments)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Starts `dvc` and returns at once."""
        command = [sys.executable, "-m", "dvc", *arguments]
        return subprocess.Popen(
            command, cwd=self.folder, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def repro(self, *arguments: str) -> set[str]:
        """Runs `dvc repro` and returns the stages that it ran."""
        done = self.dvc("repro", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return ran(done.stdout)

    def commit(self) -> None:
        self.run("git", "add", "-A", check=True)
        self.run("git", "commit", "-qm", "state", check=True)


class Project(Workspace, Toy):
    """The toy project with a pipeline."""

    def __init__(self, folder: Path) -> None:
        Toy.__init__(self, folder, {} if (folder / "toy").exists() else FILES, ROOTS)

    def create(self) -> None:
        """Makes the folder a repository of git and DVC with a pipeline."""
        (self.folder / "dvc.yaml").write_text(PIPELINE.format(python=sys.executable))
        (self.folder / "params.yaml").write_text("items: [a, b]\nsize: 1\n")
        (self.folder / ".dvcignore").write_text("__pycache__\n")
        self.initialise()


def _environment() -> dict[str, str]:
    own = {"PYTHONPATH": str(REPOSITORY), "DVC_NO_ANALYTICS": "1"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # DVC starts its workers as `dvc`
    return {name: value for name, value in os.environ.items() if name != "DVC_STAGE"} | own | {"PATH": path}


def ran(output: str) -> set[str]:
    """Returns the stages that `dvc repro` says it ran."""
    return {line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")}
