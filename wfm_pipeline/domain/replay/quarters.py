"""Statistics of fifteen minutes, as a live centre had them at a border: contacts per service, time per agent.

A row of contacts tells of those that joined in its quarter what is known by then, and is told again at each later border at
which more is known, until all of them are over. Not here: states at an instant (queue_states, agent_states).
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.operational.foreign_columns import INTERVAL_SECONDS
from wfm_pipeline.contracts.operational.statistics import AGENT_ACTIVITY, CONTACT_STATISTICS
from wfm_pipeline.domain.replay.contacts import handle_seconds
from wfm_pipeline.units import PERCENT

QUARTER: Final = pd.Timedelta(seconds=INTERVAL_SECONDS)
_MILLISECONDS: Final = 1_000.0
"""Milliseconds of a second."""
_TIMES: Final = ("ready", "not_ready", "talk", "hold", "wrap")


def last_border(instant: pd.Timestamp) -> pd.Timestamp:
    """The last border of fifteen minutes at or before an instant.

    Args:
        instant: Naive UTC.

    Returns:
        A whole quarter of an hour.
    """
    return instant.floor(QUARTER)


def contact_statistics(
    contacts: pd.DataFrame, *, since: pd.Timestamp | None, until: pd.Timestamp, answer_target_seconds: float
) -> pd.DataFrame:
    """Rows of contact_statistics that are new or have changed since an earlier border.

    Args:
        contacts: `contacts.CONTACT_COLUMNS`.
        since: The earlier border, excluded; None for all rows.
        until: The border, included: quarters that are over by then, with what is known by then.
        answer_target_seconds: Longest wait of a contact answered in target [s], inclusive.

    Returns:
        Columns and units of the contract (ms, %), in order of its key. Means are of answered contacts that are over and whose
        times are known; service_level counts contacts, the calls without `not_unique` count callers, and an unknown
        caller is one of their own. occupancy_rate is null: nobody measured who was there.
    """
    quarter = contacts["joined_at"].dt.floor(QUARTER)
    is_over = quarter + QUARTER <= until
    rows = contacts[is_over.to_numpy(bool)].assign(quarter=quarter)
    if since is not None:
        ends = rows["quarter"] + QUARTER
        is_new = (
            _is_in(ends, since, until) | _is_in(rows["left_at"], since, until) | _is_in(rows["ended_at"], since, until)
        )
        rows = rows[is_new.groupby([rows["service_id"], rows["quarter"]]).transform("any").to_numpy(bool)]
    if rows.empty:
        return _no_rows(CONTACT_STATISTICS)
    return _statistics(_known(rows, until, answer_target_seconds))


def _is_in(instants: pd.Series, since: pd.Timestamp, until: pd.Timestamp) -> pd.Series:
    return (instants > since) & (instants <= until)


def _known(rows: pd.DataFrame, until: pd.Timestamp, answer_target_seconds: float) -> pd.DataFrame:
    """What is known of each contact by a border, with its caller: nobody else's where unknown."""
    has_left = (rows["left_at"] <= until).to_numpy(bool)
    is_answered = rows["is_answered"].to_numpy(bool) & has_left
    is_over = is_answered & (rows["ended_at"] <= until).to_numpy(bool)
    own = pd.Series(np.arange(len(rows)), index=rows.index).map(lambda number: (number,))
    return rows.assign(
        caller=rows["caller_key"].where(rows["caller_key"].notna(), own),
        has_left=has_left,
        is_answered=is_answered,
        is_missed=has_left & ~is_answered,
        in_target=is_answered & (rows["wait_seconds"] <= answer_target_seconds).to_numpy(bool),
        is_wait_known=is_answered & rows["wait_seconds"].notna().to_numpy(bool),
        handle=handle_seconds(rows).where(is_over),
        talk=rows[["talk_seconds", "hold_seconds"]].sum(axis=1, min_count=1).where(is_over),
        wrap=rows["wrap_seconds"].where(is_over),
    )


def _statistics(known: pd.DataFrame) -> pd.DataFrame:
    keys = ["service_id", "quarter"]
    by_caller = known.groupby([*keys, "caller"], sort=False).agg(
        is_answered=("is_answered", "any"), has_left=("has_left", "all")
    )
    by_caller["is_missed"] = by_caller["has_left"] & ~by_caller["is_answered"]
    callers = by_caller.groupby(level=keys, sort=True).agg(
        received=("is_answered", "size"), treated=("is_answered", "sum"), missed=("is_missed", "sum")
    )
    told = known.groupby(keys, sort=True).agg(
        received=("is_answered", "size"),
        treated=("is_answered", "sum"),
        missed=("is_missed", "sum"),
        in_target=("in_target", "sum"),
        wait_known=("is_wait_known", "sum"),
        handle=("handle", "mean"),
        talk=("talk", "mean"),
        wrap=("wrap", "mean"),
    )
    share = (told["in_target"] / told["wait_known"].where(told["wait_known"] > 0)).where(told["treated"] > 0, 0.0)
    columns = {
        "service_id": told.index.get_level_values(0).to_numpy(object),
        "interval_start_time": told.index.get_level_values(1),
        "received_calls": callers["received"],
        "treated_calls": callers["treated"],
        "miss_calls": callers["missed"],
        "not_unique_received_calls": told["received"],
        "not_unique_treated_calls": told["treated"],
        "not_unique_miss_calls": told["missed"],
        "aht": told["handle"] * _MILLISECONDS,
        "talk_time": told["talk"] * _MILLISECONDS,
        "post_processing": told["wrap"] * _MILLISECONDS,
        "service_level": PERCENT * share * told["treated"] / told["received"],
        "abandonment_rate": PERCENT * callers["missed"] / callers["received"],
        "occupancy_rate": np.nan,
    }
    rows = pd.DataFrame({name: np.asarray(values) for name, values in columns.items() if name != "occupancy_rate"})
    return rows.assign(occupancy_rate=np.nan)[list(CONTACT_STATISTICS.column_names)]


def agent_activity(states: pd.DataFrame, contacts: pd.DataFrame, agents: pd.DataFrame) -> pd.DataFrame:
    """All rows of agent_activity: how agents spent each quarter in which they were there.

    Args:
        states: `agent_states.STATE_COLUMNS`, none of an agent overlapping.
        contacts: `contacts.CONTACT_COLUMNS`.
        agents: agent_id, group_id.

    Returns:
        Columns and units of the contract [s], in order of time and agent; login_time is the sum of the states, of which
        ready_time is inferred and not_ready_time is 0, for no record tells it.
    """
    parts = _by_quarter(states)
    if parts.empty:
        return _no_rows(AGENT_ACTIVITY)
    spent = parts.pivot_table(index=["quarter", "agent_id"], columns="state", values="lasted", aggfunc="sum")
    spent = spent.reindex(columns=list(_TIMES)).fillna(0.0)
    answered = contacts[contacts["agent_id"].notna().to_numpy(bool)]
    handled = answered.groupby([answered["left_at"].dt.floor(QUARTER), "agent_id"])["is_transferred"].agg(
        ["size", "sum"]
    )
    handled = handled.reindex(spent.index).fillna(0).astype("int64")
    rows = pd.DataFrame(
        {
            "interval_start_time": spent.index.get_level_values(0),
            "agent_id": spent.index.get_level_values(1),
            "login_time": spent.sum(axis=1).to_numpy(),
            **{f"{name}_time": spent[name].to_numpy() for name in _TIMES},
            "calls_handled": handled["size"].to_numpy(),
            "calls_transferred": handled["sum"].to_numpy(),
        }
    )
    return rows.merge(agents, on="agent_id", how="left")[list(AGENT_ACTIVITY.column_names)]


def _by_quarter(states: pd.DataFrame) -> pd.DataFrame:
    """States cut at the borders: agent_id, state, quarter, lasted [s]."""
    first = states["started_at"].dt.floor(QUARTER)
    quarters = ((states["ended_at"].dt.ceil(QUARTER) - first) // QUARTER).to_numpy(np.int64)
    at = np.repeat(np.arange(len(states)), quarters)
    number = np.arange(len(at)) - np.repeat(np.cumsum(quarters) - quarters, quarters)
    rows = states.iloc[at].reset_index(drop=True)
    quarter = first.iloc[at].reset_index(drop=True) + number * QUARTER
    starts, ends = rows["started_at"].clip(lower=quarter), rows["ended_at"].clip(upper=quarter + QUARTER)
    return rows[["agent_id", "state"]].assign(quarter=quarter, lasted=(ends - starts).dt.total_seconds())


def _no_rows(table: Table) -> pd.DataFrame:
    types = {"timestamp": "datetime64[us]", "string": "object"}
    return pd.DataFrame({one.name: pd.Series(dtype=types.get(one.type, one.type)) for one in table.columns})
