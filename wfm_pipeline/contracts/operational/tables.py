"""Every operational table, and the columns by which each cycle of the live view asks for a set of rows.

Not here: reading them (sources).
"""

from collections.abc import Mapping
from typing import Final

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.operational.live_state import AGENT_STATES, QUEUE_CURRENT_METRICS
from wfm_pipeline.contracts.operational.services import GROUPS, SERVICE_GROUPS, SERVICES
from wfm_pipeline.contracts.operational.shifts import SHIFT_BREAKS, SHIFTS
from wfm_pipeline.contracts.operational.statistics import AGENT_ACTIVITY, CONTACT_STATISTICS

OPERATIONAL_TABLES: Final[tuple[Table, ...]] = (
    SERVICES,
    GROUPS,
    SERVICE_GROUPS,
    CONTACT_STATISTICS,
    AGENT_ACTIVITY,
    QUEUE_CURRENT_METRICS,
    AGENT_STATES,
    SHIFTS,
    SHIFT_BREAKS,
)
OPERATIONAL_INDICES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "service_groups": (("group_id", "service_id"),),
    "contact_statistics": (("interval_start_time", "service_id"),),
    "agent_activity": (("interval_start_time", "group_id"),),
    "agent_states": (("ended_at", "started_at"),),
    "shifts": (("starts_at", "ends_at"), ("agent_id", "starts_at")),
    "shift_breaks": (("starts_at", "ends_at"),),
}
"""Table -> columns of its indices beside the key: a window of time over all services, open states, shifts of a person.

Of states there is none by `started_at` alone: SQLite would take it, and walk through all that began before the end of the window."""
