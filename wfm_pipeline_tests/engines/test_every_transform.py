"""Every transform on every engine: the same rows in, the same silver and the same answers out, row by row.

The run goes through all that `transforms/` offers, which is found by looking and not by a list: a new function that no
engine has run fails here.
"""

import datetime as dt

import pytest

from wfm_pipeline.contracts.tables import ALL_SILVER_TABLES
from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline_tests.engine_kit import OTHERS, empty_warehouse
from wfm_pipeline_tests.silver_kit import at, memory, rows_of
from wfm_pipeline_tests.transform_kit import (
    LAST,
    answers,
    of_a_site,
    of_counts,
    of_one_source,
    public_transforms,
    recorded,
)

VARYING = ("batch_id", "seen_at")
"""Columns that name a run."""


def whole_run(warehouse):
    """All ways through the transforms; gives counts and answers."""
    counts = [step(warehouse) for step in (of_one_source, of_a_site, of_counts)]
    return counts, answers(warehouse)


@pytest.fixture(scope="module")
def on_duckdb():
    with memory() as warehouse:
        with recorded(public_transforms()) as called:
            counts, found = whole_run(warehouse)
        yield warehouse, counts, found, called


def ordered(warehouse, table):
    rows = rows_of(warehouse, table)
    return sorted(str({name: value for name, value in row.items() if name not in VARYING}) for row in rows)


def silver_tables(warehouse):
    return [table.name for table in ALL_SILVER_TABLES if warehouse.has(table.full_name)]


def test_duckdb_accounts_for_every_row(on_duckdb):
    _, [(legs, cases, _, log), _, (counted, _)], *_ = on_duckdb

    # 15 rows: c3 twice; refused c5, c6, the one without id, c8, c9, c12
    assert (15, 8, 6, 1) == (legs.rows_in, legs.rows_loaded, legs.rows_rejected, legs.rows_duplicate)
    assert (3, 2, 1, 0) == (cases.rows_in, cases.rows_loaded, cases.rows_rejected, cases.rows_duplicate)
    assert {"closed_at_in_dst_gap": 1, "undated": 1} == cases.findings
    # 14 rows: refused the due time in the gap, pondered, Comment, no kind, no case, no time, in the gap, after it was read
    assert (14, 6, 8, 0) == (log.rows_in, log.rows_loaded, log.rows_rejected, log.rows_duplicate)
    # 6 rows: refused the one without a count and the one in the hour that no clock shows
    assert (6, 4, 2, 0) == (counted.rows_in, counted.rows_loaded, counted.rows_rejected, counted.rows_duplicate)


def test_cases_keep_their_times_and_lose_those_that_never_were(on_duckdb):
    warehouse, *_ = on_duckdb

    cases = {row["case_id"]: row for row in rows_of(warehouse, "cases")}

    assert ("open", at("08:00:00"), None) == tuple(cases["k1"][n] for n in ("status", "opened_at", "closed_at"))
    assert at("08:00:00", LAST) == cases["k2"]["closed_at"]  # summer time since 02:00


def test_case_events_keep_what_can_be_true_and_say_what_cannot(on_duckdb):
    warehouse, *_ = on_duckdb

    events = {(row["case_id"], row["kind"], row["queue_id"]): row for row in rows_of(warehouse, "case_events")}

    assert {
        ("k1", "opened", "sales"),
        ("k1", "due", None),
        ("k1", "moved", "nowhere"),
        ("k1", "moved", None),
        ("k1", "resolved", None),
        ("k2", "opened", "sales"),
    } == set(events)
    assert at("08:00:00", LAST) == events["k1", "due", None]["due_at"]  # summer time since 02:00
    assert ("high", "ann") == tuple(events["k1", "opened", "sales"][name] for name in ("priority", "agent_id"))
    assert at("08:31:00") == events["k1", "moved", "nowhere"]["known_at"]
    # Told at 09:59 local, a minute before it happened.
    assert at("09:00:00") == events["k1", "resolved", None]["known_at"]
    assert events["k2", "opened", "sales"]["known_at"] is None
    assert {dt.datetime(2026, 4, 1)} == {row["ingested_at"] for row in events.values()}


def test_findings_on_case_events_name_their_rule(on_duckdb):
    *_, [(_, _, _, log), _, _], _, _ = on_duckdb

    assert {
        "excluded_comment": 1,
        "in_the_future": 1,
        "known_at_in_dst_gap": 1,
        "known_before_it_happened": 1,
        "local_time_in_dst_gap": 1,
        "missing_key": 1,
        "no_due_time": 1,
        "undated": 1,
        "unknown_kind": 2,
        "unknown_queue": 2,
    } == log.findings


def test_the_run_calls_every_public_transform(on_duckdb):
    *_, called = on_duckdb

    assert set() == set(public_transforms().values()) - called


def test_the_look_at_the_transforms_finds_functions_methods_and_properties():
    found = {name.removeprefix("wfm_pipeline.transforms.") for name in public_transforms().values()}

    assert {
        "calls.redials",
        "rows.zones.SiteClock.of",
        "rows.canonical.RawRows.seconds",
        "legs.JudgedRows.suspects",
    } <= found
    assert "rows.phone.normalise_number" not in found  # text to text, in Python alone


@pytest.mark.parametrize("kind", OTHERS)
def test_every_engine_makes_the_same_silver_and_gives_the_same_answers(on_duckdb, kind, tmp_path):
    here, *expected, _ = on_duckdb

    with empty_warehouse(kind, tmp_path) as url, open_warehouse(url, tmp_path) as there:
        found = whole_run(there)

        assert silver_tables(here) == silver_tables(there)
        for table in silver_tables(here):
            assert ordered(here, table) == ordered(there, table), table
            assert content_hash(here, f"silver.{table}", without=VARYING) == content_hash(
                there, f"silver.{table}", without=VARYING
            )
    assert expected == list(found)
