"""Ids of queues and people of a source become the site's by the planners' table; what has no row keeps its own."""

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from wfm_pipeline.contracts.planning.history import planner_key
from wfm_pipeline.contracts.planning.planners_input import SOURCE_MATCHES
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.domain.planners_tables import read_rows
from wfm_pipeline.errors import DataError
from wfm_pipeline.reports.tables.matching import matching_words
from wfm_pipeline.transforms.matches import MATCH_FILES
from wfm_pipeline.warehouse.bronze.pending import pending_dates, strike_off
from wfm_pipeline.warehouse.shelves.versions import take_in
from wfm_pipeline.warehouse.silver.matching import (
    make_again_where_changed,
    matches_by_source,
    queues_by_name,
    unmatched_ids,
)
from wfm_pipeline.warehouse.silver.refresh import refresh_calls, refresh_intervals, refresh_legs
from wfm_pipeline_tests.silver_kit import DAY, RULES, SOURCE, ingest, leg, rows_of

HEAD, BRANCH = (replace(SOURCE, name=name) for name in ("head", "branch"))
SITE = replace(HEAD, tables=(), members=(HEAD, BRANCH))
HEADER = ("kind", "source", "source_id", "id")


def sheet(*lines):
    return pd.DataFrame([dict(zip(HEADER, line, strict=True)) for line in lines], columns=list(HEADER), dtype=object)


def tell(warehouse, *lines):
    """What planners say now; gives the sources that changed."""
    rows, _ = read_rows(MATCH_FILES["source_matches"], sheet(*lines))
    warehouse.create(SOURCE_MATCHES)
    before = matches_by_source(warehouse, SITE)
    moment = dt.datetime(2026, 4, 1) + dt.timedelta(minutes=warehouse.count(SOURCE_MATCHES.full_name))
    take_in(warehouse, SOURCE_MATCHES, rows, key=planner_key(SOURCE_MATCHES), now=moment, changed_by="planner")
    return make_again_where_changed(warehouse, SITE, before)


def refresh(warehouse):
    dates = Dates.of([DAY])
    for part in SITE.parts:
        refresh_legs(warehouse, part, RULES, dates)
    refresh_calls(warehouse, SITE, RULES, dates)
    refresh_intervals(warehouse, SITE, RULES, dates)


def ingested(warehouse):
    ingest(warehouse, [leg("c1", queue="sales", agent="ann")], HEAD)
    ingest(
        warehouse,
        [leg("c1", queue="Q7", agent="u1"), leg("c2", queue="Q9", agent="u2"), leg("c3", queue="odd")],
        BRANCH,
    )
    return warehouse


def offered(warehouse):
    intervals = [row for row in rows_of(warehouse, "queue_intervals") if row["calls_offered"]]
    return {row["queue_id"]: (row["calls_offered"], row["agents_active"]) for row in intervals}


def test_two_ids_of_one_source_and_one_of_another_add_up_under_one_name(warehouse):
    ingested(warehouse)
    queues = [("queue", "branch", "Q7", "sales"), ("queue", "branch", "Q9", "sales")]
    tell(warehouse, *queues, ("agent", "branch", "u1", "ann"))

    refresh(warehouse)

    # sales: c1 of head by ann, c1 of branch by u1 who is ann, c2 of branch by u2
    assert {"sales": (3, 2), "odd": (1, 1)} == offered(warehouse)
    assert [("branch", "c1"), ("branch", "c2"), ("branch", "c3"), ("head", "c1")] == sorted(
        (row["source"], row["call_id"]) for row in rows_of(warehouse, "calls")
    )


def test_a_match_leads_one_step_and_not_further(warehouse):
    ingested(warehouse)
    tell(warehouse, ("queue", "branch", "Q7", "Q9"), ("queue", "branch", "Q9", "sales"))

    refresh(warehouse)

    assert {"sales": 2, "Q9": 1, "odd": 1} == {queue: calls for queue, (calls, _) in offered(warehouse).items()}


def test_a_match_speaks_of_its_own_source_alone(warehouse):
    ingested(warehouse)
    tell(warehouse, ("queue", "head", "Q7", "elsewhere"))

    refresh(warehouse)

    assert {"sales", "Q7", "Q9", "odd"} == set(offered(warehouse))


def test_a_changed_match_makes_all_dates_of_its_source_again_and_the_same_again_none(warehouse):
    ingested(warehouse)
    for part in SITE.parts:
        for table in ("silver.call_legs", "silver.calls", "silver.queue_intervals"):
            strike_off(warehouse, part, table, Dates.of([DAY]))

    assert ["branch"] == tell(warehouse, ("queue", "branch", "Q7", "sales"))
    assert ({DAY}, set()) == (pending_dates(warehouse, BRANCH, "silver.call_legs"), pending_dates(warehouse, HEAD))
    assert [] == tell(warehouse, ("queue", "branch", "Q7", "sales"))
    refresh(warehouse)
    assert ["branch"] == tell(warehouse)

    refresh(warehouse)
    assert {"sales", "Q7", "Q9", "odd"} == set(offered(warehouse))


def test_what_has_no_row_is_counted_and_queues_of_one_name_are_named(warehouse):
    ingested(warehouse)
    ingest(warehouse, [leg("c9", queue="odd", agent="bob")], HEAD)
    tell(
        warehouse,
        ("queue", "branch", "Q7", "sales"),
        ("queue", "branch", "Q9", "sales"),
        ("queue", "head", "sales", "sales"),
    )
    refresh(warehouse)

    unmatched = unmatched_ids(warehouse, SITE)

    assert [
        "head: 1 queues (odd) and 2 people have no row in source_matches and keep their ids",
        "branch: 1 queues (odd) and 3 people have no row in source_matches and keep their ids",
        "one queue by its name alone: odd (branch, head)",
    ] == matching_words(unmatched, queues_by_name(warehouse, SITE, unmatched))
    assert [] == unmatched_ids(warehouse, HEAD)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param(
            [("line", "branch", "Q7", "sales")], r"kind must be queue or agent, got 'line' .*line 2", id="kind"
        ),
        pytest.param([("queue", "branch", "Q7", "")], "id.*line 2", id="no_name"),
        pytest.param(
            [("queue", "branch", "Q7", "a"), ("agent", "branch", "Q7", "a"), ("queue", "branch", "Q7", "b")],
            "lines? 2.*4",
            id="twice",
        ),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(lines, words):
    with pytest.raises(DataError, match=words):
        read_rows(MATCH_FILES["source_matches"], sheet(*lines))
