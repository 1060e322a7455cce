import os

import pytest

from stages.errors import UserError
from stages.student.arms import side_by_side


@pytest.mark.parametrize("workers", [1, 2])
def test_the_arms_come_back_in_order(workers):
    assert list(side_by_side(str.upper, ["sft", "dpo"], workers, "adapter.workers")) == ["SFT", "DPO"]


def test_each_worker_is_a_process_of_its_own():
    assert os.getpid() not in list(side_by_side(_pid, ["sft", "dpo"], 2, "adapter.workers"))


def _pid(_):
    return os.getpid()


def test_a_killed_arm_is_said_with_the_remedy():
    with pytest.raises(UserError, match=r"set `adapter\.workers` to 1"):
        list(side_by_side(os._exit, [1, 1], 2, "adapter.workers"))
