"""One queue with its hours ahead as arrays: what futures are drawn from.

Here: frames to arrays, queue by queue. Not here: what is worked out with them (clear_and_breach).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray, IntArray
from wfm_pipeline.domain.backlog.ahead.breach import STEPS_PER_HOUR, DueWork, due_work
from wfm_pipeline.domain.backlog.ahead.draws import Futures, Spread, draw_futures
from wfm_pipeline.domain.backlog.ahead.request import AheadRequest, Instant, in_order
from wfm_pipeline.units import SECONDS_PER_HOUR

_MEASURES: Final = ("cases_mean", "on_product", "cases_per_agent_hour", "capacity_mean", "capacity_usual")


@dataclass(frozen=True, slots=True, eq=False)
class QueueAhead:
    """A queue and its hours.

    Attributes:
        queue_id: The queue.
        hour_start: Starts of the hours, shape (hours,).
        day: Day of each hour, 0, 1, ..., shape (hours,).
        inflow: Expected cases by class of due time, shape (hours, classes) [cases].
        on_product: People [agents], NaN unknown, shape (hours,).
        rate: Cases done per hour of one person, NaN unknown, shape (hours,).
        capacity: Cases that people are expected to do, NaN unknown, shape (hours,).
        usual: Cases that as many people as are usual would do, shape (hours,).
        workable: Open cases that are not paused [count].
        work: What must be done by when; None where no due time of the queue is known.
        until: End of the question about due times; NaT where there is none.
        spread: How much inflow and pace scatter.
    """

    queue_id: str
    hour_start: np.ndarray
    day: IntArray
    inflow: FloatArray
    on_product: FloatArray
    rate: FloatArray
    capacity: FloatArray
    usual: FloatArray
    workable: int
    work: DueWork | None
    until: Instant
    spread: Spread

    @property
    def hours_asked(self) -> int:
        """Hours, the last one begun, until the end of the question [count]."""
        return 0 if self.work is None else -(-self.work.steps // STEPS_PER_HOUR)

    def futures(self, *, paths: int, seed: int) -> Futures:
        """The queue's futures; the same for every question about it.

        Args:
            paths: Futures [count].
            seed: The same seed draws the same.

        Returns:
            The draws.
        """
        return draw_futures(self.queue_id, self.inflow, self.day, self.spread, paths=paths, seed=seed)


def queues_ahead(request: AheadRequest) -> Iterator[QueueAhead]:
    """Queues of the hours, in order of their names.

    Args:
        request: What is asked.

    Yields:
        Each queue.
    """
    rows = request.hours.sort_values(["queue_id", "hour_start"], kind="stable")
    names = pd.Index(rows["queue_id"].unique())
    shape = (len(names), len(rows) // max(len(names), 1))
    starts = rows["hour_start"].to_numpy("datetime64[us]").reshape(shape)
    table = {name: in_order(rows[name]).reshape(shape) for name in _MEASURES}
    days = rows["business_date"].to_numpy().reshape(shape)
    inflow, seconds = _classes(request.new_due, names, starts, table["cases_mean"])
    cases = _workable(request.open_cases, names)
    for place, queue_id in enumerate(names):
        until = request.breach_until.get(queue_id, pd.NaT)
        mine = cases.of(place)
        yield QueueAhead(
            queue_id=str(queue_id),
            hour_start=starts[place],
            day=pd.factorize(days[place])[0].astype(np.int64),
            inflow=inflow[place],
            on_product=table["on_product"][place],
            rate=table["cases_per_agent_hour"][place],
            capacity=table["capacity_mean"][place],
            usual=table["capacity_usual"][place],
            workable=len(mine.due_at),
            work=_work(mine, seconds[place], starts[place], until),
            until=until,
            spread=request.spread.get(queue_id, Spread()),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Cases:
    """Cases that somebody can work on, queue by queue: due_at [us since 1970] and whether they are late already."""

    due_at: np.ndarray
    is_over_due: np.ndarray
    edges: np.ndarray

    def of(self, place: int) -> "_Cases":
        """Those of one queue."""
        mine = slice(self.edges[place], self.edges[place + 1])
        return _Cases(self.due_at[mine], self.is_over_due[mine], self.edges)


def _workable(cases: pd.DataFrame, names: pd.Index) -> _Cases:
    place = names.get_indexer(pd.Index(cases["queue_id"]))
    is_mine = (place >= 0) & ~cases["is_paused"].to_numpy(bool)
    order = np.flatnonzero(is_mine)[np.argsort(place[is_mine], kind="stable")]
    return _Cases(
        cases["due_at"].to_numpy("datetime64[us]")[order],
        cases["is_over_due"].to_numpy(bool)[order],
        np.searchsorted(place[order], np.arange(len(names) + 1)),
    )


def _work(cases: _Cases, seconds: FloatArray, starts: np.ndarray, until: Instant) -> DueWork | None:
    """None where the queue has no due time to keep, or nobody said until when."""
    left = _seconds(cases.due_at, starts[0])
    if pd.isna(until) or not (np.isfinite(left).any() or np.isfinite(seconds).any()):
        return None
    asked = (until - pd.Timestamp(starts[0])).total_seconds() / SECONDS_PER_HOUR
    steps = int(np.ceil(np.clip(asked, 0, len(starts)) * STEPS_PER_HOUR))
    return due_work(left, cases.is_over_due, seconds, steps=steps)


def _seconds(instants: np.ndarray, now: np.datetime64 | np.ndarray) -> FloatArray:
    """From now to instants [s], NaN where there is none."""
    return np.where(np.isnat(instants), np.nan, (instants - now) / np.timedelta64(1, "s"))


def _classes(
    due: pd.DataFrame | None, names: pd.Index, starts: np.ndarray, mean: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Expected cases and seconds to their due time, shape (queues, hours, classes); the last class has no due time."""
    if due is None or due.empty:
        return mean[:, :, None], np.full((*mean.shape, 1), np.nan)
    rows = due.sort_values(["due_at", "share"], kind="stable")
    queue = names.get_indexer(pd.Index(rows["queue_id"]))
    hour = pd.Index(starts[0]).get_indexer(pd.Index(rows["hour_start"].astype("datetime64[us]")))
    rows, queue, hour = (values[(queue >= 0) & (hour >= 0)] for values in (rows, queue, hour))
    number = pd.Series(queue * mean.shape[1] + hour).groupby(queue * mean.shape[1] + hour).cumcount().to_numpy()
    share = np.zeros((*mean.shape, int(number.max(initial=-1)) + 2))
    seconds = np.full(share.shape, np.nan)
    share[queue, hour, number] = in_order(rows["share"])
    seconds[queue, hour, number] = _seconds(rows["due_at"].to_numpy("datetime64[us]"), starts[0, 0])
    share[:, :, -1] = np.maximum(1 - share.sum(axis=2), 0.0)
    return mean[:, :, None] * share, seconds
