import email.utils
import time

import pytest

from stages.completions.endpoint import _seconds


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("3", 3), (" 0.5 ", 0.5), ("-1", None), ("nan", None), ("inf", None), ("soon", None), ("", None), (None, None)],
)
def test_retry_after_is_seconds_or_a_date_and_anything_else_says_nothing(said, seconds):
    assert _seconds(said) == seconds


def test_a_date_is_so_many_seconds_from_now():
    assert 50 < _seconds(email.utils.formatdate(time.time() + 60, usegmt=True)) <= 60
    assert _seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0
