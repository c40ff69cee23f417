"""Gold asset of the staffing: the team of every queue and interval of the issued forecasts, overrides included.

What is staffed are the final values; the band moves with them (domain/forecasting/planners/overrides). An issue that
has none, made before they were kept, is staffed to the model's values as a whole, and its rows say so.

An issue is staffed when it is the newest, has no staffing yet, or when its forecast has changed
since; older ones keep the team and the settings they had. Hindcasts are not staffed.
"""

from typing import Any

import dagster as dg
import ibis
import numpy as np
import pandas as pd

from wfm_pipeline.assets.common import Flow, Stopwatch, asset_words, materialized, report
from wfm_pipeline.assets.forecasting.final_forecast import FINAL_KEY
from wfm_pipeline.assets.forecasting.forecast import FORECAST_KEY
from wfm_pipeline.assets.pictures import pictures
from wfm_pipeline.contracts.gold import QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.planning.forecast_plans import QUEUE_INTERVAL_FINAL
from wfm_pipeline.contracts.staffing import QUEUE_INTERVAL_STAFFING
from wfm_pipeline.domain.forecasting.planners.overrides import moved_quantiles
from wfm_pipeline.domain.staffing.forecast_teams import BANDS, staff_forecast
from wfm_pipeline.reports.figures.staffing import staffing_chart, staffing_glance
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import staffing_policies, staffing_policy
from wfm_pipeline.units import SECONDS_PER_MINUTE
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope

GROUP = "staffing"
_LABELS = [
    "queue_id",
    "interval_start",
    "interval_start_local",
    "business_date",
    "issued_at",
    "calls_mean",
    "calls_final",
    "aht_seconds",
]
_KEYS = ["queue_id", "interval_start", "issued_at"]
_CHANGED_CALLS = 1e-6
"""Sum of an issue's calls that says the forecast has changed [calls]."""


def build_staffing_assets() -> list[dg.AssetsDefinition]:
    """The staffing's asset."""
    words = {**asset_words(QUEUE_INTERVAL_STAFFING, made_in=__name__), "group_name": GROUP}

    @dg.asset(**words, deps=[FORECAST_KEY, FINAL_KEY])
    def queue_interval_staffing(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> dg.MaterializeResult:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            staffed = [_staff_issue(house, warehouse, issue) for issue in _issues_to_staff(house, warehouse)]
            rows = pd.concat(staffed, ignore_index=True) if staffed else pd.DataFrame()
            flow = Flow(len(rows), len(rows), notes=_notes(context, house, rows))
            table = QUEUE_INTERVAL_STAFFING.full_name
            metadata = report(context, house, warehouse, table, flow, watch, time_column="business_date")
            return materialized(context, metadata=metadata)

    return [queue_interval_staffing]


def _issues_to_staff(house: House, warehouse: Warehouse) -> list[pd.Timestamp]:
    """Issues without a team, with another forecast than was staffed, and the newest; oldest first."""
    warehouse.create(QUEUE_INTERVAL_STAFFING)
    of_source = Scope(house.in_source())
    issues = warehouse.frame(_calls_by_issue(_planned(warehouse, of_source)))
    staffed = warehouse.frame(_calls_by_issue(of_source.filter(warehouse.table(QUEUE_INTERVAL_STAFFING.full_name))))
    both = issues.merge(staffed, on="issued_at", how="left", suffixes=("", "_staffed"))
    is_stale = ~((both["calls"] - both["calls_staffed"]).abs() < _CHANGED_CALLS)
    return sorted(both.loc[is_stale | (both["issued_at"] == both["issued_at"].max()), "issued_at"])


def _planned(warehouse: Warehouse, scope: Scope) -> ibis.Table:
    """Issued forecasts with `calls_final`, null where an issue has no final values."""
    warehouse.create(QUEUE_INTERVAL_FINAL)
    forecast = scope.filter(warehouse.table(QUEUE_INTERVAL_FORECAST.full_name))
    final = scope.filter(warehouse.table(QUEUE_INTERVAL_FINAL.full_name)).select(*_KEYS, "calls_final")
    joined = forecast.filter(~forecast.is_hindcast).left_join(final, _KEYS)
    return joined.select(*QUEUE_INTERVAL_FORECAST.column_names, "calls_final")


def _calls_by_issue(rows: ibis.Table) -> ibis.Table:
    return rows.group_by("issued_at").agg(calls=rows.calls_final.fill_null(rows.calls_mean).sum())


def _staff_issue(house: House, warehouse: Warehouse, issue: pd.Timestamp) -> pd.DataFrame:
    """Staff one issue and put it in the place of what stood there for it."""
    scope = Scope({**house.in_source(), "issued_at": issue.to_pydatetime()})
    forecast = warehouse.frame(_planned(warehouse, scope))
    teams = staff_forecast(
        _with_overrides(forecast),
        float(house.site.interval_minutes * SECONDS_PER_MINUTE),
        staffing_policies(house.settings),
        staffing_policy(house.settings),
        threads=house.settings.num_threads,
    )
    labels: dict[str, Any] = {**house.in_source()}
    rows = forecast[_LABELS].merge(teams, on=["queue_id", "interval_start"], validate="one_to_one").assign(**labels)
    warehouse.replace(QUEUE_INTERVAL_STAFFING, rows, scope)
    return rows


def _with_overrides(forecast: pd.DataFrame) -> pd.DataFrame:
    """What is staffed: final calls as the mean, and the band that follows them; the model's where there are none."""
    mean = forecast["calls_mean"].to_numpy(np.float64)
    final = forecast["calls_final"].fillna(forecast["calls_mean"]).to_numpy(np.float64)
    bands = {level: forecast[column].to_numpy(np.float64) for level, column in BANDS.items()}
    moved = moved_quantiles(bands, mean=mean, final=final)
    return forecast.assign(calls_mean=final, **{column: moved[level] for level, column in BANDS.items()})


def _notes(context: dg.AssetExecutionContext, house: House, rows: pd.DataFrame) -> dict[str, Any]:
    if rows.empty:
        return {"issues_staffed": 0}
    newest = rows[rows["issued_at"] == rows["issued_at"].max()]
    known = newest[newest["service_level"].notna()]
    calls = known["calls_final"].fillna(known["calls_mean"])
    title = house.title("Agents required over the day")
    return {
        "issues_staffed": int(rows["issued_at"].nunique()),
        "issues_without_final_values": int(rows.loc[rows["calls_final"].isna(), "issued_at"].nunique()),
        "service_level": float((known["service_level"] * calls).sum() / calls.sum()) if calls.sum() else None,
        "scheduled_hours": float(newest["staffing_minutes"].sum() / SECONDS_PER_MINUTE),
        "workload_hours": float(newest["workload_minutes"].sum() / SECONDS_PER_MINUTE),
        "rows_without_team": int(newest["reason"].notna().sum()),
        "quantiles": sorted(newest["quantile"].unique().tolist()),
        **pictures(
            context,
            at_a_glance=lambda: staffing_glance(newest, title=title),
            picture=lambda: staffing_chart(newest, title=title),
        ),
    }
