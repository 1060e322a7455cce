"""Clones of the working tree's code, in the sizes of smoke.yaml, and real DVC in them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests import preloaded
from tests.workspace import ROOT, lay_out, overlaid, parameters

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
    """Makes a repository of the working tree's code, with nothing built; few pairs are trained on."""
    lay_out(folder, overlaid(parameters(), {"pairs": {"caps": {"problem": 2}}}))
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


def environment(*, loaded=True):
    """Returns the variables of a person's shell in which the environment is active.

    Args:
        loaded: Whether stages may begin with their libraries loaded.
    """
    values = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "TQDM_"))}
    places = [*([preloaded.folder()] if loaded else []), Path(sys.executable).parent, os.environ["PATH"]]
    return values | GIT | {"PATH": os.pathsep.join(map(str, places))}


def start(folder, *command, **options):
    return subprocess.Popen(
        ["dvc", *command],
        cwd=folder,
        env=environment(**options),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def finish(process):
    shown, _ = process.communicate()
    assert process.returncode == 0, shown
    return shown


def dvc(folder, *command, **options):
    return finish(start(folder, *command, **options))


def ran(shown):
    """The stages that DVC ran, in order."""
    return re.findall(r"^Running stage '(.*)':$", shown, re.MULTILINE)
