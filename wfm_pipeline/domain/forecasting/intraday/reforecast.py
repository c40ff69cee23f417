"""The intraday reforecast's front door: frames in, frames out.

Here: today's rows laid out as arrays, the update, and the frames it gives back. Not here: the update
itself (intraday), or which issue and which instant are meant (the caller).
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.calendar import minute_of_day
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel, build_panel
from wfm_pipeline.domain.forecasting.intraday.update import (
    IntradayModel,
    IssuedDay,
    UpdatedDay,
    learn_intraday,
    update_day,
)
from wfm_pipeline.domain.forecasting.options import QUANTILE_LEVELS, ForecastOptions, quantile_column
from wfm_pipeline.errors import DataError

QUANTILE_COLUMNS: Final = tuple(quantile_column(level) for level in QUANTILE_LEVELS)
REMAINING_COLUMNS: Final = tuple(name.replace("calls_", "calls_remaining_") for name in QUANTILE_COLUMNS)


@dataclass(frozen=True, slots=True)
class Reforecast:
    """The rest of a day, updated.

    Attributes:
        intervals: One row per queue and interval not over yet: queue_id, interval_start (local),
            calls_mean, calls_q05 to calls_q95, calls_mean_issued.
        days: One row per queue: queue_id, business_date, calls_so_far, calls_remaining_mean and its
            quantiles, calls_day_mean (so far + what is missing so far, as expected + remaining),
            remaining_ratio (remaining now over remaining as issued), intervals_known,
            intervals_missing (over, forecast as open, and not known).
        notes: What a reader should know.
    """

    intervals: pd.DataFrame
    days: pd.DataFrame
    notes: tuple[str, ...]


def reforecast(
    history: pd.DataFrame,
    issued: pd.DataFrame,
    issued_days: pd.DataFrame,
    *,
    site: Site,
    at: dt.datetime,
    known_until: dt.datetime | None = None,
    options: ForecastOptions | None = None,
) -> Reforecast:
    """Update the rest of a day from what came so far.

    Args:
        history: One row per queue and interval: queue_id, interval_start (naive local), calls (>= 0,
            NaN = missing), optional is_open; past days and today. Intervals of today that end after
            `known_until` are not looked at, nor are later days.
        issued: Today's forecast: queue_id, interval_start (naive local), calls_mean, calls_q05 to
            calls_q95; one row per queue and interval.
        issued_days: Today's forecast at day grain: queue_id, calls_q05 to calls_q95.
        site: Calendar of the desk.
        at: Local time of the update; intervals that end after it are still to come. Its date is today.
        known_until: Local time up to which calls are known, if earlier than `at`. Intervals between
            the two are missing: over, but not zero.
        options: Choices; the defaults hold for every desk.

    Returns:
        The update. A queue of which nothing is known today stays as issued.

    Raises:
        DataError: the forecast has no row of today, or history is unsound (see `build_panel`).
    """
    today = pd.Timestamp(at).normalize()
    rows = issued[issued["interval_start"].dt.normalize() == today]
    if rows.empty:
        raise DataError(f"the forecast holds no interval of {today.date()}; issue one for that day first")
    queue_ids = tuple(sorted(rows["queue_id"].astype(str).unique()))
    whole = build_panel(history, interval_minutes=site.interval_minutes)
    panel = _of_queues(whole, queue_ids)
    before = panel.window(panel.first_date, today.date())
    model = learn_intraday(before, site=site, options=options or ForecastOptions())
    step = panel.interval_minutes
    elapsed = _whole_slots(pd.Timestamp(at) - today, step)
    known = min(_whole_slots(pd.Timestamp(known_until or at) - today, step), elapsed)
    so_far = panel.window(today.date(), today.date() + dt.timedelta(days=1)).calls[:, 0].copy()
    so_far[:, known:] = np.nan
    day = _issued_day(rows, issued_days, queue_ids, slots=so_far.shape[1], step=step)
    updated = update_day(day, so_far, elapsed=elapsed, model=model)
    return Reforecast(
        _interval_frame(rows, updated, queue_ids, elapsed=elapsed, step=step),
        _day_frame(day, updated, so_far, queue_ids, today=today, elapsed=elapsed),
        _notes(updated, model, queue_ids),
    )


def on_issued_grid(intervals: pd.DataFrame, issued: pd.DataFrame, *, since: dt.datetime) -> pd.DataFrame:
    """An update by wall clock laid on the issue's own intervals; those that are over are left out.

    Args:
        intervals: `Reforecast.intervals`.
        issued: The issue: queue_id, interval_start (UTC), interval_start_local, business_date, aht_seconds, is_open.
        since: Start of the first interval still to come (naive UTC).

    Returns:
        One row per queue and interval of the issue still to come, with the update's values.
    """
    grid = issued[["queue_id", "interval_start", "interval_start_local", "business_date", "aht_seconds", "is_open"]]
    ahead = grid[grid["interval_start"] >= pd.Timestamp(since)]
    by_clock = intervals.rename(columns={"interval_start": "interval_start_local"})
    return ahead.merge(by_clock, on=["queue_id", "interval_start_local"], how="inner", validate="many_to_one")


def _whole_slots(since_midnight: pd.Timedelta, step: int) -> int:
    return max(int(since_midnight // pd.Timedelta(minutes=step)), 0)


def _of_queues(panel: CallPanel, queue_ids: tuple[str, ...]) -> CallPanel:
    """The panel of exactly these queues; one without history has nothing but missing days."""
    place = pd.Index(panel.queue_ids).get_indexer(pd.Index(queue_ids))
    absent = place < 0
    cubes = {name: getattr(panel, name)[place] for name in ("calls", "has_row", "shut")}
    cubes["calls"][absent], cubes["has_row"][absent], cubes["shut"][absent] = np.nan, False, False
    return replace(panel, queue_ids=queue_ids, **cubes)


def _issued_day(
    rows: pd.DataFrame, days: pd.DataFrame, queue_ids: tuple[str, ...], *, slots: int, step: int
) -> IssuedDay:
    queue, slot = _places(rows, queue_ids, step)
    mean, quantiles = np.zeros((len(queue_ids), slots)), np.zeros((len(queue_ids), slots, len(QUANTILE_LEVELS)))
    mean[queue, slot] = rows["calls_mean"]
    quantiles[queue, slot] = rows[list(QUANTILE_COLUMNS)]
    by_queue = days.assign(queue_id=days["queue_id"].astype(str)).set_index("queue_id")[list(QUANTILE_COLUMNS)]
    return IssuedDay(mean, quantiles, by_queue.reindex(list(queue_ids)).to_numpy(np.float64))


def _places(rows: pd.DataFrame, queue_ids: tuple[str, ...], step: int) -> tuple[np.ndarray, np.ndarray]:
    start = rows["interval_start"]
    slot = (minute_of_day(start) // step).to_numpy()
    return pd.Index(queue_ids).get_indexer(pd.Index(rows["queue_id"].astype(str))), slot


def _interval_frame(
    rows: pd.DataFrame, updated: UpdatedDay, queue_ids: tuple[str, ...], *, elapsed: int, step: int
) -> pd.DataFrame:
    queue, slot = _places(rows, queue_ids, step)
    ahead = slot >= elapsed
    queue, slot = queue[ahead], slot[ahead]
    frame = rows.loc[ahead, ["queue_id", "interval_start"]].copy()
    frame["calls_mean"] = updated.mean[queue, slot]
    frame[list(QUANTILE_COLUMNS)] = updated.quantiles[queue, slot]
    frame["calls_mean_issued"] = rows.loc[ahead, "calls_mean"]
    return frame.sort_values(["queue_id", "interval_start"], ignore_index=True)


def _day_frame(
    day: IssuedDay,
    updated: UpdatedDay,
    so_far: FloatArray,
    queue_ids: tuple[str, ...],
    *,
    today: pd.Timestamp,
    elapsed: int,
) -> pd.DataFrame:
    frame = pd.DataFrame({"queue_id": list(queue_ids), "business_date": today})
    frame["calls_so_far"] = np.nansum(so_far, axis=1)
    frame["calls_remaining_mean"] = updated.remaining_mean
    frame[list(REMAINING_COLUMNS)] = updated.remaining_quantiles
    frame["calls_day_mean"] = updated.mean.sum(axis=1)
    frame["remaining_ratio"] = updated.ratio
    frame["intervals_known"] = updated.slots_known
    over = (np.arange(so_far.shape[1]) < elapsed) & (day.mean > 0)
    frame["intervals_missing"] = (over & np.isnan(so_far)).sum(axis=1)
    return frame


def _notes(updated: UpdatedDay, model: IntradayModel, queue_ids: tuple[str, ...]) -> tuple[str, ...]:
    notes = [f"learnt from {model.law.days} past days"]
    untold = [queue for queue, known in zip(queue_ids, updated.slots_known, strict=True) if not known]
    if untold:
        notes.append(f"as issued, nothing known today: {', '.join(untold)}")
    return tuple(notes)
