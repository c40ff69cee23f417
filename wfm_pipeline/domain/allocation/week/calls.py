"""Calls as weekly demand: which forecast a week's plan may know, and what came in a whole week.

Here: choosing the issue for each date, weeks that are whole, actual calls as actual demand. Not
here: the map from queues to demands itself (demand).
"""

from collections import Counter

import pandas as pd

from wfm_pipeline.domain.allocation.tables.locality import LocalityPolicy
from wfm_pipeline.domain.allocation.week.demand import forecast_demand
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.units import DAYS_PER_WEEK

_STAND_INS = {"calls_mean": "calls_model", "aht_seconds": "aht_model_seconds"}
"""Column -> the one whose value stands in for another date."""
_AFTER_MONDAY = 10_000
"""Rank of issues after Monday: behind every one before it [days]."""


def known_at_week_start(days: pd.DataFrame) -> pd.DataFrame:
    """For each queue and date the forecast that a plan of its week may know.

    Of the issues up to the week's Monday the newest; where none is so old, the oldest after it,
    because it knows least of the week. So a past week planned again does not peek.

    Args:
        days: queue_id, business_date, horizon_days (1 = first target day), calls_mean, aht_seconds;
            one row per queue, date and issue.

    Returns:
        The same columns, one row per queue and date.
    """
    dates = pd.to_datetime(days["business_date"])
    monday = mondays(dates)
    issued = dates - pd.to_timedelta(days["horizon_days"].astype("int64") - 1, unit="D")
    lateness = (issued - monday).dt.days
    rank = (-lateness).where(lateness <= 0, lateness + _AFTER_MONDAY)
    ranked = days.assign(business_date=dates, _rank=rank)
    ordered = ranked.sort_values(["queue_id", "business_date", "_rank"], kind="stable")
    return ordered.drop_duplicates(["queue_id", "business_date"], ignore_index=True).drop(columns="_rank")


def fill_weeks(days: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Weeks that a forecast reaches in part get their other dates from the same weekday a week before, else after.

    Without them a week of which only the Sunday is known would look empty, and people would be
    planned away from the calls.

    Args:
        days: queue_id, business_date, calls_mean, aht_seconds; one row per queue and date. Optional calls_model and
            aht_model_seconds: what stands in on another date, for an override speaks of its own dates only; optional
            demand_from, which becomes `stand_in` on filled dates.

    Returns:
        The rows with the filled dates, and a notice per week that was filled.
    """
    known = days[["queue_id", "business_date", "calls_mean", "aht_seconds", *_from_column(days)]]
    known = known.assign(business_date=pd.to_datetime(known["business_date"]))
    weeks = set(mondays(known["business_date"]))
    plain = known.assign(**{name: days[model] for name, model in _STAND_INS.items() if model in days})
    plain = plain.assign(**dict.fromkeys(_from_column(days), "stand_in"))
    beside = [plain.assign(business_date=plain["business_date"] + pd.Timedelta(weeks=step)) for step in (1, -1)]
    rows = pd.concat([part.assign(stands_in=number) for number, part in enumerate([known, *beside])], ignore_index=True)
    rows = rows[mondays(rows["business_date"]).isin(weeks)]
    rows = rows.sort_values(["queue_id", "business_date", "stands_in"], kind="stable")
    rows = rows.drop_duplicates(["queue_id", "business_date"], ignore_index=True)
    filled = rows.loc[rows["stands_in"] > 0, "business_date"].drop_duplicates()
    notices = [
        f"the forecast of calls leaves out {count} of {DAYS_PER_WEEK} days of {week}: the same weekday of the week beside stands in"
        for week, count in sorted(Counter(IsoWeek.of(date.date()) for date in filled).items())
    ]
    return rows.drop(columns="stands_in"), notices


def _from_column(days: pd.DataFrame) -> list[str]:
    return [name for name in ("demand_from",) if name in days]


def mondays(dates: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    """Monday of each date's week.

    Args:
        dates: Dates.

    Returns:
        The Mondays, in the same order.
    """
    return dates - pd.to_timedelta(dates.dt.day_of_week, unit="D")


def whole_weeks(days: pd.DataFrame) -> set[tuple[int, int]]:
    """ISO weeks of which every date of every queue is known.

    Args:
        days: queue_id, business_date, calls_offered (null where the day is missing).

    Returns:
        (ISO year, ISO week) pairs.
    """
    weeks = pd.to_datetime(days["business_date"]).dt.isocalendar()
    rows = pd.DataFrame(
        {
            "year": weeks["year"],
            "week": weeks["week"],
            "queue_id": days["queue_id"],
            "is_known": days["calls_offered"].notna(),
        }
    )
    if rows.empty:
        return set()
    known = rows.groupby(["year", "week", "queue_id"], as_index=False).agg(
        days=("is_known", "size"), is_known=("is_known", "all")
    )
    known["is_whole"] = (known["days"] == DAYS_PER_WEEK) & known["is_known"]
    of_week = set(zip(known["year"].astype(int), known["week"].astype(int), strict=True))
    broken = known[~known["is_whole"]]
    return of_week - set(zip(broken["year"].astype(int), broken["week"].astype(int), strict=True))


def actual_demand(days: pd.DataFrame, queue_demand_map: pd.DataFrame, policy: LocalityPolicy) -> pd.DataFrame:
    """What came, per demand and ISO week.

    Args:
        days: queue_id, business_date, calls_offered, answered_handle_known (answered calls whose handle time is
            known), handle_seconds (theirs [s]), without missing days.
        queue_demand_map: See `forecast_demand`.
        policy: Locality of a main_lob.

    Returns:
        demand_id, iso_year, iso_week, weekly_actual [calls], actual_hours [h]: the handling that all
        offered calls would have taken at the known handle time of the answered; null where none is known.
    """
    known = days["answered_handle_known"].astype(float)
    calls = days.assign(
        calls_mean=days["calls_offered"].astype(float),
        aht_seconds=days["handle_seconds"].astype(float) / known.where(known > 0),
    )
    came, _ = forecast_demand(calls, queue_demand_map, policy)
    named = came.rename(columns={"weekly_forecast": "weekly_actual", "workload_hours": "actual_hours"})
    return named[["demand_id", "iso_year", "iso_week", "weekly_actual", "actual_hours"]]
