"""Who counts: recorded states of agents, made into one state per agent and instant.

Here: duplicates, overlaps, ends that are missing, states that are too long to be true, and which states are presence.
Not here: presence guessed from calls alone (domain/staffing/presence), which service a person works for (shares).

* A state holds over `[started_at, ended_at)`. Without an end it lasts until the agent's next state begins, else until
  `as_of`. Nothing after `as_of` is looked at.
* At any instant the state that began last holds. Of several that began together the one that counts least holds: on
  doubtful words nobody is present. A state that is over gives way to an earlier one that is not.
* A state longer than its longest plausible duration is suspect: nobody knows from when on it was wrong, so all of it
  leaves, and it is listed with its agent. A duration of exactly the longest passes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import BoolArray
from wfm_pipeline.domain.coverage.grid import need_columns
from wfm_pipeline.units import SECONDS_PER_HOUR

STATE_COLUMNS: Final = ("agent_id", "started_at", "state", "ended_at", "is_queue_contact")
"""In the order by which rows are sorted."""
FINDINGS: Final = (
    "duplicate", "incomplete", "unknown_state", "ends_before_start", "in_future", "suspect", "overlap",
)  # fmt: skip
"""What may be said of a state; all but `overlap` leave the counting, and of duplicates one row stays."""


_STRETCH_COLUMNS: Final = ("agent_id", "state", "starts_at", "ends_at", "is_on_phones", "is_available")


@dataclass(frozen=True, slots=True)
class StateRule:
    """What a state means.

    Attributes:
        is_on_phones: Whether the agent works for the services: idle, in a contact, or in after-call work.
        is_contact: Whether it belongs to a contact; one that came from no queue of a service is work elsewhere.
        longest_seconds: Longest plausible duration [s].
    """

    is_on_phones: bool
    is_contact: bool
    longest_seconds: float


_HOUR: Final = float(SECONDS_PER_HOUR)
STATE_RULES: Final[Mapping[str, StateRule]] = {
    "ready": StateRule(True, False, 4 * _HOUR),
    "talk": StateRule(True, True, 2 * _HOUR),
    "hold": StateRule(True, True, 1 * _HOUR),
    "wrap": StateRule(True, True, 1 * _HOUR),
    "not_ready": StateRule(False, False, 10 * _HOUR),
}
"""State -> rule, where a site says nothing else. Longer ones were never closed: nobody waits for a call for half a day."""


@dataclass(frozen=True, slots=True, eq=False)
class CountedStates:
    """One state per agent and instant.

    Attributes:
        stretches: agent_id, state, starts_at, ends_at, is_on_phones (idle, in a contact of a queue, or in its
            after-call work), is_available (could take a contact now: registered, in no contact and in no call outside the
            queues); no two of an agent overlap.
        findings: agent_id, state, started_at, ended_at, is_queue_contact, finding (of `FINDINGS`), in order of agent and time.
    """

    stretches: pd.DataFrame
    findings: pd.DataFrame

    @property
    def suspects(self) -> tuple[str, ...]:
        """Agents with a suspect state, by name."""
        found = self.findings
        return tuple(sorted(set(found.loc[found["finding"] == "suspect", "agent_id"])))


def count_states(
    states: pd.DataFrame, *, as_of: pd.Timestamp, rules: Mapping[str, StateRule] = STATE_RULES
) -> CountedStates:
    """Recorded states as one state per agent and instant.

    Args:
        states: agent_id, state, started_at, ended_at (naive UTC, null = not over), is_queue_contact (the contact came from a
            queue of a service); one row per recorded state, in any order. Who is signed out has no state.
        as_of: Instant of the question; later states are not looked at.
        rules: State -> what it means; a state without a rule is not presence and is listed.

    Returns:
        What counts, and what was found. The order of the rows changes nothing.

    Raises:
        DataError: a column is missing.

    Source:
        docs/methods/coverage.md, step 1.
    """
    need_columns(states, STATE_COLUMNS, of="agent states")
    rows = _typed(states)
    is_again = rows.duplicated(list(STATE_COLUMNS)).to_numpy()
    twice, rows = rows[is_again].assign(finding="duplicate"), rows[~is_again].reset_index(drop=True)
    first = _first_findings(rows, as_of, rules)
    wrong, rows = rows.assign(finding=first)[first != ""], rows[first == ""].reset_index(drop=True)
    rows = _with_ends(rows, as_of)
    longest = rows["state"].map({name: rule.longest_seconds for name, rule in rules.items()}).to_numpy(np.float64)
    is_suspect = (rows["ends_at"] - rows["started_at"]).dt.total_seconds().to_numpy() > longest
    suspect, rows = rows[is_suspect].assign(finding="suspect"), rows[~is_suspect].reset_index(drop=True)
    rows = _ranked(rows, rules)
    inside = rows[_begins_inside_another(rows)].assign(finding="overlap")
    findings = pd.concat([twice, wrong, suspect, inside], ignore_index=True)[[*STATE_COLUMNS, "finding"]]
    findings = findings.sort_values([*STATE_COLUMNS, "finding"], ignore_index=True)
    return CountedStates(_stretches(rows), findings)


def _typed(states: pd.DataFrame) -> pd.DataFrame:
    rows = states[list(STATE_COLUMNS)].astype({"agent_id": object, "state": object, "is_queue_contact": bool})
    for name in ("started_at", "ended_at"):
        rows[name] = pd.to_datetime(rows[name]).astype("datetime64[us]")
    return rows.sort_values(list(STATE_COLUMNS), ignore_index=True)


def _first_findings(rows: pd.DataFrame, as_of: pd.Timestamp, rules: Mapping[str, StateRule]) -> np.ndarray:
    """The first thing that keeps a row from counting, empty where there is none."""
    found = [
        (rows[["agent_id", "state", "started_at"]].isna().any(axis=1), "incomplete"),
        (~rows["state"].isin(list(rules)), "unknown_state"),
        (rows["ended_at"] < rows["started_at"], "ends_before_start"),
        (rows["started_at"] >= as_of, "in_future"),
    ]
    return np.select([one.to_numpy(bool) for one, _ in found], [name for _, name in found], default="")


def _with_ends(rows: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """The rows with `ends_at`: a missing end is the agent's next start, and none lies after `as_of`."""
    starts = rows[["agent_id", "started_at"]].drop_duplicates()  # rows are sorted by agent and start
    following = starts.assign(next_at=starts.groupby("agent_id")["started_at"].shift(-1))
    rows = rows.merge(following, on=["agent_id", "started_at"], how="left")
    ends = rows["ended_at"].fillna(rows["next_at"]).fillna(as_of)
    rows = rows.assign(ends_at=ends.mask(ends > as_of, as_of).astype("datetime64[us]")).drop(columns="next_at")
    return rows[rows["ends_at"] > rows["started_at"]].reset_index(drop=True)


def _ranked(rows: pd.DataFrame, rules: Mapping[str, StateRule]) -> pd.DataFrame:
    """By agent and by who yields to whom: earlier starts first, then what counts more, then the name."""
    is_contact = rows["state"].map({name: rule.is_contact for name, rule in rules.items()}).astype(bool)
    works = rows["state"].map({name: rule.is_on_phones for name, rule in rules.items()}).astype(bool)
    rows = rows.assign(is_on_phones=works & (rows["is_queue_contact"] | ~is_contact), is_available=works & ~is_contact)
    rows = rows.assign(counts=-rows["is_on_phones"].astype(np.int64) - rows["is_available"])
    return rows.sort_values(["agent_id", "started_at", "counts", "state", "ends_at"], ignore_index=True)


def _begins_inside_another(rows: pd.DataFrame) -> BoolArray:
    """Rows that begin before an earlier row of their agent is over."""
    latest = rows.groupby("agent_id", sort=False)["ends_at"].cummax().groupby(rows["agent_id"], sort=False).shift()
    return (rows["started_at"] < latest).to_numpy(bool)


def _stretches(rows: pd.DataFrame) -> pd.DataFrame:
    """Non-overlapping stretches; only agents with overlaps are looked at one by one."""
    has_overlap = rows["agent_id"].isin(rows.loc[_begins_inside_another(rows), "agent_id"]).to_numpy(bool)
    rows = rows.rename(columns={"started_at": "starts_at"})[list(_STRETCH_COLUMNS)]
    mended = [_resolved(part) for _, part in rows[has_overlap].groupby("agent_id", sort=True)]
    found = pd.concat([rows[~has_overlap], *mended], ignore_index=True)
    return found.sort_values(["agent_id", "starts_at"], ignore_index=True)


def _resolved(rows: pd.DataFrame) -> pd.DataFrame:
    """One agent's states, each where no state above it holds."""
    starts = rows["starts_at"].to_numpy()
    ends = rows["ends_at"].to_numpy()
    edges = np.unique(np.concatenate([starts, ends]))
    holds = (starts <= edges[:-1, None]) & (ends >= edges[1:, None])  # shape (n_parts, n_states)
    top = np.where(holds.any(axis=1), holds.shape[1] - 1 - holds[:, ::-1].argmax(axis=1), -1)
    is_new = np.concatenate([[True], top[1:] != top[:-1]])
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(top)) - 1
    is_held = top[first] >= 0
    first, last = first[is_held], last[is_held]
    return rows.iloc[top[first]].assign(starts_at=edges[first], ends_at=edges[last + 1])
