"""The long-range command's way: run its job in this process and read back what it stored."""

import datetime as dt

import dagster as dg
import pandas as pd

from wfm_pipeline.contracts.long_range import QUEUE_WEEK_LONG_RANGE
from wfm_pipeline.orchestration.jobs import LONG_RANGE, long_range_config
from wfm_pipeline.orchestration.runs.running import RunOutcome, StepListener, run_main_job
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.engines.scope import Scope


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


def latest_weeks(house: House) -> pd.DataFrame:
    """The weeks of the newest issue, in order."""
    with house.open_warehouse() as warehouse:
        stored = Scope(house.in_source()).filter(warehouse.table(QUEUE_WEEK_LONG_RANGE.full_name))
        weeks = warehouse.frame(stored.filter(stored.issued_at == stored.issued_at.max()))
    return weeks.sort_values(["queue_id", "week_start"], ignore_index=True)
