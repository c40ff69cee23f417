"""Comparing the models in this process: what `wfm model-fit` does."""

import dagster as dg

from wfm_pipeline.contracts.silver import CALL_LEGS
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.orchestration.jobs import MODEL_FIT
from wfm_pipeline.orchestration.partitions.stale_dates import Plan
from wfm_pipeline.orchestration.runs.running import RunOutcome, StepListener, run_main_job
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.engines.scope import Scope


def run_model_fit(
    definitions: dg.Definitions,
    house: House,
    *,
    on_step: StepListener,
    instance: dg.DagsterInstance | None = None,
) -> RunOutcome:
    """Run the job over the whole history.

    Args:
        definitions: Definitions without partitions.
        house: The house.
        on_step: Told of each step.
        instance: Where Dagster notes the run; None takes the one that the Dagster UI shows.

    Raises:
        WarehouseError: silver holds no call of this source yet.
    """
    with house.open_warehouse() as warehouse:
        if not warehouse.has(CALL_LEGS.full_name):
            raise WarehouseError(f"silver holds no call of {house.source_map.name} yet; `wfm run` reads them")
        legs = Scope(house.in_source()).filter(warehouse.table(CALL_LEGS.full_name))
        ends = warehouse.frame(legs.aggregate(first=legs["business_date"].min(), last=legs["business_date"].max()))
    first, last = ends.iloc[0]
    if first is None or first != first:  # noqa: PLR0124  (NaT is not itself)
        raise WarehouseError(f"silver holds no call of {house.source_map.name} yet; `wfm run` reads them")
    plan = Plan(Dates.between(first.date(), last.date()))
    return run_main_job(definitions, house, plan, as_of=None, on_step=on_step, job=MODEL_FIT, instance=instance)
