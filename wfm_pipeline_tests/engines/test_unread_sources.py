"""A source of a site that is not read: what it feeds is unknown from then on, and known again when it is read."""

import datetime as dt
from dataclasses import replace

import pytest

from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import DataError, SourceError
from wfm_pipeline.reports.tables.unread_sources import unread_words
from wfm_pipeline.warehouse.bronze.pending import pending_dates, strike_off
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.laws import calls_equal_intervals, known_measures_are_conserved
from wfm_pipeline.warehouse.silver.refresh import refresh_calls, refresh_intervals, refresh_legs
from wfm_pipeline.warehouse.silver.unknown_queues import FED_WEEKS, queues_fed
from wfm_pipeline.warehouse.source_states import SourceState, keep_state, unread_parts
from wfm_pipeline.warehouse.standing import note_read, note_site
from wfm_pipeline_tests.silver_kit import DAY, RULES, SOURCE, at, ingest, leg, rows_of

HEAD, BRANCH = (replace(SOURCE, name=name) for name in ("head", "branch"))
SITE = replace(HEAD, tables=(), members=(HEAD, BRANCH))
NEXT = DAY + dt.timedelta(days=1)
NOW = dt.datetime(2026, 3, 12)
LONG_AGO = DAY - dt.timedelta(weeks=FED_WEEKS, days=1)
INTERVALS = "silver.queue_intervals"


@pytest.fixture
def warehouse(engine_url, tmp_path):
    """Head answered calls of both days; branch fed `sales` and `branch` on the first, and `moved` long ago."""
    with open_warehouse(engine_url, tmp_path) as opened:
        both = [
            leg("h1"),
            leg("h2", created=at("10:00:00", NEXT)),
            leg("h3", queue="moved", created=at("11:00:00", NEXT)),
        ]
        ingest(opened, [*both, leg("h4", queue="own", created=at("12:00:00", NEXT))], HEAD)
        old = leg("b3", queue="moved", created=at("10:00:00", LONG_AGO))
        ingest(opened, [leg("b1"), leg("b2", queue="branch"), old], BRANCH)
        yield opened


def refresh(warehouse, *dates):
    wanted = Dates.of(dates)
    for part in SITE.parts:
        refresh_legs(warehouse, part, RULES, wanted)
    refresh_calls(warehouse, SITE, RULES, wanted)
    refresh_intervals(warehouse, SITE, RULES, wanted)
    for part in SITE.parts:
        for table in ("silver.call_legs", "silver.calls", INTERVALS):
            strike_off(warehouse, part, table, wanted)


def offered(warehouse, day):
    """Queue -> calls of a day; None where they are unknown."""
    days = {}
    for row in rows_of(warehouse, "queue_intervals"):
        if row["business_date"] == day:
            days.setdefault(row["queue_id"], []).append(row["calls_offered"])
    return {queue: None if None in calls else sum(calls) for queue, calls in days.items()}


def laws_hold(warehouse):
    return [law(warehouse, SITE).holds for law in (calls_equal_intervals, known_measures_are_conserved)]


def test_what_it_feeds_is_unknown_from_then_on_and_what_it_fed_long_ago_is_not(warehouse):
    keep_state(warehouse, SourceState("branch", False, NOW, DAY, "no answer"))

    refresh(warehouse, LONG_AGO, DAY, NEXT)

    assert {"sales": 2, "branch": 1, "moved": 0} == offered(warehouse, DAY)
    assert {"sales": None, "branch": None, "moved": 1, "own": 1} == offered(warehouse, NEXT)
    assert [True, True] == laws_hold(warehouse)


def test_when_it_is_read_again_its_queues_are_known_again_also_where_it_had_no_calls(warehouse):
    keep_state(warehouse, SourceState("branch", False, NOW, DAY, "no answer"))
    refresh(warehouse, LONG_AGO, DAY, NEXT)

    note_read(warehouse, SITE, BRANCH, now=NOW)
    waiting = pending_dates(warehouse, SITE, INTERVALS)
    refresh(warehouse, *waiting)

    assert {NEXT} == waiting
    assert {"sales": 1, "branch": 0, "moved": 1, "own": 1} == offered(warehouse, NEXT)
    assert [True, True] == laws_hold(warehouse)


def test_its_date_stays_while_it_is_away_and_other_sources_go_on(warehouse):
    refresh(warehouse, LONG_AGO, DAY, NEXT)
    keep_state(warehouse, SourceState("branch", False, NOW, DAY, "no answer"))

    faults = {"branch": SourceError("mysql://u:sekret@branch does not answer")}
    unread = note_site(warehouse, SITE, read={"head"}, in_use={"head", "branch"}, faults=faults)

    state = unread_parts(warehouse, SITE)["branch"]
    assert (DAY, True, ["branch"]) == (state.stands_at, state.is_fault, list(unread))
    words = unread_words(state, queues_fed(warehouse, [state])["branch"])
    assert f"source branch stands at {DAY} (" in words
    assert "from then on queues branch, sales are unknown, and come back when it is read" in words


def test_one_that_has_ended_is_not_waited_for(warehouse):
    unread = note_site(warehouse, SITE, read={"head"}, in_use={"head"}, faults={})

    assert ({"branch": ""}, {}) == (dict(unread), dict(unread_parts(warehouse, SITE)))


def test_a_later_source_with_intervals_of_its_own_is_refused(warehouse):
    refresh_legs(warehouse, BRANCH, RULES, Dates.of([DAY]))
    refresh_calls(warehouse, BRANCH, RULES, Dates.of([DAY]))
    refresh_intervals(warehouse, BRANCH, RULES, Dates.of([DAY]))

    with pytest.raises(DataError, match=r"source branch was run by itself in this warehouse.*put it first"):
        note_site(warehouse, SITE, read={"head", "branch"}, in_use={"head", "branch"}, faults={})
