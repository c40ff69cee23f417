"""Gold asset of the actuals: calls per queue and day, for readers who may not look into silver."""

import dagster as dg

from wfm_pipeline.assets.common import Flow, Stopwatch, asset_words, materialized, report
from wfm_pipeline.assets.silver import INTERVALS_KEY
from wfm_pipeline.contracts.gold import QUEUE_DAY_ACTUAL
from wfm_pipeline.contracts.silver import QUEUE_INTERVALS
from wfm_pipeline.resources import House
from wfm_pipeline.transforms.queue_days import queue_days
from wfm_pipeline.warehouse.engines.scope import Scope


def build_actual_assets() -> list[dg.AssetsDefinition]:
    """The actuals' asset."""

    @dg.asset(**asset_words(QUEUE_DAY_ACTUAL, made_in=__name__), deps=[INTERVALS_KEY])
    def queue_day_actual(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            intervals = Scope(house.in_source()).filter(warehouse.table(QUEUE_INTERVALS.full_name))
            rows_in = warehouse.count(intervals)
            loaded = warehouse.replace(QUEUE_DAY_ACTUAL, queue_days(intervals), Scope(house.in_source()))
            metadata = report(
                context,
                house,
                warehouse,
                QUEUE_DAY_ACTUAL.full_name,
                Flow(rows_in, loaded),
                watch,
                time_column="business_date",
            )
            return materialized(context, metadata=metadata)

    return [queue_day_actual]
