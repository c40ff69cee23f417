"""Ctrl-C and SIGTERM: one word, the shell's exit code, nothing half-written; also in the middle of a long computation."""

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from wfm_pipeline_tests.process_kit import WFM, environment, stopped

LISTENING = """
import sqlite3, sys, time
from pathlib import Path
from wfm_pipeline.commands.stopping import Stopping
with Stopping() as stopping:
    try:
        try:
            print("ready", file=sys.stderr, flush=True)
            {work}
        finally:
            Path("given_back").touch()
    except KeyboardInterrupt:
        stopping.end()
"""
WAITING = "time.sleep(3600)"
# One call into a library that Python cannot interrupt, and that never returns.
ENDLESS = (
    "sqlite3.connect(':memory:').execute('with recursive c(x) as (select 1 union all select x + 1 from c) "
    "select count(*) from c')"
)
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}
BOTH = pytest.mark.parametrize("number", CODES, ids=lambda number: number.name)


def listening(work):
    return [sys.executable, "-c", LISTENING.format(work=work)]


@BOTH
def test_a_stop_gives_back_what_is_open_and_says_so_in_one_word(tmp_path: Path, number) -> None:
    ended = stopped(listening(WAITING), after="ready", signal=number, env=environment(), cwd=tmp_path)

    assert (CODES[number], "ready\nstopped\n") == (ended.returncode, ended.stderr)
    assert (tmp_path / "given_back").exists()


@BOTH
def test_a_stop_ends_a_computation_that_does_not_listen(tmp_path: Path, number) -> None:
    ended = stopped(listening(ENDLESS), after="ready", signal=number, env=environment(), cwd=tmp_path)

    assert (CODES[number], "ready\nstopped\n") == (ended.returncode, ended.stderr)


def test_a_background_job_does_not_hear_the_ctrl_c_of_its_shell_and_is_stopped_by_sigterm(tmp_path: Path) -> None:
    deaf = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *listening(WAITING)]
    child = subprocess.Popen(deaf, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment())
    assert child.stderr.readline() == "ready\n"

    child.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert child.poll() is None
    child.send_signal(signal.SIGTERM)

    assert (child.communicate()[1], child.returncode) == ("stopped\n", 143)


# Says when a library is about to be imported, and waits there for the signal.
IMPORTING = """
import sys, time
class Slowly:
    def find_spec(self, name, *_where):
        if name == {library!r}:
            print("importing", file=sys.stderr, flush=True)
            time.sleep(3600)
sys.meta_path.insert(0, Slowly())
from wfm_pipeline.cli import main
sys.argv = ["wfm", "simulate", "--calls", "9", "--interval-seconds", "900", "--aht-seconds", "60", "--agents", "1"]
main()
"""


@BOTH
@pytest.mark.parametrize("library", ["typer", "pydantic_settings", "pandas"])
def test_a_stop_is_heard_from_the_first_moment_while_libraries_are_imported(tmp_path: Path, number, library) -> None:
    words = [sys.executable, "-c", IMPORTING.format(library=library)]

    ended = stopped(words, after="importing", signal=number, env=environment(), cwd=tmp_path)

    assert (CODES[number], "importing\nstopped\n") == (ended.returncode, ended.stderr)


# Says when the command is in the middle of its rows, and waits there for the signal.
HALF_WAY = """
import sys, time
from wfm_pipeline.sources import load, sample
from wfm_pipeline import cli
def slowly(insert):
    def half_way(*words):
        insert(*words)
        print("half way", file=sys.stderr, flush=True)
        time.sleep(3600)
    return half_way
load._insert, sample._insert = slowly(load._insert), slowly(sample._insert)
sys.argv = ["wfm", *sys.argv[1:]]
cli.main()
"""


@BOTH
def test_a_stopped_sample_leaves_the_former_one_and_no_half(tmp_path: Path, number) -> None:
    samples = tmp_path / "samples"
    samples.mkdir()
    (samples / "contact_centre.sqlite").write_bytes(b"the former one")
    words = [sys.executable, "-c", HALF_WAY, "sample", "--months", "2"]

    ended = stopped(words, after="half way", signal=number, env=environment(WFM_HOME=tmp_path), cwd=tmp_path)

    assert (CODES[number], "stopped") == (ended.returncode, ended.stderr.splitlines()[-1])
    assert [b"the former one"] == [path.read_bytes() for path in samples.iterdir()]


def _bank_file(folder: Path) -> Path:
    path = folder / "calls.csv"
    header = "vru+line,call_id,customer_id,priority,type,date,vru_entry,vru_exit,vru_time,q_start,q_exit,q_time,outcome,ser_start,ser_exit,ser_time,server"
    row = "AA0101,1,0,0,TT,1999-03-01,10:00:00,10:00:05,5,00:00:00,00:00:00,0,AGENT,10:00:05,10:01:05,60,ASA"
    path.write_text(f"{header}\n{row}\n", encoding="utf-8")
    return path


@BOTH
def test_a_stopped_load_leaves_the_table_as_it_was(tmp_path: Path, number) -> None:
    file, url = _bank_file(tmp_path), f"sqlite:///{tmp_path / 'bank.sqlite'}"
    env = environment(WFM_HOME=tmp_path)
    subprocess.run([*WFM, "load", "anonymous_bank", file, "--to", url], check=True, env=env, cwd=tmp_path)
    words = [sys.executable, "-c", HALF_WAY, "load", "anonymous_bank", str(file), "--to", url]

    ended = stopped(words, after="half way", signal=number, env=env, cwd=tmp_path)

    assert (CODES[number], "stopped") == (ended.returncode, ended.stderr.splitlines()[-1])
    with closing(sqlite3.connect(tmp_path / "bank.sqlite")) as con:
        assert [("calls", 1)] == con.execute(
            "select name, (select count(*) from calls) from sqlite_master where type = 'table'"
        ).fetchall()
