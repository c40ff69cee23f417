"""The few rows that judgement asks for: a day's calls beside their forecast, and the scores of past issues."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import ibis
import pandas as pd
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.gold import FORECAST_ACCURACY, QUEUE_DAY_ACTUAL, QUEUE_DAY_FORECAST
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope


@dataclass(frozen=True, slots=True)
class DayVolume:
    """A day's calls and what was forecast for it, over the queues that have both.

    Attributes:
        date: The day; None where no day has both.
        calls, forecast: Totals; NaN where there are none.
    """

    date: dt.date | None
    calls: float
    forecast: float


def newest_volume(warehouse: Warehouse, source: str, *, without: Collection[dt.date]) -> DayVolume:
    """The newest day whose calls are known and that a forecast was issued for, by the issue next before it.

    Args:
        warehouse: An open warehouse.
        source: The source.
        without: Days that were not over when they were read.
    """
    known = _of_source(warehouse, QUEUE_DAY_ACTUAL.full_name, source)
    known = known.filter(~known.is_missing)
    if without:
        known = known.filter(~known.business_date.isin([ibis.literal(day) for day in sorted(without)]))
    forecast = _of_source(warehouse, QUEUE_DAY_FORECAST.full_name, source)
    both = known.join(forecast, ["queue_id", "business_date"]).select(
        "queue_id", "business_date", "issued_at", "calls_offered", "calls_mean"
    )
    newest = both.filter(both.business_date == both.business_date.max().as_scalar())
    rows = warehouse.frame(newest.filter(newest.issued_at == newest.issued_at.max().as_scalar()))
    if rows.empty:
        return DayVolume(None, float("nan"), float("nan"))
    date = pd.Timestamp(rows["business_date"].iloc[0]).date()
    return DayVolume(date, float(rows["calls_offered"].sum()), float(rows["calls_mean"].sum()))


def last_known_day(warehouse: Warehouse, source: str) -> dt.date | None:
    """The last date with known calls."""
    known = _of_source(warehouse, QUEUE_DAY_ACTUAL.full_name, source)
    last = warehouse.frame(known.filter(~known.is_missing).agg(last=known.business_date.max()))["last"].iloc[0]
    return None if pd.isna(last) else pd.Timestamp(last).date()


def week_scores(warehouse: Warehouse, source: str) -> pd.DataFrame:
    """Scores per interval of the first week of every issue, oldest first."""
    scores = _of_source(warehouse, FORECAST_ACCURACY.full_name, source)
    week = scores.filter(scores.grain == "interval", scores.horizon_band == "1-7")
    columns = ("issued_at", "queue_id", "points", "band_coverage", "wmape", "wmape_median6")
    return warehouse.frame(week.select(*columns).order_by("issued_at", "queue_id"))


def _of_source(warehouse: Warehouse, table: str, source: str) -> IbisTable:
    return Scope({"source": source}).filter(warehouse.table(table))
