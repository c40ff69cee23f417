"""What do months and indices bring to one day's increment on PostgreSQL, with a year behind it?

Three warehouses of the same generated year: tables in one place without an index (what an earlier version made), with the
indices alone, and as the contracts have them. A day arrives anew: it goes into bronze, and legs, calls and intervals of the
day and its neighbours are made again, in each warehouse in turn and several times, with what the planner is told of sizes
included. The silver of all three is compared before any time is told. Needs WFM_TEST_POSTGRES_URL; its server gets
databases of its own, which are dropped.

    python benchmarks/bench_postgres_months.py [--legs 400000] [--runs 5]
"""

import argparse
import contextlib
import datetime as dt
import hashlib
import json
import os
import platform
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import ibis
import pyarrow as pa
import sqlalchemy as sa
from _generate_legs import CUSTOMERS_TABLE, LEGS_TABLE, QUEUES_TABLE, SOURCE_MAP, generate

from wfm_pipeline.contracts.bronze import BRONZE_LAYOUT, ROW_COLUMNS
from wfm_pipeline.contracts.layout import PLAIN, Layout
from wfm_pipeline.contracts.silver import CALL_LEGS, CALLS, QUEUE_INTERVALS
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.transforms.rows.silver_numbers import SilverRules
from wfm_pipeline.warehouse.bronze.versions import append_versions
from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.silver import refresh as silver

ARMS = {
    "plain": lambda layout: PLAIN,  # noqa: ARG005
    "indices": lambda layout: Layout(None, layout.indices),
    "months_and_indices": lambda layout: layout,
}
LAST = dt.date(2026, 1, 4)
"""Last of the generated dates."""
RULES = SilverRules()
RESULTS = Path(__file__).parent / "results" / "postgres_months.json"


@contextlib.contextmanager
def database(server: str) -> Iterator[str]:
    """A database of our own on the server; dropped afterwards."""
    given = sa.make_url(server)
    name = f"wfm_bench_{uuid.uuid4().hex[:10]}"
    engine = sa.create_engine(given.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as con:
        con.execute(sa.text(f"create database {name}"))
    try:
        yield given.set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as con:
            con.execute(sa.text(f"drop database {name} with (force)"))
        engine.dispose()


def fill(warehouse: Warehouse, made: Warehouse, arm: str) -> float:
    """The year's bronze and silver; gives the seconds it took."""
    laid_out = ARMS[arm]
    for name in (LEGS_TABLE, CUSTOMERS_TABLE, QUEUES_TABLE):
        warehouse.create_from_schema(name, made.table(name).schema(), laid_out(BRONZE_LAYOUT))
    for table in (CALL_LEGS, CALLS, QUEUE_INTERVALS):
        warehouse.create(replace(table, layout=laid_out(table.layout)))
    begun = time.perf_counter()
    for name in (LEGS_TABLE, CUSTOMERS_TABLE, QUEUES_TABLE):
        warehouse.append_arrow(name, made.arrow(made.table(name)))
        warehouse.renew_statistics(name)
    refresh(warehouse, Dates.between(dt.date(2025, 1, 1), LAST))
    return time.perf_counter() - begun


def refresh(warehouse: Warehouse, dates: Dates) -> None:
    """Silver of some dates."""
    silver.refresh_legs(warehouse, SOURCE_MAP, RULES, dates)
    silver.refresh_calls(warehouse, SOURCE_MAP, RULES, dates)
    silver.refresh_calendar(warehouse, SOURCE_MAP)
    silver.refresh_intervals(warehouse, SOURCE_MAP, RULES, dates)


def rows_of_a_day(made: Warehouse, day: dt.date, run: int) -> pa.Table:
    """A day's rows under keys that are new."""
    legs = made.table(LEGS_TABLE)
    rows = made.arrow(legs.filter(legs["_business_date"] == ibis.literal(day), legs["_batch_id"] == "b1"))
    ours = [column.name for column in ROW_COLUMNS]
    rows = rows.select([*SOURCE_MAP.table("call_legs").types, *ours])
    for name in ("CallId", "_key_hash", "_row_hash"):
        new = [hashlib.md5(f"{run}-{value}".encode()).hexdigest() for value in rows[name].to_pylist()]
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(new))
    return rows


def increment(warehouse: Warehouse, rows: pa.Table, day: dt.date, run: int) -> float:
    """A day comes in; gives the seconds it took."""
    begun = time.perf_counter()
    append_versions(
        warehouse,
        source_map=SOURCE_MAP,
        table_map=SOURCE_MAP.table("call_legs"),
        read=lambda: iter([rows]),
        batch_id=f"c{run}",
        ingested_at=dt.datetime(2026, 2, 2),  # noqa: DTZ001 (instants are UTC without a zone)
    )
    refresh(warehouse, Dates.of([day]).widened(1))
    return time.perf_counter() - begun


def fingerprint(warehouse: Warehouse) -> list[str]:
    return [content_hash(warehouse, table.full_name) for table in (CALL_LEGS, CALLS, QUEUE_INTERVALS)]


def size_mb(warehouse: Warehouse) -> float:
    return float(warehouse.rows("select pg_database_size(current_database())")[0][0]) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--legs", type=int, default=400_000)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    server = os.environ.get("WFM_TEST_POSTGRES_URL") or parser.error("WFM_TEST_POSTGRES_URL names no server")
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        legs = generate(home / "made.duckdb", asked.legs)
        made = stack.enter_context(open_warehouse(f"duckdb:///{home / 'made.duckdb'}", home))
        opened = {arm: stack.enter_context(open_warehouse(stack.enter_context(database(server)), home)) for arm in ARMS}
        filled = {arm: fill(warehouse, made, arm) for arm, warehouse in opened.items()}
        sizes = {arm: size_mb(warehouse) for arm, warehouse in opened.items()}
        print("filled", filled, sizes, flush=True)
        seconds: dict[str, list[float]] = {arm: [] for arm in ARMS}
        for run in range(asked.runs):
            day = LAST - dt.timedelta(days=run)
            rows = rows_of_a_day(made, day, run)
            for arm, warehouse in opened.items():
                seconds[arm].append(increment(warehouse, rows, day, run))
            print({arm: round(found[-1], 2) for arm, found in seconds.items()}, flush=True)
        if len({tuple(fingerprint(warehouse)) for warehouse in opened.values()}) > 1:
            raise SystemExit("the warehouses differ")
    middle = {arm: statistics.median(found) for arm, found in seconds.items()}
    result = {
        "question": __doc__.splitlines()[0],
        "machine": f"{platform.machine()}, {os.cpu_count()} threads, load {os.getloadavg()[0]:.0f}",
        "legs": legs,
        "runs": asked.runs,
        "arms": {
            arm: {
                "increment_seconds": round(middle[arm], 2),
                "increment_seconds_range": [round(min(seconds[arm]), 2), round(max(seconds[arm]), 2)],
                "increment_ratio": round(middle[arm] / middle["plain"], 2),
                "first_load_ratio": round(filled[arm] / filled["plain"], 2),
                "size_ratio": round(sizes[arm] / sizes["plain"], 2),
            }
            for arm in ARMS
        },
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
