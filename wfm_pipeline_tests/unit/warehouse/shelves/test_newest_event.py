"""The newest date of an event is the source's own, and none later than asked."""

import datetime as dt
from types import SimpleNamespace

import pandas as pd
import pytest

from wfm_pipeline.commands.backlog_hours import missing_dates
from wfm_pipeline.contracts.backlog.case_events import CASE_EVENTS
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.backlog.newest_event import newest_event_date
from wfm_pipeline_tests.backlog_view_kit import house_with, local

LATER = dt.date(2030, 1, 1)


def events(*days, source="telephony"):
    at = pd.to_datetime(list(days)).astype("datetime64[us]")
    same = {
        "source": source,
        "kind": "opened",
        "batch_id": "b",
        "ingested_at": at,
        "happened_at": at,
        "business_date": at,
    }
    names = [f"{source}-{n}" for n in range(len(days))]
    return pd.DataFrame({**same, "case_id": names, "row_hash": names}, columns=list(CASE_EVENTS.column_names)).assign(
        due_at=pd.NaT, known_at=pd.NaT
    )


def part(name):
    return SimpleNamespace(name=name, parts=(SimpleNamespace(name=name),))


def test_another_sources_events_and_later_ones_do_not_count(tmp_path):
    with open_warehouse("duckdb:///w.duckdb", tmp_path) as warehouse:
        assert newest_event_date(warehouse, part("a"), until=LATER) is None
        rows = pd.concat([events("2026-03-01", "2026-03-09", source="a"), events("2026-04-01", source="b")])
        warehouse.replace(CASE_EVENTS, rows, Scope())

        assert dt.date(2026, 3, 9) == newest_event_date(warehouse, part("a"), until=LATER)
        assert dt.date(2026, 3, 1) == newest_event_date(warehouse, part("a"), until=dt.date(2026, 3, 8))
        assert newest_event_date(warehouse, part("a"), until=dt.date(2026, 2, 1)) is None


@pytest.mark.parametrize(
    ("day", "asked", "first", "last"),
    [
        pytest.param("2026-06-26", None, "2026-06-25", "2026-06-26", id="since_the_newest_made"),
        pytest.param("2026-06-30", None, "2026-06-28", "2026-06-30", id="three_days_at_most"),
        pytest.param("2026-06-30", "2026-06-26 10:00", "2026-06-25", "2026-06-26", id="to_the_instant_asked_for"),
        pytest.param(
            "2026-06-26", "2026-06-28 10:00", "2026-06-26", "2026-06-28", id="a_quiet_day_since_the_last_event"
        ),
        pytest.param("2026-06-20", None, "2026-06-20", "2026-06-20", id="a_recording_that_ended_before"),
    ],
)
def test_hours_are_made_since_the_newest_to_the_last_event(tmp_path, day, asked, first, last):
    house = house_with(tmp_path / "home", source_url="sqlite:///none.sqlite")
    days = ["2026-06-20", "2026-06-26", day] if asked else ["2026-06-20", day]
    with house.writing(owner="test"), house.open_warehouse() as warehouse:
        warehouse.replace(CASE_EVENTS, events(*days), Scope())

    found = missing_dates(house, local(asked or "2026-11-29 06:00"))

    assert Dates.between(dt.date.fromisoformat(first), dt.date.fromisoformat(last)) == found
