"""The `wfm` command as a process of its own: to be stopped by signals, or run on a disk that is full or read-only."""

import os
import shutil
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

WFM = (sys.executable, "-m", "wfm_pipeline.cli")


def environment(**variables):
    """Our environment without settings of wfm, with these besides."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WFM_", "DAGSTER_"))}
    return {**kept, **{name: str(value) for name, value in variables.items()}}


def free_port():
    """A port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def stopped(words, *, after, signal, env, cwd):
    """Start a process, send it the signal once a line of its errors holds `after`, and wait for its end."""
    child = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=env, cwd=cwd)
    before = []
    for line in child.stderr:
        before.append(line)
        if after in line:
            break
    child.send_signal(signal)
    said = "".join([*before, child.communicate(timeout=300)[1]])
    return SimpleNamespace(returncode=child.returncode, stderr=said)


def in_namespace(script, *arguments, env, cwd):
    """A shell script with mounts of its own, which end with it: `mount` in it changes nothing outside."""
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], check=False).returncode != 0:
        pytest.skip("this machine does not let a test mount a file system of its own (unshare -rm)")
    words = ["unshare", "-rm", "sh", "-eu", "-c", script, "sh", *map(str, arguments)]
    return subprocess.run(words, check=False, capture_output=True, text=True, env=env, cwd=cwd)


def the_error(said):
    """The one line that says what went wrong, and that there is no traceback beside it."""
    assert "Traceback" not in said, said
    (line,) = [line for line in said.splitlines() if line.startswith("error: ")]
    return line
