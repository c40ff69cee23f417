"""Gold asset of the actuals: calls per queue and day, for readers who may not look into silver."""

import dagster as dg

from wfm_pipeline.assets.declaring import asset_words
from wfm_pipeline.assets.step import Flow, at_work
from wfm_pipeline.contracts.gold import QUEUE_DAY_ACTUAL
from wfm_pipeline.contracts.silver import QUEUE_INTERVALS
from wfm_pipeline.resources import House
from wfm_pipeline.transforms.queue_days import queue_days


def build_actual_assets() -> list[dg.AssetsDefinition]:
    """The actuals' asset."""

    @dg.asset(**asset_words(QUEUE_DAY_ACTUAL, reads=[QUEUE_INTERVALS], made_in=__name__))
    def queue_day_actual(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        with at_work(context, house) as step:
            intervals = step.of_source(QUEUE_INTERVALS)
            rows_in = step.warehouse.count(intervals)
            loaded = step.replace(QUEUE_DAY_ACTUAL, queue_days(intervals))
            return step.made(QUEUE_DAY_ACTUAL, Flow(rows_in, loaded), time_column="business_date")

    return [queue_day_actual]
