"""Gold asset of the customers: how they call, and the segment that makes of them."""

import dagster as dg
import pandas as pd

from wfm_pipeline.assets.common import Flow, Stopwatch, asset_words, materialized, report
from wfm_pipeline.assets.silver import CALLS_KEY
from wfm_pipeline.contracts.gold import CUSTOMER_BEHAVIOR
from wfm_pipeline.contracts.silver import CALLS
from wfm_pipeline.domain.segmentation import segment_customers
from wfm_pipeline.resources import House
from wfm_pipeline.transforms.behaviour import customer_behaviour
from wfm_pipeline.warehouse.engines.scope import Scope


def build_customer_assets() -> list[dg.AssetsDefinition]:
    """The customers' asset."""

    @dg.asset(**asset_words(CUSTOMER_BEHAVIOR, kinds={"scikitlearn", "table"}, made_in=__name__), deps=[CALLS_KEY])
    def customer_behavior(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            calls = Scope(house.in_source()).filter(warehouse.table(CALLS.full_name))
            measured = warehouse.frame(customer_behaviour(calls))
            result = segment_customers(measured, seed=house.settings.seed)
            rows = result.customers.assign(**house.in_source())
            loaded = warehouse.replace(CUSTOMER_BEHAVIOR, rows, Scope(house.in_source()))
            flow = Flow(len(measured), loaded, notes=_notes(rows, result.k))
            return materialized(
                context, metadata=report(context, house, warehouse, CUSTOMER_BEHAVIOR.full_name, flow, watch)
            )

    return [customer_behavior]


def _notes(rows: pd.DataFrame, segments: int) -> dict[str, object]:
    unknown = int(rows.loc[rows["segment_id"].isna(), "calls"].sum())
    return {"segments": segments, "calls_without_customer": unknown, "customers": int(rows["segment_id"].notna().sum())}
