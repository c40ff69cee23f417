"""Hours as partitions: their number on days of a change of clocks, and which of them nobody has made."""

import datetime as dt
from types import SimpleNamespace

import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.orchestration.partitions.hourly import hourly_partitions, hours_of_dates, missed_hours

HOUSE = SimpleNamespace(site=Site(time_zone="Europe/Stockholm"))
HOURS = hourly_partitions(HOUSE, dt.date(2026, 1, 1))


@pytest.mark.parametrize(
    ("date", "hours"),
    [
        pytest.param(dt.date(2026, 3, 28), 24, id="usual"),
        pytest.param(dt.date(2026, 3, 29), 23, id="clocks_go_forward"),
        pytest.param(dt.date(2026, 10, 25), 25, id="clocks_go_back"),
    ],
)
def test_a_date_has_its_own_number_of_hours(date, hours):
    names = hours_of_dates(HOUSE, [date])

    assert hours == len(names) == len(set(names))
    windows = [HOURS.time_window_for_partition_key(name) for name in names]
    assert {dt.timedelta(hours=1)} == {
        window.end.astimezone(dt.UTC) - window.start.astimezone(dt.UTC) for window in windows
    }


def missed(made, until, hours=6):
    now = dt.datetime.fromisoformat(until).replace(tzinfo=dt.UTC)
    return missed_hours(HOURS, made, until=now, reach=dt.timedelta(hours=hours))


def test_missed_hours_are_stretches_between_those_that_are_made():
    # 10:05 UTC is 11:05 in Stockholm: 05:00 is the first hour that begins in the last six, 10:00 the last that is over
    made = ["2026-02-02-07:00", "2026-02-02-08:00"]

    assert [("2026-02-02-06:00", "2026-02-02-06:00"), ("2026-02-02-09:00", "2026-02-02-10:00")] == missed(
        made, "2026-02-02T10:05"
    )


def test_an_hour_that_is_not_over_is_not_missed():
    assert [] == missed(["2026-02-02-09:00"], "2026-02-02T09:59", hours=1)


def test_the_hour_that_comes_twice_is_missed_once_each():
    # 02:00 in summer time is 00:00 UTC, 02:00 in winter time is 01:00 UTC
    assert [("2026-10-25-02:00+0100", "2026-10-25-02:00+0100")] == missed(
        ["2026-10-25-02:00"], "2026-10-25T02:00", hours=2
    )


def test_nothing_is_missed_before_the_first_hour():
    assert [("2026-01-01-00:00", "2026-01-01-01:00")] == missed([], "2026-01-01T01:05", hours=100)
