"""Gold asset of the forecast's accuracy: issued forecasts against what came, beside the peers."""

import datetime as dt
from typing import Any

import dagster as dg
import ibis
import pandas as pd

from wfm_pipeline.assets.common import Flow, Stopwatch, asset_words, materialized, report
from wfm_pipeline.assets.forecasting.forecast import DAY_FORECAST_KEY, FORECAST_KEY
from wfm_pipeline.contracts.gold import FORECAST_ACCURACY, QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.forecasting import score_issue
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel, build_panel
from wfm_pipeline.domain.forecasting.issues import issue_instant
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_source
from wfm_pipeline.warehouse.shelves.history import ForecastInputs, read_inputs
from wfm_pipeline.warehouse.shelves.issues import issue_scope


def build_accuracy_assets() -> list[dg.AssetsDefinition]:
    """The accuracy's asset."""

    @dg.asset(**asset_words(FORECAST_ACCURACY, made_in=__name__), deps=[FORECAST_KEY, DAY_FORECAST_KEY])
    def forecast_accuracy(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            inputs = read_inputs(warehouse, house.source_map).whole_days()
            days, panel = _issues_to_score(house, warehouse, inputs), build_panel(inputs.history)
            scored = [_score(house, warehouse, panel, day) for day in days]
            rows = pd.concat(scored, ignore_index=True) if scored else pd.DataFrame()
            loaded = sum(_replace(house, warehouse, part) for part in scored if len(part))
            flow = Flow(len(rows), loaded, notes=_notes(rows))
            return materialized(
                context, metadata=report(context, house, warehouse, FORECAST_ACCURACY.full_name, flow, watch)
            )

    return [forecast_accuracy]


def _issues_to_score(house: House, warehouse: Warehouse, inputs: ForecastInputs) -> list[dt.date]:
    """Issues that actuals can still change, those of the last horizons, and any not scored yet; oldest first."""
    settings = house.settings
    oldest = inputs.next_date - dt.timedelta(days=settings.horizon_days * (settings.backtest_origins + 1))
    warehouse.create(FORECAST_ACCURACY)
    of_it = of_source(house.source_map)
    scored = of_it.filter(warehouse.table(FORECAST_ACCURACY.full_name)).select("issued_at").distinct()
    issues = of_it.filter(warehouse.table(QUEUE_DAY_FORECAST.full_name)).group_by("issued_at")
    first_days = warehouse.frame(issues.agg(first_day=ibis._["business_date"].min()))
    is_scored = first_days["issued_at"].isin(warehouse.frame(scored)["issued_at"])
    days = {pd.Timestamp(day).date(): done for day, done in zip(first_days["first_day"], is_scored, strict=True)}
    return sorted(day for day, done in days.items() if day < inputs.next_date and (day >= oldest or not done))


def _score(house: House, warehouse: Warehouse, actuals: CallPanel, origin: dt.date) -> pd.DataFrame:
    scope = issue_scope(house.source_map, issue_instant(house.site, origin))
    intervals = warehouse.frame(scope.filter(warehouse.table(QUEUE_INTERVAL_FORECAST.full_name)))
    days = warehouse.frame(scope.filter(warehouse.table(QUEUE_DAY_FORECAST.full_name)))
    scores = score_issue(
        intervals.drop(columns="interval_start").rename(columns={"interval_start_local": "interval_start"}),
        days,
        actuals,
        origin=origin,
    )
    labels: dict[str, Any] = {**scope.equals, "is_hindcast": bool(intervals["is_hindcast"].iloc[0])}
    return scores.assign(**labels)


def _replace(house: House, warehouse: Warehouse, part: pd.DataFrame) -> int:
    scope = issue_scope(house.source_map, part["issued_at"].iloc[0].to_pydatetime())
    return warehouse.replace(FORECAST_ACCURACY, part, scope)


def _notes(rows: pd.DataFrame) -> dict[str, object]:
    if rows.empty:
        return {"issues_scored": 0}
    whole = rows[(rows["queue_id"] == ALL) & (rows["grain"] == "interval")]
    latest = whole[whole["issued_at"] == whole["issued_at"].max()].iloc[-1]
    return {
        "issues_scored": int(rows["issued_at"].nunique()),
        "wmape": float(latest["wmape"]),
        "wmape_median6": float(latest["wmape_median6"]),
    }
