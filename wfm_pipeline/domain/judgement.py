"""Is this likely right? Questions of judgement about a day's data and the forecast's record.

A law that is broken stops the run; what is asked here only warns, because a holiday, a campaign or a
storm may have made it so. Each answer has what was expected, what was found and the limit, as numbers.
Where there is not enough to judge by, nothing is found and nothing is invented.

Here: the formulae. Not here: which rows are asked (warehouse/judgement_rows) and how it is told (checks).
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd
from cronsim import CronSim

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.calendar import calendar_days
from wfm_pipeline.units import DAYS_PER_WEEK

NOMINAL_BAND: Final = 0.8
"""Share of points that [q10, q90] should hold [0..1]."""
LEAST_BAND_POINTS: Final = 30
"""Scored points below which a share says little: with 30 its standard error is still 0.07 [count]."""
RECORDED_DAYS: Final = 366
"""From so far behind the clock on, data are a recording and no feed [days]."""
_WEEK: Final = dt.timedelta(days=DAYS_PER_WEEK)
_FARTHEST_OPEN_DAY: Final = 31
"""Days to look back for one on which the desk was open [days]."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """An answer.

    Attributes:
        passes: False where somebody should look; True also where nothing could be judged.
        expected: What was expected; NaN where nothing could be.
        found: What was found; NaN where there was not enough.
        limit: The value of `found` at which it would just pass.
        words: The answer in one line.
    """

    passes: bool
    expected: float
    found: float
    limit: float
    words: str


def volume_against_forecast(
    calls: float, forecast: float, *, lowest_share: float, least_calls: float = 0.0
) -> Judgement:
    """Did about as many calls come in as were forecast? Only too few are a sign of a broken feed.

    Args:
        calls: Calls that came on a day [count]; NaN where nobody knows.
        forecast: Calls that were forecast for it before it began [count]; NaN where nothing was.
        lowest_share: Share of the forecast below which it warns [0..1).
        least_calls: Forecasts below this are not judged [count].

    Returns:
        The judgement, in calls.

    Example:
        >>> volume_against_forecast(40.0, 100.0, lowest_share=0.5).passes
        False
    """
    limit = lowest_share * forecast
    if math.isnan(calls) or math.isnan(forecast) or forecast <= 0 or forecast < least_calls:
        return _not_judged(forecast, limit, "not enough data: no day with calls and a forecast of enough calls")
    words = f"{calls:.0f} calls came where {forecast:.0f} were forecast; at least {limit:.0f} are usual"
    return Judgement(calls >= limit, forecast, calls, limit, words)


def refused_share(rows_in: int, rows_refused: int, *, highest_share: float) -> Judgement:
    """Are few rows refused, besides those that the map excludes?

    Args:
        rows_in: Rows that came in [count].
        rows_refused: Rows of them that were refused for a fault [count].
        highest_share: Share above which it warns [0..1].

    Returns:
        The judgement, in shares of the rows.
    """
    if rows_in == 0:
        return _not_judged(0.0, highest_share, "not enough data: no rows came in")
    share = rows_refused / rows_in
    words = f"{rows_refused} of {rows_in} rows are refused ({share:.1%}); up to {highest_share:.1%} are usual"
    return Judgement(share <= highest_share, 0.0, share, highest_share, words)


def band_holds(points: Sequence[float], band_coverage: Sequence[float], *, tolerance: float) -> Judgement:
    """Does the 80 % band hold about 80 % of what came?

    Args:
        points: Scored points of each row of scores [count].
        band_coverage: Share of them inside the band [0..1]; NaN rows are left out.
        tolerance: Distance from 0.8 beyond which it warns [0..1].

    Returns:
        The judgement, in shares of the points; with fewer than LEAST_BAND_POINTS nothing is judged.
    """
    known = [(n, share) for n, share in zip(points, band_coverage, strict=True) if n > 0 and not math.isnan(share)]
    total = sum(n for n, _ in known)
    if total < LEAST_BAND_POINTS:
        return _not_judged(
            NOMINAL_BAND,
            NOMINAL_BAND - tolerance,
            f"not enough data: {total:.0f} scored points, {LEAST_BAND_POINTS} are needed",
        )
    share = sum(n * held for n, held in known) / total
    limit = NOMINAL_BAND + math.copysign(tolerance, share - NOMINAL_BAND)
    words = f"the 80 % band held {share:.1%} of {total:.0f} points; {tolerance:.0%} either way are usual"
    return Judgement(abs(share - NOMINAL_BAND) <= tolerance, NOMINAL_BAND, share, limit, words)


def worse_than_peer(ours: Sequence[float], peers: Sequence[float], *, issues: int) -> Judgement:
    """Was the forecast worse than a plain average in each of the newest issues?

    Args:
        ours: wMAPE of our issues, newest last [0..inf); NaN where it is undefined.
        peers: wMAPE of the peer on the same points.
        issues: How many issues in a row make it warn [count].

    Returns:
        `found` counts the newest issues in a row that were worse, up to `issues`.
    """
    scored = [(own, peer) for own, peer in zip(ours, peers, strict=True) if not (math.isnan(own) or math.isnan(peer))]
    if len(scored) < issues:
        return _not_judged(0.0, issues - 1.0, f"not enough data: {len(scored)} scored issues, {issues} are needed")
    in_a_row = 0
    for own, peer in reversed(scored[-issues:]):
        if own <= peer:
            break
        in_a_row += 1
    words = (
        f"{in_a_row} newest issues in a row were worse than the median of six weekdays; fewer than {issues} are usual"
    )
    return Judgement(in_a_row < issues, 0.0, float(in_a_row), issues - 1.0, words)


def weeks_apart(issue_days: Sequence[dt.date], known_to: dt.date, *, count: int) -> list[dt.date]:
    """The newest issues whose first week is over, at least a week apart, oldest first.

    Issues of neighbouring days are judged by the same calls: one odd day would make all of them bad.

    Args:
        issue_days: First day of each issue.
        known_to: Last date with known calls.
        count: How many to give at most [count].

    Returns:
        First days of the chosen issues.

    Example:
        >>> days = [dt.date(2026, 3, day) for day in range(1, 20)]
        >>> [day.day for day in weeks_apart(days, dt.date(2026, 3, 20), count=3)]
        [7, 14]
    """
    chosen: list[dt.date] = []
    end = known_to + dt.timedelta(days=1)
    for day in sorted(issue_days, reverse=True):
        if day + _WEEK <= end and len(chosen) < count:
            chosen.append(day)
            end = day
    return chosen[::-1]


def is_up_to_date(newest: dt.date | None, due: dt.date, *, what: str) -> Judgement:
    """Does a table reach as far as it should by now? Only its newest date counts: filling an old day mends nothing.

    Args:
        newest: Its newest business date (or first day of its newest issue); None where it is empty.
        due: The date it should reach.
        what: What the date is of, in words.

    Returns:
        `found` and the rest are days behind [days]; 0 is up to date.
    """
    if newest is None:
        return Judgement(False, 0.0, math.nan, 0.0, f"{what}: nothing yet, {due} is due")
    behind = max((due - newest).days, 0)
    if behind > RECORDED_DAYS:
        return _not_judged(0.0, 0.0, f"{what} {newest}: a recording, and no feed")
    words = f"{what} {newest}, {due} is due" + (f", {behind} days behind" if behind else "")
    return Judgement(behind == 0, 0.0, float(behind), 0.0, words)


def day_due(now_local: dt.datetime, *, nightly_cron: str, grace_hours: float) -> dt.date:
    """The day of the newest night run that should be over by now.

    Args:
        now_local: Site time, naive.
        nightly_cron: When the night run begins, five fields as in cron(5).
        grace_hours: How long it may take [hours].

    Returns:
        Its date.
    """
    begun_by = now_local - dt.timedelta(hours=grace_hours)
    ticks = CronSim(nightly_cron, begun_by + dt.timedelta(seconds=1), reverse=True)  # strictly before, so one more
    return next(ticks).date()


def last_open_day(site: Site, before: dt.date) -> dt.date:
    """The newest date before a day on which the desk was open.

    Args:
        site: Opening hours and holidays.
        before: The day.

    Returns:
        The date; the day before where the desk has been closed for a month.
    """
    first = before - dt.timedelta(days=_FARTHEST_OPEN_DAY)
    days = calendar_days(site, first, before - dt.timedelta(days=1))
    is_open = days.loc[days["is_open"], "date"]
    return pd.Timestamp(is_open.max()).date() if len(is_open) else before - dt.timedelta(days=1)


def not_judged(why: str) -> Judgement:
    """The answer where nobody asked.

    Args:
        why: The reason, in words.

    Returns:
        A judgement that passes and has no number.
    """
    return _not_judged(math.nan, math.nan, why)


def _not_judged(expected: float, limit: float, why: str) -> Judgement:
    return Judgement(True, expected, math.nan, limit, f"not judged: {why}")
