"""Rows in passing: private, and taken away by the next read when their process was killed."""

import signal
import subprocess
import sys

import pyarrow as pa
import pytest

from wfm_pipeline.sources.databases.retry import Retry
from wfm_pipeline.sources.rows.spool import read_whole

CHILD = """
import sys, time
import pyarrow as pa
from wfm_pipeline.sources.databases.retry import Retry
from wfm_pipeline.sources.rows.spool import read_whole
for _ in read_whole(lambda: iter([pa.table({"caller": ["0701234567"]})]), Retry(attempts=1)):
    print("holds rows", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def reading(tmp_path, monkeypatch):
    """A process in the middle of a read, in a TMPDIR of the test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    pipe = subprocess.PIPE
    child = subprocess.Popen([sys.executable, "-c", CHILD], stdin=pipe, stdout=pipe, text=True)
    assert "holds rows\n" == child.stdout.readline()
    yield child
    child.kill()
    child.communicate()


def read():
    return list(read_whole(lambda: iter([pa.table({"x": [1]})]), Retry(attempts=1)))


def spools(folder):
    return [path.name for path in folder.glob("wfm_spool_*")]


def test_rows_in_passing_are_this_users_alone_and_those_in_use_stay(reading, tmp_path):
    (name,) = spools(tmp_path)
    assert 0o700 == (tmp_path / name).stat().st_mode & 0o777

    assert 1 == len(read())

    assert [name] == spools(tmp_path)


def test_what_a_killed_read_left_is_taken_away_by_the_next(reading, tmp_path):
    reading.send_signal(signal.SIGKILL)
    reading.wait()
    assert 1 == len(spools(tmp_path))

    read()

    assert [] == spools(tmp_path)
