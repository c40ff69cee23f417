"""When people first call: day levels, the shape of the day, and the moments themselves.

Not here: redials and transfers, which follow from waiting (see service).
"""

import datetime as dt
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.calendar import calendar_days
from wfm_pipeline.domain.simulation.sample.spec import ContactCentreSpec, QueueSpec
from wfm_pipeline.units import MINUTES_PER_DAY, MINUTES_PER_HOUR, SECONDS_PER_MINUTE

_CARRY_OVER: Final = 0.5
"""Part of a day's luck that the next day keeps [0..1]."""
_AFTER_HOLIDAY, _BEFORE_HOLIDAY = 1.15, 0.92
"""Level of the day after a holiday and of the day before one, against a usual day."""
_SUMMER_DIP, _SUMMER_WEEKS = 0.80, range(28, 32)
"""Level of the summer weeks, and which ISO weeks they are."""
_MONTH_END_DAY: Final = 25
"""Day of the month from which invoices bring calls."""
_DAYS_PER_YEAR: Final = 365.25
_MORNING_PEAK_HOUR, _MORNING_SPREAD_MINUTES = 10, 90
_AFTERNOON_PEAK_HOUR, _AFTERNOON_SPREAD_MINUTES = 14.5, 120
"""When the two waves of a day stand highest [h], and their standard deviations [min]."""
_ALL_DAY: Final = 0.12
"""Height of what comes all day long, against the waves."""
_EARLY_SHARE: Final = 0.4
"""Share of the calls outside opening hours that come before opening: most find the desk just closed [0..1]."""
_CLOSED_REACH_MINUTES: Final = 20
"""Longest time from a call outside opening hours to them [min]."""


def open_days(spec: ContactCentreSpec, last_date: dt.date, *, days_ahead: int = 0) -> pd.DataFrame:
    """The centre's open days.

    Args:
        spec: The centre.
        last_date: Last date of the history.
        days_ahead: Days after it that are told too [days].

    Returns:
        One row per open date: date, day_index (days since the first date), weekday, opens_minute,
        closes_minute, holiday_effect.
    """
    first = spec.first_date(last_date)
    last_date += dt.timedelta(days=days_ahead)
    days = calendar_days(spec.site, first, last_date + dt.timedelta(days=1))
    days["day_index"] = np.arange(len(days))
    shut = days["is_holiday"].to_numpy(dtype=bool)
    before, after = np.roll(shut, -1), np.roll(shut, 1)
    days["holiday_effect"] = np.where(after, _AFTER_HOLIDAY, 1.0) * np.where(before, _BEFORE_HOLIDAY, 1.0)
    days = days[days["is_open"] & (days["date"] <= pd.Timestamp(last_date))].reset_index(drop=True)
    days["weekday"] = days["date"].dt.day_of_week
    hours = spec.site.hours_by_weekday()
    days["opens_minute"] = [_minute(hours[weekday], "opens_minute") for weekday in days["weekday"]]
    days["closes_minute"] = [_minute(hours[weekday], "closes_minute") for weekday in days["weekday"]]
    return days[["date", "day_index", "weekday", "opens_minute", "closes_minute", "holiday_effect"]]


def _minute(hours: object, name: str) -> int:
    return int(getattr(hours, name))


def expected_calls(spec: ContactCentreSpec, days: pd.DataFrame) -> np.ndarray:
    """First attempts the planner expects: everything but the luck of the day.

    Args:
        spec: The centre.
        days: From `open_days`.

    Returns:
        Calls, shape (n_days, n_queues).
    """
    date = days["date"].dt
    years = days["day_index"].to_numpy() / _DAYS_PER_YEAR
    weekday = np.asarray(spec.weekday_shares)[days["weekday"].to_numpy()]
    summer = np.where(date.isocalendar().week.isin(_SUMMER_WEEKS), _SUMMER_DIP, 1.0)
    shared = weekday * summer * days["holiday_effect"].to_numpy()
    day_of_year, day_of_month = date.day_of_year.to_numpy(), date.day.to_numpy()
    columns = []
    for queue in spec.queues:
        wave = 1 + queue.season_amplitude * np.cos(2 * np.pi * (day_of_year - queue.season_peak_day) / _DAYS_PER_YEAR)
        month_end = 1 + queue.month_end_lift * (day_of_month >= _MONTH_END_DAY)
        columns.append(queue.calls_per_day * (1 + queue.trend_per_year) ** years * wave * month_end * shared)
    return np.column_stack(columns)


def day_levels(spec: ContactCentreSpec, n_days: int, rng: np.random.Generator) -> np.ndarray:
    """The luck of the day: over-dispersed levels with mean 1, shared in part between queues and days.

    Args:
        spec: The centre.
        n_days: Open days [count].
        rng: Source of chance.

    Returns:
        Factors, shape (n_days, n_queues).
    """
    shocks = rng.normal(0.0, spec.day_level_sd, n_days)
    shared = np.empty(n_days)
    level = 0.0
    for day, shock in enumerate(shocks):
        level = _CARRY_OVER * level + shock * np.sqrt(1 - _CARRY_OVER**2)
        shared[day] = level
    own = rng.normal(0.0, spec.queue_level_sd, (n_days, len(spec.queues)))
    variance = spec.day_level_sd**2 + spec.queue_level_sd**2
    return np.exp(shared[:, None] + own - variance / 2)


def minute_density(queue: QueueSpec, opens_minute: int, closes_minute: int) -> np.ndarray:
    """Shape of one day: share of the calls per minute of the day, 0 outside the opening hours.

    Args:
        queue: The queue.
        opens_minute: Opening time [min of the day].
        closes_minute: Closing time [min of the day].

    Returns:
        Shares that add up to 1, shape (1440,).
    """
    minute = np.arange(MINUTES_PER_DAY) + 0.5
    morning = np.exp(-0.5 * ((minute - _MORNING_PEAK_HOUR * MINUTES_PER_HOUR) / _MORNING_SPREAD_MINUTES) ** 2)
    afternoon = np.exp(-0.5 * ((minute - _AFTERNOON_PEAK_HOUR * MINUTES_PER_HOUR) / _AFTERNOON_SPREAD_MINUTES) ** 2)
    shape = _ALL_DAY + queue.morning_share * morning + (1 - queue.morning_share) * afternoon
    shape = np.where((minute >= opens_minute) & (minute < closes_minute), shape, 0.0)
    return shape / shape.sum()


def first_attempts(
    spec: ContactCentreSpec, days: pd.DataFrame, means: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """First attempts: Poisson given the day's level, spread over the day by its shape.

    Args:
        spec: The centre.
        days: Open days, see `open_days`.
        means: Expected calls including the luck of the day, shape (n_days, n_queues).
        rng: Source of chance.

    Returns:
        One row per attempt, in order of time: day (row of `days`), queue (position), seconds
        (since local midnight of the day), is_closed (dialled outside the opening hours).
    """
    counts = rng.poisson(means)
    parts = []
    for position, queue in enumerate(spec.queues):
        for opens, closes in sorted(set(zip(days["opens_minute"], days["closes_minute"], strict=True))):
            same_hours = np.flatnonzero((days["opens_minute"] == opens) & (days["closes_minute"] == closes))
            day = np.repeat(same_hours, counts[same_hours, position])
            edges = np.arange(MINUTES_PER_DAY + 1) * float(SECONDS_PER_MINUTE)
            cumulative = np.concatenate([[0.0], np.cumsum(minute_density(queue, opens, closes))])
            inside = slice(opens, closes + 1)
            seconds = np.interp(rng.random(len(day)), cumulative[inside], edges[inside])
            parts.append(pd.DataFrame({"day": day, "queue": position, "seconds": seconds, "is_closed": False}))
    parts.append(_closed_calls(spec, days, rng))
    return pd.concat(parts, ignore_index=True).sort_values(["day", "seconds", "queue"], ignore_index=True)


def _closed_calls(spec: ContactCentreSpec, days: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Calls up to 20 minutes before opening or after closing."""
    day = np.repeat(days.index.to_numpy(), rng.poisson(spec.behavior.closed_calls_per_day, len(days)))
    is_early = rng.random(len(day)) < _EARLY_SHARE
    offset = rng.uniform(1, _CLOSED_REACH_MINUTES * SECONDS_PER_MINUTE, len(day))
    opens = days["opens_minute"].to_numpy()[day] * SECONDS_PER_MINUTE
    closes = days["closes_minute"].to_numpy()[day] * SECONDS_PER_MINUTE
    seconds = np.where(is_early, opens - offset, closes + offset)
    queue = rng.integers(0, len(spec.queues), len(day))
    return pd.DataFrame({"day": day, "queue": queue, "seconds": seconds, "is_closed": True})
