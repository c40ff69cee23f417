"""A run on Spark that is killed between two tables, of which no transaction spans both: the next run makes the same tables."""

import signal
import subprocess
import sys

import pytest

from wfm_pipeline.warehouse.bronze.pending import pending_dates
from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.staging import drop_leftovers
from wfm_pipeline_tests.engine_kit import empty_warehouse
from wfm_pipeline_tests.silver_kit import DAY, SOURCE, at, ingest, leg, memory, refresh

pytestmark = pytest.mark.spark
TABLES = ("call_legs", "calls", "calendar_days", "queue_intervals", "rejected_rows")
# Refreshes silver, but stops for good once a table has been written.
CHILD = """
import sys, time
from pathlib import Path
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.spark.tables import SparkTables
from wfm_pipeline_tests.silver_kit import refresh
url, home, last_table = sys.argv[1:]
write = SparkTables.overwrite
def write_and_stop(self, name, rows, scope=None):
    write(self, name, rows, scope)
    if name == last_table:
        print("written", flush=True)
        time.sleep(600)
SparkTables.overwrite = write_and_stop
with open_warehouse(url, Path(home)) as warehouse:
    refresh(warehouse)
"""
FIRST = [leg("c1"), leg("c2", created=at("11:00:00"), talk=-1), leg("c3", created=None)]
SECOND = [leg("c1", talk=7, updated=at("18:00:00")), leg("c4", created=at("12:00:00"), wait="soon")]
"""A correction and a new call, both with findings."""


def killed_after(table, url, home):
    """Start a refresh in a process of its own and kill it once the table is written."""
    script = home / "child.py"  # PySpark takes what has no file for its own doctests
    script.write_text(CHILD)
    words = [sys.executable, str(script), url, str(home), table]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "written\n"
    child.send_signal(signal.SIGKILL)
    child.communicate()


def hashes(warehouse):
    return {name: content_hash(warehouse, f"silver.{name}") for name in TABLES}


def test_who_is_killed_between_two_tables_leaves_the_next_run_the_same_work(tmp_path):
    with memory() as undisturbed:
        for rows in (FIRST, SECOND):
            ingest(undisturbed, rows)
            refresh(undisturbed)
        expected = hashes(undisturbed)

    with empty_warehouse("spark", tmp_path) as url:
        with open_warehouse(url, tmp_path) as warehouse:
            ingest(warehouse, FIRST)
            refresh(warehouse)
            ingest(warehouse, SECOND)
            before = hashes(warehouse)

        killed_after("silver.call_legs", url, tmp_path)  # the findings on its rows are still the old ones
        killed_after("silver.calls", url, tmp_path)  # and the intervals

        with open_warehouse(url, tmp_path) as warehouse:
            between = hashes(warehouse)
            assert DAY in pending_dates(warehouse, SOURCE, "silver.queue_intervals")
            drop_leftovers(warehouse)
            refresh(warehouse)
            assert expected == hashes(warehouse)
            assert [] == [name for name in warehouse.base_tables("silver") if name.startswith("_")]

    assert {"call_legs", "calls"} <= {name for name in TABLES if before[name] != between[name]}
    assert between["queue_intervals"] == before["queue_intervals"] != expected["queue_intervals"]
