"""Gold assets of the forecast: what is issued, what would have been issued, and how good it was.

The issue of a run stands for good; what becomes of one that is made again is in warehouse/shelves/issues. Past issue
dates that nobody forecast then are filled in as hindcasts (hindcasts.py), so that accuracy has
something to score from the first day on.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from importlib.metadata import version
from typing import Any

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.assets.common import Flow, Stopwatch, materialized, report, spec
from wfm_pipeline.assets.forecasting.hindcasts import hindcasts_to_make, store_hindcast
from wfm_pipeline.assets.pictures import pictures
from wfm_pipeline.assets.silver import CALENDAR_KEY, INTERVALS_KEY
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.gold import QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.planning.forecast_plans import (
    ANOMALY_DECISIONS,
    ISSUE_TABLES,
    PLANNED_DRIVERS,
    PLANNED_EVENTS,
    QUEUE_DAY_ANOMALY,
)
from wfm_pipeline.domain.calendar import interval_grid
from wfm_pipeline.domain.forecasting import ForecastResult, dump_model, forecast, model_card
from wfm_pipeline.domain.forecasting.grains import open_hours, place_on_grid
from wfm_pipeline.domain.forecasting.issues import WRITTEN, issue_instant
from wfm_pipeline.errors import DataError, shown
from wfm_pipeline.reports.figures.forecast import fan_chart, fan_glance
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import forecast_options
from wfm_pipeline.units import sensible_date
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.shelves.history import ForecastInputs, read_inputs
from wfm_pipeline.warehouse.shelves.issues import Frames, is_settled, issue_frames, issue_scope, store_issue
from wfm_pipeline.warehouse.shelves.models import save_model
from wfm_pipeline.warehouse.shelves.planners import read_plans

FORECAST_KEY = dg.AssetKey(["gold", QUEUE_INTERVAL_FORECAST.name])
DAY_FORECAST_KEY = dg.AssetKey(["gold", QUEUE_DAY_FORECAST.name])
_LEARNT_WITH = ("wfm-pipeline", "lightgbm", "numpy")
"""Distributions whose versions stand on a model's card."""


class ForecastConfig(dg.Config):
    """What a person may choose for one run of the forecast.

    Attributes:
        as_of: First target day, YYYY-MM-DD; empty takes the day after the last business date known to its end,
            so that a run at noon forecasts from today on.
        reissue: Make an issue again although its days have begun; the former one goes to the archive.
    """

    as_of: str = ""
    reissue: bool = False

    def first_day(self, inputs: ForecastInputs) -> dt.date:
        """The first target day.

        Raises:
            DataError: as_of is no date, or there is no history before it.
        """
        try:
            day = sensible_date(dt.date.fromisoformat(self.as_of)) if self.as_of else inputs.first_target
        except ValueError as error:
            raise DataError(f"as_of must be a date as YYYY-MM-DD, got {shown(self.as_of)}", got=self.as_of) from error
        if day <= inputs.first_date:
            raise DataError(f"as_of {day} leaves no history: the first business date is {inputs.first_date}")
        return day


def build_forecast_assets() -> list[dg.AssetsDefinition]:
    """The forecast at interval and day grain, written together because they must add up."""
    deps = [INTERVALS_KEY, CALENDAR_KEY, *map(key_of, (PLANNED_EVENTS, PLANNED_DRIVERS, ANOMALY_DECISIONS))]

    @dg.multi_asset(
        name="queue_forecast",
        specs=[spec(table, deps=deps, kinds={"lightgbm", "table"}, made_in=__name__) for table in _TABLES],
    )
    def queue_forecast(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House], config: ForecastConfig
    ) -> Iterator[dg.MaterializeResult]:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            read = read_inputs(warehouse, house.source_map)
            origin, inputs = config.first_day(read), read.whole_days()
            if read.unfinished:
                context.log.info(f"read before it was over, so no history: {_named(read.unfinished)}")
            notes = _issue_live(
                context, house, warehouse, inputs, origin, next_date=read.next_date, is_reissue=config.reissue
            )
            hindcasts = hindcasts_to_make(house, warehouse, inputs, origin, is_reissue=config.reissue)
            for day in hindcasts:
                context.log.info(f"hindcast as of {day}")
                _, frames = _make(house, warehouse, inputs, day, is_hindcast=True)
                store_hindcast(house, warehouse, day, frames, run_id=context.run.run_id)
            notes |= {"hindcasts": [day.isoformat() for day in hindcasts], "unfinished_days": _named(read.unfinished)}
            notes |= _pictures(context, house, warehouse, inputs, origin)
            for table in _TABLES:
                rows = _count(house, warehouse, table, origin)
                flow = Flow(len(inputs.history), rows, notes=notes)
                column = "business_date" if table in _BY_DATE else None
                metadata = report(context, house, warehouse, table.full_name, flow, watch, time_column=column)
                yield materialized(context, asset_key=dg.AssetKey([table.layer, table.name]), metadata=metadata)

    return [queue_forecast]


_BY_DATE = (QUEUE_INTERVAL_FORECAST, QUEUE_DAY_FORECAST, QUEUE_DAY_ANOMALY)
_TABLES = (QUEUE_INTERVAL_FORECAST, QUEUE_DAY_FORECAST, *ISSUE_TABLES)


def _issue_live(
    context: dg.AssetExecutionContext,
    house: House,
    warehouse: Warehouse,
    inputs: ForecastInputs,
    origin: dt.date,
    *,
    next_date: dt.date,
    is_reissue: bool,
) -> dict[str, Any]:
    """Issue the forecast, unless it stands already; notes for the run."""
    if is_settled(warehouse, house.source_map, origin, next_date=next_date, is_reissue=is_reissue):
        context.log.info(f"the issue of {origin} stands: its days have begun; reissue it by name if it must change")
        return {"issue": "stands"}
    result, frames = _make(house, warehouse, inputs, origin, is_hindcast=False)
    run_id, issued_at = context.run.run_id, issue_instant(house.site, origin)
    word = store_issue(warehouse, house.source_map, issued_at, frames, is_reissue=is_reissue, run_id=run_id)
    if word in WRITTEN:
        _save(house, result, origin)
    return {"issue": word, **_notes(result)}


def _named(days: Collection[dt.date]) -> str:
    return ", ".join(day.isoformat() for day in sorted(days)) or "none"


def _count(house: House, warehouse: Warehouse, table: Table, origin: dt.date) -> int:
    """Rows of an issue in a table."""
    return warehouse.count(table.full_name, issue_scope(house.source_map, issue_instant(house.site, origin)))


def _make(
    house: House, warehouse: Warehouse, inputs: ForecastInputs, origin: dt.date, *, is_hindcast: bool
) -> tuple[ForecastResult, Frames]:
    """Forecast from `origin` on: what was learnt, and the issue's rows."""
    settings = house.settings
    grid = interval_grid(house.site, origin, origin + dt.timedelta(days=settings.horizon_days - 1))
    result = forecast(
        inputs.history,
        site=house.site,
        origin=origin,
        horizon_days=settings.horizon_days,
        handle=inputs.handle,
        is_open_future=open_hours(grid),
        plans=read_plans(warehouse, house.source_map, is_hindcast=is_hindcast),
        options=forecast_options(house.settings),
    )
    intervals, days = place_on_grid(result.intervals, result.days, grid)
    labels: dict[str, Any] = {
        **house.in_source(),
        "issued_at": issue_instant(house.site, origin),
        "is_hindcast": is_hindcast,
    }
    frames = (rows.assign(**labels) for rows in (intervals, days, result.models.outside.anomalies))
    return result, issue_frames(*frames)


def _save(house: House, result: ForecastResult, origin: dt.date) -> None:
    card = model_card(result.models, versions={name: version(name) for name in _LEARNT_WITH})
    save_model(house.model_folder(origin), dump_model(result.models), card)


def _notes(result: ForecastResult) -> dict[str, object]:
    names = result.intervals.groupby("model_name", sort=True)["queue_id"].unique()
    return {
        "models": {str(name): sorted(map(str, queues)) for name, queues in names.items()},
        "forecast_notes": list(result.notes),
        "days_left_out": int(result.models.outside.anomalies["is_left_out"].sum()),
    }


def _pictures(
    context: dg.AssetExecutionContext, house: House, warehouse: Warehouse, inputs: ForecastInputs, origin: dt.date
) -> dict[str, Any]:
    days = warehouse.frame(
        issue_scope(house.source_map, issue_instant(house.site, origin)).filter(
            warehouse.table(QUEUE_DAY_FORECAST.full_name)
        )
    )
    past = inputs.history.assign(business_date=inputs.history["interval_start"].dt.normalize())
    actual = past.groupby(["queue_id", "business_date"], as_index=False)["calls"].sum(min_count=1)
    recent = actual[actual["business_date"] >= pd.Timestamp(origin - dt.timedelta(days=28))]
    recent = recent[recent["business_date"] < pd.Timestamp(origin)]
    band = house.title("Calls per day, forecast with 80 % band")
    return pictures(
        context,
        at_a_glance=lambda: fan_glance(recent, days, title=house.title("Calls per day")),
        fan_chart=lambda: fan_chart(recent, days, title=band),
    )
