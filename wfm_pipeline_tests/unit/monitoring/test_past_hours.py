"""Which hours belong to which date, which address is read, and of what a centre that stopped writing says nothing."""

import datetime as dt
import sqlite3
from contextlib import closing

import pandas as pd
import pytest

from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.calendar import interval_grid, start_of_day
from wfm_pipeline.domain.coverage.grid import DayGrid
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline.errors import SourceError
from wfm_pipeline.monitoring.coverage.asking import Choices
from wfm_pipeline.monitoring.coverage.gold_day import GoldDay
from wfm_pipeline.monitoring.coverage.history.past_hours import hours_between, look_back, read_date, unrecorded
from wfm_pipeline.sources.databases.retry import SourceUnreachableError
from wfm_pipeline_tests.coverage_kit import DAY, NO_HISTORY, NO_TEAMS, QUARTER, at
from wfm_pipeline_tests.operational_kit import statements

SITE = Site(time_zone="Europe/Berlin")
GRID = DayGrid(at("08:00"), QUARTER, 16)
AWAY = "postgresql://127.0.0.1:1/none"


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "hours"),
    [
        pytest.param("2026-03-28T22:00", "2026-03-29T22:00", [1, 23], id="clocks_go_forward"),
        pytest.param("2026-10-24T22:00", "2026-10-25T23:00", [25], id="clocks_go_back"),
        pytest.param("2026-03-02T09:00", "2026-03-02T10:00", [1], id="one_hour"),
    ],
)
def test_a_stretch_is_cut_at_midnight_of_the_site(starts_at, ends_at, hours):
    first, last = dt.datetime.fromisoformat(starts_at), dt.datetime.fromisoformat(ends_at)

    found = hours_between(SITE, first, last)

    assert hours == [(one.ends_at - one.starts_at) / dt.timedelta(hours=1) for one in found]
    assert (first, last) == (found[0].starts_at, found[-1].ends_at)
    assert len({one.date for one in found}) == len(found)


def tables(*, last_updated, state_until="10:00", clock="09:00"):
    """Ann was there from 08:00 on; one contact was answered."""
    made = {table.name: pd.DataFrame(columns=[column.name for column in table.columns]) for table in OPERATIONAL_TABLES}
    moments = ["started_at", "ended_at"]
    states = pd.DataFrame({"agent_id": ["ann"], "started_at": [at("08:00")], "ended_at": [at(state_until)]})
    queues = pd.DataFrame({"service_id": ["a"], "last_updated": [at(last_updated)] if last_updated else [pd.NaT]})
    contacts = {"service_id": ["a"], "interval_start_time": [at(clock)], "received_calls": [1], "treated_calls": [1]}
    return made | {
        "agent_states": states.astype(dict.fromkeys(moments, "datetime64[us]")),
        "queue_current_metrics": queues.astype({"last_updated": "datetime64[us]"}) if last_updated else queues.head(0),
        "contact_statistics": pd.DataFrame(contacts),
    }


@pytest.mark.parametrize(
    ("last_updated", "state_until", "found"),
    [
        pytest.param("12:00", "10:00", [], id="a_centre_that_writes_on_has_an_empty_room"),
        pytest.param(
            "10:20", "10:00", [("10:30", "12:00")], id="a_centre_that_stopped_says_nothing_of_what_came_after"
        ),
        pytest.param("09:00", "10:00", [("10:00", "12:00")], id="states_after_its_last_word_are_words_too"),
        pytest.param(None, "10:00", [], id="a_centre_without_that_table_is_believed"),
    ],
)
def test_what_comes_after_the_centre_stopped_writing_is_not_known(last_updated, state_until, found):
    rows = unrecorded(tables(last_updated=last_updated, state_until=state_until), GRID, as_of=at("12:00"))

    assert found == [(f"{row.starts_at:%H:%M}", f"{row.ends_at:%H:%M}") for row in rows.itertuples()]


def test_a_contact_answered_while_nobody_is_signed_in_is_a_lost_log():
    rows = unrecorded(tables(last_updated="12:00", clock="11:00"), GRID, as_of=at("12:00"))

    assert [("11:00", "11:15")] == [(f"{row.starts_at:%H:%M}", f"{row.ends_at:%H:%M}") for row in rows.itertuples()]


@pytest.fixture
def centre(tmp_path):
    """Empty operational tables in a file."""
    with closing(sqlite3.connect(tmp_path / "centre.sqlite")) as connection:
        for statement in statements("sqlite"):
            connection.execute(statement)
        connection.execute("insert into services (id) values ('sales')")
        connection.commit()
    return f"sqlite:///{tmp_path}/centre.sqlite"


def test_the_second_address_is_read_where_the_first_does_not_answer(centre):
    read = read_date([AWAY, centre], SITE, DAY.date(), what="live_url", attempts=1)

    assert ["sales"] == read.tables["services"]["id"].tolist()
    assert {table.name for table in OPERATIONAL_TABLES} == set(read.tables)


def test_no_answer_from_anywhere_may_be_tried_again_later_and_another_fault_may_not(centre, tmp_path):
    sqlite3.connect(tmp_path / "empty.sqlite").close()

    with pytest.raises(SourceUnreachableError, match="tried 1 times"):
        read_date([AWAY], SITE, DAY.date(), what="live_url", attempts=1)
    with pytest.raises(SourceError, match="services") as error:
        read_date([f"sqlite:///{tmp_path}/empty.sqlite", centre], SITE, DAY.date(), what="live_url", attempts=1)
    assert not isinstance(error.value, SourceUnreachableError)


def look_at(tables, grid, *, as_of):
    """Coverage of a date without a forecast."""
    no_forecast = NO_TEAMS[["queue_id", "interval_start"]].assign(is_open=None)
    day = GoldDay(DAY.date(), None, grid, no_forecast, NO_TEAMS, None, NO_HISTORY)
    step = (grid["interval_start"].iloc[1] - grid["interval_start"].iloc[0]).total_seconds()
    choices = Choices(interval_seconds=step, policies={}, default=StaffingPolicy())
    return look_back(tables, day, choices, as_of=pd.Timestamp(as_of).to_pydatetime()).intervals


def test_a_closed_date_with_nobody_is_known_and_an_open_one_of_which_nothing_is_written_is_not(centre):
    tables = read_date([centre], SITE, DAY.date(), what="live_url", attempts=1).tables

    starts = pd.date_range(at("00:00"), periods=4, freq="6h", unit="us")
    grid = pd.DataFrame({"interval_start": starts, "interval_start_local": starts})
    closed, unknown = (look_at(tables, grid.assign(is_open=is_open), as_of=at("18:00")) for is_open in (False, True))

    assert [0.0, 0.0, 0.0] == closed["agents_actual"].tolist()[:3]
    assert {"optimal"} == set(closed["status"][:3])
    assert {"no_data"} == set(unknown["status"])
    assert unknown["agents_actual"].isna().all()


@pytest.mark.parametrize(
    ("date", "quarters"),
    [
        pytest.param(dt.date(2026, 3, 29), 92, id="clocks_go_forward"),
        pytest.param(dt.date(2026, 10, 25), 100, id="clocks_go_back"),
    ],
)
def test_a_day_on_which_clocks_change_is_looked_at_whole(centre, date, quarters):
    site = Site(time_zone="Europe/Berlin", interval_minutes=15)
    tables = read_date([centre], site, date, what="live_url", attempts=1).tables

    rows = look_at(tables, interval_grid(site, date, date), as_of=start_of_day(site, date + dt.timedelta(days=1)))

    assert quarters == len(rows) == rows["interval_start"].nunique()
    assert {"actual"} == set(rows["people_from"])
