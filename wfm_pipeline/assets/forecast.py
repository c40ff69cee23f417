"""Gold assets of the forecast: what is issued, what would have been issued, and how good it was.

The issue of a run stands for good. Past issue dates that nobody forecast then are filled in as
hindcasts, which know only what was known before them, so that accuracy has something to score from
the first day on.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd

from wfm_pipeline.assets.common import Flow, Stopwatch, report, spec
from wfm_pipeline.assets.forecast_inputs import ForecastInputs, coming_hours, issue_instant, open_hours, read_inputs
from wfm_pipeline.assets.silver import CALENDAR_KEY, INTERVALS_KEY
from wfm_pipeline.contracts.gold import QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.domain.forecasting import ForecastOptions, ForecastResult, dump_model, forecast, model_card
from wfm_pipeline.domain.forecasting.placing import place_on_grid
from wfm_pipeline.errors import DataError
from wfm_pipeline.reports.figures import fan_chart
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.engine import Warehouse
from wfm_pipeline.warehouse.model_store import save_model
from wfm_pipeline.warehouse.scope import Scope

FORECAST_KEY = dg.AssetKey(["gold", QUEUE_INTERVAL_FORECAST.name])
DAY_FORECAST_KEY = dg.AssetKey(["gold", QUEUE_DAY_FORECAST.name])


class ForecastConfig(dg.Config):
    """What a person may choose for one run of the forecast.

    Attributes:
        as_of: First target day, YYYY-MM-DD; empty takes the day after the last business date known.
    """

    as_of: str = ""

    def first_day(self, inputs: ForecastInputs) -> dt.date:
        """The first target day.

        Raises:
            DataError: as_of is no date, or there is no history before it.
        """
        try:
            day = dt.date.fromisoformat(self.as_of) if self.as_of else inputs.next_date
        except ValueError as error:
            raise DataError(f"as_of must be a date as YYYY-MM-DD, got {self.as_of!r}", got=self.as_of) from error
        if day <= inputs.first_date:
            raise DataError(f"as_of {day} leaves no history: the first business date is {inputs.first_date}")
        return day


def build_forecast_assets() -> list[dg.AssetsDefinition]:
    """The forecast at interval and day grain, written together because they must add up."""
    deps = [INTERVALS_KEY, CALENDAR_KEY]

    @dg.multi_asset(
        name="queue_forecast",
        specs=[spec(table, deps=deps, kinds={"lightgbm", "table"}) for table in _TABLES],
    )
    def queue_forecast(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House], config: ForecastConfig
    ) -> Iterator[dg.MaterializeResult]:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            inputs = read_inputs(house, warehouse)
            origin = config.first_day(inputs)
            result = _issue(house, warehouse, inputs, origin, is_hindcast=False)
            _save(house, result, origin)
            hindcasts = [day for day in _past_origins(house, inputs, origin) if not _is_issued(house, warehouse, day)]
            for day in hindcasts:
                context.log.info(f"hindcast as of {day}")
                _issue(house, warehouse, inputs, day, is_hindcast=True)
            notes = {**_notes(result, hindcasts), "fan_chart": _picture(house, warehouse, inputs, origin)}
            for key, table in zip((FORECAST_KEY, DAY_FORECAST_KEY), _TABLES, strict=True):
                rows = len(result.intervals if table is QUEUE_INTERVAL_FORECAST else result.days)
                flow = Flow(len(inputs.history), rows, notes=notes)
                metadata = report(context, house, warehouse, table.full_name, flow, watch, time_column="business_date")
                yield dg.MaterializeResult(asset_key=key, metadata=metadata)

    return [queue_forecast]


_TABLES = (QUEUE_INTERVAL_FORECAST, QUEUE_DAY_FORECAST)


def _issue(
    house: House, warehouse: Warehouse, inputs: ForecastInputs, origin: dt.date, *, is_hindcast: bool
) -> ForecastResult:
    """Forecast from `origin` on and put both grains in place of the same issue."""
    settings = house.settings
    grid = coming_hours(house, origin, settings.horizon_days)
    result = forecast(
        inputs.history,
        site=house.site,
        origin=origin,
        horizon_days=settings.horizon_days,
        handle=inputs.handle,
        is_open_future=open_hours(grid),
        options=ForecastOptions(seed=settings.seed, num_threads=settings.num_threads),
    )
    intervals, days = place_on_grid(result.intervals, result.days, grid)
    issued_at = issue_instant(house, origin)
    labels: dict[str, Any] = {**house.in_source(), "issued_at": issued_at, "is_hindcast": is_hindcast}
    with warehouse.transaction():
        for table, rows in ((QUEUE_INTERVAL_FORECAST, intervals), (QUEUE_DAY_FORECAST, days)):
            warehouse.replace(table, rows.assign(**labels), _issue_scope(house, issued_at))
    return result


def _issue_scope(house: House, issued_at: dt.datetime) -> Scope:
    return Scope({**house.in_source(), "issued_at": issued_at})


def _past_origins(house: House, inputs: ForecastInputs, origin: dt.date) -> Iterator[dt.date]:
    """Issue dates before this one, a horizon apart, that have history before them."""
    for number in range(1, house.settings.backtest_origins + 1):
        day = origin - dt.timedelta(days=number * house.settings.horizon_days)
        if day > inputs.first_date:
            yield day


def _is_issued(house: House, warehouse: Warehouse, day: dt.date) -> bool:
    """True where a forecast was really issued on that date: hindcasts never replace it."""
    stored = _issue_scope(house, issue_instant(house, day)).filter(warehouse.table(QUEUE_INTERVAL_FORECAST.full_name))
    return bool(warehouse.con.execute(stored.filter(~stored.is_hindcast).count()))


def _save(house: House, result: ForecastResult, origin: dt.date) -> None:
    save_model(house.model_folder(origin), dump_model(result.models), model_card(result.models))


def _notes(result: ForecastResult, hindcasts: list[dt.date]) -> dict[str, object]:
    names = result.intervals.groupby("model_name", sort=True)["queue_id"].unique()
    return {
        "models": {str(name): sorted(map(str, queues)) for name, queues in names.items()},
        "forecast_notes": list(result.notes),
        "hindcasts": [day.isoformat() for day in hindcasts],
    }


def _picture(house: House, warehouse: Warehouse, inputs: ForecastInputs, origin: dt.date) -> dg.MetadataValue:
    days = warehouse.frame(
        _issue_scope(house, issue_instant(house, origin)).filter(warehouse.table(QUEUE_DAY_FORECAST.full_name))
    )
    past = inputs.history.assign(business_date=inputs.history["interval_start"].dt.normalize())
    actual = past.groupby(["queue_id", "business_date"], as_index=False)["calls"].sum(min_count=1)
    recent = actual[actual["business_date"] >= pd.Timestamp(origin - dt.timedelta(days=28))]
    recent = recent[recent["business_date"] < pd.Timestamp(origin)]
    return dg.MetadataValue.md(fan_chart(recent, days, title=house.title("Calls per day, forecast with 80 % band")))
