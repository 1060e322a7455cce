"""What all tests share: examples that are the same on every run, however busy the machine is, no progress bars, and a
completion store of their own."""

import os
import tempfile

from hypothesis import settings

os.environ["TQDM_DISABLE"] = "1"  # read when tqdm is imported, which is later
os.environ["CALLSMITH_STORE"] = tempfile.mkdtemp()  # no test may read or write a person's
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")
