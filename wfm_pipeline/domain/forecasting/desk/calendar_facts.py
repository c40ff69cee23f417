"""What kind of day a date is, for demand: holiday, eve, bridge, days around the turn of the month.

Here: calendar facts turned into features and into the weekday a day behaves like. Not here: how
much a kind of day moves the calls (effect), or opening hours as such (domain/calendar).
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.calendar import YEARS_KEPT, holiday_names
from wfm_pipeline.domain.forecasting.desk.panel import DayTable
from wfm_pipeline.units import DAYS_PER_WEEK, LONGEST_MONTH_DAYS, WEEKDAYS

HOLIDAY_REACH_DAYS: Final = 8
"""Days from a holiday after which the distance no longer matters."""
WIDELY_WORKED: Final = frozenset(
    {"Columbus Day", "Veterans Day", "Washington's Birthday", "Martin Luther King Jr. Day"}
)
"""US federal holidays on which most private desks work (US Bureau of Labor Statistics, National
Compensation Survey: paid holidays). A desk's own history overrules this list."""
FEATURES: Final = (
    "day_of_month",
    "days_to_month_end",
    "working_days_since_turn",
    "working_days_until_turn",
    "position_around_turn",
    "days_since_holiday",
    "days_to_holiday",
    "other_category",
    "bridge_day",
    "weekday",
    "backlog",
)
ORDINARY, HOLIDAY, EVE, OTHER = 0, 1, 2, 3
"""Classes of special days; kinds of one class lend to each other."""
BACKLOG_PER_DAY: Final = 1.0
BACKLOG_PER_EVE: Final = 0.6
"""What a lost day and a lost eve add to the backlog [days]."""
BACKLOG_CAP: Final = 1.5
"""Largest backlog [days]."""
BACKLOG_KEPT: Final = 0.4
"""Share of the backlog that one open day leaves over."""


@dataclass(frozen=True, slots=True)
class DayTypes:
    """Facts of consecutive dates, history first, target days last.

    Attributes:
        dates: Shape (dates,), datetime64[D].
        names: Holiday name of every date, empty where none.
        is_holiday: Public holiday or a day of the site's own.
        is_eve: Day before a holiday, where the weekend is Friday and Saturday.
        behaves_like: Weekday the date behaves like (Monday 0): holidays like the main weekend day,
            eves like the first one.
        is_working: Neither weekend nor holiday.
        kinds: Name of the kind of special day of every date, empty on ordinary days.
        day_class: Class of the kind: ORDINARY, HOLIDAY, EVE or OTHER; shape (dates,).
        features: Shape (dates, len(FEATURES)); the last column (backlog) is the queues' own.
    """

    dates: np.ndarray
    names: tuple[str, ...]
    is_holiday: BoolArray
    is_eve: BoolArray
    behaves_like: IntArray
    is_working: BoolArray
    kinds: tuple[str, ...]
    day_class: IntArray
    features: FloatArray

    @property
    def weekday(self) -> IntArray:
        """Weekday of every date, Monday 0."""
        return self.features[:, FEATURES.index("weekday")].astype(np.int64)


@lru_cache(maxsize=YEARS_KEPT)
def _other_days(country: str, subdivision: str | None, year: int) -> dict[dt.date, str]:
    """Days the library knows in another category than public, with their names: open, but different."""
    import holidays

    kinds = holidays.country_holidays(country, subdiv=subdivision).supported_categories
    others = tuple(kind for kind in kinds if kind != holidays.PUBLIC)
    if not others:
        return {}
    return dict(holidays.country_holidays(country, subdiv=subdivision, years=year, categories=others))


def day_types(site: Site, first_date: dt.date, days: int) -> DayTypes:
    """Facts of consecutive dates of a site.

    Args:
        site: Country, weekend and own holidays.
        first_date: First date.
        days: How many dates [days], >= 0.

    Returns:
        The facts; the backlog is 0 in them, as it is the queues' own.

    Source:
        Public and other holidays from the `holidays` library; the rules are in
        docs/methods/forecasting.md.
    """
    margin = HOLIDAY_REACH_DAYS + LONGEST_MONTH_DAYS  # on either side, for distances and the turn of the month
    start = first_date - dt.timedelta(days=margin)
    wide = [start + dt.timedelta(days=offset) for offset in range(days + 2 * margin)]
    known = holiday_names(site, wide[0], wide[-1])
    weekday = np.array([date.weekday() for date in wide])
    weekend = site.weekend_numbers()
    is_weekend = np.isin(weekday, sorted(weekend))
    is_holiday = np.array([date in known for date in wide])
    eves = weekend == {WEEKDAYS.index("fri"), WEEKDAYS.index("sat")}
    is_eve = np.append(is_holiday[1:], False) & ~is_holiday & ~is_weekend & eves
    is_working = ~is_weekend & ~is_holiday
    first_off, main_off = _weekend_days(weekend)
    behaves = np.where(is_holiday & (main_off >= 0), main_off, np.where(is_eve & (first_off >= 0), first_off, weekday))
    other = _other_names(site, wide, is_holiday)
    columns = _features(wide, is_holiday=is_holiday, is_working=is_working, is_other=np.array([bool(n) for n in other]))
    kinds, day_class = _kinds([known.get(date, "") for date in wide], is_eve, other)
    cut = slice(margin, margin + days)
    return DayTypes(
        dates=np.array(wide, dtype="datetime64[D]")[cut],
        names=tuple(known.get(date, "") for date in wide)[cut],
        is_holiday=is_holiday[cut],
        is_eve=is_eve[cut],
        behaves_like=behaves[cut].astype(np.int64),
        is_working=is_working[cut],
        kinds=tuple(kinds[cut]),
        day_class=day_class[cut],
        features=columns[cut],
    )


def _other_names(site: Site, wide: list[dt.date], is_holiday: BoolArray) -> list[str]:
    """Names of days in other categories than public; empty where none, or where a holiday is."""
    if not site.country:
        return [""] * len(wide)
    known: dict[dt.date, str] = {}
    for year in range(wide[0].year, wide[-1].year + 1):
        known |= _other_days(site.country, site.subdivision, year)
    return ["" if public else known.get(date, "") for date, public in zip(wide, is_holiday, strict=True)]


def _kinds(names: list[str], is_eve: BoolArray, other: list[str]) -> tuple[list[str], IntArray]:
    """Kind and class of every date; a holiday's own name first, then the eve of the next, then other names."""
    kinds, classes = [""] * len(names), np.zeros(len(names), dtype=np.int64)
    for date, name in enumerate(names):
        if name:
            kinds[date], classes[date] = name, HOLIDAY
        elif is_eve[date]:
            kinds[date], classes[date] = f"eve of {names[date + 1]}", EVE
        elif other[date]:
            kinds[date], classes[date] = other[date], OTHER
    return kinds, classes


def _weekend_days(weekend: frozenset[int]) -> tuple[int, int]:
    """First and main (last) weekend day, in order of the week they stand in; -1 without a weekend."""
    if not weekend:
        return -1, -1
    starts = [day for day in sorted(weekend) if (day - 1) % DAYS_PER_WEEK not in weekend]
    first = starts[0] if starts else min(weekend)
    return first, (first + len(weekend) - 1) % DAYS_PER_WEEK


def _features(wide: list[dt.date], *, is_holiday: BoolArray, is_working: BoolArray, is_other: BoolArray) -> FloatArray:
    month_start = np.array([date.day == 1 for date in wide])
    block = np.cumsum(month_start)
    working = pd.Series(is_working.astype(float))
    since = working.groupby(block).cumsum().to_numpy()
    until = (working.groupby(block).transform("sum") - since + working).to_numpy()
    day = np.array([date.day for date in wide])
    month_days = pd.DatetimeIndex(wide).days_in_month.to_numpy()
    after, before = _distance(is_holiday), _distance(is_holiday[::-1])[::-1]
    off = ~is_working
    bridge = is_working & np.append(False, off[:-1]) & np.append(off[1:], False)
    turn = np.where(until <= since, 0.5 - until, since - 0.5)
    weekday = np.array([date.weekday() for date in wide])
    nothing = np.zeros(len(wide))
    columns = (day, month_days - day, since, until, turn, after, before, is_other, bridge, weekday, nothing)
    return np.column_stack(columns).astype(np.float64)


def _distance(marked: BoolArray) -> FloatArray:
    """Days since the last marked date, at most HOLIDAY_REACH_DAYS; 0 on a marked date."""
    index = np.arange(len(marked))
    last = np.maximum.accumulate(np.where(marked, index, -HOLIDAY_REACH_DAYS - 1))
    return np.minimum(index - last, HOLIDAY_REACH_DAYS).astype(np.float64)


def closed_days(types: DayTypes, days: DayTable) -> BoolArray:
    """Which dates each queue is closed on, target days included.

    In the history what happened counts. Ahead, a queue is closed on weekdays it never works, and on
    holidays where it does not work on the weekday they behave like - unless it worked on a holiday
    of that name before, or on most of its holidays so far, or the holiday is one that most desks
    work on and this one never closed.

    Args:
        types: Facts of history and target dates.
        days: Usable, closed and missing days of the history.

    Returns:
        Shape (queues, dates): closed, as it happened or as it is expected.
    """
    known = days.closed.shape[1]
    closed: BoolArray = np.logical_not(days.open_weekday[:, types.weekday])
    follows: BoolArray = np.logical_and(~days.open_weekday[:, types.behaves_like], types.is_holiday[None, :])
    closed = np.logical_or(closed, follows)
    closed[:, :known] = days.closed
    for date in np.flatnonzero(types.is_holiday[known:]) + known:
        closed[:, date] = _closed_on_holiday(types, days, date, follows[:, date])
    return closed & days.open_weekday.any(axis=1, keepdims=True)


def _closed_on_holiday(types: DayTypes, days: DayTable, date: int, follows: BoolArray) -> BoolArray:
    name = types.names[date]
    known = days.closed.shape[1]
    before = np.array([types.names[past] == name for past in range(known)])
    worked = (days.usable & before).any(axis=1)
    shut = (days.closed & before & days.open_weekday[:, types.weekday[:known]]).any(axis=1)
    holidays_met = types.is_holiday[None, :known] & days.open_weekday[:, types.weekday[:known]]
    mostly_works = (days.usable & holidays_met).sum(axis=1) > (days.closed & holidays_met).sum(axis=1)
    guess = follows & (name not in WIDELY_WORKED) & ~mostly_works
    return ~days.open_weekday[:, types.weekday[date]] | np.where(shut, True, np.where(worked, False, guess))


def backlog(types: DayTypes, days: DayTable, closed: BoolArray) -> FloatArray:
    """Work left over from lost days, for queues that rest on every weekend day.

    A lost day (closed although its weekday is worked) adds 1, an eve 0.6, up to 1.5; an open day leaves 0.4 of it; a
    weekend keeps it. A date counts with what was left before it. Missing days are not lost days. Queues that work on
    weekends have none.

    Args:
        types: Facts of history and target dates.
        days: Usable, closed and missing days of the history.
        closed: From `closed_days`; shape (queues, dates).

    Returns:
        Backlog on the eve of each date [days]; shape (queues, dates).

    Source:
        docs/methods/forecasting.md, step 1.
    """
    works_weekends = days.open_weekday[:, _rest_days(types)].any(axis=1)
    rests: BoolArray = np.logical_and(~works_weekends, days.open_weekday.any(axis=1))
    state, left = np.zeros(len(closed)), np.zeros(closed.shape)
    for date in range(closed.shape[1]):
        left[:, date] = state
        worked_weekday = days.open_weekday[:, types.weekday[date]]
        gain = BACKLOG_PER_EVE if types.is_eve[date] else BACKLOG_PER_DAY
        lost = np.minimum(state + gain, BACKLOG_CAP)
        state = np.where(~worked_weekday, state, np.where(closed[:, date], lost, state * BACKLOG_KEPT))
    return left * rests[:, None]


def _rest_days(types: DayTypes) -> list[int]:
    resting = {int(day) for day in types.weekday[~types.is_working & ~types.is_holiday]}
    return sorted(resting) or [DAYS_PER_WEEK - 1]
