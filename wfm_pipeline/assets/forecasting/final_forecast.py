"""Gold assets of the planners' overrides: final values beside the model's, and what each override was worth.

The newest issue is finished again in every run, older ones only where they never were or have a new
revision: what was final when the next issue came stays so.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.assets.common import Flow, Stopwatch, asset_words, materialized, report, spec
from wfm_pipeline.assets.forecasting.forecast import DAY_FORECAST_KEY, FORECAST_KEY
from wfm_pipeline.assets.silver import INTERVALS_KEY
from wfm_pipeline.contracts.gold import QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.planning.forecast_plans import (
    FINAL_TABLES,
    FORECAST_OVERRIDES,
    OVERRIDE_VALUE,
    QUEUE_DAY_FINAL,
    QUEUE_INTERVAL_FINAL,
    QUEUE_INTERVAL_OVERRIDE,
)
from wfm_pipeline.contracts.silver import QUEUE_INTERVALS
from wfm_pipeline.domain.forecasting.planners.overrides import finish_forecast, score_overrides
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_source
from wfm_pipeline.warehouse.shelves.history import unfinished_days
from wfm_pipeline.warehouse.shelves.issues import issue_scope, ledger_of
from wfm_pipeline.warehouse.shelves.planners import read_overrides

FINAL_KEY = dg.AssetKey([QUEUE_INTERVAL_FINAL.layer, QUEUE_INTERVAL_FINAL.name])
_APPLIED_KEY = dg.AssetKey([QUEUE_INTERVAL_OVERRIDE.layer, QUEUE_INTERVAL_OVERRIDE.name])


def build_final_assets() -> list[dg.AssetsDefinition]:
    """Final values and their score."""
    return [_final_asset(), _value_asset()]


def _final_asset() -> dg.AssetsDefinition:
    deps = [FORECAST_KEY, DAY_FORECAST_KEY, key_of(FORECAST_OVERRIDES)]

    @dg.multi_asset(name="final_forecast", specs=[spec(table, deps=deps, made_in=__name__) for table in FINAL_TABLES])
    def final_forecast(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult]:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            overrides = read_overrides(warehouse, house.source_map)
            finished = [_finish(house, warehouse, overrides, *one) for one in _issues_to_finish(house, warehouse)]
            for note in dict.fromkeys(note for notes, _ in finished for note in notes):
                context.log.info(note)
            notes = {"issues": len(finished), "overrides": len(overrides)}
            for table in FINAL_TABLES:
                rows = sum(counts[table.name] for _, counts in finished)
                flow = Flow(rows, rows, notes=notes)
                metadata = report(context, house, warehouse, table.full_name, flow, watch, time_column="business_date")
                yield materialized(context, asset_key=dg.AssetKey([table.layer, table.name]), metadata=metadata)

    return final_forecast


def _issues_to_finish(house: House, warehouse: Warehouse) -> list[tuple[dt.datetime, int]]:
    """The newest issue, and those that have no final values of their current revision; (issued_at, revision)."""
    for table in FINAL_TABLES:
        warehouse.create(table)
    ledger = ledger_of(warehouse, house.source_map)
    current = ledger[ledger["is_current"]]
    stored = of_source(house.source_map).filter(warehouse.table(QUEUE_DAY_FINAL.full_name))
    done = warehouse.frame(stored.select("issued_at", "revision").distinct())
    known = set(zip(done["issued_at"], done["revision"], strict=True))
    newest = current["issued_at"].max()
    return [
        (issued_at.to_pydatetime(), int(revision))
        for issued_at, revision in zip(current["issued_at"], current["revision"], strict=True)
        if issued_at == newest or (issued_at, revision) not in known
    ]


def _finish(
    house: House, warehouse: Warehouse, overrides: pd.DataFrame, issued_at: dt.datetime, revision: int
) -> tuple[tuple[str, ...], dict[str, int]]:
    """Write an issue's final values; notes, and rows per table."""
    scope = issue_scope(house.source_map, issued_at)
    intervals, days = (
        warehouse.frame(scope.filter(warehouse.table(table.full_name)))
        for table in (QUEUE_INTERVAL_FORECAST, QUEUE_DAY_FORECAST)
    )
    done = finish_forecast(intervals, days, overrides)
    labels: dict[str, Any] = {**house.in_source(), "issued_at": issued_at}
    rows = {
        QUEUE_INTERVAL_FINAL: done.intervals.assign(revision=revision),
        QUEUE_DAY_FINAL: done.days.assign(revision=revision),
        QUEUE_INTERVAL_OVERRIDE: done.effects.assign(**labels),
    }
    with warehouse.transaction():
        counts = {table.name: warehouse.replace(table, frame, scope) for table, frame in rows.items()}
    return done.notes, counts


def _value_asset() -> dg.AssetsDefinition:
    @dg.asset(**asset_words(OVERRIDE_VALUE, made_in=__name__), deps=[_APPLIED_KEY, INTERVALS_KEY])
    def override_value(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            effects = _of_source(house, warehouse, QUEUE_INTERVAL_OVERRIDE.full_name)
            rows = _score(house, warehouse, effects)
            loaded = warehouse.replace(OVERRIDE_VALUE, rows, of_source(house.source_map))
            whole = rows[rows["grain"] == "day"]
            came = float(whole["calls_actual"].sum())
            gain = float((whole["error_before"] - whole["error_after"]).sum())
            notes = {"value_added": gain / came if came > 0 else "nothing to score yet"}
            flow = Flow(len(effects), loaded, notes=notes)
            metadata = report(context, house, warehouse, OVERRIDE_VALUE.full_name, flow, watch)
            return materialized(context, metadata=metadata)

    return override_value


def _of_source(house: House, warehouse: Warehouse, table: str, *columns: str) -> pd.DataFrame:
    stored = of_source(house.source_map).filter(warehouse.table(table))
    return warehouse.frame(stored.select(*columns) if columns else stored)


def _score(house: House, warehouse: Warehouse, effects: pd.DataFrame) -> pd.DataFrame:
    """Scores of all issues on which an override acted; dates that were read before they were over come later."""
    columns = ("queue_id", "interval_start", "business_date", "calls_offered")
    actual = _of_source(house, warehouse, QUEUE_INTERVALS.full_name, *columns)
    is_over = ~actual["business_date"].isin(pd.to_datetime(sorted(unfinished_days(warehouse, house.source_map))))
    actual = actual.rename(columns={"calls_offered": "calls"}).loc[is_over, ["queue_id", "interval_start", "calls"]]
    parts = [
        score_overrides(part, actual).assign(issued_at=issued_at)
        for issued_at, part in effects.groupby("issued_at", sort=True)
    ]
    names = [name for name in OVERRIDE_VALUE.column_names if name != "source"]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)
    return rows.assign(**house.in_source())
