"""What a planner would pick instead: simple averages of the same weekdays, with bands.

Here: the four peers every forecast of ours is scored beside. Not here: our own lower rungs, which
know the calendar (shape, core).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, FloatArray
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel, desk_closed_dates
from wfm_pipeline.domain.forecasting.options import MEDIAN, QUANTILE_LEVELS
from wfm_pipeline.units import DAYS_PER_WEEK

BACKTEST_WEEKS: Final = 6
"""Weeks inside the training window whose errors make the bands."""
BACKTEST_HORIZON_WEEKS: Final = 2
"""Weeks ahead that each inner forecast of a peer looks [weeks]."""
REPLACEMENT_DAYS: Final = 4
"""Nearest same weekdays whose mean stands in for a closed day in training."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A simple method: one figure from the last same weekdays.

    Attributes:
        days: Same weekdays it looks at.
        combine: Mean or median over them, along axis 0, NaN left out.
    """

    days: int
    combine: Callable[..., FloatArray]


PEERS: Final[Mapping[str, Peer]] = MappingProxyType(
    {
        "seasonal_naive": Peer(1, np.nanmean),
        "mean_4": Peer(4, np.nanmean),
        "mean_8": Peer(8, np.nanmean),
        "median_6": Peer(6, np.nanmedian),
    }
)


def peer_forecast(panel: CallPanel, peer: Peer, horizon: int) -> tuple[FloatArray, FloatArray]:
    """A peer's forecast of the dates right after a panel.

    Args:
        panel: Calls before the origin. Closed days are replaced by their nearest same weekdays.
        peer: The method.
        horizon: Target dates.

    Returns:
        Means of shape (queues, horizon, slots) and quantiles of shape (..., levels) [calls]. The
        median is the point forecast itself. NaN never: slots without history are 0.
    """
    filled = replace_closed_days(panel)
    known = filled.calls.shape[1]
    week = _week(filled, known, peer)
    weekday = (filled.first_date.weekday() + known + np.arange(horizon)) % DAYS_PER_WEEK
    mean = week[:, weekday]
    residuals = _residuals(filled, peer)
    return mean, _quantiles(mean, residuals)


def peer_week(panel: CallPanel, peer: Peer) -> FloatArray:
    """A peer's forecast of a week after a panel.

    Args:
        panel: Calls before the origin.
        peer: The method.

    Returns:
        Calls by weekday, Monday first [calls]; shape (queues, 7, slots).
    """
    return _week(replace_closed_days(panel), panel.calls.shape[1], peer)


def replace_closed_days(panel: CallPanel) -> CallPanel:
    """Closed days (all zero on the whole desk) become the mean of the nearest same weekdays.

    Args:
        panel: Calls before the origin.

    Returns:
        The panel, with REPLACEMENT_DAYS days or fewer behind each filled date.
    """
    closed = desk_closed_dates(panel)
    calls = panel.calls.copy()
    present: BoolArray = np.logical_and(np.isfinite(panel.calls).any(axis=(0, 2)), ~closed)
    for date in np.flatnonzero(closed):
        same = np.flatnonzero(present & (panel.weekday == panel.weekday[date]))
        near = same[np.argsort(np.abs(same - date), kind="stable")[:REPLACEMENT_DAYS]]
        calls[:, date] = _mean(panel.calls[:, near]) if near.size else np.nan
    return replace(panel, calls=calls)


def _mean(values: FloatArray) -> FloatArray:
    """Mean along axis 1 of what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    count = known.sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _week(panel: CallPanel, end: int, peer: Peer) -> FloatArray:
    """The peer's week as seen before date index `end`; shape (queues, 7, slots)."""
    week = np.zeros((panel.calls.shape[0], DAYS_PER_WEEK, panel.calls.shape[2]))
    weekday = panel.weekday[:end]
    present: BoolArray = np.asarray(np.isfinite(panel.calls[:, :end]).any(axis=2))
    for queue in range(len(week)):
        for day in range(DAYS_PER_WEEK):
            last = np.flatnonzero(present[queue] & (weekday == day))[-peer.days :]
            if last.size:
                values = panel.calls[queue, last]
                some = ~np.isnan(values).all(axis=0)
                week[queue, day, some] = peer.combine(values[:, some], axis=0)
    return week


def _residuals(panel: CallPanel, peer: Peer) -> list[FloatArray]:
    """Errors of inner forecasts over the last six weeks, divided by sqrt(forecast + 1), per queue."""
    known = panel.calls.shape[1]
    step = DAYS_PER_WEEK * BACKTEST_HORIZON_WEEKS
    scaled: list[list[FloatArray]] = [[] for _ in panel.queue_ids]
    for back in range(step, DAYS_PER_WEEK * BACKTEST_WEEKS + 1, step):
        origin = known - back
        if origin < DAYS_PER_WEEK:
            continue
        week = _week(panel, origin, peer)
        target = slice(origin, origin + step)
        forecast = week[:, panel.weekday[target]]
        miss = (panel.calls[:, target] - forecast) / np.sqrt(forecast + 1)
        for queue, errors in enumerate(miss):
            scaled[queue].append(errors[~np.isnan(errors)])
    return [np.concatenate(errors) if errors else np.empty(0) for errors in scaled]


def _quantiles(mean: FloatArray, residuals: list[FloatArray]) -> FloatArray:
    answer = np.repeat(mean[..., None], len(QUANTILE_LEVELS), axis=-1)
    levels = np.array(QUANTILE_LEVELS)
    for queue, errors in enumerate(residuals):
        if errors.size:
            reach = np.quantile(errors, levels)
            reach = np.where(levels < MEDIAN, np.minimum(reach, 0), np.where(levels > MEDIAN, np.maximum(reach, 0), 0))
            answer[queue] += np.sqrt(mean[queue][..., None] + 1) * reach
    return np.maximum(answer, 0.0)
