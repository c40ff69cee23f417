"""Who is rostered: shifts without their breaks, split over services as people who are there are.

Here: people rostered per service and interval. Not here: people who are really there (presence), what an agent did with
the time (utilisation).

The time between two parts of a split shift belongs to no shift: it is neither rostered nor absence. Shifts of one
person that overlap count once; a break outside a shift takes nothing.
"""

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.coverage.grid import DayGrid, need_columns, stretches_without
from wfm_pipeline.domain.coverage.shares import Registrations, agent_seconds, people_per_service

STRETCH_COLUMNS = ("agent_id", "starts_at", "ends_at")


def rostered_stretches(shifts: pd.DataFrame, breaks: pd.DataFrame) -> pd.DataFrame:
    """Time on the roster without breaks.

    Args:
        shifts: agent_id, starts_at, ends_at (naive UTC); a split shift has a row for each part.
        breaks: The same columns: breaks, and whatever else takes a person off the phones.

    Returns:
        agent_id, starts_at, ends_at, by agent and time; no two overlap or touch.

    Raises:
        DataError: a column is missing.
    """
    need_columns(shifts, STRETCH_COLUMNS, of="shifts")
    need_columns(breaks, STRETCH_COLUMNS, of="breaks")
    return stretches_without(shifts, breaks)


def scheduled_people(
    rostered: pd.DataFrame, registered: Registrations, load: FloatArray, grid: DayGrid, *, has_shifts: bool
) -> pd.DataFrame:
    """People rostered per service and interval.

    Args:
        rostered: agent_id, starts_at, ends_at; see `rostered_stretches`.
        registered: Who works for which service.
        load: Expected load by which people are split [erlangs], NaN = unknown, shape (n_services, n_intervals).
        grid: The intervals.
        has_shifts: Whether a roster of this time is there at all; without one nobody knows who is rostered.

    Returns:
        service_id, interval_start, agents_scheduled [agents], null where it is not known; a row for every service and
        interval.

    Source:
        docs/methods/coverage.md, step 3.
    """
    present = agent_seconds(rostered, registered.agents, grid) / grid.interval_seconds
    people = people_per_service(registered, load, present)
    return pd.DataFrame(
        {
            "service_id": np.repeat(registered.services.to_numpy(), grid.intervals),
            "interval_start": np.tile(grid.starts, len(registered.services)),
            "agents_scheduled": (people if has_shifts else np.full(people.shape, np.nan)).ravel(),
        }
    )
