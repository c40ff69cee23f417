"""Writes the behavior down the way a telephone exchange would: legs as rows of `queue_cdr`.

Beside every record stands the truth that the record cannot show. Times are the site's wall clock,
to the second, as such logs keep them.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.simulation.sample.people import (
    UNLISTED_LANDING_NUMBER,
    Companies,
    Persons,
    caller_numbers,
    write_numbers,
)
from wfm_pipeline.domain.simulation.sample.rosters import Roster
from wfm_pipeline.domain.simulation.sample.service import ABANDONED, OVERFLOW, STATUS_WORDS, TRANSFERRED, Call, Leg
from wfm_pipeline.domain.simulation.sample.spec import ContactCentreSpec

IN_REACH_SECONDS: Final = 300
"""Gap up to which a redial can be told from the records: the redial window of the silver rules [s]."""
CDR_COLUMNS = (
    "CallId",
    "LegNumber",
    "Status",
    "Created",
    "LandingNumber",
    "ChannelType",
    "QueueId",
    "callerNr",
    "UserId",
    "WaitTimeInSec",
    "TalkTimeInSec",
    "HoldTimeInSec",
    "AfterCallTimeInSec",
    "Duration",
    "CaseId",
    "Updated",
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All calls and legs of a simulation as columns, in order of the calls' starts.

    Attributes:
        calls: One row per call: attempt, previous_call (row, -1 none), phone, started_at, first_queue,
            final_queue, legs, status (of the last leg).
        legs: One row per leg: call (row in `calls`) and the fields of `Leg`, times in whole seconds.
    """

    calls: pd.DataFrame
    legs: pd.DataFrame


def make_ledger(calls: list[Call], legs: list[Leg], first_date: dt.date) -> Ledger:
    """Put calls and legs into columns, and number the calls in order of their start.

    Args:
        calls: The calls as they began.
        legs: Their legs, times in seconds since the first date's midnight.
        first_date: First date of the history.

    Returns:
        The ledger, times in whole seconds.
    """
    leg_frame = pd.DataFrame(legs, columns=list(Leg._fields))
    call_frame = pd.DataFrame(calls, columns=list(Call._fields))
    leg_frame["started_at"] = pd.Timestamp(first_date) + pd.to_timedelta(
        np.floor(leg_frame.pop("starts").to_numpy()).astype(np.int64), unit="s"
    )
    leg_frame["started_at"] = leg_frame["started_at"].astype("datetime64[us]")
    for name in ("wait", "talk", "hold", "after_call"):
        leg_frame[name] = np.rint(leg_frame[name].to_numpy()).astype(np.int64)
    by_call = leg_frame.sort_values(["call", "leg_number"]).groupby("call")
    first, last = by_call.first(), by_call.last()
    call_frame["started_at"], call_frame["first_queue"] = first["started_at"], first["queue"]
    call_frame["final_queue"], call_frame["status"] = last["queue"], last["status"]
    call_frame["legs"] = by_call.size()
    order = np.lexsort((call_frame.index.to_numpy(), call_frame["started_at"].to_numpy()))
    new_row = np.empty(len(order) + 1, dtype=np.int64)
    new_row[order], new_row[-1] = np.arange(len(order)), -1  # -1, no previous call, stays -1
    call_frame["previous_call"] = new_row[call_frame["previous_call"].to_numpy()]
    leg_frame["call"] = new_row[leg_frame["call"].to_numpy()]
    leg_frame = leg_frame.sort_values(["started_at", "call", "leg_number"], ignore_index=True)
    return Ledger(call_frame.iloc[order].reset_index(drop=True), leg_frame)


def _or_none(values: list[object]) -> np.ndarray:
    """The values with None behind them, so that position -1 means nobody."""
    return np.array([*values, None], dtype=object)


def call_ids(n_calls: int) -> np.ndarray:
    """Ids of calls.

    Args:
        n_calls: Calls [count].

    Returns:
        Ids in order of start, shape (n_calls,).
    """
    return np.array([f"sim{number + 1:07d}" for number in range(n_calls)], dtype=object)


def make_cdr(
    ledger: Ledger,
    attempts: pd.DataFrame,
    *,
    spec: ContactCentreSpec,
    companies: Companies,
    persons: Persons,
    roster: Roster,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """One row per leg, in order of start, with `CaseId` still empty.

    The first leg shows the caller and the landing number. A leg that a colleague passed on shows the
    colleague's extension and an internal number instead: only first-touch attribution gets it right.

    Args:
        ledger: The calls and legs.
        attempts: First attempts with their callers.
        spec: The centre.
        companies: Who is called.
        persons: Who calls.
        roster: Who answers.
        rng: Source of chance: how numbers are written.

    Returns:
        Columns CDR_COLUMNS, times in the site's wall clock.
    """
    calls, legs = ledger.calls, ledger.legs
    attempt = calls["attempt"].to_numpy()
    number, _ = caller_numbers(persons, attempts["person"].to_numpy()[attempt], calls["phone"].to_numpy())
    landing_row = attempts["landing"].to_numpy()[attempt]
    listed = companies.table["LandingNumber"].to_numpy(dtype=object)
    landing = np.where(landing_row < 0, UNLISTED_LANDING_NUMBER, listed[landing_row])
    call, is_first = legs["call"].to_numpy(), legs["leg_number"].to_numpy() == 1
    queue_ids = np.array([queue.queue_id for queue in spec.queues], dtype=object)
    queue = legs["queue"].to_numpy()
    internal = np.array([f"90{position + 1}" for position in range(len(spec.queues))], dtype=object)
    user = _or_none(roster.agents["UserId"].tolist())[legs["agent"].to_numpy()]
    duration = legs["wait"] + legs["talk"] + legs["hold"]
    ends = legs["started_at"] + pd.to_timedelta(duration + legs["after_call"], unit="s")
    return pd.DataFrame(
        {
            "CallId": call_ids(len(calls))[call],
            "LegNumber": legs["leg_number"],
            "Status": np.array(STATUS_WORDS, dtype=object)[legs["status"].to_numpy()],
            "Created": legs["started_at"],
            "LandingNumber": np.where(is_first, landing[call], internal[queue]),
            "ChannelType": "Phone",
            "QueueId": queue_ids[queue],
            "callerNr": np.where(is_first, write_numbers(number, rng)[call], _extensions(legs, roster)),
            "UserId": user,
            "WaitTimeInSec": legs["wait"],
            "TalkTimeInSec": legs["talk"],
            "HoldTimeInSec": legs["hold"],
            "AfterCallTimeInSec": legs["after_call"],
            "Duration": duration,
            "CaseId": pd.Series([None] * len(legs), dtype=object),
            "Updated": ends.astype("datetime64[us]"),
        },
        columns=list(CDR_COLUMNS),
    )


def _extensions(legs: pd.DataFrame, roster: Roster) -> np.ndarray:
    """Extension of the agent who passed the leg on; empty for first legs."""
    passed = legs.loc[legs["status"] == TRANSFERRED, ["call", "leg_number", "agent"]]
    passed = passed.assign(leg_number=passed["leg_number"] + 1).rename(columns={"agent": "by_agent"})
    by_agent = legs[["call", "leg_number"]].merge(passed, how="left", on=["call", "leg_number"])["by_agent"]
    extension = np.append(roster.agents["Extension"].to_numpy(dtype=object), "")
    return extension[by_agent.fillna(-1).astype(np.int64).to_numpy()]


def make_truth_calls(
    ledger: Ledger, attempts: pd.DataFrame, spec: ContactCentreSpec, companies: Companies, persons: Persons
) -> pd.DataFrame:
    """One row per call that ought to be counted: who called, and what it really repeats.

    Args:
        ledger: The calls and legs.
        attempts: First attempts with their callers.
        spec: The centre.
        companies: Who is called.
        persons: Who calls.

    Returns:
        Rows of `truth_calls`, in order of start.
    """
    calls, ids = ledger.calls, call_ids(len(ledger.calls))
    of_attempt = calls["attempt"].to_numpy()
    person = attempts["person"].to_numpy()[of_attempt]
    number, behind = caller_numbers(persons, person, calls["phone"].to_numpy())
    previous = calls["previous_call"].to_numpy()
    landing = attempts["landing"].to_numpy()[of_attempt]
    customer = companies.table["CustomerId"].to_numpy(dtype=object)[landing]
    queue_ids = np.array([queue.queue_id for queue in spec.queues], dtype=object)
    outcome = np.select([calls["status"] == ABANDONED, calls["status"] == OVERFLOW], ["abandoned", "other"], "answered")
    return pd.DataFrame(
        {
            "call_id": ids,
            "person_id": [f"person{p + 1:06d}" for p in person],
            "is_redial_of_call_id": _or_none(ids.tolist())[previous],
            "redial_kind": _redial_kind(calls, number),
            "behind_switchboard": behind,
            "is_withheld": number == 0,
            "caller_number": pd.Series(number).astype(str).where(number != 0),
            "customer_id": pd.Series(customer).where(landing >= 0),
            "first_queue_id": queue_ids[calls["first_queue"].to_numpy()],
            "final_queue_id": queue_ids[calls["final_queue"].to_numpy()],
            "transfers": calls["legs"].to_numpy() - 1,
            "outcome": outcome,
            "started_at_local": calls["started_at"],
        }
    )


def _redial_kind(calls: pd.DataFrame, number: np.ndarray) -> np.ndarray:
    """How a redial could be told from the records: see docs/methods/sample.md."""
    previous = calls["previous_call"].to_numpy()
    started = calls["started_at"].to_numpy()
    gap = (started - started[previous]) / np.timedelta64(1, "s")
    conditions = [previous < 0, number == 0, number != number[previous], gap <= IN_REACH_SECONDS]
    return np.select(conditions, ["none", "withheld", "other_phone", "in_reach"], "late").astype(object)
