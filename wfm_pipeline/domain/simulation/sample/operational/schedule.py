"""Services, groups, shifts and breaks of the sample: what was to be, and what is to be in the coming days.

Not here: how the time was really spent (agents), which shifts a need asks for (rosters).
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.operational.shifts import SHIFT_BREAKS, SHIFTS
from wfm_pipeline.domain.simulation.sample.operational.instants import SECOND, to_utc
from wfm_pipeline.domain.simulation.sample.rosters import LUNCH_SECONDS
from wfm_pipeline.domain.simulation.sample.spec import ContactCentreSpec
from wfm_pipeline.units import ANSWER_TARGET_SECONDS, PERCENT, SERVICE_LEVEL_TARGET

_VERSION: Final = 1
"""The sample's schedule was never changed [version]."""


def group_ids(spec: ContactCentreSpec) -> np.ndarray:
    """The group that serves each queue.

    Args:
        spec: The centre.

    Returns:
        Ids in the order of the queues, shape (n_queues,).
    """
    return np.array([f"{queue.queue_id}_team" for queue in spec.queues], dtype=object)


def services_and_groups(spec: ContactCentreSpec) -> dict[str, pd.DataFrame]:
    """What changes once in a while.

    Args:
        spec: The centre.

    Returns:
        Rows of `services`, `groups` and `service_groups`, in the order of the queues.
    """
    ids, groups = [queue.queue_id for queue in spec.queues], group_ids(spec)
    services = pd.DataFrame(
        {
            "id": ids,
            "service_name": [queue.name for queue in spec.queues],
            "target_answer_time": ANSWER_TARGET_SECONDS,
            "target_service_level": SERVICE_LEVEL_TARGET * PERCENT,
            "hourly_cost": [queue.hourly_cost for queue in spec.queues],
            "overtime_multiplier": spec.overtime_multiplier,
            "currency": spec.currency,
        }
    )
    names = [f"{queue.name}, team" for queue in spec.queues]
    return {
        "services": services,
        "groups": pd.DataFrame({"id": groups, "group_name": names}),
        "service_groups": pd.DataFrame({"service_id": ids, "group_id": groups}),
    }


def shift_tables(spec: ContactCentreSpec, shifts: pd.DataFrame, agent_ids: np.ndarray) -> dict[str, pd.DataFrame]:
    """Shifts and the lunches in them.

    Args:
        spec: The centre.
        shifts: One row per agent and day: agent, queue, starts, lunch_starts, ends (wall clock).
        agent_ids: Id of each agent, shape (n_agents,).

    Returns:
        Rows of `shifts` and `shift_breaks`, in order of their keys, instants in UTC. A lunch that would reach beyond the
        shift's end is none.
    """
    agent = agent_ids[shifts["agent"].to_numpy()]
    date = shifts["starts"].dt.strftime("%Y%m%d").to_numpy(dtype=object)
    shift_id = pd.Series(date + "-" + agent, dtype=object)
    told = pd.DataFrame(
        {
            "shift_id": shift_id,
            "schedule_version": _VERSION,
            "agent_id": agent,
            "group_id": group_ids(spec)[shifts["queue"].to_numpy()],
            "service_id": np.array([queue.queue_id for queue in spec.queues], dtype=object)[shifts["queue"].to_numpy()],
            "starts_at": to_utc(shifts["starts"], spec.site).to_numpy(),
            "ends_at": to_utc(shifts["ends"], spec.site).to_numpy(),
            "is_cancelled": False,
        }
    )
    lunch = shifts["lunch_starts"]
    breaks = pd.DataFrame(
        {
            "shift_id": shift_id,
            "schedule_version": _VERSION,
            "starts_at": to_utc(lunch, spec.site).to_numpy(),
            "ends_at": to_utc(lunch + LUNCH_SECONDS * SECOND, spec.site).to_numpy(),
            "kind": "lunch",
        }
    )
    is_within = (breaks["starts_at"] > told["starts_at"]) & (breaks["ends_at"] < told["ends_at"])
    return {
        "shifts": told.sort_values(list(SHIFTS.key), ignore_index=True)[list(SHIFTS.column_names)],
        "shift_breaks": breaks[is_within].sort_values(list(SHIFT_BREAKS.key), ignore_index=True)[
            list(SHIFT_BREAKS.column_names)
        ],
    }
