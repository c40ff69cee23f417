"""Jobs beside the main one that a command runs in this process: weeks, capacity, long range, reforecast, model fit.

Here: a job's dates and config from what was asked. Not here: running (running.py), and reading back what a run
has stored (warehouse/shelves).
"""

import datetime as dt
from collections.abc import Sequence
from contextlib import ExitStack

import dagster as dg

from wfm_pipeline.calculators.allocation import chosen_options
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.orchestration.jobs import (
    ALLOCATION,
    CAPACITY,
    INTRADAY,
    LONG_RANGE,
    MODEL_FIT,
    REFORECAST,
    long_range_config,
    reforecast_config,
)
from wfm_pipeline.orchestration.partitions.stale_dates import Plan, plan_run
from wfm_pipeline.orchestration.runs.running import RunOutcome, StepListener, run_main_job
from wfm_pipeline.orchestration.runs.telling import telling
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.shelves.history import call_dates


def run_weeks(
    definitions: dg.Definitions,
    house: House,
    weeks: Sequence[IsoWeek],
    *,
    on_step: StepListener,
    instance: dg.DagsterInstance | None = None,
) -> RunOutcome:
    """Run the allocation job for weeks that follow each other.

    Args:
        definitions: Definitions without partitions.
        house: The house.
        weeks: In order of time.
        on_step: Told of each step.
        instance: Where Dagster notes the run; None takes the one that the Dagster UI shows.
    """
    chosen_options(house)
    plan = Plan(Dates.between(weeks[0].dates[0], weeks[-1].dates[-1]))
    return run_main_job(definitions, house, plan, as_of=None, on_step=on_step, job=ALLOCATION, instance=instance)


def run_capacity(
    definitions: dg.Definitions,
    house: House,
    *,
    on_step: StepListener,
    instance: dg.DagsterInstance | None = None,
) -> RunOutcome:
    """Plan capacity from the newest long range.

    Args:
        definitions: Definitions without partitions.
        house: The house.
        on_step: Told of each step.
        instance: Where Dagster notes the run; None takes the one that the Dagster UI shows.
    """
    return run_main_job(definitions, house, None, as_of=None, on_step=on_step, job=CAPACITY, instance=instance)


def run_long_range(
    definitions: dg.Definitions,
    house: House,
    *,
    as_of: dt.date | None,
    on_step: StepListener,
    instance: dg.DagsterInstance | None = None,
) -> RunOutcome:
    """Issue the long range from what silver holds.

    Args:
        definitions: Definitions without partitions.
        house: The house.
        as_of: First target day; None takes the day after the last date known to its end.
        on_step: Told of each step.
        instance: Where Dagster notes the run; None takes the one that the Dagster UI shows.
    """
    return run_main_job(
        definitions,
        house,
        None,
        as_of=None,
        on_step=on_step,
        job=LONG_RANGE,
        instance=instance,
        config=long_range_config(as_of),
    )


def run_reforecast(
    definitions: dg.Definitions,
    house: House,
    *,
    at: dt.datetime | None,
    is_refreshed: bool,
    on_step: StepListener,
    instance: dg.DagsterInstance | None = None,
) -> RunOutcome:
    """Update the rest of a day in the warehouse.

    Args:
        definitions: Definitions without partitions.
        house: The house.
        at: Local time of the update; None takes the end of what silver holds.
        is_refreshed: Read the source's new calls first.
        on_step: Told of each step.
        instance: Where Dagster notes the run; None takes the one that the Dagster UI shows.
    """
    job = INTRADAY if is_refreshed else REFORECAST
    config = reforecast_config(at)
    with ExitStack() as held:
        with telling(house, job):
            held.enter_context(house.writing(owner="wfm reforecast"))
            plan = plan_run(house) if is_refreshed else None
        return run_main_job(
            definitions, house, plan, as_of=None, on_step=on_step, job=job, instance=instance, config=config
        )


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
        dates = call_dates(warehouse, house.source_map)
    if dates is None:
        raise WarehouseError(f"silver holds no call of {house.source_map.name} yet; `wfm run` reads them")
    return run_main_job(definitions, house, Plan(dates), as_of=None, on_step=on_step, job=MODEL_FIT, instance=instance)
