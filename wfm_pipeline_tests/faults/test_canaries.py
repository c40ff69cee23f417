"""No secret is in what a command says or keeps, whether it ends well or badly: every command, every way of failing, every place."""

import contextlib
import re
import sqlite3
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from wfm_pipeline.cli import menu
from wfm_pipeline_tests.canary_kit import COMMANDS, ENDS, QUICK, READS, WELL, leaks_of, lines_of, run_all
from wfm_pipeline_tests.canary_scenarios import failures, success

PAGE = Path(__file__).parents[2] / "docs" / "safety.md"


def test_every_command_has_its_canaries():
    assert set(menu().commands) == set(COMMANDS)


def test_the_search_finds_a_canary_in_every_place(tmp_path):
    (tmp_path / "run.stdout").write_text("x kanari00001 y")
    (tmp_path / "run.stderr").write_bytes(b"\xff\x00kanari00002")
    (tmp_path / "kanari00003").write_bytes(b"")
    with contextlib.closing(sqlite3.connect(tmp_path / "a")) as db:
        db.execute("create table t as select 'kanari00004' as a")
        db.commit()
    with duckdb.connect(str(tmp_path / "b")) as db:
        db.execute("create schema s; create table s.t as select {'x': ['kanari00005']} as a from range(1000)")

    found = leaks_of(tmp_path)

    assert ({1}, {2}, {4, 5}) == (found["stdout"], found["stderr"], found["DuckDB and SQLite tables"])
    assert {3} <= found["files"]


def test_the_search_finds_a_canary_in_postgresql(tmp_path, postgres_url):
    engine = sa.create_engine(sa.make_url(postgres_url).set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    with engine.begin() as db:
        db.execute(sa.text("create schema s"))
        db.execute(sa.text("create table s.\"T\" as select 'kanari00006' as a, 'kanari00007'::bytea as b"))
    engine.dispose()

    assert {6, 7} == leaks_of(tmp_path, [postgres_url])["PostgreSQL tables"]


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    with success(tmp_path_factory.mktemp("sample"), QUICK) as well:
        return run_all(tmp_path_factory.mktemp("canaries"), [well, *failures(tmp_path_factory.mktemp("of"), READS)])


def test_commands_leave_no_secret_anywhere(quick):
    assert set() == quick.leaks
    ends = {command: code for (name, command), code in quick.codes.items() if name == WELL}
    assert {command: ENDS.get(command, 0) for command in QUICK} == ends
    assert [] == [key for key, code in quick.codes.items() if key[0] != WELL and code not in (1, 2)]


def test_the_page_shows_what_was_found_and_leaves_no_command_out(quick):
    (shown,) = re.findall(r"<!-- canaries -->\n(.*)\n<!-- /canaries -->", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    lines = shown.splitlines()

    assert [] == sorted(set(lines_of([quick]).values()) - set(lines))
    assert [(command, end) for command in COMMANDS for end in ("well", "badly")] == [
        (cells[1].strip(" `"), cells[2].strip()) for cells in (line.split("|") for line in lines[2:])
    ]
    assert "LEAKS" not in shown
