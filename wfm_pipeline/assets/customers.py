"""Gold assets of the customers: how they call, the segments that makes of them, and who changed."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

import dagster as dg
import pandas as pd

from wfm_pipeline.assets.declaring import specs
from wfm_pipeline.assets.step import Flow, Step, at_work
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.gold import CUSTOMER_BEHAVIOR, CUSTOMER_SEGMENT, CUSTOMER_SEGMENT_CHANGE
from wfm_pipeline.contracts.silver import CALLS
from wfm_pipeline.domain.segments import LastRun, SegmentationResult, SegmentRequest, profiled, segment_customers
from wfm_pipeline.resources import House
from wfm_pipeline.transforms.behavior import measured_behavior
from wfm_pipeline.transforms.segments import memberships_before, segment_sums, segments_before

CUSTOMER_TABLES: Final = (CUSTOMER_BEHAVIOR, CUSTOMER_SEGMENT, CUSTOMER_SEGMENT_CHANGE)
_TIME_COLUMNS: Final = {CUSTOMER_SEGMENT: "segmented_until", CUSTOMER_SEGMENT_CHANGE: "changed_on"}


def build_customer_assets() -> list[dg.AssetsDefinition]:
    """The customers, their segments and their changes, written together because they tell of each other."""
    words = {"reads": [CALLS], "kinds": ("scikitlearn", "table"), "made_in": __name__}

    @dg.multi_asset(name="customer_segments", specs=specs(CUSTOMER_TABLES, **words))
    def customer_segments(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult]:
        with at_work(context, house) as step:
            measured = step.warehouse.frame(measured_behavior(step.of_parts(CALLS)))
            until = _last_date(step)
            request = SegmentRequest(
                customers=measured, until=until, seed=step.settings.seed, last=_last_run(step, until)
            )
            result = segment_customers(request)
            for table, loaded in _write(step, result, until).items():
                flow = Flow(len(measured), loaded, notes=result.facts)
                yield step.made(table, flow, time_column=_TIME_COLUMNS.get(table))

    return [customer_segments]


def _last_date(step: Step) -> dt.date:
    """Last business date of the calls; before every run where there are none."""
    found = step.warehouse.value(step.of_parts(CALLS).business_date.max())
    return dt.date.min if pd.isna(found) else pd.Timestamp(found).date()


def _last_run(step: Step, until: dt.date) -> LastRun | None:
    """The run before, as it was known then: a run of the same date, or a later one, is not asked."""
    for table in (CUSTOMER_SEGMENT, CUSTOMER_SEGMENT_CHANGE):
        step.warehouse.create(table)
    segments = step.warehouse.frame(segments_before(step.of_source(CUSTOMER_SEGMENT), until))
    if segments.empty:
        return None
    customers = step.warehouse.frame(memberships_before(step.of_source(CUSTOMER_SEGMENT_CHANGE), until))
    return LastRun(segments=segments, customers=customers, highest_id=int(segments["highest_id"].iloc[0]))


def _write(step: Step, result: SegmentationResult, until: dt.date) -> dict[Table, int]:
    """All three or none; what the segments' calls are is asked of the customers that were just written."""
    with step.warehouse.transaction():
        customers = step.replace(CUSTOMER_BEHAVIOR, result.customers)
        changes = step.replace(CUSTOMER_SEGMENT_CHANGE, result.changes, changed_on=until)
        sums = step.warehouse.frame(segment_sums(step.of_parts(CALLS), step.of_source(CUSTOMER_BEHAVIOR)))
        segments = step.replace(CUSTOMER_SEGMENT, profiled(result.segments, sums), segmented_until=until)
    return dict(zip(CUSTOMER_TABLES, (customers, segments, changes), strict=True))
