"""Which issues a run still has to see to: those to finish, to score, and past dates that nobody forecast.

Here: the choice, from what is known of the issues. Not here: reading what is known (warehouse/shelves/due_issues),
and what becomes of an issue that is made again (issues.py).
"""

import datetime as dt

import pandas as pd


def issues_to_finish(current: pd.DataFrame, done: pd.DataFrame) -> list[tuple[dt.datetime, int]]:
    """The newest issue, and those that have no final values of their current revision.

    Args:
        current: issued_at and revision of every issue as it stands, in order.
        done: issued_at and revision of final values that are there.

    Returns:
        (issued_at, revision) of each, in the order of `current`.
    """
    known = set(zip(done["issued_at"], done["revision"], strict=True))
    newest = current["issued_at"].max()
    return [
        (issued_at.to_pydatetime(), int(revision))
        for issued_at, revision in zip(current["issued_at"], current["revision"], strict=True)
        if issued_at == newest or (issued_at, revision) not in known
    ]


def issues_to_score(
    issues: pd.DataFrame, scored: "pd.Series[pd.Timestamp]", *, next_date: dt.date, oldest: dt.date
) -> list[dt.date]:
    """Issues that actuals can still change, and any that has begun and is not scored yet.

    Args:
        issues: issued_at and first_day (its first target day), one row per issue.
        scored: issued_at of those that have scores.
        next_date: The day after the last date of which calls are known; an issue from it on has nothing to score.
        oldest: First target days before it do not change any more.

    Returns:
        First target days, oldest first.
    """
    is_scored = issues["issued_at"].isin(scored)
    days = {pd.Timestamp(day).date(): done for day, done in zip(issues["first_day"], is_scored, strict=True)}
    return sorted(day for day, done in days.items() if day < next_date and (day >= oldest or not done))


def past_origins(origin: dt.date, *, anchor: dt.date, step_days: int, count: int, first_date: dt.date) -> list[dt.date]:
    """The newest dates before an origin, a step apart, on the grid that goes through the anchor; newest first.

    Args:
        origin: First target day of the run's own issue.
        anchor: A date of the grid.
        step_days: Days between two dates of the grid, > 0.
        count: How many dates at most.
        first_date: First date of the history; a forecast needs some before it.

    Returns:
        First target days.

    Example:
        >>> [str(day) for day in past_origins(dt.date(2026, 1, 20), anchor=dt.date(2026, 1, 6), step_days=7, count=2, first_date=dt.date(2025, 1, 1))]
        ['2026-01-13', '2026-01-06']
    """
    newest = origin - dt.timedelta(days=(origin - anchor).days % step_days or step_days)
    days = [newest - dt.timedelta(days=number * step_days) for number in range(count)]
    return [day for day in days if day > first_date]
