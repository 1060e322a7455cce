"""What all tests share: examples that are the same on every run, however busy the machine is, no progress bars, no
network, a completion store of their own, and one build of the whole graph."""

import os
import tempfile

import pytest
from filelock import FileLock
from hypothesis import settings

os.environ["TQDM_DISABLE"] = "1"  # read when tqdm is imported, which is later
os.environ["HF_HUB_OFFLINE"] = "1"  # what is not there is said at once, and not after several tries
os.environ["CALLSMITH_STORE"] = tempfile.mkdtemp()  # no test may read or write a person's
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")

# These take minutes each: begun last, they would leave the other workers idle.
LONGEST = ("test_readme.py", "test_pipeline.py", "test_mutation.py", "test_kill.py")


def pytest_collection_modifyitems(items):
    """Begins with the longest files."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """A clone on which `dvc repro` built everything, once for all workers, not to be changed; and what DVC said."""
    from tests.clone import clone, dvc

    common = tmp_path_factory.getbasetemp()
    common = common.parent if "PYTEST_XDIST_WORKER" in os.environ else common
    folder, shown = common / "whole/one", common / "whole.log"
    with FileLock(common / "whole.lock"):
        if not shown.exists():
            clone(folder)
            shown.write_text(dvc(folder, "repro", "--no-run-cache"), encoding="utf-8")
    return folder, shown.read_text(encoding="utf-8")
