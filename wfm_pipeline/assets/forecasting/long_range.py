"""Gold assets of the long range: days and weeks far ahead, each issue replacing only itself."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from wfm_pipeline.assets.common import Flow, Stopwatch, materialized, report, spec
from wfm_pipeline.assets.forecasting.forecast import ForecastConfig
from wfm_pipeline.assets.silver import CALENDAR_KEY, INTERVALS_KEY
from wfm_pipeline.contracts.long_range import LONG_RANGE_TABLES, QUEUE_DAY_LONG_RANGE, QUEUE_WEEK_LONG_RANGE
from wfm_pipeline.domain.forecasting.issues import issue_instant
from wfm_pipeline.domain.forecasting.long_range.long_range import long_range
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import plain_forecast_options
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.history import read_inputs

GROUP = "long_range"
OP_NAME = "queue_long_range"


def build_long_range_assets() -> list[dg.AssetsDefinition]:
    """The long range at day and week grain, written together because they must add up."""
    deps = [INTERVALS_KEY, CALENDAR_KEY]

    @dg.multi_asset(
        name=OP_NAME,
        specs=[
            spec(table, deps=deps, kinds={"lightgbm", "table"}, made_in=__name__).replace_attributes(group_name=GROUP)
            for table in LONG_RANGE_TABLES
        ],
    )
    def queue_long_range(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House], config: ForecastConfig
    ) -> Iterator[dg.MaterializeResult]:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            read = read_inputs(warehouse, house.source_map)
            origin, inputs = config.first_day(read), read.whole_days()
            options = plain_forecast_options(house.settings)
            result = long_range(inputs.history, site=house.site, origin=origin, handle=inputs.handle, options=options)
            frames = {QUEUE_DAY_LONG_RANGE.name: result.days, QUEUE_WEEK_LONG_RANGE.name: result.weeks}
            labels: dict[str, Any] = {**house.in_source(), "issued_at": issue_instant(house.site, origin)}
            with warehouse.transaction():
                for table in LONG_RANGE_TABLES:
                    warehouse.replace(table, frames[table.name].assign(**labels), Scope(labels))
            for table, time_column in zip(LONG_RANGE_TABLES, ("business_date", "week_start"), strict=True):
                flow = Flow(
                    len(inputs.history), len(frames[table.name]), notes={"long_range_notes": list(result.notes)}
                )
                metadata = report(context, house, warehouse, table.full_name, flow, watch, time_column=time_column)
                yield materialized(context, asset_key=dg.AssetKey([table.layer, table.name]), metadata=metadata)

    return [queue_long_range]
