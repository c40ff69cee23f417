"""Sums of expected calls from grain to grain: what is added up is the mean, never a quantile.

Here: days from intervals and ISO weeks from days. Not here: bands of days and weeks, which have
forecasts of their own.
"""

from collections.abc import Sequence

import pandas as pd


def day_sums(intervals: pd.DataFrame, columns: Sequence[str] = ("calls_mean",)) -> pd.DataFrame:
    """Intervals added up to queue and business date.

    Args:
        intervals: queue_id, business_date and the columns to add.
        columns: What is added; a day is NaN only where all its intervals are.

    Returns:
        One row per queue and date, in that order.
    """
    return intervals.groupby(["queue_id", "business_date"], as_index=False)[list(columns)].sum(min_count=1)


def iso_week_sums(days: pd.DataFrame, columns: Sequence[str] = ("calls_mean",)) -> pd.DataFrame:
    """Days added up to queue and ISO week, Monday to Sunday; a part of a week counts as far as it goes.

    Args:
        days: queue_id, business_date (datetime64) and the columns to add.
        columns: What is added.

    Returns:
        One row per queue, iso_year and iso_week, in that order, with the number of days behind it.
    """
    week = days["business_date"].dt.isocalendar()
    keyed = days.assign(iso_year=week["year"].astype("int64"), iso_week=week["week"].astype("int64"), days=1)
    sums = {**dict.fromkeys(columns, "sum"), "days": "sum"}
    return keyed.groupby(["queue_id", "iso_year", "iso_week"], as_index=False).agg(sums)
