"""The calendar in versions: an edit counts from when it is seen, the holiday feed waits for approval, nothing is noted twice."""

import datetime as dt
import json
from dataclasses import replace

import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.backlog.calendar_versions import (
    YEARS_AHEAD,
    YEARS_BACK,
    new_versions,
    newest_in_force,
    told_now,
    working_calendars,
)
from wfm_pipeline.domain.opening.queue_calendar import QueueCalendar
from wfm_pipeline.errors import DataError
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.shelves.backlog.calendar_versions import (
    calendar_versions,
    calendar_words,
    decide_calendar,
    keep_versions,
    note_calendar,
    read_working_calendars,
)

MONDAYS = {"mon": "08:00-16:00"}
SITE = Site(time_zone="Europe/Stockholm", country="SE", opening_hours=MONDAYS, closed_on_holidays=True)
NOW = pd.Timestamp("2026-03-02 10:00")
LATER = NOW + pd.Timedelta(days=1)


def source(site=SITE):
    return SourceMap("s", "", is_simulated=True, site=site, tables=())


@pytest.fixture
def warehouse(tmp_path):
    with open_warehouse("duckdb:///wfm.duckdb", tmp_path) as opened:
        yield opened


def feed_with(day, known):
    """What the feed says now, with one day more, as a new version of its library would."""
    feed = json.loads(known[-1].feed)
    feed[day[:4]] = sorted([*feed[day[:4]], day])
    return json.dumps(feed, sort_keys=True)


def test_the_same_calendar_is_noted_once_and_outlives_the_process(warehouse):
    first, again = (note_calendar(warehouse, source(), now) for now in (NOW, LATER))

    assert ([("in_force", "first", NOW)], []) == ([(one.status, one.cause, one.known_from) for one in first], again)
    assert first == calendar_versions(warehouse, source())


def test_an_edit_of_the_site_is_in_force_from_when_it_is_seen(warehouse):
    note_calendar(warehouse, source(), NOW)

    (made,) = note_calendar(warehouse, source(replace(SITE, opening_hours=MONDAYS | {"sat": "08:00-12:00"})), LATER)

    assert ("in_force", "site_edit", LATER) == (made.status, made.cause, made.known_from)
    assert "opening_hours" in made.difference
    assert 2 == len(read_working_calendars(warehouse, source()).known_from)


def test_a_change_of_the_holiday_feed_waits_until_somebody_approves_it():
    known = new_versions([], *told_now(QueueCalendar(SITE), range(2025, 2029)), NOW)
    own, feed = known[0].own, feed_with("2026-03-09", known)

    (made,) = new_versions(known, own, feed, LATER)

    assert ("waiting", "holiday_feed", None) == (made.status, made.cause, made.known_from)
    assert "holidays besides: 2026-03-09" == made.difference
    assert known[0] == newest_in_force([*known, made])
    assert [] == new_versions([*known, made], own, feed, LATER)


def test_years_that_the_feed_had_not_told_are_taken_over_and_ask_nobody():
    known = new_versions([], *told_now(QueueCalendar(SITE), range(2025, 2028)), NOW)

    (made,) = new_versions(known, *told_now(QueueCalendar(SITE), range(2026, 2029)), LATER)

    assert ("in_force", "later_years") == (made.status, made.cause)
    assert ["2025", "2026", "2027", "2028"] == sorted(json.loads(made.feed))


@pytest.mark.parametrize(("is_approved", "status", "closed"), [(True, "in_force", True), (False, "refused", False)])
def test_who_approves_and_who_refuses_is_kept(warehouse, is_approved, status, closed):
    own, feed = told_now(QueueCalendar(SITE), range(NOW.year - YEARS_BACK, NOW.year + YEARS_AHEAD + 1))
    (first,) = new_versions(
        [], own, feed.replace('"2026-04-06", ', ""), NOW
    )  # a feed that did not know Easter Monday yet
    keep_versions(warehouse, source(), [first])
    (waits,) = note_calendar(warehouse, source(), LATER)

    assert "holidays besides: 2026-04-06" == waits.difference
    assert "waits for approval" in calendar_words(calendar_versions(warehouse, source()))[0]
    made = decide_calendar(warehouse, source(), 2, is_approved=is_approved, by="kim", now=LATER + pd.Timedelta(hours=1))

    known = calendar_versions(warehouse, source())
    assert (status, "kim") == (made.status, made.decided_by)
    assert made == known[-1]
    assert [] == calendar_words(known) == note_calendar(warehouse, source(), LATER + pd.Timedelta(days=1))
    calendars = working_calendars(known)
    monday = (
        pd.Series(pd.to_datetime(["2026-04-06 09:00", "2026-04-06 10:00"])).to_numpy("datetime64[us]").astype("int64")
    )
    worked = calendars.times[-1].until(monday)
    assert closed == (worked[0] == worked[1])
    with pytest.raises(DataError, match="waiting: none"):
        decide_calendar(warehouse, source(), 2, is_approved=True, by="kim", now=LATER)


def test_windows_of_a_version_are_those_of_the_site_it_saw():
    known = new_versions([], *told_now(QueueCalendar(SITE), range(2026, 2027)), NOW)

    time = working_calendars(known).times[0]

    # Mondays of 2026: 52, of which Easter Monday is a holiday.
    assert 51 == len(time.starts)
    assert dt.datetime(2026, 1, 5, 7, 0) == time.starts[:1].astype("datetime64[us]").tolist()[0]
