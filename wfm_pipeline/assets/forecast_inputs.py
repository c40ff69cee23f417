"""What a forecast reads from silver: history by wall clock, handle times, and the hours to come."""

import datetime as dt
from dataclasses import dataclass

import ibis
import pandas as pd

from wfm_pipeline.contracts.silver import QUEUE_INTERVALS
from wfm_pipeline.domain.calendar import interval_grid
from wfm_pipeline.errors import DataError
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.engine import Warehouse
from wfm_pipeline.warehouse.scope import Scope


@dataclass(frozen=True, slots=True)
class ForecastInputs:
    """Intervals of the past by local time, one row per queue and local interval.

    Attributes:
        history: queue_id, interval_start (local), calls (NaN = missing), is_open.
        handle: queue_id, interval_start (local), calls_answered, handle_seconds [s].
    """

    history: pd.DataFrame
    handle: pd.DataFrame

    @property
    def next_date(self) -> dt.date:
        """The day after the last business date with calls known."""
        known = self.history.loc[self.history["calls"].notna(), "interval_start"]
        if known.empty:
            raise DataError("silver.queue_intervals holds no interval with known calls; run the silver assets first")
        return known.max().date() + dt.timedelta(days=1)

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
    return ForecastInputs(by_clock[["queue_id", "interval_start", "calls", "is_open"]], handle)


def coming_hours(house: House, first: dt.date, days: int) -> pd.DataFrame:
    """The site's interval grid for the days to forecast."""
    return interval_grid(house.site, first, first + dt.timedelta(days=days - 1))


def open_hours(grid: pd.DataFrame) -> pd.DataFrame:
    """Which local times of a grid are open; the hour that comes twice stands once."""
    hours = grid[["interval_start_local", "is_open"]].rename(columns={"interval_start_local": "interval_start"})
    return hours.drop_duplicates("interval_start", ignore_index=True)


def issue_instant(house: House, day: dt.date) -> dt.datetime:
    """`issued_at` of a forecast whose first target day this is: its local midnight as naive UTC."""
    start: pd.Timestamp = coming_hours(house, day, 1)["interval_start"].iloc[0]
    return start.to_pydatetime()
