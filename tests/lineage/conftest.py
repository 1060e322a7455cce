"""A project of DVC stages that is built and committed once, and copied for each test."""

import shutil
from pathlib import Path

import pytest

from tests.lineage.dvc import EVERYTHING, Project


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("built"))
    project.create()
    assert project.repro() == EVERYTHING
    assert (project.folder / "total.txt").read_text() == "a1 b1"
    project.commit()
    return project


@pytest.fixture
def project(built: Project, tmp_path: Path) -> Project:
    shutil.copytree(built.folder, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path)
