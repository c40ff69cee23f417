"""Writes silver.queue_intervals and silver.calendar_days: the interval grid and calendar of a source, kept whole."""

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import ibis
import pandas as pd
import pyarrow as pa
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.silver import CALENDAR_DAYS, CALLS, INTERVAL_STATISTICS, QUEUE_INTERVALS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.calendar import interval_grid
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.transforms.calendar import days_with_missing, grid_of_days
from wfm_pipeline.transforms.interval_rows import measures_told
from wfm_pipeline.transforms.intervals import (
    first_dates,
    intervals_per_day,
    known_stretches,
    measures,
    queue_intervals,
    rows_of_queues,
    with_unknown_days,
)
from wfm_pipeline.transforms.opening import with_own_hours
from wfm_pipeline.transforms.rows.silver_numbers import SilverRules
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.schemas import arrow_schema
from wfm_pipeline.warehouse.engines.scope import Scope, of_parts, of_source
from wfm_pipeline.warehouse.engines.staging import staging_name
from wfm_pipeline.warehouse.shelves.queue_hours import read_queue_calendar
from wfm_pipeline.warehouse.silver.own_hours import staged_own_hours
from wfm_pipeline.warehouse.silver.rows import SilverCounts, days_scope
from wfm_pipeline.warehouse.silver.sources import source_dates
from wfm_pipeline.warehouse.silver.steps import check_steps
from wfm_pipeline.warehouse.silver.unknown_queues import unknown_queues

_GRID_SCHEMA = ibis.schema(
    {
        "slot": "int64",
        "interval_start": "timestamp(6)",
        "interval_start_local": "timestamp(6)",
        "business_date": "date",
        "is_open": "boolean",
        "is_missing": "boolean",
        "is_open_day": "boolean",
    }
)


def refresh_calendar(warehouse: Warehouse, source_map: SourceMap) -> SilverCounts:
    """Replace the site's calendar: from the source's first date to a year after its last."""
    days = days_with_missing(read_queue_calendar(warehouse, source_map), source_dates(warehouse, source_map))
    scope = Scope({"calendar": source_map.site.calendar})
    loaded = warehouse.replace(CALENDAR_DAYS, days, scope)
    return SilverCounts(loaded, loaded)


def refresh_intervals(warehouse: Warehouse, source_map: SourceMap, rules: SilverRules, dates: Dates) -> SilverCounts:
    """Replace the intervals of some business dates, and of dates whose grid is not whole.

    The grid of other dates loses its wholeness when a queue's first date moves, or when days
    without rows come to lie between days that have some.

    Returns:
        Intervals of the dates that were asked for.
    """
    told = _table_of_volumes(source_map)
    warehouse.create(told)
    warehouse.renew_statistics(told.full_name)
    known = source_dates(warehouse, source_map)
    loaded = _replace_intervals(warehouse, source_map, rules, known, dates)
    stale = Dates.of(stale_interval_dates(warehouse, source_map))
    if stale:
        _replace_intervals(warehouse, source_map, rules, known, stale)
    return SilverCounts(loaded, loaded)


def stale_interval_dates(warehouse: Warehouse, source_map: SourceMap) -> set[dt.date]:
    """Dates on which some queue has other intervals than the full grid wants: too few, or any too many."""
    told = _table_of_volumes(source_map)
    warehouse.create(told)
    warehouse.create(QUEUE_INTERVALS)
    queues = warehouse.frame(first_dates(of_parts(source_map).filter(warehouse.table(told.full_name))))
    found = warehouse.frame(intervals_per_day(of_source(source_map).filter(warehouse.table(QUEUE_INTERVALS.full_name))))
    dates = source_dates(warehouse, source_map)
    wanted = _wanted_intervals(source_map, queues, dates)
    both = wanted.merge(found, on=["queue_id", "business_date"], how="outer", suffixes=("_wanted", "_found"))
    differs = both["intervals_wanted"].fillna(0) != both["intervals_found"].fillna(0)
    return set(both.loc[differs, "business_date"].dt.date)


def _replace_intervals(
    warehouse: Warehouse,
    source_map: SourceMap,
    rules: SilverRules,
    known: Collection[dt.date],
    dates: Dates,
) -> int:
    scope = Scope(of_source(source_map).equals, "business_date", dates=dates)
    grid = _grid(warehouse, source_map, known, dates)
    if grid.empty:
        return warehouse.replace(QUEUE_INTERVALS, arrow_schema(QUEUE_INTERVALS).empty_table(), scope)
    told = of_parts(source_map).filter(warehouse.table(_table_of_volumes(source_map).full_name))
    anchor = grid["interval_start"].iloc[0].to_pydatetime()
    minutes = source_map.site.interval_minutes
    of_dates = days_scope(source_map, dates).filter(told)
    if statistics := [table for part in source_map.playing("intervals") if (table := part.table("intervals"))]:
        for part, table in zip(source_map.playing("intervals"), statistics, strict=True):
            check_steps(warehouse, of_source(part).filter(told), minutes, table)
        found, absent = measures_told(of_dates, anchor, minutes), statistics[0].absent
    else:
        found, absent = measures(of_dates, anchor, minutes, rules.answer_target_seconds), "zero"
    known_of = known_stretches(first_dates(told), unknown_queues(warehouse, source_map, told))
    with (
        _staged(warehouse, grid) as staged,
        warehouse.put_aside(known_of) as queues,
        staged_own_hours(warehouse, source_map, queues, dates) as own,
    ):
        wanted = with_own_hours(with_unknown_days(rows_of_queues(staged, queues)), own, local="interval_start_local")
        full = queue_intervals(wanted, found, source_map.name, is_absent_missing=absent == "missing")
        return warehouse.replace(QUEUE_INTERVALS, full, scope)


def _table_of_volumes(source_map: SourceMap) -> Table:
    """The silver table that tells how many calls came when."""
    return INTERVAL_STATISTICS if source_map.playing("intervals") else CALLS


def _grid(warehouse: Warehouse, source_map: SourceMap, known: Collection[dt.date], dates: Dates) -> pd.DataFrame:
    """The grid of those dates that lie in the source's range; empty if none does."""
    inside = Dates.of(date for date in dates if known and min(known) <= date <= max(known))
    if not inside:
        return pd.DataFrame()
    grid = grid_of_days(read_queue_calendar(warehouse, source_map), known, inside.hull.first, inside.hull.last)
    grid = grid.assign(is_open_day=grid.groupby("business_date")["is_open"].transform("any"))
    return grid[grid["business_date"].isin(pd.DatetimeIndex(list(inside)))]


@contextmanager
def _staged(warehouse: Warehouse, grid: pd.DataFrame) -> Iterator[IbisTable]:
    """The grid as a table of the warehouse: Ibis loads in-memory tables row by row into a server."""
    name = staging_name("silver", "grid")
    warehouse.create_from_schema(name, _GRID_SCHEMA)
    try:
        rows = pa.Table.from_pandas(grid, _GRID_SCHEMA.to_pyarrow(), preserve_index=False)
        warehouse.append_arrow(name, rows)
        warehouse.renew_statistics(name)
        yield warehouse.table(name)
    finally:
        warehouse.drop(name)


def _wanted_intervals(source_map: SourceMap, queues: pd.DataFrame, dates: Collection[dt.date]) -> pd.DataFrame:
    """queue_id, business_date and the number of intervals the full grid has there."""
    columns = ["queue_id", "business_date", "intervals"]
    if queues.empty or not dates:
        return pd.DataFrame(columns=columns).astype({"business_date": "datetime64[us]"})
    first = queues["first_date"].min().date()
    grid = interval_grid(source_map.site, first, max(dates))
    per_day = grid.groupby("business_date", as_index=False).size().rename(columns={"size": "intervals"})
    both = queues.merge(per_day, how="cross")
    return both.loc[both["business_date"] >= both["first_date"], columns]
