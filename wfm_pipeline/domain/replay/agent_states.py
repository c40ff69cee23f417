"""What each agent did when: contacts as recorded, and between them what can only be inferred.

Recorded: talk, hold, after-call work, in this order within a contact, for records tell how long each lasted and not when. Where
contacts of one agent overlap, the one that began last holds, and the earlier one goes on after it. Inferred: between two
contacts an agent is ready, unless the pause is longer than a gap; then the agent was away. Before the first contact of a
stretch and after its last one the agent counts as logged out. Not here: recorded states of agents.
"""

import heapq
from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

GAP_SECONDS: Final = 1_800.0
"""Longest pause between two contacts that is waiting and not absence [s]: half an hour. Breaks last 15 to 45 minutes; with
fewer than two contacts an hour an agent is hardly there for the phones."""
STATE_COLUMNS: Final = ("agent_id", "state", "started_at", "ended_at", "service_id")
READY: Final = "ready"
_PARTS: Final = (
    ("talk", "left_at", "talk_ends_at"),
    ("hold", "talk_ends_at", "hold_ends_at"),
    ("wrap", "hold_ends_at", "ended_at"),
)
"""State of a busy agent, and from which instant of the contact to which."""


def agent_states(contacts: pd.DataFrame, *, gap_seconds: float = GAP_SECONDS) -> pd.DataFrame:
    """What each agent did when.

    Args:
        contacts: `contacts.CONTACT_COLUMNS`; those without an agent, or of no length, say nothing here.
        gap_seconds: Longest pause between two contacts that is waiting for the next [s], inclusive, >= 0.

    Returns:
        `STATE_COLUMNS` in order of agent and time: state is talk, hold, wrap, or ready, which is inferred; half-open, no
        two of an agent overlap; service_id is that of the contact, null for ready.

    Source:
        docs/how_to/replay.md.
    """
    busy = _without_overlaps(_busy(contacts))
    following = busy.groupby("agent_id", sort=False)["started_at"].shift(-1)
    pause = (following - busy["ended_at"]).dt.total_seconds()
    waits = busy.assign(state=READY, started_at=busy["ended_at"], ended_at=following, service_id=None)
    waits = waits[((pause > 0) & (pause <= gap_seconds)).to_numpy(bool)]
    found = pd.concat([busy, waits], ignore_index=True) if len(waits) else busy
    return found.sort_values(["agent_id", "started_at"], ignore_index=True)[list(STATE_COLUMNS)]


def presence(states: pd.DataFrame) -> pd.DataFrame:
    """Unbroken stretches of presence.

    Args:
        states: `STATE_COLUMNS` as `agent_states` gives them.

    Returns:
        agent_id, starts_at, ends_at (exclusive), in order of agent and time.
    """
    before = states.groupby("agent_id", sort=False)["ended_at"].shift()
    number = (before.isna() | (before != states["started_at"])).cumsum()
    found = states.groupby(number, sort=False).agg(
        agent_id=("agent_id", "first"), starts_at=("started_at", "min"), ends_at=("ended_at", "max")
    )
    return found.reset_index(drop=True)


def _busy(contacts: pd.DataFrame) -> pd.DataFrame:
    """One row per part of a contact that takes time, with the number of the contact."""
    served = contacts[contacts["agent_id"].notna().to_numpy(bool)]
    parts = [
        served[["agent_id", "service_id"]].assign(
            state=state, started_at=served[starts], ended_at=served[ends], number=np.arange(len(served))
        )
        for state, starts, ends in _PARTS
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[(rows["ended_at"] > rows["started_at"]).to_numpy(bool)]
    return rows.sort_values(["agent_id", "started_at", "number"], ignore_index=True)


def _without_overlaps(busy: pd.DataFrame) -> pd.DataFrame:
    """The same, one part at an instant; only agents with overlaps are looked at one by one."""
    latest = busy.groupby("agent_id", sort=False)["ended_at"].cummax().groupby(busy["agent_id"], sort=False).shift()
    doubled = set(busy.loc[(busy["started_at"] < latest).to_numpy(bool), "agent_id"])
    if not doubled:
        return busy
    is_doubled = busy["agent_id"].isin(doubled).to_numpy(bool)
    mended = [
        (part.index[number], starts, ends)
        for _, part in busy[is_doubled].groupby("agent_id", sort=True)
        for number, starts, ends in _on_top(part["started_at"].to_numpy(), part["ended_at"].to_numpy())
    ]
    at, starts, ends = zip(*mended, strict=True)
    rows = busy.loc[list(at)].assign(started_at=np.array(starts), ended_at=np.array(ends))
    found = pd.concat([busy[~is_doubled], rows], ignore_index=True).drop(columns="number")
    return found.sort_values(["agent_id", "started_at"], ignore_index=True)


def _on_top(starts: np.ndarray, ends: np.ndarray) -> Iterator[tuple[int, np.datetime64, np.datetime64]]:
    """Which of one agent's parts, in order of start, holds from when to when: the one that began last."""
    edges = np.unique(np.concatenate([starts, ends]))
    open_parts: list[int] = []  # a heap of -number: the greatest number began last
    coming, held, since = 0, -1, edges[0]
    for edge in edges:
        while coming < len(starts) and starts[coming] <= edge:
            heapq.heappush(open_parts, -coming)
            coming += 1
        while open_parts and ends[-open_parts[0]] <= edge:
            heapq.heappop(open_parts)
        top = -open_parts[0] if open_parts else -1
        if top != held:
            if held >= 0:
                yield held, since, edge
            held, since = top, edge
