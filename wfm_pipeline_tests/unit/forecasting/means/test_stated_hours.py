"""A forecast inside the hours that planners state: no call where closed, the day's calls kept, new hours not left empty."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import ForecastOptions, forecast
from wfm_pipeline.domain.forecasting.desk.panel import build_panel, day_table
from wfm_pipeline.domain.forecasting.long_range.long_range import FARTHEST, long_range
from wfm_pipeline.domain.opening.queue_calendar import QueueCalendar
from wfm_pipeline.domain.opening.stated_hours import stated
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy, staff_forecast
from wfm_pipeline.units import LATEST_DATE, WEEKDAYS

ORIGIN = dt.date(2025, 7, 7)
LAST = ORIGIN + dt.timedelta(days=13)
SITE = Site(interval_minutes=30, opening_hours=dict.fromkeys(WEEKDAYS[:5], "08:00-17:00"))
LUNCH = ("12:00", "12:30")
PER_SLOT = 6.0


def row(queue, first, hours, *, until=LATEST_DATE, weekdays="mon-sun"):
    return stated({"queue_id": queue, "from_date": first, "until_date": until, "weekdays": weekdays, "hours": hours})


def history(calendar, queues=("a", "b"), days=182, seed=3):
    """Poisson calls of every half-hour that is open, on the full grid of the day."""
    rng = np.random.default_rng(seed)
    first, frames = ORIGIN - dt.timedelta(days=days), []
    for queue in queues:
        grid = calendar.grid(queue, first, ORIGIN - dt.timedelta(days=1))
        is_open = grid["is_open"].to_numpy(bool)
        calls = np.where(is_open, rng.poisson(PER_SLOT, len(grid)), 0.0)
        frames.append(
            pd.DataFrame(
                {"queue_id": queue, "interval_start": grid["interval_start_local"], "calls": calls, "is_open": is_open}
            )
        )
    return pd.concat(frames, ignore_index=True)


def ahead(calendar, rows=None):
    rows = history(QueueCalendar(SITE)) if rows is None else rows
    handle = rows.assign(answered_handle_known=rows["calls"], handle_seconds=rows["calls"] * 300.0)
    found = forecast(
        rows, site=SITE, origin=ORIGIN, options=ForecastOptions(num_threads=1), handle=handle,
        is_open_future=calendar.open_ahead(ORIGIN, LAST),
    ).intervals  # fmt: skip
    return found.assign(clock=found["interval_start"].dt.strftime("%H:%M"))


def of(found, queue, date=None):
    mine = found[found["queue_id"] == queue]
    return mine if date is None else mine[mine["business_date"] == pd.Timestamp(date)]


@pytest.mark.parametrize("weeks_ago", [0, 1, 3, 8, 30])
def test_lunch_gets_no_call_and_no_minute_of_staff_and_the_day_keeps_its_calls(weeks_ago):
    calendar = QueueCalendar(SITE, (row("a", ORIGIN - dt.timedelta(weeks=weeks_ago), "08:00-12:00;13:00-17:00"),))

    found = ahead(calendar, history(calendar))

    a, b = of(found, "a"), of(found, "b")
    at_lunch = a["clock"].isin(LUNCH)
    assert 0.0 == a.loc[at_lunch, ["calls_mean", "calls_q95"]].to_numpy().sum()
    assert not a.loc[at_lunch, "is_open"].any()
    assert b.loc[b["clock"].isin(LUNCH) & b["is_open"], "calls_mean"].min() > 0.7 * PER_SLOT
    beside = a[a["clock"].isin(("11:30", "13:00")) & a["is_open"]]["calls_mean"].mean()
    assert beside == pytest.approx(a[a["clock"].isin(("10:00", "15:00")) & a["is_open"]]["calls_mean"].mean(), rel=0.12)
    teams = staff_forecast(found, 1800.0, {}, StaffingPolicy())
    minutes = found.merge(teams, on=["queue_id", "interval_start"]).query("queue_id == 'a'")
    assert (
        0.0 == minutes.loc[minutes["clock"].isin(LUNCH), "staffing_minutes"].sum() < minutes["staffing_minutes"].sum()
    )


def test_hours_that_change_within_the_horizon_keep_the_days_calls_and_change_on_their_day():
    date = ORIGIN + dt.timedelta(days=7)

    found = ahead(QueueCalendar(SITE, (row("a", date, "08:00-12:00;13:00-17:00"),)))

    days = of(found, "a").groupby("business_date")["calls_mean"].sum()
    before, after = days[days.index == pd.Timestamp(ORIGIN)].sum(), days[days.index == pd.Timestamp(date)].sum()
    assert after == pytest.approx(before, rel=0.1)
    lunch = of(found, "a")[of(found, "a")["clock"].isin(LUNCH)]
    assert (lunch["calls_mean"] > 0).tolist() == (
        lunch["is_open"] & (lunch["business_date"] < pd.Timestamp(date))
    ).tolist()


def test_a_new_hour_is_not_left_empty_and_an_exception_opens_a_sunday_or_closes_a_day():
    sunday, short, shut = ORIGIN + dt.timedelta(days=6), ORIGIN + dt.timedelta(days=2), ORIGIN + dt.timedelta(days=3)
    calendar = QueueCalendar(
        SITE,
        (
            row("a", ORIGIN, "08:00-18:00", weekdays="mon-fri"),
            row("b", sunday, "10:00-14:00", until=sunday),
            row("b", short, "10:00-12:00", until=short),
            row("b", shut, "closed", until=shut),
        ),
    )

    found = ahead(calendar)

    a = of(found, "a", ORIGIN)
    evening = a[a["clock"].isin(("17:00", "17:30"))]["calls_mean"]
    assert (evening > 0.5 * PER_SLOT).all()
    opened = of(found, "b", sunday)
    assert ["10:00", "13:30"] == [opened.loc[opened["calls_mean"] > 0, "clock"].iloc[end] for end in (0, -1)]
    assert opened["calls_mean"].sum() == pytest.approx(8 * PER_SLOT, rel=0.2)
    assert (opened["is_open"] == (opened["calls_mean"] > 0)).all()
    assert of(found, "b", short)["calls_mean"].sum() == pytest.approx(4 * PER_SLOT, rel=0.2)
    assert 0.0 == of(found, "b", shut)["calls_mean"].sum()


def test_a_silent_slot_that_history_knows_stays_silent_in_stated_hours():
    plain = QueueCalendar(SITE)
    rows = history(plain)
    rows.loc[rows["interval_start"].dt.strftime("%H:%M").isin(LUNCH), "calls"] = 0.0

    found = ahead(QueueCalendar(SITE, (row("a", ORIGIN, "08:00-17:00", weekdays="mon-fri"),)), rows)

    assert 0.0 == of(found, "a")[of(found, "a")["clock"].isin(LUNCH)]["calls_mean"].sum()


def test_hours_that_are_the_sites_change_nothing():
    same = QueueCalendar(SITE, (row("z", ORIGIN, "06:00-07:00"),))
    rows = history(QueueCalendar(SITE))

    grid = QueueCalendar(SITE).grid("a", ORIGIN, LAST)
    plain = forecast(
        rows, site=SITE, origin=ORIGIN, options=ForecastOptions(num_threads=1),
        is_open_future=grid[["interval_start_local", "is_open"]].rename(columns={"interval_start_local": "interval_start"}),
    ).intervals  # fmt: skip

    pd.testing.assert_series_equal(plain["calls_mean"], ahead(same, rows)["calls_mean"])


def test_a_short_day_of_an_exception_teaches_no_low_level():
    dates = [ORIGIN - dt.timedelta(days=7 * number) for number in (1, 2)]
    calendar = QueueCalendar(SITE, tuple(row("a", date, "10:00-12:00", until=date) for date in dates))

    monday = of(ahead(calendar, history(calendar)), "a", ORIGIN)["calls_mean"].sum()

    assert monday == pytest.approx(18 * PER_SLOT, rel=0.1)


def test_a_day_with_a_new_lunch_is_whole_without_it_and_one_with_lost_slots_is_scaled():
    rows = history(QueueCalendar(SITE, (row("a", ORIGIN - dt.timedelta(days=7), "08:00-12:00;13:00-17:00"),)))
    is_lost = (rows["queue_id"] == "b") & (rows["interval_start"] >= pd.Timestamp(ORIGIN) - pd.Timedelta(days=7))
    rows.loc[is_lost & rows["interval_start"].dt.strftime("%H:%M").isin(LUNCH), "calls"] = np.nan
    panel = build_panel(rows)

    monday = day_table(panel).total[:, -7]

    calls = np.nansum(panel.calls[:, -7], axis=1)
    assert [calls[0], calls[1] * 18 / 16] == pytest.approx(monday.tolist())


def test_the_long_range_keeps_to_stated_hours_too():
    shut = ORIGIN + dt.timedelta(days=30)
    calendar = QueueCalendar(SITE, (row("a", ORIGIN, "08:00-12:00;13:00-17:00"), row("a", shut, "closed", until=shut)))
    rows, words = (
        history(QueueCalendar(SITE)),
        {"site": SITE, "origin": ORIGIN, "options": ForecastOptions(num_threads=1)},
    )

    found = long_range(rows, is_open_future=calendar.open_ahead(ORIGIN, ORIGIN + FARTHEST), **words).days
    plain = long_range(rows, **words).days

    key = ["queue_id", "business_date"]
    found, plain = (one.set_index(key)["calls_mean"] for one in (found, plain))
    assert 0.0 == found["a", pd.Timestamp(shut)] < plain["a", pd.Timestamp(shut)]
    other = found.drop(("a", pd.Timestamp(shut)))
    working = other[other.index.get_level_values("business_date").day_of_week < 5]
    assert working.to_numpy() == pytest.approx(plain[working.index].to_numpy())
