"""Two processes that load one table at once end in the tables of one after the other."""

import datetime as dt
import subprocess
import sys

import pytest

from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.warehouse.bronze.days import ledger
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline_tests.former_kit import former_source
from wfm_pipeline_tests.two_loads import STEPS, Loader, load_at_once, load_at_once_with_a_kill, load_serially, tables

MAP = """
name = "desk"
title = "A desk"
[tables.calls]
role = "call_legs"
load = "incremental"
key = ["id"]
business_date = "at"
[tables.calls.types]
id = "int64"
at = "timestamp"
[tables.calls.columns]
call_id = "id"
queue_id = { constant = "q" }
status = { constant = "answered" }
started_at = "at"
"""
# Loads a stretch of days without the writer lock: what is left when somebody goes round it.
CHILD = """
import datetime as dt, sys
from pathlib import Path
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.sources.opening import open_reader
from wfm_pipeline.warehouse.bronze.versions import append_versions
from wfm_pipeline.warehouse.engines.opening import open_warehouse
folder, url, first, last, batch = Path(sys.argv[1]), *sys.argv[2:]
desk = load_map(str(folder / "desk.toml"))
days = Dates.between(dt.date.fromisoformat(first), dt.date.fromisoformat(last))
with open_warehouse(url, folder) as warehouse, open_reader(str(folder), chunk_rows=50) as reader:
    print("ready", flush=True)
    sys.stdin.readline()
    append_versions(warehouse, source_map=desk, table_map=desk.tables[0], batch_id=batch,
                    read=lambda: reader.read(desk.tables[0], days), ingested_at=dt.datetime(2026, 3, 31))
"""
DAYS = [dt.date(2026, 3, day) for day in range(1, 11)]
PER_DAY = 40


def test_two_overlapping_loads_that_go_round_the_writer_lock_lose_and_double_nothing(tmp_path, postgres_url):
    (tmp_path / "desk.toml").write_text(MAP)
    rows = [f"{n},{day} 10:00:00" for n, day in enumerate(day for day in DAYS for _ in range(PER_DAY))]
    (tmp_path / "calls.csv").write_text("\n".join(["id,at", *rows, ""]))
    desk = load_map(str(tmp_path / "desk.toml"))

    stretches = [("2026-03-01", "2026-03-07"), ("2026-03-04", "2026-03-10")]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path), postgres_url, first, last, f"batch-{first}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first, last in stretches
    ]
    assert ["ready\n", "ready\n"] == [child.stdout.readline() for child in children]
    for child in children:
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        child.communicate(timeout=120)

    assert [0, 0] == [child.returncode for child in children]
    with open_warehouse(postgres_url, tmp_path) as warehouse:
        bronze = warehouse.table("bronze.desk__calls")
        assert len(DAYS) * PER_DAY == warehouse.con.execute(bronze.count())
        assert len(DAYS) * PER_DAY == warehouse.con.execute(bronze["id"].nunique())
        assert dict.fromkeys(DAYS, PER_DAY) == ledger(warehouse, desk, desk.tables[0])
        assert ["day_ledger", "desk__calls", "pending_days", "table_ledger"] == sorted(
            warehouse.con.list_tables(database="bronze")
        )


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_two_runs_at_once_and_one_killed_and_repeated_end_in_the_tables_of_one_after_the_other(
    clean_environment, request, engine
):
    home, in_files = clean_environment, engine == "duckdb"
    former_source(home)
    urls = [f"duckdb:///{name}.duckdb" if in_files else name for name in ("serial", "at_once", "killed")]
    if not in_files:
        make = request.getfixturevalue("make_postgres")
        urls = [make() for _ in urls]
    first, second = Loader(home), Loader(home)
    try:
        load_serially(first, urls[0])
        load_at_once(first, second, urls[1])
        load_at_once_with_a_kill(first, home, urls[2], STEPS[1])
    finally:
        first.close()
        second.close()

    serial, at_once, killed = (tables(home, url) for url in urls)
    assert serial == at_once
    assert serial == killed
    assert serial["silver.calls"] != "0-" + "0" * 32
