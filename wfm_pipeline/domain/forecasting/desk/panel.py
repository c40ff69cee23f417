"""The door: an interval history becomes a checked cube of calls, queue x date x slot of the day.

Here: validation, the interval length, and the difference between missing, closed and zero. Not
here: what a holiday is (calendar_facts) or what a level is (level).

A cell is NaN where the history says nothing: no row, calls NaN, or `is_open` False. A day is

- closed, where every row says `is_open` False, where its weekday never has rows, or where all rows
  of the desk are zero although that weekday normally brings calls;
- missing, where it has no rows, or too few of the slots its weekday usually has;
- usable otherwise; only usable days are learnt from, so missing is never trained on as zero.
"""

import datetime as dt
import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.calendar import minute_of_day
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import (
    DAYS_PER_WEEK,
    EARLIEST_DATE,
    INTERVAL_MINUTES_ALLOWED,
    LATEST_DATE,
    MINUTES_PER_DAY,
    SECONDS_PER_MINUTE,
)

MOST_CELLS: Final = 100_000_000
"""Intervals of all queues, those without calls too: a thousand queues over five years of half-hours."""
REQUIRED = ("queue_id", "interval_start", "calls")
CLEARLY_OPEN_CALLS: Final = 5.0
"""Typical calls of a day [calls] above which a day of zeros is a closed day: P(0) < 1 % if Poisson."""
SILENT_CALLS: Final = 14.0
"""Calls to be expected from which none at all is no chance [calls]: a queue that goes on, or a slot that is open, brings none
once in e^14, a million, times."""
TELLING_GAPS: Final = 4
"""Equal gaps in one day that show an interval length [count]."""
COMPLETE_SHARE: Final = 0.7
"""Share of a weekday's usual slots below which a day counts as missing."""
USUAL_SLOT_DAYS: Final = 8
"""Same weekdays that tell which slots are usual [days]."""
USUAL_SHARE: Final = 0.5
"""Share of those days on which a slot must have been there to be usual [0..1]."""
USUAL_INTERVAL_MINUTES: Final = 30
"""Length of an interval where neither rows nor site tell it [min]."""


@dataclass(frozen=True, slots=True)
class CallPanel:
    """Calls of several queues on one grid of dates and slots.

    Attributes:
        queue_ids: Queues in sorted order; axis 0.
        first_date: Date of index 0 on axis 1; dates follow without holes.
        interval_minutes: Length of a slot [min].
        calls: Shape (queues, dates, slots) [calls]; NaN where nothing is known.
        has_row: Same shape: the history holds a row there.
        shut: Same shape: the history says `is_open` False there.
        desk: Shape (dates,): calls of the whole desk, where these queues are a part of it [calls]; None: they are all of it.
    """

    queue_ids: tuple[str, ...]
    first_date: dt.date
    interval_minutes: int
    calls: FloatArray
    has_row: BoolArray
    shut: BoolArray
    desk: FloatArray | None = None

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """All dates of axis 1 as datetime64[D]."""
        return np.datetime64(self.first_date, "D") + np.arange(self.calls.shape[1])

    @property
    def weekday(self) -> IntArray:
        """Weekday of every date, Monday 0."""
        return (self.first_date.weekday() + np.arange(self.calls.shape[1])) % DAYS_PER_WEEK

    def window(self, first: dt.date, end: dt.date) -> "CallPanel":
        """A stretch of the dates, cut at the front where there are earlier ones, filled with nothing at the end.

        Args:
            first: First date wanted; the panel's own where it begins later.
            end: Date after the last one.

        Returns:
            A panel of those dates.
        """
        low = max((first - self.first_date).days, 0)
        high = max((end - self.first_date).days, low)
        absent = max(high - max(self.calls.shape[1], low), 0)

        def cut(cube: np.ndarray, nothing: object) -> np.ndarray:
            return np.pad(cube[:, low:high], ((0, 0), (0, absent), (0, 0)), constant_values=nothing)  # type: ignore[call-overload]

        desk = self.desk if self.desk is None else np.pad(self.desk[low:high], (0, absent), constant_values=np.nan)

        return replace(
            self,
            first_date=self.first_date + dt.timedelta(days=low),
            calls=cut(self.calls, np.nan),
            has_row=cut(self.has_row, False),
            shut=cut(self.shut, False),
            desk=desk,
        )

    def part(self, queue_ids: Collection[str]) -> "CallPanel":
        """Some of the queues, with what the whole desk had.

        Args:
            queue_ids: Queues of the panel.

        Returns:
            A panel of them, in sorted order.
        """
        names = tuple(sorted(queue_ids))
        places = [self.queue_ids.index(name) for name in names]
        cubes = {name: getattr(self, name)[places] for name in ("calls", "has_row", "shut")}
        return replace(self, queue_ids=names, desk=desk_calls(self), **cubes)


@dataclass(frozen=True, slots=True)
class DayTable:
    """What is known of every queue's days; all of shape (queues, dates).

    Attributes:
        total: Calls of usable days [calls], NaN on all others.
        usable: Days to learn from.
        closed: Days on which the queue did not work.
        open_weekday: Shape (queues, 7): the queue works on that weekday; a weekday that the history
            has not met yet is taken to be open, one that it met without calls is closed.
    """

    total: FloatArray
    usable: BoolArray
    closed: BoolArray
    open_weekday: BoolArray


def build_panel(
    history: pd.DataFrame, *, interval_minutes: int | None = None, desk: "pd.Series[float] | None" = None
) -> CallPanel:
    """Check an interval history and lay it out as a cube.

    Args:
        history: Columns queue_id, interval_start (naive local time), calls (float >= 0, NaN =
            missing) and, if wanted, is_open (bool); one row per queue and interval, any order.
        interval_minutes: Length of an interval where the rows do not tell it [min].
        desk: Midnight of a date -> calls of the whole desk [calls], where the history is of a part of its queues; the
            cube then begins with the desk.

    Returns:
        The cube, from the first to the last date of the history; the same for any order of rows.

    Raises:
        DataError: empty, a column missing or of the wrong type, a duplicate, a negative or infinite
            number of calls, or intervals of mixed length.
    """
    rows = _checked(history)
    step = _interval_minutes(rows, interval_minutes)
    queue_ids = tuple(sorted(rows["queue_id"].unique()))
    start = rows["interval_start"]
    first_date = (start.min() if desk is None else min(start.min(), desk.index.min())).date()
    minute = minute_of_day(start).to_numpy()
    day = ((start.dt.normalize() - pd.Timestamp(first_date)) // pd.Timedelta(days=1)).to_numpy()
    where = (pd.Index(queue_ids).get_indexer(rows["queue_id"]), day, minute // step)
    shape = (len(queue_ids), int(day.max()) + 1, MINUTES_PER_DAY // step)
    if math.prod(shape) > MOST_CELLS:
        raise DataError(
            f"{shape[0]:,} queues over {shape[1]:,} days of {shape[2]} intervals are more than {MOST_CELLS:,} intervals: "
            "is a date wrong? Else divide the history by queues",
            got=math.prod(shape),
        )
    calls, has_row, shut = np.full(shape, np.nan), np.zeros(shape, bool), np.zeros(shape, bool)
    has_row[where] = True
    if "is_open" in rows:
        shut[where] = ~rows["is_open"].to_numpy(bool)
    calls[where] = rows["calls"].to_numpy(np.float64)
    calls[shut] = np.nan
    panel = CallPanel(queue_ids, first_date, step, calls, has_row, shut)
    return panel if desk is None else replace(panel, desk=np.asarray(desk.reindex(pd.to_datetime(panel.dates)), float))


def _checked(history: pd.DataFrame) -> pd.DataFrame:
    absent = [name for name in REQUIRED if name not in history.columns]
    if absent:
        raise DataError(
            f"history needs columns {', '.join(REQUIRED)}; missing {absent}, present {list(history.columns)}",
            missing=absent,
        )
    if history.empty:
        raise DataError("history is empty: a forecast needs at least one interval of calls before its origin")
    rows = history[[name for name in (*REQUIRED, "is_open") if name in history.columns]].copy()
    _check_types(rows)
    rows["queue_id"] = rows["queue_id"].astype(str)
    doubled = rows.duplicated(["queue_id", "interval_start"])
    if doubled.any():
        example = rows.loc[doubled].iloc[0]
        raise DataError(
            f"history has {int(doubled.sum())} duplicate rows, first queue {example['queue_id']!r} at "
            f"{example['interval_start']}; one row per queue and interval is allowed, add the calls up first",
            duplicates=int(doubled.sum()),
        )
    bad = (rows["calls"] < 0) | np.isinf(rows["calls"].astype(float))
    if bad.any():
        example = rows.loc[bad].iloc[0]
        raise DataError(
            f"calls must be finite and >= 0 (NaN = missing), got {example['calls']} for queue "
            f"{example['queue_id']!r} at {example['interval_start']}",
            rows=int(bad.sum()),
        )
    return rows


def _check_types(rows: pd.DataFrame) -> None:
    start = rows["interval_start"].dtype
    if not pd.api.types.is_datetime64_dtype(start):
        raise DataError(
            f"interval_start must be naive local time (datetime64), got {start}; drop the zone", got=str(start)
        )
    if rows["interval_start"].isna().any() or rows["queue_id"].isna().any():
        raise DataError("queue_id and interval_start must not be null in the history")
    first, last = rows["interval_start"].min().date(), rows["interval_start"].max().date()
    if first < EARLIEST_DATE or last > LATEST_DATE:
        raise DataError(
            f"interval_start must lie between {EARLIEST_DATE} and {LATEST_DATE}, got {first} to {last}",
            got=(first, last),
        )
    calls = rows["calls"].dtype
    if not pd.api.types.is_numeric_dtype(calls) or pd.api.types.is_bool_dtype(calls):
        raise DataError(f"calls must be numbers, got {calls}; convert the column first", got=str(calls))
    rows["calls"] = rows["calls"].astype(np.float64)
    if "is_open" in rows and not pd.api.types.is_bool_dtype(rows["is_open"].dtype):
        raise DataError(
            f"is_open must be bool without nulls, got {rows['is_open'].dtype}", got=str(rows["is_open"].dtype)
        )


def _interval_minutes(rows: pd.DataFrame, fallback: int | None) -> int:
    """The commonest gap inside a queue's day; every row must sit on its grid, every busy day use it."""
    ordered = rows[["queue_id", "interval_start"]].sort_values(["queue_id", "interval_start"])
    date = ordered["interval_start"].dt.normalize()
    gap = ordered["interval_start"].diff().dt.total_seconds() / SECONDS_PER_MINUTE
    same_day = ordered["queue_id"].eq(ordered["queue_id"].shift()) & date.eq(date.shift())
    gaps = gap[same_day]
    step = float(gaps.mode().min()) if len(gaps) else float(fallback or USUAL_INTERVAL_MINUTES)
    if step not in INTERVAL_MINUTES_ALLOWED:
        raise DataError(f"interval length must be one of {INTERVAL_MINUTES_ALLOWED} minutes, got {step:g}", got=step)
    start = ordered["interval_start"]
    off_grid = (minute_of_day(start) % int(step) != 0) | (start.dt.second != 0) | (start.dt.microsecond != 0)
    if off_grid.any():
        _refuse_mixed(step, f"{start[off_grid].iloc[0]} is off the grid")
    per_day = gaps.groupby([ordered["queue_id"][same_day], date[same_day]]).agg(["min", "size"])
    # One queue at half the grain would read as every second slot missing: refused, not guessed at.
    coarse = per_day[(per_day["min"] > step) & (per_day["size"] >= TELLING_GAPS)]
    if len(coarse):
        queue_id, day = coarse.index[0]
        _refuse_mixed(step, f"queue {queue_id!r} on {day.date()} has {coarse['min'].iloc[0]:g} minutes")
    return int(step)


def _refuse_mixed(step: float, what: str) -> None:
    raise DataError(
        f"intervals of mixed length: most are {step:g} minutes, but {what}; bring the history to one length first",
        interval_minutes=step,
    )


def day_table(panel: CallPanel) -> DayTable:
    """Sort every queue's days into usable, closed and missing (see the top of this module).

    Days of which a few slots are missing are scaled up by the slots that are there.

    Args:
        panel: The history.

    Returns:
        Days and their totals.
    """
    weekday = panel.weekday
    known: BoolArray = ~np.isnan(panel.calls)
    total = np.where(known.any(axis=2), np.nansum(panel.calls, axis=2), np.nan)
    desk_zero = desk_closed_dates(panel)
    rows: BoolArray = np.asarray(panel.has_row.any(axis=2))
    all_shut = rows & ~(panel.has_row & ~panel.shut).any(axis=2)
    worked: BoolArray = np.logical_and(known.any(axis=2), ~desk_zero[None, :])
    met = _dates_met(rows)
    seen = np.stack([worked[:, weekday == day].any(axis=1) for day in range(DAYS_PER_WEEK)], axis=1)
    met_weekday = np.stack([met[:, weekday == day].any(axis=1) for day in range(DAYS_PER_WEEK)], axis=1)
    silent = np.asarray(np.logical_and(met_weekday, ~seen))
    open_weekday = ~silent & worked.any(axis=1, keepdims=True)
    closed = all_shut | (desk_zero[None, :] & known.any(axis=2)) | (silent[:, weekday] & met)
    share = _present_share(known & ~closed[:, :, None], weekday)
    usable = worked & ~closed & (share >= COMPLETE_SHARE)
    # Slots that are shut lack no calls: a day with a new lunch is whole without it.
    whole = _present_share(known & ~closed[:, :, None], weekday, excused=panel.shut) if panel.shut.any() else share
    return DayTable(np.where(usable, total / np.maximum(whole, COMPLETE_SHARE), np.nan), usable, closed, open_weekday)


def _dates_met(has_row: BoolArray) -> BoolArray:
    """Dates between a queue's first and last row: only there can silence mean closed."""
    begun = np.maximum.accumulate(has_row, axis=1)
    ends = np.maximum.accumulate(has_row[:, ::-1], axis=1)[:, ::-1]
    return begun & ends


def desk_closed_dates(panel: CallPanel) -> BoolArray:
    """Dates whose rows are all zero on the whole desk although calls were to be expected.

    Args:
        panel: The history.

    Returns:
        Shape (dates,). A desk so small that a day without calls is ordinary has none.
    """
    total = desk_calls(panel)
    busy = total[total > 0]
    if not busy.size:
        return np.zeros(total.shape, bool)
    zero = total == 0
    for day in range(DAYS_PER_WEEK):
        same = panel.weekday == day
        own = total[same & (total > 0)]
        typical = float(np.median(own)) if own.size else float(np.median(busy))
        zero[same] &= typical >= CLEARLY_OPEN_CALLS
    return zero


def desk_calls(panel: CallPanel) -> FloatArray:
    """Calls of the whole desk on every date.

    Args:
        panel: The history.

    Returns:
        Shape (dates,) [calls]; NaN where nothing is known.
    """
    if panel.desk is not None:
        return panel.desk
    known: BoolArray = ~np.isnan(panel.calls)
    return np.where(known.any(axis=(0, 2)), np.nansum(panel.calls, axis=(0, 2)), np.nan)


def _present_share(known: BoolArray, weekday: IntArray, *, excused: BoolArray | None = None) -> FloatArray:
    """Share of the slots usual for the weekday, and not excused on the day, that it has; usual = on half of the last days."""
    share = np.zeros(known.shape[:2])
    for queue in range(known.shape[0]):
        for day in range(DAYS_PER_WEEK):
            same = np.flatnonzero(weekday == day)
            present = same[known[queue, same].any(axis=1)]
            if not present.size:
                continue
            usual = known[queue, present[-USUAL_SLOT_DAYS:]].mean(axis=0) >= USUAL_SHARE
            if usual.any():
                wanted = usual & ~excused[queue, present] if excused is not None else usual[None, :]
                has = (known[queue, present] & usual).sum(axis=1)
                share[queue, present] = has / np.maximum(wanted.sum(axis=1), 1)
    return share


def last_dates(chosen: BoolArray, count: int) -> tuple[IntArray, BoolArray]:
    """The last dates that are chosen, newest first.

    Args:
        chosen: Shape (queues, dates).
        count: Dates wanted at most.

    Returns:
        Date numbers of shape (queues, min(count, dates)), and which of them are really chosen: a
        queue with fewer has others behind its last one.
    """
    newest_first = chosen[:, ::-1]
    back = np.argsort(~newest_first, axis=1, kind="stable")[:, :count]
    return chosen.shape[1] - 1 - back, np.take_along_axis(newest_first, back, axis=1)
