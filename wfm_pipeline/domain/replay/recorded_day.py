"""A recorded day as rows of the operational tables, at any instant of it and from any instant to a later one.

What the tables hold at an instant depends on the records and the instant alone, not on where a replay began or how often
it wrote. Not here: when it is written (pace) and to where (monitoring/replay).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.operational.inferred import INFERRED_PREFIX
from wfm_pipeline.contracts.operational.live_state import AGENT_STATES, QUEUE_CURRENT_METRICS
from wfm_pipeline.contracts.operational.services import SERVICES
from wfm_pipeline.contracts.operational.shifts import SHIFTS
from wfm_pipeline.domain.arrays import IntArray
from wfm_pipeline.domain.replay.agent_groups import AgentGroups, agent_groups
from wfm_pipeline.domain.replay.agent_states import GAP_SECONDS, READY, agent_states, presence
from wfm_pipeline.domain.replay.event_counts import EventCounts, TimeLine
from wfm_pipeline.domain.replay.quarters import QUARTER, agent_activity, contact_statistics, last_border
from wfm_pipeline.domain.replay.queue_states import QueueStates, QueueSweep, sweep_of
from wfm_pipeline.units import PERCENT

TableRows = Mapping[str, pd.DataFrame]
"""Name of an operational table -> rows, in the columns and units of its contract."""
_FIRST_VERSION: Final = 1
"""Version of the schedule of every inferred shift [count]: records are of one day that was, and nobody changes it."""


@dataclass(frozen=True, slots=True, eq=False)
class AgentCounts:
    """Agents by service at instants; both of shape (n_instants, n_services).

    Attributes:
        busy: In a contact of the service or in the work after it, as recorded [count].
        available: Ready, of the groups that serve it: inferred, and counted for each service they serve [count].
    """

    busy: IntArray
    available: IntArray


@dataclass(frozen=True)
class RecordedDay:
    """Contacts of a day, or of any stretch of time, ready to be replayed.

    Attributes:
        contacts: `contacts.CONTACT_COLUMNS`.
        day_starts_at: First instant of the day, naive UTC; a later one restarts the counters of today only in `queue_states`.
        answer_target_seconds: Longest wait of a contact answered in target [s], inclusive.
        label: What the names of the services say of where they are from.
        gap_seconds: Longest pause between two contacts that is waiting [s].
    """

    contacts: pd.DataFrame
    day_starts_at: pd.Timestamp
    answer_target_seconds: float
    label: str
    gap_seconds: float = GAP_SECONDS

    @cached_property
    def sweep(self) -> QueueSweep:
        """The contacts, sorted by service and instant."""
        return sweep_of(self.contacts, answer_target_seconds=self.answer_target_seconds)

    @cached_property
    def states(self) -> pd.DataFrame:
        """States of the agents over the whole time."""
        return agent_states(self.contacts, gap_seconds=self.gap_seconds)

    @cached_property
    def groups(self) -> AgentGroups:
        """Groups, inferred."""
        return agent_groups(self.contacts)

    def queue_states(self, instants: np.ndarray, since: np.ndarray | None = None) -> QueueStates:
        """Queues at many instants.

        Args:
            instants: datetime64, shape (n_instants,).
            since: When the day of each began, shape (n_instants,); None for the day's start.

        Returns:
            Columns are `sweep.services`.
        """
        began = np.full(len(instants), self.day_starts_at.to_datetime64()) if since is None else since
        return self.sweep.states_at(instants, since=began)

    def agent_counts(self, instants: np.ndarray) -> AgentCounts:
        """Agents by service at many instants.

        Args:
            instants: datetime64, shape (n_instants,).

        Returns:
            Columns are `sweep.services`; a state holds over [started_at, ended_at).
        """
        line, starts, ends = self._agent_events
        places = line.place(instants)
        busy, available = (first.until(places) - last.until(places) for first, last in zip(starts, ends, strict=True))
        return AgentCounts(busy, available)

    def rows_between(self, before: pd.Timestamp | None, at: pd.Timestamp) -> TableRows:
        """Rows to insert or to replace, by key, so that tables as of `before` are those as of `at`.

        Args:
            before: As of when the tables are; None where they are empty.
            at: As of when they shall be, not earlier; naive UTC.

        Returns:
            Tables in the order in which they are written; those without a new row have none.
        """
        since, until = (None if before is None else last_border(before)), last_border(at)
        counted = self._counted(since, until) if since != until else {}
        fixed = {} if before is not None else self.fixed_rows
        return {
            **fixed,
            **counted,
            "agent_states": self._states_between(before, at),
            "queue_current_metrics": self._metrics(at),
        }

    def row_counts(self, at: pd.Timestamp) -> dict[str, int]:
        """Rows of each table as of an instant.

        Args:
            at: Naive UTC.

        Returns:
            Table -> rows [count].
        """
        border = last_border(at)
        return {
            **{name: len(rows) for name, rows in self.fixed_rows.items()},
            "contact_statistics": int((self._quarters["quarter"] + QUARTER <= border).sum()),
            "agent_activity": int((self._activity["interval_start_time"] + QUARTER <= border).sum()),
            "agent_states": int((self.states["started_at"] <= at).sum()),
            "queue_current_metrics": len(self.sweep.services),
            "shift_breaks": 0,
        }

    @cached_property
    def fixed_rows(self) -> TableRows:
        """Rows that stand from the first instant on: services, groups, who serves what, shifts."""
        services = pd.DataFrame({"id": list(self.sweep.services)}).reindex(columns=list(SERVICES.column_names))
        named = services.assign(
            service_name=services["id"] + f" ({self.label})", target_answer_time=float(self.answer_target_seconds)
        )
        return {
            "services": named,
            "groups": self.groups.groups,
            "service_groups": self.groups.service_groups,
            "shifts": self._shifts(),
        }

    def _counted(self, since: pd.Timestamp | None, until: pd.Timestamp) -> dict[str, pd.DataFrame]:
        over = self._activity["interval_start_time"] + QUARTER
        is_new = (over <= until) if since is None else (over > since) & (over <= until)
        statistics = contact_statistics(
            self.contacts, since=since, until=until, answer_target_seconds=self.answer_target_seconds
        )
        return {"contact_statistics": statistics, "agent_activity": self._activity[is_new.to_numpy(bool)]}

    def _states_between(self, before: pd.Timestamp | None, at: pd.Timestamp) -> pd.DataFrame:
        rows = self._state_rows
        is_there = rows["started_at"] <= at
        if before is not None:
            is_there &= (rows["started_at"] > before) | ((rows["ended_at"] > before) & (rows["ended_at"] <= at))
        chosen = rows[is_there.to_numpy(bool)]
        return chosen.assign(ended_at=chosen["ended_at"].where(chosen["ended_at"] <= at))

    def _metrics(self, at: pd.Timestamp) -> pd.DataFrame:
        now = np.array([at.to_datetime64()])
        queues, agents = self.queue_states(now).row(0), self.agent_counts(now)
        return pd.DataFrame(
            {
                "service_id": list(self.sweep.services),
                "calls_waiting": queues["waiting"],
                "longest_wait_time": queues["longest_wait_seconds"],
                "agents_available": agents.available[0],
                "agents_busy": agents.busy[0],
                "agents_not_ready": 0,
                "current_service_level": queues["service_level_today"] * PERCENT,
                "calls_handled_last_15min": queues["answered_in_window"],
                "avg_wait_time_last_15min": queues["mean_wait_in_window_seconds"],
                "last_updated": at,
            }
        )[list(QUEUE_CURRENT_METRICS.column_names)]

    @cached_property
    def _quarters(self) -> pd.DataFrame:
        """Each service and quarter in which contacts joined."""
        quarters = self.contacts["joined_at"].dt.floor(QUARTER)
        return pd.DataFrame({"service": self.contacts["service_id"], "quarter": quarters}).drop_duplicates()

    @cached_property
    def _activity(self) -> pd.DataFrame:
        return agent_activity(self.states, self.contacts, self.groups.agents)

    @cached_property
    def _state_rows(self) -> pd.DataFrame:
        rows = self.states.merge(self.groups.agents, on="agent_id", how="left")
        return rows.assign(is_queue_contact=rows["state"] != READY)[list(AGENT_STATES.column_names)]

    def _shifts(self) -> pd.DataFrame:
        rows = presence(self.states).merge(self.groups.agents, on="agent_id", how="left")
        numbered = rows.assign(
            shift_id=[f"{INFERRED_PREFIX}{number}" for number in range(1, len(rows) + 1)],
            schedule_version=_FIRST_VERSION,
            service_id=None,
            is_cancelled=False,
        )
        return numbered[list(SHIFTS.column_names)]

    @cached_property
    def _agent_events(self) -> tuple[TimeLine, tuple[EventCounts, EventCounts], tuple[EventCounts, EventCounts]]:
        """Starts and ends of busy and of available agents, by service."""
        is_ready = (self.states["state"] == READY).to_numpy(bool)
        ready = self.states[is_ready].drop(columns="service_id").merge(self.groups.agents, on="agent_id")
        ready = ready.merge(self.groups.service_groups, on="group_id")
        both = (self.states[~is_ready], ready)
        line = TimeLine.over(*(part[name].to_numpy() for part in both for name in ("started_at", "ended_at")))
        index = pd.Index(self.sweep.services)

        def events(part: pd.DataFrame, name: str) -> EventCounts:
            codes = index.get_indexer(pd.Index(part["service_id"])).astype(np.int64)
            return EventCounts.of(line, codes, part[name].to_numpy(), len(index))

        starts, ends = ((events(both[0], name), events(both[1], name)) for name in ("started_at", "ended_at"))
        return line, starts, ends
