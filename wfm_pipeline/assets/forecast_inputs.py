"""What a forecast reads from silver: history by wall clock, handle times, and the hours to come.

A day that was read before it was over for the desk holds zeros where nobody had called yet. It is no
history: the forecast begins with it, and does not learn from it.
"""

import datetime as dt
from dataclasses import dataclass, replace

import ibis
import pandas as pd

from wfm_pipeline.assets.bronze import read_moments
from wfm_pipeline.contracts.silver import QUEUE_INTERVALS
from wfm_pipeline.domain.calendar import interval_grid, start_of_day
from wfm_pipeline.domain.whole_days import unfinished_dates
from wfm_pipeline.errors import DataError
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope


@dataclass(frozen=True, slots=True)
class ForecastInputs:
    """Intervals of the past by local time, one row per queue and local interval.

    Attributes:
        history: queue_id, interval_start (local), calls (NaN = missing), is_open.
        handle: queue_id, interval_start (local), calls_answered, handle_seconds [s].
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


def read_inputs(house: House, warehouse: Warehouse, *, since: dt.date | None = None) -> ForecastInputs:
    """Read the intervals of the source, all or from a date on.

    The hour that comes twice when clocks go back is averaged: its local time stands for one hour.
    """
    stored = Scope(house.in_source()).filter(warehouse.table(QUEUE_INTERVALS.full_name))
    stored = stored.filter(stored.business_date >= ibis.literal(since)) if since else stored
    rows = warehouse.frame(
        stored.select(
            "queue_id", "interval_start_local", "calls_offered", "calls_answered", "handle_seconds", "is_open"
        )
    )
    by_clock = rows.groupby(["queue_id", "interval_start_local"], as_index=False).agg(
        calls=("calls_offered", "mean"),
        calls_answered=("calls_answered", "mean"),
        handle_seconds=("handle_seconds", "mean"),
        is_open=("is_open", "all"),
    )
    by_clock = by_clock.rename(columns={"interval_start_local": "interval_start"})
    handle = by_clock[["queue_id", "interval_start", "calls_answered", "handle_seconds"]].dropna()
    history = by_clock[["queue_id", "interval_start", "calls", "is_open"]]
    return ForecastInputs(history, handle, unfinished_days(house, warehouse))


def next_target(house: House, warehouse: Warehouse) -> dt.date:
    """`first_target` of all inputs, asked of the warehouse without reading them.

    Raises:
        DataError: no date is known to its end.
    """
    stored = Scope(house.in_source()).filter(warehouse.table(QUEUE_INTERVALS.full_name))
    known = stored.drop_null("calls_offered")
    unfinished = sorted(unfinished_days(house, warehouse))
    known = known.filter(known.business_date.notin(unfinished)) if unfinished else known
    last = warehouse.value(known.business_date.max())
    if pd.isna(last):
        raise DataError("no business date is known to its end; load earlier days, or run again when one is over")
    return pd.Timestamp(last).date() + dt.timedelta(days=1)


def unfinished_days(house: House, warehouse: Warehouse) -> frozenset[dt.date]:
    """Business dates that were last read before they were over for the desk."""
    return unfinished_dates(house.site, read_moments(house, warehouse))


def coming_hours(house: House, first: dt.date, days: int) -> pd.DataFrame:
    """The site's interval grid for the days to forecast."""
    return interval_grid(house.site, first, first + dt.timedelta(days=days - 1))


def open_hours(grid: pd.DataFrame) -> pd.DataFrame:
    """Which local times of a grid are open; the hour that comes twice stands once."""
    hours = grid[["interval_start_local", "is_open"]].rename(columns={"interval_start_local": "interval_start"})
    return hours.drop_duplicates("interval_start", ignore_index=True)


def issue_instant(house: House, day: dt.date) -> dt.datetime:
    """`issued_at` of a forecast whose first target day this is: its local midnight as naive UTC."""
    return start_of_day(house.site, day)
