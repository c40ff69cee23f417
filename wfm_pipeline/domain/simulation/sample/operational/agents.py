"""How the sample's agents spent their time: stretches of states, and their seconds per quarter (`agent_activity`).

Not here: when they ought to work (schedule), what came (contacts).
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.operational.statistics import AGENT_ACTIVITY
from wfm_pipeline.domain.simulation.sample.operational.instants import SECOND, quarter_of, seconds_of_quarters
from wfm_pipeline.domain.simulation.sample.records import Ledger
from wfm_pipeline.domain.simulation.sample.rosters import CLOSING_GRACE_SECONDS, LUNCH_SECONDS
from wfm_pipeline.domain.simulation.sample.service import TRANSFERRED

BUSY: Final = ("talk", "hold", "wrap")
_STRETCH: Final = ["agent", "queue", "state", "starts", "ends", "contact_queue"]
_IN_ORDER: Final = ["agent", "starts", "ends"]
_DAY: Final = np.timedelta64(1, "D")


def stretches_of_states(ledger: Ledger, shifts: pd.DataFrame) -> pd.DataFrame:
    """What each agent did from login to logout, without a gap.

    Args:
        ledger: The calls and legs.
        shifts: One row per agent and day: agent, queue, starts, lunch_starts, ends, closes (wall clock).

    Returns:
        One row per stretch in order of agent and time: agent, queue (the agent's), state, starts, ends (half-open, whole
        seconds), contact_queue (-1 without a contact). Who is busy at the end of the shift stays until the work is done.
    """
    contacts = _contacts(ledger.legs)
    busy, logins = _busy(contacts), _logins(shifts, contacts)
    lunches = _lunches(logins, contacts[["agent", "began", "over"]])
    told = pd.concat([busy, lunches], ignore_index=True).sort_values(_IN_ORDER, ignore_index=True)
    every = pd.concat([told, _ready(logins, told)], ignore_index=True)
    queue = logins.drop_duplicates("agent").set_index("agent")["queue"]
    every["queue"] = queue.reindex(every["agent"]).to_numpy()
    return every.sort_values(_IN_ORDER, ignore_index=True)[_STRETCH]


def _contacts(legs: pd.DataFrame) -> pd.DataFrame:
    """Answered legs from answer to the end of wrap, began and over; where rounding lets two overlap, the later begins later."""
    answered = legs.loc[legs["agent"] >= 0].copy()
    answered["answered_at"] = answered["started_at"] + answered["wait"].to_numpy() * SECOND
    work = (answered["talk"] + answered["hold"] + answered["after_call"]).to_numpy() * SECOND
    answered = answered.assign(over=answered["answered_at"] + work)
    answered = answered.sort_values(["agent", "answered_at", "over"], ignore_index=True)
    answered["over"] = answered.groupby("agent")["over"].cummax()
    before = answered.groupby("agent")["over"].shift(1)
    return answered.assign(began=answered["answered_at"].where(~(before > answered["answered_at"]), before))


def _busy(contacts: pd.DataFrame) -> pd.DataFrame:
    """Talk, hold and wrap of each answered leg, one after the other."""
    at, raw, parts = contacts["began"], contacts["answered_at"], []
    for state, length in zip(BUSY, ("talk", "hold", "after_call"), strict=True):
        raw = raw + contacts[length].to_numpy() * SECOND
        ends = raw.where(raw > at, at)
        part = {
            "agent": contacts["agent"],
            "state": state,
            "starts": at,
            "ends": ends,
            "contact_queue": contacts["queue"],
        }
        parts.append(pd.DataFrame(part))
        at = ends
    every = pd.concat(parts, ignore_index=True)
    return every[every["ends"] > every["starts"]]


def _logins(shifts: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """Shifts as they were worked: the last ones empty the queue, and nobody leaves a caller."""
    logins = shifts.assign(date=shifts["starts"].dt.floor("D"))
    stays = logins["ends"] >= logins["closes"]
    until = logins["ends"] + np.where(stays, CLOSING_GRACE_SECONDS, 0) * SECOND
    midnight = logins["date"] + _DAY
    date = contacts["began"].dt.floor("D").rename("date")
    last = contacts.groupby(["agent", date])["over"].max().rename("last").reset_index()
    busy_until = logins.merge(last, how="left", on=["agent", "date"])["last"].to_numpy()
    return logins.assign(ends=np.fmax(until.where(until < midnight, midnight).to_numpy(), busy_until))


def _lunches(logins: pd.DataFrame, contacts: pd.DataFrame) -> pd.DataFrame:
    """Lunches begin when the contact before them is over and end when the next is taken; one that is worked through is none."""
    lunches = logins[["agent", "lunch_starts"]].rename(columns={"lunch_starts": "starts"})
    lunches = lunches.assign(
        ends=lunches["starts"] + LUNCH_SECONDS * SECOND, middle=lunches["starts"] + LUNCH_SECONDS // 2 * SECOND
    ).sort_values("middle", ignore_index=True)
    taken = contacts.sort_values("began", ignore_index=True)
    before = taken.assign(over=taken.groupby("agent")["over"].cummax())
    over = pd.merge_asof(lunches, before, left_on="middle", right_on="began", by="agent")["over"]
    following = pd.merge_asof(lunches, taken, left_on="middle", right_on="began", by="agent", direction="forward")[
        "began"
    ]
    found = lunches.assign(
        starts=lunches["starts"].where(~(over > lunches["starts"]), over),
        ends=lunches["ends"].where(~(following < lunches["ends"]), following),
        state="not_ready",
        contact_queue=-1,
    ).drop(columns="middle")
    return found[found["ends"] > found["starts"]]


def _ready(logins: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """Whatever of a login is not told of otherwise: the gaps between stretches, its beginning and its end."""
    marks = pd.concat(
        [
            told[["agent", "starts", "ends"]],
            pd.DataFrame({"agent": logins["agent"], "starts": logins["starts"], "ends": logins["starts"]}),
            pd.DataFrame({"agent": logins["agent"], "starts": logins["ends"], "ends": logins["ends"]}),
        ],
        ignore_index=True,
    ).sort_values(_IN_ORDER, ignore_index=True)
    # A contact may begin a second before the login, for times are rounded: its end counts, not the login's.
    marks["ends"] = marks.groupby("agent")["ends"].cummax()
    following = marks.groupby("agent")["starts"].shift(-1)
    is_same_day = following.dt.floor("D") == marks["ends"].dt.floor("D")
    gaps = pd.DataFrame(
        {"agent": marks["agent"], "state": "ready", "starts": marks["ends"], "ends": following, "contact_queue": -1}
    )
    return gaps[is_same_day & (following > marks["ends"])]


def agent_activity(
    stretches: pd.DataFrame, legs: pd.DataFrame, agent_ids: np.ndarray, groups: np.ndarray
) -> pd.DataFrame:
    """Seconds of each state per agent and quarter, and the contacts the agent took.

    Args:
        stretches: See `stretches_of_states`.
        legs: Legs of the ledger; those outside the quarters of the stretches are not counted.
        agent_ids: Id of each agent, shape (n_agents,).
        groups: Group of each queue, shape (n_queues,).

    Returns:
        Rows of `agent_activity` in order of their key, interval_start_time by the site's wall clock.
    """
    key = ["agent", "queue"]
    seconds = seconds_of_quarters(stretches, [*key, "state"])
    wide = seconds.pivot_table(index=[*key, "quarter"], columns="state", values="seconds", fill_value=0)
    wide = wide.reindex(columns=["ready", "not_ready", *BUSY], fill_value=0).add_suffix("_time").reset_index()
    wide["login_time"] = wide[[name for name in wide.columns if str(name).endswith("_time")]].sum(axis=1)
    taken = legs.loc[legs["agent"] >= 0]
    taken = taken.assign(
        quarter=quarter_of(taken["started_at"] + taken["wait"].to_numpy() * SECOND),
        is_passed_on=taken["status"] == TRANSFERRED,
    )
    counts = taken.groupby(["agent", "quarter"])["is_passed_on"].agg(["size", "sum"]).reset_index()
    wide = wide.merge(counts, how="left", on=["agent", "quarter"])
    wide["calls_handled"] = wide["size"].fillna(0).astype(np.int64)
    wide["calls_transferred"] = wide["sum"].fillna(0).astype(np.int64)
    wide["agent_id"], wide["group_id"] = agent_ids[wide["agent"]], groups[wide["queue"]]
    wide = wide.rename(columns={"quarter": "interval_start_time"})
    return wide.sort_values(list(AGENT_ACTIVITY.key), ignore_index=True)[list(AGENT_ACTIVITY.column_names)]


def occupancy_of_services(stretches: pd.DataFrame, services: np.ndarray) -> pd.DataFrame:
    """Busy time over busy and ready time.

    Args:
        stretches: See `stretches_of_states`.
        services: Service of each queue, shape (n_queues,).

    Returns:
        One row per service and quarter in which somebody could be reached: service_id, quarter, occupancy [0..1].
    """
    reached = stretches[stretches["state"] != "not_ready"]
    seconds = seconds_of_quarters(reached.assign(is_busy=reached["state"].isin(BUSY)), ["queue", "is_busy"])
    wide = seconds.pivot_table(index=["queue", "quarter"], columns="is_busy", values="seconds", fill_value=0)
    wide = wide.reindex(columns=[False, True], fill_value=0)
    found = (wide[True] / wide.sum(axis=1)).rename("occupancy").reset_index()
    return pd.DataFrame(
        {"service_id": services[found["queue"]], "quarter": found["quarter"], "occupancy": found["occupancy"]}
    )
