"""Alerts against what was short: precision, recall, lead time, false alarms a day, and two rules at equal false alarms.

An alert that is open `lead` before an interval begins says that the interval will be short. Right or wrong is counted
by interval, for a rule that is always open is one alert; alerts and shortages are counted beside. Everything is kept by day, so that
days can be drawn anew. Not here: when alerts are open (alert_states), what was short (shortages).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.coverage.ahead.shortages import Truth
from wfm_pipeline.units import SECONDS_PER_MINUTE

MOST_LEAD_SECONDS: Final = 3_600.0
"""Longest lead that is counted [s]: of what was told an hour before nobody knows whether it was meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLooks:
    """The looks of a day and what each said.

    Attributes:
        looked_at: When, rising [s since the day's first interval began], shape (n_looks,).
        interval_seconds: Length of an interval [s].
        lead_seconds: How long before an interval begins it must be told [s].
    """

    looked_at: FloatArray
    interval_seconds: float
    lead_seconds: float

    def look_before(self, intervals: int) -> IntArray:
        """The last look by which each interval must be told.

        Args:
            intervals: Intervals of the day [count].

        Returns:
            Number of the look, -1 where there is none, shape (n_intervals,).
        """
        due = np.arange(intervals) * self.interval_seconds - self.lead_seconds
        return np.searchsorted(self.looked_at, due, side="right") - 1


@dataclass(frozen=True, slots=True, eq=False)
class DayCounts:
    """One day under many limits, all services together.

    Attributes:
        told_short: Judged intervals told to be short that were, shape (n_limits,) [count], as all others.
        told_well: Told to be short that were not: false alarms.
        short: Intervals that were short.
        alerts: Alerts opened.
        false_alerts: Unbroken runs of intervals told to be short of which one at least was judged and none was short.
        shortages: Shortages that began after the first look.
        warned: Of them told in time.
        leads: Minutes from the opening of the alert to the beginning of the shortage, per limit; of shortages before which one
            was open.
    """

    told_short: IntArray
    told_well: IntArray
    short: IntArray
    alerts: IntArray
    false_alerts: IntArray
    shortages: IntArray
    warned: IntArray
    leads: tuple[FloatArray, ...]


def day_counts(is_open: BoolArray, truth: Truth, looks: DayLooks) -> DayCounts:
    """Count a day.

    Args:
        is_open: Whether an alert was open after each look, shape (n_limits, n_services, n_looks).
        truth: What was.
        looks: When was looked.

    Returns:
        The counts.
    """
    intervals = truth.is_short.shape[1]
    look = looks.look_before(intervals)
    can_tell = look >= 0
    told = np.where(can_tell, is_open[..., np.maximum(look, 0)], False)
    judged = truth.is_judged & can_tell
    warned, leads = _warned(is_open, told, truth, looks)
    begun = _beginnings(truth, can_tell)
    same = np.ones(len(told), dtype=np.int64)
    shut = np.concatenate([np.zeros_like(is_open[..., :1]), is_open[..., :-1]], axis=-1)
    return DayCounts(
        told_short=(told & truth.is_short).sum(axis=(1, 2)),
        told_well=(told & judged & ~truth.is_short).sum(axis=(1, 2)),
        short=same * int((truth.is_short & can_tell).sum()),
        alerts=(is_open & ~shut).sum(axis=(1, 2)),
        false_alerts=_false_alerts(told, truth),
        shortages=same * len(begun),
        warned=warned,
        leads=leads,
    )


def _false_alerts(told: BoolArray, truth: Truth) -> IntArray:
    """Runs of told intervals none of which was short; one that spoke only of unjudged intervals is neither right nor false."""
    before = np.concatenate([np.zeros_like(told[..., :1]), told[..., :-1]], axis=-1)
    run = np.where(told, np.cumsum(told & ~before, axis=-1), 0)
    false = np.zeros(len(told), dtype=np.int64)
    for limit, service in np.ndindex(told.shape[:2]):
        runs = run[limit, service]
        judged = np.unique(runs[(runs > 0) & truth.is_judged[service]])
        right = np.unique(runs[(runs > 0) & truth.is_short[service]])
        false[limit] += len(judged) - len(right)
    return false


def _beginnings(truth: Truth, can_tell: BoolArray) -> list[tuple[int, int]]:
    """Service and first interval of each shortage of which could be told."""
    found = []
    for service, row in enumerate(truth.shortage):
        for number in np.unique(row[row >= 0]):
            at = int(np.flatnonzero(row == number)[0])
            if can_tell[at]:
                found.append((service, at))
    return found


def _warned(
    is_open: BoolArray, told: BoolArray, truth: Truth, looks: DayLooks
) -> tuple[IntArray, tuple[FloatArray, ...]]:
    """Shortages told in time, and how long before they began the alert was opened."""
    leads: list[list[float]] = [[] for _ in told]
    warned = np.zeros(len(told), dtype=np.int64)
    for service, at in _beginnings(truth, looks.look_before(truth.is_short.shape[1]) >= 0):
        starts = at * looks.interval_seconds
        earlier = np.flatnonzero(truth.shortage[service, :at] >= 0)
        since = max((earlier[-1] + 1) * looks.interval_seconds if len(earlier) else 0.0, starts - MOST_LEAD_SECONDS)
        warned += told[:, service, at]
        seen = int(np.searchsorted(looks.looked_at, starts, side="left")) - 1
        for limit in np.flatnonzero(is_open[:, service, seen]):
            closed = np.flatnonzero(~is_open[limit, service, : seen + 1])
            opened = looks.looked_at[closed[-1] + 1 if len(closed) else 0]
            leads[limit].append((starts - max(opened, since)) / SECONDS_PER_MINUTE)
    return warned, tuple(np.array(part, dtype=np.float64) for part in leads)
