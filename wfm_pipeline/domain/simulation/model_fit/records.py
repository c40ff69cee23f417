"""Call records as the queueing models see them: who joined the line, who answered, which queues share people.

Here: what counts as a call in the line, seconds instead of instants, months, pools of queues, mean
handle times and patience per queue. Not here: predictions (predictions.py) and their judgement
(compare.py).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.staffing.patience import PatienceCurve, PatienceEstimate, exponential_patience, patience_curve
from wfm_pipeline.errors import DataError

LEG_COLUMNS = (
    "queue_id",
    "agent_id",
    "status",
    "started_at",
    "menu_seconds",
    "wait_seconds",
    "talk_seconds",
    "hold_seconds",
    "after_call_seconds",
    "business_date",
    "is_redial",
)
_LEAST_SECONDS: Final = 1e-9
"""Added to each service [s]: one of unknown length says whose queue it was all the same."""
RECORD_COLUMNS = ("queue_id", "agent_id", "joined_at", "business_date", "wait_seconds", "handle_seconds", "outcome")


@dataclass(frozen=True, slots=True, eq=False)
class LineRecords:
    """Calls that joined a line.

    Attributes:
        calls: queue_id, agent_id, month (first day), joins (seconds since `origin`), wait_seconds,
            handle_seconds (NaN where unknown or not answered), is_answered, is_redial; in order of joining.
        origin: Midnight before the first call.
        left_out: Reason -> calls that are not among them.
    """

    calls: pd.DataFrame
    origin: pd.Timestamp
    left_out: dict[str, int]


def records_from_legs(legs: pd.DataFrame) -> pd.DataFrame:
    """Legs of calls as records of this room: a leg joins its line when the menu ends.

    A transferred leg was answered. The handle time adds what is known; it is unknown where nothing is.

    Args:
        legs: `LEG_COLUMNS`, as silver.call_legs has them.

    Returns:
        `RECORD_COLUMNS` and is_redial, row by row.
    """
    parts = legs[["talk_seconds", "hold_seconds", "after_call_seconds"]].astype(float)
    menu = pd.to_timedelta(legs["menu_seconds"].astype(float).fillna(0.0), unit="s")
    return pd.DataFrame(
        {
            "queue_id": legs["queue_id"],
            "agent_id": legs["agent_id"],
            "joined_at": pd.to_datetime(legs["started_at"]) + menu,
            "business_date": legs["business_date"],
            "wait_seconds": legs["wait_seconds"],
            "handle_seconds": parts.sum(axis=1).where(parts.notna().any(axis=1)),
            "outcome": legs["status"].replace("transferred", "answered"),
            "is_redial": legs["is_redial"],
        }
    )


def line_records(records: pd.DataFrame) -> LineRecords:
    """Calls that joined a line, of all records.

    Left out, and counted: outcomes that are neither answered nor abandoned; unknown waits; and callers who
    hung up after 0 s, because they left in the menu or on the first ring and never stood in a line. An
    answered call with a wait of 0 s stays: it met an idle agent. Redials stay: to the line they are calls.

    Args:
        records: `RECORD_COLUMNS`; joined_at is when the line was joined, any one clock without gaps; outcome is
            `answered`, `abandoned` or another word; agent_id is null where the record names none. A column
            is_redial, where there is one, says which calls follow an abandoned one of the same caller.

    Returns:
        The calls, in order of joining, and what was left out.

    Raises:
        DataError: a column is missing, or no call is left.

    Source:
        docs/methods/staffing_honesty.md, step 1.
    """
    missing = [name for name in RECORD_COLUMNS if name not in records.columns]
    if missing:
        raise DataError(f"records lack {', '.join(missing)}; present: {', '.join(map(str, records.columns))}")
    outcome, wait = records["outcome"], records["wait_seconds"]
    is_answered = outcome.eq("answered").fillna(False).to_numpy(dtype=bool)
    is_abandoned = outcome.eq("abandoned").fillna(False).to_numpy(dtype=bool)
    has_wait = wait.notna().to_numpy(dtype=bool)
    at_once = is_abandoned & wait.eq(0).fillna(False).to_numpy(dtype=bool)
    left_out = {
        "other_outcome": int((~is_answered & ~is_abandoned).sum()),
        "unknown_wait": int(((is_answered | is_abandoned) & ~has_wait).sum()),
        "left_before_the_line": int(at_once.sum()),
    }
    kept = records[(is_answered | is_abandoned) & has_wait & ~at_once]
    if kept.empty:
        raise DataError(f"no record of {len(records)} is a call that joined a line: {left_out}")
    joined = pd.to_datetime(kept["joined_at"])
    # Seconds from one midnight, so that intervals fall on the clock and sums stay exact.
    origin = joined.min().normalize()
    calls = pd.DataFrame(
        {
            "queue_id": kept["queue_id"].to_numpy(dtype=object),
            "agent_id": kept["agent_id"].astype(object).where(kept["agent_id"].notna(), None).to_numpy(),
            "month": pd.to_datetime(kept["business_date"]).dt.to_period("M").dt.start_time.to_numpy(),
            "joins": (joined - origin).dt.total_seconds().to_numpy(dtype=float),
            "wait_seconds": kept["wait_seconds"].to_numpy(dtype=float),
            "handle_seconds": kept["handle_seconds"].astype(float).to_numpy(),
            "is_answered": kept["outcome"].eq("answered").to_numpy(dtype=bool),
            "is_redial": _flags(kept, "is_redial"),
        }
    )
    calls.loc[~calls["is_answered"], "handle_seconds"] = np.nan
    return LineRecords(calls.sort_values(["joins", "queue_id"], kind="stable", ignore_index=True), origin, left_out)


def _flags(rows: pd.DataFrame, name: str) -> np.ndarray:
    """A column of true and false; false where unknown or absent."""
    if name not in rows.columns:
        return np.zeros(len(rows), dtype=bool)
    return rows[name].eq(True).fillna(False).to_numpy(dtype=bool)


def services_of(calls: pd.DataFrame) -> pd.DataFrame:
    """What agents did.

    Args:
        calls: Rows of `LineRecords.calls`.

    Returns:
        agent_id, queue_id, starts, ends [s]. A service of unknown length ends as it starts: the agent was seen at
        that moment, and no more is claimed.
    """
    served = calls[calls["is_answered"]]
    starts = served["joins"] + served["wait_seconds"]
    return pd.DataFrame(
        {
            "agent_id": served["agent_id"],
            "queue_id": served["queue_id"],
            "starts": starts,
            "ends": starts + served["handle_seconds"].fillna(0.0),
        }
    ).reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class Pools:
    """Which queues share people.

    Attributes:
        of_queue: queue_id -> name of its pool (the first of its queues).
        of_agent: agent_id -> pool to which the agent's whole presence belongs.
    """

    of_queue: dict[str, str]
    of_agent: dict[str, str]


def pools_of(services: pd.DataFrame, queue_ids: list[str]) -> Pools:
    """Pools: a queue belongs with the queue whose people did most of its work.

    An agent's own queue is the one with most of the agent's service time; a queue's host is the own queue
    of those who gave it most service time. Queues linked by hosts are one pool. Ties go to the smaller id. A
    queue that no named agent served is a pool of its own, without people.

    Args:
        services: agent_id, queue_id, starts, ends [s].
        queue_ids: All queues.

    Returns:
        Pool of every queue and named agent.

    Source:
        docs/methods/staffing_honesty.md, step 4.
    """
    named = services[services["agent_id"].notna()].assign(
        seconds=lambda rows: rows["ends"] - rows["starts"] + _LEAST_SECONDS
    )
    work = named.groupby(["agent_id", "queue_id"])["seconds"].sum().reset_index()
    own = _largest(work, by="agent_id", choose="queue_id")
    by_host = work.assign(own=work["agent_id"].map(own)).groupby(["queue_id", "own"])["seconds"].sum()
    hosted = by_host.reset_index()
    host = _largest(hosted, by="queue_id", choose="own")
    root = {queue_id: queue_id for queue_id in sorted(queue_ids)}

    def find(queue_id: str) -> str:
        while root[queue_id] != queue_id:
            queue_id = root[queue_id]
        return queue_id

    for queue_id, other in sorted(host.items()):
        first, second = sorted((find(queue_id), find(other)))
        root[second] = first
    of_queue = {queue_id: find(queue_id) for queue_id in root}
    return Pools(of_queue, {agent: of_queue[queue_id] for agent, queue_id in own.items()})


def with_handle_times(calls: pd.DataFrame) -> pd.DataFrame:
    """Calls of those pools of which some handle time is known: of the others no model can say anything.

    Args:
        calls: Rows of `LineRecords.calls`, of one month.

    Returns:
        The calls of the pools with a known handle time above 0 s.
    """
    of_queue = pools_of(services_of(calls), sorted(calls["queue_id"].unique())).of_queue
    pool = calls["queue_id"].map(of_queue)
    return calls[pool.isin(pool[calls["handle_seconds"] > 0])]


def _largest(work: pd.DataFrame, *, by: str, choose: str) -> dict[str, str]:
    ordered = work.sort_values([by, "seconds", choose], ascending=[True, False, True], kind="stable")
    first = ordered.drop_duplicates(by)
    return dict(zip(first[by], first[choose], strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class QueueHabitsFound:
    """What one queue's calls of one month say about its callers.

    Attributes:
        aht_seconds: Mean handle time of answered calls [s]; NaN where none is known.
        handle_seconds: Known handle times [s].
        patience: Exponential estimate.
        patience_first_attempts: The same without redials: who rings again at once is not a new caller.
        curve: Kaplan-Meier curve.
    """

    aht_seconds: float
    handle_seconds: np.ndarray
    patience: PatienceEstimate
    patience_first_attempts: PatienceEstimate
    curve: PatienceCurve


def habits_of(calls: pd.DataFrame) -> QueueHabitsFound:
    """Handle time and patience of some calls.

    Args:
        calls: Rows of `LineRecords.calls`.

    Returns:
        Handle times and patience [s].
    """
    known = calls["handle_seconds"].dropna().to_numpy()
    known = known[known > 0]
    wait, gave_up = calls["wait_seconds"].to_numpy(), ~calls["is_answered"].to_numpy()
    mean = float(known.mean()) if len(known) else float("nan")
    first = ~calls["is_redial"].to_numpy()
    return QueueHabitsFound(
        mean,
        known,
        exponential_patience(wait, gave_up),
        exponential_patience(wait[first], gave_up[first]),
        patience_curve(wait, gave_up),
    )
