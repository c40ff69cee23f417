"""What a forecast reads from silver: history by wall clock, handle times, and when each day was read.

A day that was read before it was over for the desk holds zeros where nobody had called yet. It is no
history: the forecast begins with it, and does not learn from it. Not here: which days are over
(domain/whole_days), issued forecasts (issues.py) and what planners tell (planners.py).
"""

import datetime as dt
import uuid
from dataclasses import dataclass, replace
from typing import Final

import ibis
import pandas as pd

from wfm_pipeline.contracts.silver import CALL_LEGS, QUEUE_INTERVALS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.domain.whole_days import unfinished_dates
from wfm_pipeline.errors import DataError
from wfm_pipeline.warehouse.day_checks import known_days
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_parts, of_source
from wfm_pipeline.warehouse.shelves.queue_hours import read_queue_calendar
from wfm_pipeline.warehouse.source_states import unread_parts

_BATCH_TIME: Final = "%Y%m%dT%H%M%S%f"


@dataclass(frozen=True, slots=True)
class ForecastInputs:
    """Intervals of the past by local time, one row per queue and local interval.

    Attributes:
        history: queue_id, interval_start (local), calls (NaN = missing), is_open.
        handle: queue_id, interval_start (local), answered_handle_known [calls], handle_seconds (theirs [s]); both null
            where the day is missing.
        unfinished: Business dates that were read before they were over for the desk.
    """

    history: pd.DataFrame
    handle: pd.DataFrame
    unfinished: frozenset[dt.date] = frozenset()

    @property
    def next_date(self) -> dt.date:
        """The day after the last business date of which any calls are known, be it a part of a day."""
        known = self.history.loc[self.history["calls"].notna(), "interval_start"]
        if known.empty:
            raise DataError("silver.queue_intervals holds no interval with known calls; run the silver assets first")
        return known.max().date() + dt.timedelta(days=1)

    @property
    def first_target(self) -> dt.date:
        """The day after the last business date that is known to its end: today, while today is not over.

        Raises:
            DataError: no date is known to its end.
        """
        whole = self.whole_days()
        if self.unfinished and whole.history["calls"].isna().all():
            days = ", ".join(map(str, sorted(self.unfinished)))
            raise DataError(
                f"{days} was read before it was over and there is no day before it: load earlier days, or run again "
                "when it is over"
            )
        return whole.next_date

    def known_handle(self) -> pd.DataFrame:
        """`handle` without missing days: what handle times are learnt from.

        Raises:
            DataError: rows of an older version do not say how many handle times are known (an upgrade notes every date
                for the next run to make again).
        """
        uncounted = self.handle["handle_seconds"].notna() & self.handle["answered_handle_known"].isna()
        if uncounted.any():
            raise DataError(
                f"{int(uncounted.sum()):,} rows of silver.queue_intervals were written by an older version and do not say "
                "of how many calls the handle time is known: run `wfm run` once, it makes them again"
            )
        return self.handle.dropna()

    def whole_history(self) -> pd.DataFrame:
        """The history before `first_target`, unfinished dates as missing: what a backtest runs on."""
        history = self.whole_days().history
        return history[history["interval_start"] < pd.Timestamp(self.first_target)]

    def whole_days(self) -> "ForecastInputs":
        """The same with unfinished dates as missing: what may be learnt from and scored on."""
        if not self.unfinished:
            return self
        unknown, handled = (self._is_unfinished(rows) for rows in (self.history, self.handle))
        history = self.history.assign(calls=self.history["calls"].mask(unknown))
        return replace(self, history=history, handle=self.handle[~handled])

    def _is_unfinished(self, rows: pd.DataFrame) -> pd.Series:
        return rows["interval_start"].dt.normalize().isin(pd.to_datetime(sorted(self.unfinished)))

    @property
    def first_date(self) -> dt.date:
        """The first business date of the history."""
        return self.history["interval_start"].min().date()


def read_inputs(warehouse: Warehouse, source_map: SourceMap, *, since: dt.date | None = None) -> ForecastInputs:
    """Read the intervals of the source, all or from a date on.

    The hour that comes twice when clocks go back is averaged: its local time stands for one hour.
    """
    stored = of_source(source_map).filter(warehouse.table(QUEUE_INTERVALS.full_name))
    stored = stored.filter(stored.business_date >= ibis.literal(since)) if since else stored
    rows = warehouse.frame(
        stored.select(
            "queue_id", "interval_start_local", "calls_offered", "answered_handle_known", "handle_seconds", "is_open"
        )
    )
    # An interval of which no handle time is known adds no call and no second, also to the hour that comes twice.
    rows["handle_seconds"] = rows["handle_seconds"].mask(rows["answered_handle_known"] == 0, 0.0)
    by_clock = rows.groupby(["queue_id", "interval_start_local"], as_index=False).agg(
        calls=("calls_offered", "mean"),
        answered_handle_known=("answered_handle_known", "mean"),
        handle_seconds=("handle_seconds", "mean"),
        is_open=("is_open", "all"),
    )
    by_clock = by_clock.rename(columns={"interval_start_local": "interval_start"})
    handle = by_clock[["queue_id", "interval_start", "answered_handle_known", "handle_seconds"]]
    history = by_clock[["queue_id", "interval_start", "calls", "is_open"]]
    history = read_queue_calendar(warehouse, source_map).with_own_hours(history)
    return ForecastInputs(history, handle, unfinished_days(warehouse, source_map))


def queues_with_calls(warehouse: Warehouse, source_map: SourceMap) -> tuple[str, ...]:
    """Queues of the source that have calls, sorted; none before any were loaded."""
    if not warehouse.has(QUEUE_INTERVALS.full_name):
        return ()
    stored = of_source(source_map).filter(warehouse.table(QUEUE_INTERVALS.full_name))
    return tuple(sorted(warehouse.frame(stored.select("queue_id").distinct())["queue_id"]))


def next_target(warehouse: Warehouse, source_map: SourceMap) -> dt.date:
    """`first_target` of all inputs, asked of the warehouse without reading them.

    Raises:
        DataError: no date is known to its end.
    """
    stored = of_source(source_map).filter(warehouse.table(QUEUE_INTERVALS.full_name))
    known = stored.drop_null("calls_offered")
    unfinished = sorted(unfinished_days(warehouse, source_map))
    known = known.filter(known.business_date.notin(unfinished)) if unfinished else known
    last = warehouse.value(known.business_date.max())
    if pd.isna(last):
        raise DataError("no business date is known to its end; load earlier days, or run again when one is over")
    return pd.Timestamp(last).date() + dt.timedelta(days=1)


def unfinished_days(warehouse: Warehouse, source_map: SourceMap) -> frozenset[dt.date]:
    """Business dates that were last read before they were over for the desk."""
    return unfinished_dates(read_queue_calendar(warehouse, source_map), read_moments(warehouse, source_map))


def batch_id(run_id: str) -> str:
    """A name for what one step brings: begins with the time (UTC), and ends in the run's first eight characters."""
    return f"{dt.datetime.now(dt.UTC):{_BATCH_TIME}}-{uuid.uuid4().hex[:6]}-{run_id[:8]}"


def batch_began(batch: str) -> dt.datetime | None:
    """When a batch began to read (naive UTC), from its name; None where the name was not given by `batch_id`."""
    try:
        return dt.datetime.strptime(batch.split("-", 1)[0], _BATCH_TIME)
    except ValueError:
        return None


def read_moments(warehouse: Warehouse, source_map: SourceMap) -> dict[dt.date, dt.datetime]:
    """Business date -> when its rows were last read, or found to be the same (naive UTC).

    Of several sources of a site the earliest such instant; what a source that is not read brought of dates after the one
    it stands at tells nothing. Dates of nameless batches are left out.
    """
    unread, found = unread_parts(warehouse, source_map), dict[dt.date, dt.datetime]()
    for part in source_map.leading_parts:
        state = unread.get(part.name)
        for date, moment in leading_moments(warehouse, part).items():
            if state is None or (state.stands_at and date <= state.stands_at):
                found[date] = min(moment, found.get(date, moment))
    return dict(sorted(found.items()))


def leading_moments(warehouse: Warehouse, part: SourceMap) -> dict[dt.date, dt.datetime]:
    """The same of one source."""
    known = known_days(warehouse, part, part.leading)
    began = {date: batch_began(day.batch_id) for date, day in known.items()}
    return {date: max(moment, known[date].checked_at or moment) for date, moment in began.items() if moment is not None}


def call_dates(warehouse: Warehouse, source_map: SourceMap) -> Dates | None:
    """The stretch of business dates of which silver holds calls; None where it holds none."""
    if not warehouse.has(CALL_LEGS.full_name):
        return None
    legs = of_parts(source_map).filter(warehouse.table(CALL_LEGS.full_name))
    ends = warehouse.frame(legs.aggregate(first=legs["business_date"].min(), last=legs["business_date"].max()))
    first, last = ends.iloc[0]
    return None if pd.isna(first) else Dates.between(first.date(), last.date())


def read_known_calls(warehouse: Warehouse, source_map: SourceMap) -> pd.DataFrame:
    """Calls per queue and interval of the dates that are over: queue_id, interval_start (UTC), calls."""
    stored = of_source(source_map).filter(warehouse.table(QUEUE_INTERVALS.full_name))
    rows = warehouse.frame(stored.select("queue_id", "interval_start", "business_date", "calls_offered"))
    is_over = ~rows["business_date"].isin(pd.to_datetime(sorted(unfinished_days(warehouse, source_map))))
    named = rows.rename(columns={"calls_offered": "calls"})
    return named.loc[is_over, ["queue_id", "interval_start", "calls"]]
