import subprocess
import sys

import pytest

from stages.completions import claims as claims_module
from stages.completions.claims import Claims
from tests.workspace import ROOT

ONE, OTHER = "1" * 64, "2" * 64
HOLDER = """
import sys
from pathlib import Path
from stages.completions.claims import Claims
claims = Claims(Path(sys.argv[1]))
print(claims.take(sys.argv[2]), flush=True)
sys.stdin.readline()
claims.release(sys.argv[2])
print(flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path):
    """A process that has claimed a key."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path), ONE]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "True\n"
        yield process
        process.kill()


def test_a_key_is_one_process_s_until_it_releases_it(holder, tmp_path):
    claims = Claims(tmp_path)
    assert claims.take(OTHER)
    assert not claims.take(ONE)
    print(file=holder.stdin, flush=True)
    holder.stdout.readline()
    assert claims.take(ONE)


def test_a_key_is_claimed_once(tmp_path):
    claims = Claims(tmp_path)
    assert claims.take(ONE)
    assert not claims.take(ONE)
    assert claims.take(OTHER)
    claims.release(ONE)
    assert claims.take(ONE)


def test_the_claims_of_a_process_end_with_it(holder, tmp_path):
    claims = Claims(tmp_path)
    assert not claims.take(ONE)
    holder.kill()
    holder.wait()
    assert claims.take(ONE)


def test_claims_end_when_they_are_closed(tmp_path):
    claims = Claims(tmp_path)
    assert claims.take(ONE)
    claims.close()
    command = [sys.executable, "-c", HOLDER, str(tmp_path), ONE]
    assert subprocess.run(command, cwd=ROOT, input="\n\n", capture_output=True, text=True).stdout == "True\n\n"


def test_where_there_are_no_locks_everyone_may_ask(tmp_path, monkeypatch):
    def lockf(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(claims_module.fcntl, "lockf", lockf)
    claims = Claims(tmp_path)
    assert claims.take(ONE)
    claims.release(ONE)
