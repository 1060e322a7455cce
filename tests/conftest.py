"""What all tests share: examples that are the same on every run, however busy the machine is, and no progress bars."""

import os

from hypothesis import settings

os.environ["TQDM_DISABLE"] = "1"  # read when tqdm is imported, which is later
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")
