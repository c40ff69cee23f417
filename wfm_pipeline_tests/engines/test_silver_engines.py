"""The same rows through each engine end in the same silver, row by row."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.transforms.behavior import measured_behavior
from wfm_pipeline.transforms.rows.silver_numbers import SilverRules
from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.silver import refresh as silver
from wfm_pipeline_tests.engine_kit import KINDS, empty_warehouse
from wfm_pipeline_tests.silver_kit import DAY, FULL_SOURCE, at, ingest, leg, memory, refresh, rows_of

TABLES = ("call_legs", "calls", "queue_intervals", "calendar_days", "rejected_rows", "cases")
LAST = dt.date(2026, 3, 29)


def awkward_rows():
    """Every rule at least once, over days that include a change of clocks."""
    tomorrow = DAY + dt.timedelta(days=1)
    return [
        leg("c1", status="TRANSFERRED"),
        leg("c1", 2, created=at("10:03:00"), queue="support", agent="Åsa"),
        leg("c2", status="ABANDONED", created=at("11:00:00"), caller="+46 (0)8-123 45 67", agent=None),
        leg("c3", created=at("11:04:59"), caller="004681234567"),
        leg("c3", created=at("11:04:59"), caller="004681234567", talk=5, updated=at("12:00:00")),
        leg("c4", talk=-1, wait=99_999, status="PARKED", queue=None, customer="6.02E+11"),
        leg("c5", queue="TEST"),
        leg("c6", created=None),
        leg(None),
        leg("c7", talk=-86_000, talk_from=dt.time(23, 58, 20), talk_to=dt.time(0, 5)),
        leg("c8", created=at("02:30:00", LAST)),
        leg("c9", created=at("12:00:00", LAST), queue="internal"),
        leg("c10", created=at("10:00:00.250000", tomorrow), caller="44"),
        leg("c11", wait="soon", created=at("23:59:59.900000", tomorrow)),
        leg("c12", queue="unheard of", caller="5550001"),
    ]


def fill(warehouse):
    queues = [{"queue": "sales", "out": 0}, {"queue": "support", "out": 0}, {"queue": "internal", "out": 1}]
    ingest(warehouse, queues, FULL_SOURCE, "queues")
    customers = [{"landing": "0771 100", "customer": "shop", "parent": "group"}]
    ingest(warehouse, customers, FULL_SOURCE, "customers")
    cases = [
        {"case": "k1", "queue": "sales", "state": "OPEN", "opened": at("09:00:00"), "closed": at("02:30:00", LAST)},
        {"case": "k2", "queue": "sales", "state": "Closed", "opened": at("09:00:00"), "closed": at("10:00:00", LAST)},
        {"case": "k3", "queue": "sales", "state": "Closed", "opened": None, "closed": None},
    ]
    ingest(warehouse, cases, FULL_SOURCE, "cases")
    ingest(warehouse, awkward_rows(), FULL_SOURCE)
    rules = SilverRules(excluded_numbers=("+46 5550001",))
    counts = [
        refresh(warehouse, DAY, LAST, source_map=FULL_SOURCE, rules=rules),
        silver.refresh_cases(warehouse, FULL_SOURCE, rules, Dates.between(DAY, LAST)),
    ]
    first_day = [refresh(warehouse, DAY, DAY, source_map=FULL_SOURCE, rules=rules)]
    return counts + first_day


@pytest.fixture(scope="module")
def on_duckdb():
    with memory() as warehouse:
        counts = fill(warehouse)
        yield warehouse, counts


def without_run(rows):
    return [{name: value for name, value in row.items() if name not in ("batch_id", "seen_at")} for row in rows]


def ordered(warehouse, table):
    return sorted(without_run(rows_of(warehouse, table)), key=str)


def test_duckdb_accounts_for_every_row(on_duckdb):
    _, (legs, cases, _) = on_duckdb

    # 15 rows: c3 twice; refused c5, c6, the one without id, c8, c9, c12
    assert (15, 8, 6, 1) == (legs.rows_in, legs.rows_loaded, legs.rows_rejected, legs.rows_duplicate)
    assert (3, 2, 1, 0) == (cases.rows_in, cases.rows_loaded, cases.rows_rejected, cases.rows_duplicate)
    assert {"closed_at_in_dst_gap": 1, "undated": 1} == cases.findings


def test_cases_keep_their_times_and_lose_those_that_never_were(on_duckdb):
    warehouse, _ = on_duckdb

    cases = {row["case_id"]: row for row in rows_of(warehouse, "cases")}

    assert ("open", at("08:00:00"), None) == tuple(cases["k1"][n] for n in ("status", "opened_at", "closed_at"))
    assert at("08:00:00", LAST) == cases["k2"]["closed_at"]  # summer time since 02:00


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "duckdb"])
def test_every_engine_makes_the_same_silver(on_duckdb, kind, tmp_path):
    here, counts = on_duckdb

    with empty_warehouse(kind, tmp_path) as url, open_warehouse(url, tmp_path) as there:
        assert counts == fill(there)
        for table in TABLES:
            assert ordered(here, table) == ordered(there, table)
            assert content_hash(here, f"silver.{table}") == content_hash(there, f"silver.{table}")
        behavior = [
            warehouse.frame(measured_behavior(warehouse.table("silver.calls")).order_by("customer_key"))
            for warehouse in (here, there)
        ]
        pd.testing.assert_frame_equal(*behavior)
