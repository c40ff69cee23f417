"""Calls of dates and weeks that the nightly forecast does not reach, from the long range; each row says where it is from.

Not here: which forecast a week may know (calls), the map to demands (demand), making the long range (domain/forecasting).
"""

from collections import Counter
from typing import Final

import pandas as pd

from wfm_pipeline.domain.allocation.week.calls import known_at_week_start, mondays
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.units import DAYS_PER_WEEK

_VALUES: Final = ("queue_id", "business_date", "calls_mean", "aht_seconds", "demand_from")


def with_long_days(days: pd.DataFrame, long_days: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Weeks that the nightly forecast reaches in part get their other dates from the long range.

    Args:
        days: queue_id, business_date, calls_mean, aht_seconds, and optionally what stands in for other dates (`fill_weeks`);
            one row per queue and date.
        long_days: queue_id, business_date, horizon_days, calls_mean, aht_seconds; one row per queue, date and issue.

    Returns:
        The rows of both, `demand_from` `issue` or `long_range_days`, and a notice per week. Only queues that the forecast
        has in the week are filled: of a queue that it has left out, the long range may be too old to know.
    """
    known = days.assign(business_date=pd.to_datetime(days["business_date"]), demand_from="issue")
    if days.empty or long_days.empty:
        return known, []
    ahead = known_at_week_start(long_days)
    dates, weeks = _pairs(known, known["business_date"]), _pairs(known, mondays(known["business_date"]))
    is_wanted = _pairs(ahead, mondays(ahead["business_date"])).isin(weeks) & ~_pairs(
        ahead, ahead["business_date"]
    ).isin(dates)
    more = ahead[is_wanted].assign(demand_from="long_range_days")
    model = {"calls_model": more["calls_mean"], "aht_model_seconds": more["aht_seconds"]}
    both = pd.concat([known, more.assign(**model)], ignore_index=True) if len(more) else known
    told = Counter(IsoWeek.of(date.date()) for date in more["business_date"].drop_duplicates())
    return both, [
        f"the forecast of calls leaves out {count} of {DAYS_PER_WEEK} days of {week}: the long range has them"
        for week, count in sorted(told.items())
    ]


def later_weeks(days: pd.DataFrame, long_weeks: pd.DataFrame) -> pd.DataFrame:
    """Whole weeks of which the nightly forecast has no day at all.

    Args:
        days: Rows of the nightly forecast, with business_date.
        long_weeks: queue_id, week_start, issued_at, calls_mean, aht_seconds; one row per queue, week and issue.

    Returns:
        Per queue and week a row on its Monday with the week's calls and handle time [s], `demand_from` `long_range_weeks`,
        and issued_at: of every week the newest issue, and of no older one, which may hold queues that are closed since.
    """
    starts = pd.to_datetime(long_weeks["week_start"])
    reached = mondays(pd.to_datetime(days["business_date"])).unique()
    newest = long_weeks.groupby(starts)["issued_at"].transform("max")
    rows = long_weeks.assign(business_date=starts, demand_from="long_range_weeks")
    rows = rows[~starts.isin(reached) & (long_weeks["issued_at"] == newest)]
    return rows[[*_VALUES, "issued_at"]].reset_index(drop=True)


def _pairs(rows: pd.DataFrame, dates: "pd.Series[pd.Timestamp]") -> "pd.Series[str]":
    """One text per queue and date."""
    return dates.dt.strftime("%Y-%m-%d ") + rows["queue_id"].astype(str)
