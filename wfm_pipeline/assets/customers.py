"""Gold asset of the customers: how they call, and the segment that makes of them."""

import dagster as dg

from wfm_pipeline.assets.declaring import asset_words
from wfm_pipeline.assets.step import Flow, at_work
from wfm_pipeline.contracts.gold import CUSTOMER_BEHAVIOR
from wfm_pipeline.contracts.silver import CALLS
from wfm_pipeline.domain.segmentation import segment_customers
from wfm_pipeline.resources import House
from wfm_pipeline.transforms.behavior import measured_behavior


def build_customer_assets() -> list[dg.AssetsDefinition]:
    """The customers' asset."""

    @dg.asset(**asset_words(CUSTOMER_BEHAVIOR, reads=[CALLS], kinds=("scikitlearn", "table"), made_in=__name__))
    def customer_behavior(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        with at_work(context, house) as step:
            measured = step.warehouse.frame(measured_behavior(step.of_source(CALLS)))
            result = segment_customers(measured, seed=step.settings.seed)
            loaded = step.replace(CUSTOMER_BEHAVIOR, result.customers)
            return step.made(CUSTOMER_BEHAVIOR, Flow(len(measured), loaded, notes=result.facts))

    return [customer_behavior]
