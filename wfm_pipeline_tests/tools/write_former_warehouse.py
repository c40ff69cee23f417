# ruff: noqa: T201  (what it says is its output)
"""Write wfm_pipeline_tests/former/: a small warehouse as an older version left it, and the source it had read.

Run it with that version's checkout, which makes the warehouse with its own code:

    PYTHONPATH=/path/to/the/older/checkout python wfm_pipeline_tests/tools/write_former_warehouse.py

It must be run once for each version that people have, and never again: the file is evidence.
"""

import datetime as dt
import lzma
import shutil
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import dagster as dg
import duckdb

from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.orchestration.jobs import OVERRIDES
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.main_run import main_request
from wfm_pipeline.orchestration.runs.running import JobRequest, run_job
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.sample import make_sample

FOLDER = Path(__file__).parents[1] / "former"
LAST_DATE, WEEKS, QUEUE = dt.date(2026, 6, 25), 6, "billing"
AS_OF = dt.date(2026, 6, 23)
"""The warehouse ends with the day before; the source goes on to LAST_DATE, for the next run."""
OVERRIDES_CSV = """override_id,queue_id,from_local,until_local,kind,value,author,why,decided_at,is_active
o1,billing,2026-06-24,2026-06-25,factor,1.25,ana,a mailing goes out,2026-06-22T09:00:00,true
"""


def main() -> None:
    """Make the source, run the older version on it twice, apply an override, pack both files."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        whole = home / "whole.sqlite"
        make_sample(whole, last_date=LAST_DATE, months=2, seed=7)
        trim(whole, LAST_DATE)
        shutil.copyfile(whole, home / "source.sqlite")
        trim(home / "source.sqlite", AS_OF - dt.timedelta(days=1))
        (home / "planning").mkdir()
        (home / "planning" / "forecast_overrides.csv").write_text(OVERRIDES_CSV, encoding="utf-8")
        house = House(
            load_settings(
                home=home, source_url=f"sqlite:///{home / 'source.sqlite'}", planning_folder=home / "planning",
                backtest_origins=1, num_threads=1,
            )
        )  # fmt: skip
        run(house, main_request(find_stale_dates(house).dates, AS_OF))
        run(house, JobRequest(OVERRIDES))
        compact(home / "warehouse" / "wfm.duckdb", home / "packed.duckdb")
        FOLDER.mkdir(exist_ok=True)
        pack(home / "packed.duckdb", FOLDER / "warehouse.duckdb.xz")
        pack(whole, FOLDER / "source.sqlite.xz")
        (FOLDER / "forecast_overrides.csv").write_text(OVERRIDES_CSV, encoding="utf-8")


def trim(path: Path, last: dt.date) -> None:
    """Keep one queue's calls of some weeks up to a date."""
    first = LAST_DATE - dt.timedelta(weeks=WEEKS)
    with closing(sqlite3.connect(path)) as source:
        for (name,) in source.execute("select name from sqlite_master where name like 'truth%'").fetchall():
            source.execute(f"drop table {name}")
        source.execute(
            "delete from queue_cdr where CallId in (select CallId from queue_cdr where QueueId <> ?) "
            "or date(Created) not between ? and ?",
            (QUEUE, first.isoformat(), last.isoformat()),
        )
        source.execute("delete from cases where QueueId <> ? or date(Created) not between ? and ?",
                       (QUEUE, first.isoformat(), last.isoformat()))  # fmt: skip
        source.commit()
        source.execute("vacuum")


def run(house: House, request: JobRequest) -> None:
    """One job, which must end well."""
    outcome = run_job(
        build_definitions(house.settings, is_partitioned=False), house, request,
        on_step=lambda step, what: print(step, what, file=sys.stderr), instance=dg.DagsterInstance.ephemeral(),
    )  # fmt: skip
    if outcome.problems:
        raise SystemExit("; ".join(outcome.problems))


def compact(path: Path, target: Path) -> None:
    """Copy the tables into a new file without holes."""
    with duckdb.connect(str(target)) as copy:
        copy.execute(f"attach '{path}' as former (read_only)")
        copy.execute(f"copy from database former to {target.stem}")
        copy.execute("detach former")


def pack(path: Path, target: Path) -> None:
    """Pack a file, and say how large it is."""
    target.write_bytes(lzma.compress(path.read_bytes(), preset=9))
    print(f"{target.name}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
