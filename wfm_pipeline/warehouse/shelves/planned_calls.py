"""The calls that the weekly allocation plans for: final values of the forecast and the long range, as weekly demand.

Here: which rows of which issue, where there are no final values, and the days that came. Not here: what a plan may know
(domain/allocation/week/calls) or the planners' tables (allocation_inputs.py).
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.gold import QUEUE_DAY_ACTUAL, QUEUE_DAY_FORECAST
from wfm_pipeline.contracts.long_range import QUEUE_DAY_LONG_RANGE, QUEUE_WEEK_LONG_RANGE
from wfm_pipeline.contracts.planning.planners_input import QUEUE_DAY_FINAL
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.allocation.tables.locality import LocalityPolicy
from wfm_pipeline.domain.allocation.week.calls import fill_weeks, known_at_week_start
from wfm_pipeline.domain.allocation.week.demand import forecast_demand
from wfm_pipeline.domain.allocation.week.long_range import later_weeks, with_long_days
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_source

DEMAND_COLUMNS = ["demand_id", "platform", "locality", "case_type", "state", "weekly_forecast", "handle_seconds"]
_KEYS = ["queue_id", "business_date", "issued_at"]
_FORECAST_COLUMNS = ["queue_id", "business_date", "horizon_days", "calls_mean", "aht_seconds"]
_WEEK_COLUMNS = ["queue_id", "week_start", "issued_at", "calls_mean", "aht_seconds"]


@dataclass(frozen=True)
class PlannedCalls:
    """Calls that weeks are planned from.

    Attributes:
        days: Per queue and date what the nightly forecast says; none before the first.
        filled: The same with dates that stand in, and a row per queue and later week; each with demand_from.
        long_range: ISO week that only the long range reaches -> date of that issue.
        notices: What the reader should know of dates that stand in.
    """

    days: pd.DataFrame
    filled: pd.DataFrame
    long_range: Mapping[IsoWeek, dt.date]
    notices: tuple[str, ...]

    def weekly(self, queue_map: pd.DataFrame, policy: LocalityPolicy) -> tuple[pd.DataFrame, list[str]]:
        """Weekly demand of the mapped queues, none before the first forecast or without a map, and notices."""
        if self.filled.empty or queue_map.empty:
            return pd.DataFrame(columns=["iso_year", "iso_week", *DEMAND_COLUMNS, "demand_from"]), []
        calls, notices = forecast_demand(self.filled, queue_map, policy)
        return calls, [*self.notices, *notices]


def read_planned_calls(warehouse: Warehouse, source_map: SourceMap) -> PlannedCalls:
    """The nightly forecast where it reaches, and the long range beyond it."""
    days = planned_days(warehouse, source_map)
    whole, by_days = with_long_days(days, _issues(warehouse, source_map, QUEUE_DAY_LONG_RANGE, _FORECAST_COLUMNS))
    filled, by_weekday = fill_weeks(whole)
    later = later_weeks(days, _issues(warehouse, source_map, QUEUE_WEEK_LONG_RANGE, _WEEK_COLUMNS))
    issues = later.drop_duplicates("business_date")
    issued = {
        IsoWeek.of(monday.date()): issue.date()
        for monday, issue in zip(issues["business_date"], issues["issued_at"], strict=True)
    }
    parts = [part for part in (filled, later.drop(columns="issued_at")) if len(part)]
    together = pd.concat(parts, ignore_index=True) if parts else filled
    return PlannedCalls(days, together, issued, (*by_days, *by_weekday))


def _issues(warehouse: Warehouse, source_map: SourceMap, table: Table, columns: list[str]) -> pd.DataFrame:
    """All issues of the source; none where the table is not there."""
    if not warehouse.has(table.full_name):
        return pd.DataFrame(columns=columns)
    return warehouse.frame(of_source(source_map).filter(warehouse.table(table.full_name)).select(*columns))


def planned_days(warehouse: Warehouse, source_map: SourceMap) -> pd.DataFrame:
    """Calls per queue and date as a plan of the date's week may know them; empty before the first forecast.

    An issue's final values, overrides included; hindcasts, and issues made before those were kept, have none: there the
    model's values stand, and is_final is False.
    """
    if not warehouse.has(QUEUE_DAY_FORECAST.full_name):
        return pd.DataFrame(columns=[*_FORECAST_COLUMNS, "is_final"])
    warehouse.create(QUEUE_DAY_FINAL)
    model, final = (
        of_source(source_map).filter(warehouse.table(table.full_name))
        for table in (QUEUE_DAY_FORECAST, QUEUE_DAY_FINAL)
    )
    rows = warehouse.frame(model.select(*_FORECAST_COLUMNS, "issued_at"))
    planned = warehouse.frame(final.select(*_KEYS, "calls_final", "aht_seconds"))
    return known_at_week_start(_with_final(rows, planned))


def _with_final(rows: pd.DataFrame, final: pd.DataFrame) -> pd.DataFrame:
    """Forecast rows with the final calls and handle times in the place of the model's, where there are any."""
    both = rows.merge(final, on=_KEYS, how="left", validate="one_to_one", suffixes=("", "_final"))
    is_final = both["calls_final"].notna()
    calls = both["calls_final"].where(is_final, both["calls_mean"])
    aht = both["aht_seconds_final"].where(is_final, both["aht_seconds"])
    model = {"calls_model": both["calls_mean"], "aht_model_seconds": both["aht_seconds"]}
    return both[_FORECAST_COLUMNS].assign(calls_mean=calls, aht_seconds=aht, is_final=is_final, **model)


def days_without_final(days: pd.DataFrame) -> dict[IsoWeek, int]:
    """ISO week -> queue days of it without final values."""
    if days.empty:
        return {}
    return dict(Counter(IsoWeek.of(date.date()) for date in days.loc[~days["is_final"], "business_date"]))


def read_actual_days(warehouse: Warehouse, source_map: SourceMap, queues: "pd.Series[str]") -> pd.DataFrame:
    """What came to some queues per day: queue_id, business_date, calls_offered, answered_handle_known, handle_seconds [s]."""
    stored = of_source(source_map).filter(warehouse.table(QUEUE_DAY_ACTUAL.full_name))
    names = ["queue_id", "business_date", "calls_offered", "answered_handle_known", "handle_seconds"]
    days = warehouse.frame(stored.select(*names))
    return days[days["queue_id"].isin(queues)]
