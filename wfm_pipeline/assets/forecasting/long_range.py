"""Gold assets of the long range: days and weeks far ahead, each issue replacing only itself."""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from wfm_pipeline.asset_keys import LONG_RANGE_GROUP, LONG_RANGE_STEP
from wfm_pipeline.assets.declaring import specs
from wfm_pipeline.assets.forecasting.first_day import ForecastConfig
from wfm_pipeline.assets.step import Flow, Step, at_work
from wfm_pipeline.contracts.long_range import LONG_RANGE_TABLES, QUEUE_DAY_LONG_RANGE, QUEUE_WEEK_LONG_RANGE
from wfm_pipeline.contracts.planning.planners_input import QUEUE_CHANGES, QUEUE_HOURS
from wfm_pipeline.contracts.silver import CALENDAR_DAYS, QUEUE_INTERVALS
from wfm_pipeline.domain.forecasting.issues import issue_instant
from wfm_pipeline.domain.forecasting.long_range.long_range import FARTHEST, LongRange, long_range
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import plain_forecast_options
from wfm_pipeline.warehouse.shelves.history import ForecastInputs, read_inputs
from wfm_pipeline.warehouse.shelves.planners import read_planners_input
from wfm_pipeline.warehouse.shelves.queue_hours import read_queue_calendar

_TIME_COLUMNS = {QUEUE_DAY_LONG_RANGE: "business_date", QUEUE_WEEK_LONG_RANGE: "week_start"}


def build_long_range_assets() -> list[dg.AssetsDefinition]:
    """The long range at day and week grain, written together because they must add up."""
    words = {
        "reads": [QUEUE_INTERVALS, CALENDAR_DAYS, QUEUE_CHANGES, QUEUE_HOURS],
        "kinds": ("lightgbm", "table"),
        "group": LONG_RANGE_GROUP,
    }

    @dg.multi_asset(name=LONG_RANGE_STEP, specs=specs(LONG_RANGE_TABLES, made_in=__name__, **words))
    def queue_long_range(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House], config: ForecastConfig
    ) -> Iterator[dg.MaterializeResult]:
        with at_work(context, house) as step:
            origin, inputs, result = _make(step, config)
            frames = {QUEUE_DAY_LONG_RANGE: result.days, QUEUE_WEEK_LONG_RANGE: result.weeks}
            step.replace_all(frames, issued_at=issue_instant(house.site, origin))
            notes = {"long_range_notes": list(result.notes)}
            for table, rows in frames.items():
                flow = Flow(len(inputs.history), len(rows), notes=notes)
                yield step.made(table, flow, time_column=_TIME_COLUMNS[table])

    return [queue_long_range]


def _make(step: Step, config: ForecastConfig) -> tuple[dt.date, ForecastInputs, LongRange]:
    """First target day, what may be learnt from, and the long forecast."""
    read = read_inputs(step.warehouse, step.source_map)
    origin, inputs = config.first_day(read), read.whole_days()
    calendar = read_queue_calendar(step.warehouse, step.source_map)
    result = long_range(
        inputs.history,
        site=step.house.site,
        origin=origin,
        handle=inputs.known_handle(),
        planners=read_planners_input(step.warehouse, step.source_map, is_hindcast=False),
        is_open_future=calendar.open_ahead(origin, origin + FARTHEST) if calendar.rows else None,
        options=plain_forecast_options(step.settings),
    )
    return origin, inputs, result
