"""People on cases, hour by hour: planned on what usually comes on such a day, with a day's luck, and hardly any while a system is down.

Not here: what they do (case_work).
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.simulation.sample.case_surges import capacity_shares
from wfm_pipeline.domain.simulation.sample.case_work import Capacity
from wfm_pipeline.units import DAYS_PER_WEEK, HOURS_PER_DAY, MINUTES_PER_HOUR, SECONDS_PER_HOUR

WORK_SECONDS, LOOK_SECONDS = 900.0, 180.0
"""Mean work of a person on a case, and of looking at one to pass it on [s]."""
_UTILISATION: Final = 0.90
"""Expected work over what people planned for it can do [0..1]."""
_DAY_LUCK_SIGMA: Final = 0.12
"""Spread of a day's capacity, log scale: illness, meetings, calls that go before cases."""
_EARLY_SHARE, _EARLY_WEIGHT, _LATE_WEIGHT = 0.4, 0.6, 1.25
"""In the first part of an open day calls go before cases: its length [share of the day], and people on cases in it and after it,
against the day's mean."""
_PLANNING_DAYS: Final = 28
"""Open days over which planners look at how many cases come [days]."""


def staff_desks(
    cases: pd.DataFrame,
    *,
    queues: tuple[str, ...],
    days: pd.DataFrame,
    surges: pd.DataFrame,
    start: np.datetime64,
    n_hours: int,
    work_seconds: np.ndarray,
    rng: np.random.Generator,
) -> list[Capacity]:
    """People on the cases of each queue.

    Args:
        cases: QueueId and Created of the cases that planners know of: those of calls.
        queues: Ids of the queues.
        days: Open days: date, opens_minute, closes_minute.
        surges: From `draw_surges`.
        start: Midnight at which the hours begin, wall clock.
        n_hours: Hours [count].
        work_seconds: Work that comes to each queue over the cases that begin there [agent-s], shape (n_queues,).
        rng: Source of chance.

    Returns:
        Capacity of each queue, in their order.
    """
    dates, weekday = days["date"].to_numpy("datetime64[D]"), days["date"].dt.day_of_week.to_numpy()
    luck = np.exp(_DAY_LUCK_SIGMA * rng.standard_normal((len(days), len(queues))))
    hours = start + np.arange(n_hours) * np.timedelta64(1, "h")
    first = ((dates - start.astype("datetime64[D]")).astype(int) * HOURS_PER_DAY).astype(int)
    cells = first[:, None] + np.arange(HOURS_PER_DAY)
    desks = []
    for place, queue in enumerate(queues):
        created = cases.loc[cases["QueueId"] == queue, "Created"].to_numpy("datetime64[D]")
        counts = np.bincount(np.searchsorted(dates, created), minlength=len(days))[: len(days)].astype(float)
        work = _planned(counts, weekday) * luck[:, place] * work_seconds[place] / _UTILISATION
        agents = np.zeros(n_hours)
        agents[cells] = _day_shapes(days) * work[:, None] / SECONDS_PER_HOUR
        desks.append(Capacity.of(agents * capacity_shares(surges, queue, hours)))
    return desks


def _planned(counts: np.ndarray, weekday: np.ndarray) -> np.ndarray:
    """Cases that planners expect on each day: its weekday's share of the mean of the days around it."""
    mean = max(float(counts.mean()), 1e-9)
    by_weekday = np.array(
        [counts[weekday == day].mean() if (weekday == day).any() else 0.0 for day in range(DAYS_PER_WEEK)]
    )
    around = (
        pd.Series(counts / np.maximum(by_weekday[weekday], 1e-9))
        .rolling(_PLANNING_DAYS, center=True, min_periods=1)
        .mean()
    )
    return np.maximum(by_weekday[weekday] * around.to_numpy(), 0.1 * mean)


def _day_shapes(days: pd.DataFrame) -> np.ndarray:
    """How a day's work is spread over its hours [share of the day per hour], shape (n_days, 24); rows add up to 1."""
    opens, closes = (days[name].to_numpy()[:, None] / MINUTES_PER_HOUR for name in ("opens_minute", "closes_minute"))
    hour = np.arange(HOURS_PER_DAY)[None, :]
    is_open = (hour >= opens) & (hour < closes)
    is_early = hour < opens + _EARLY_SHARE * (closes - opens)
    weight = np.where(is_open, np.where(is_early, _EARLY_WEIGHT, _LATE_WEIGHT), 0.0)
    return weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
