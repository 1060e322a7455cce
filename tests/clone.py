"""Clones of the working tree's code, in the sizes of smoke.yaml, and real DVC in them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.workspace import ROOT, lay_out, parameters

COPIED = (
    "stages",
    "dvc.yaml",
    "requirements.lock",
    "requirements-llama.lock",
    ".dvcignore",
    ".gitignore",
    ".dvc/config",
    ".dvc/plots",
)
GIT = {f"GIT_{role}_{key}": "callsmith" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}


def clone(folder):
    """Makes a repository of the working tree's code, with nothing built."""
    lay_out(folder, parameters())
    (folder / ".dvc").mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "-q")
    commit(folder)
    return folder


def git(folder, *command):
    subprocess.run(["git", *command], cwd=folder, check=True, env={**os.environ, **GIT})


def commit(folder):
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "State")


def environment():
    """Returns the variables of a person's shell in which the environment is active."""
    values = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "TQDM_"))}
    return values | GIT | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def start(folder, *command):
    return subprocess.Popen(
        ["dvc", *command], cwd=folder, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def finish(process):
    shown, _ = process.communicate()
    assert process.returncode == 0, shown
    return shown


def dvc(folder, *command):
    return finish(start(folder, *command))


def ran(shown):
    """The stages that DVC ran, in order."""
    return re.findall(r"^Running stage '(.*)':$", shown, re.MULTILINE)
