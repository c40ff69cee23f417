"""The day type a score is filed under: holiday, eve, bridge, weekend or working day.

Here: plain facts of the calendar, for every desk alike. Not here: what the forecast makes of a
holiday (calendar_facts): a judge does not look through the glasses of the judged.
"""

import datetime as dt
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.calendar import holiday_names

DAY_KINDS: Final = ("working", "bridge", "eve", "weekend", "holiday")
"""All day types, in the order in which they are shown."""


def day_kinds(site: Site, dates: pd.Series) -> pd.Series:
    """The day type of every date.

    Args:
        site: Whose holidays and weekend count.
        dates: Dates (datetime64, midnight); shape (n,), repeats allowed.

    Returns:
        Names of DAY_KINDS, index as given. The first that fits: `holiday` (public or the site's
        own), `weekend`, `eve` (the next date is a holiday), `bridge` (the dates before and after
        are both weekend or holiday), else `working`.
    """
    if dates.empty:
        return pd.Series([], index=dates.index, dtype="str")
    day = dt.timedelta(days=1)
    first, last = dates.min().date(), dates.max().date()
    holidays = holiday_names(site, first - day, last + day)
    weekend = site.weekend_numbers()

    def kind(date: dt.date) -> str:
        off = {step: date + step * day in holidays or (date + step * day).weekday() in weekend for step in (-1, 1)}
        if date in holidays:
            return "holiday"
        if date.weekday() in weekend:
            return "weekend"
        if date + day in holidays:
            return "eve"
        return "bridge" if all(off.values()) else "working"

    known = {date: kind(date.date()) for date in dates.unique()}
    return dates.map(known).astype("str")
