"""Recorded days as a live centre would have looked at them: what was to be expected ahead, what had been reached, what then came.

Nothing is used before it was known: calls are those of a forecast made before the week and updated by the quarters that were
over, people those who had shown themselves by then, their services those of the weeks before. Not here: forecasts of weeks
and the scores (alert_score), reading records (monitoring/replay).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.coverage.ahead.shortages import Truth, truth_of
from wfm_pipeline.domain.coverage.intervals import projected_service_level
from wfm_pipeline.domain.coverage.required import exact_needs, policy_columns
from wfm_pipeline.domain.coverage.shares import people_per_service, registrations
from wfm_pipeline.domain.forecasting.intraday.update import IntradayModel, update_means
from wfm_pipeline.domain.replay.queue_states import sweep_of
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline.domain.staffing.requirement import heads
from wfm_pipeline.units import SECONDS_PER_DAY

QUARTER_SECONDS: Final = 900.0
QUARTERS: Final = round(SECONDS_PER_DAY / QUARTER_SECONDS)
LEAD_SECONDS: Final = 900.0
"""How long before a quarter begins its shortage must be told [s]."""
LOOK_SECONDS: Final = 300.0
"""From look to look [s]; a live centre looks more often, and pending times are the same."""
LOOKED_AT: Final[FloatArray] = np.arange(0.0, SECONDS_PER_DAY - LEAD_SECONDS - QUARTER_SECONDS + 1.0, LOOK_SECONDS)
"""Looks of a day [s since midnight]; the last one tells of the last quarter."""
SEEN_SECONDS: Final = 600.0
"""How long after a contact its agent counts as there [s]; of 5, 10 and 20 minutes none is better on the odd weeks."""
SKILL_DAYS: Final = 28
"""Days before a day whose contacts tell for whom an agent works [days]."""
QUARTER: Final = pd.Timedelta(seconds=QUARTER_SECONDS)


@dataclass(frozen=True)
class Records:
    """Contacts of all days, those that joined a line.

    Attributes:
        contacts: `contacts.CONTACT_COLUMNS` and joined_local, in order of joining.
        answer_target_seconds: Longest wait of a contact answered in target [s].
    """

    contacts: pd.DataFrame
    answer_target_seconds: float

    @classmethod
    def of(cls, contacts: pd.DataFrame, *, time_zone: str, answer_target_seconds: float) -> "Records":
        """Contacts by the wall clock; who hung up in the menu, or before any time had passed in line, was in no line."""
        in_line = contacts["is_answered"] | (contacts["left_at"] > contacts["joined_at"])
        rows = contacts[in_line.to_numpy(bool)].reset_index(drop=True)
        local = rows["joined_at"].dt.tz_localize("UTC").dt.tz_convert(time_zone).dt.tz_localize(None)
        return cls(rows.assign(joined_local=local), answer_target_seconds)

    @cached_property
    def services(self) -> tuple[str, ...]:
        """All services, sorted."""
        return tuple(sorted(self.contacts["service_id"].unique()))

    @cached_property
    def quarters(self) -> pd.DataFrame:
        """queue_id, interval_start (local): calls, in_target [calls], answered_handle_known, handle_seconds; those with calls."""
        rows = self.contacts
        handle = rows[["talk_seconds", "hold_seconds", "wrap_seconds"]].sum(axis=1, min_count=1)
        in_target = rows["is_answered"] & (rows["wait_seconds"] <= self.answer_target_seconds)
        told = pd.DataFrame(
            {
                "queue_id": rows["service_id"],
                "interval_start": rows["joined_local"].dt.floor(QUARTER),
                "calls": 1.0,
                "in_target": in_target.astype(np.float64),
                "answered_handle_known": (rows["is_answered"] & handle.notna()).astype(np.float64),
                "handle_seconds": handle.where(rows["is_answered"]).fillna(0.0),
            }
        )
        return told.groupby(["queue_id", "interval_start"], as_index=False).sum()

    def of_day(self, date: dt.date, name: str) -> FloatArray:
        """A column of `quarters` on a date, 0 without calls, shape (n_services, n_quarters)."""
        day = pd.Timestamp(date)
        rows = self.quarters[self.quarters["interval_start"].between(day, day + pd.Timedelta(days=1), inclusive="left")]
        found = np.zeros((len(self.services), QUARTERS))
        place = ((rows["interval_start"] - day) // QUARTER).to_numpy(np.int64)
        found[pd.Index(self.services).get_indexer(pd.Index(rows["queue_id"])), place] = rows[name]
        return found

    def between(self, first: dt.date, end: dt.date) -> pd.DataFrame:
        """Contacts that joined from one local date to another, which is excluded."""
        local = self.contacts["joined_local"]
        chosen = (local >= pd.Timestamp(first)) & (local < pd.Timestamp(end))
        return self.contacts[chosen.to_numpy(bool)]


@dataclass(frozen=True, slots=True, eq=False)
class IssuedQuarters:
    """A forecast of one day, made before its week.

    Attributes:
        date: The day.
        calls: Expected calls [calls], shape (n_services, n_quarters).
        aht_seconds: Expected handle time [s], NaN = not known, same shape.
        model: What updates the day.
    """

    date: dt.date
    calls: FloatArray
    aht_seconds: FloatArray
    model: IntradayModel


@dataclass(frozen=True, slots=True, eq=False)
class DayLevels:
    """One day; levels are of shape (n_services, n_looks).

    Attributes:
        date: The day.
        projected: Service level that the calls then expected and the people then there meet in the quarter that begins 15
            minutes after the look; NaN without calls.
        coverage: Those people over the people whom those calls need; NaN where nobody is needed or it is not known.
        reached: Service level of who left the line in the 15 minutes before the look; NaN where nobody did.
        truth: What came.
    """

    date: dt.date
    projected: FloatArray
    coverage: FloatArray
    reached: FloatArray
    truth: Truth


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayLevelsRequest:
    """What is asked.

    Attributes:
        records: Contacts, of `SKILL_DAYS` before the first day too.
        issued: Forecasts of the days.
        policy: What the people of every service should achieve; its patience is that of the callers.
    """

    records: Records
    issued: Sequence[IssuedQuarters]
    policy: StaffingPolicy


def day_levels(request: DayLevelsRequest) -> list[DayLevels]:
    """Look at days.

    Args:
        request: Days, records and policy.

    Returns:
        The days, in the order given.
    """
    records, issued, policy = request.records, request.issued, request.policy
    ahead = [_ahead(records, one) for one in issued]
    calls, aht, people = (np.stack([getattr(one, name) for one in ahead]) for name in ("calls", "aht", "people"))
    rows = policy_columns(pd.Series(["all"] * calls.size), {}, policy)
    level = projected_service_level(calls.ravel(), aht.ravel(), people.ravel(), rows, QUARTER_SECONDS)
    need = heads(exact_needs(calls.ravel(), aht.ravel(), rows, QUARTER_SECONDS))
    coverage = np.divide(people.ravel(), need, out=np.full(len(need), np.nan), where=need > 0)
    levels, coverages = level.reshape(calls.shape), coverage.reshape(calls.shape)
    return [_day(records, *one, policy) for one in zip(issued, levels, coverages, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class _Ahead:
    """What was to be expected ahead at each look, shape (n_services, n_looks)."""

    calls: FloatArray
    aht: FloatArray
    people: FloatArray


def _ahead(records: Records, issued: IssuedQuarters) -> _Ahead:
    quarter = (LOOKED_AT // QUARTER_SECONDS).astype(np.int64)
    target = ((LOOKED_AT + LEAD_SECONDS) // QUARTER_SECONDS).astype(np.int64)
    came = records.of_day(issued.date, "calls")
    number = np.arange(QUARTERS)
    by_border = np.stack(
        [
            update_means(issued.calls, np.where(number < border, came, np.nan), elapsed=border, model=issued.model)
            for border in range(int(quarter[-1]) + 1)
        ]
    )
    calls, aht = by_border[quarter, :, target].T, issued.aht_seconds[:, target]
    return _Ahead(calls, aht, _people(records, issued.date, calls * aht / QUARTER_SECONDS))


def _people(records: Records, date: dt.date, load: FloatArray) -> FloatArray:
    """People of each service at each look, who had shown themselves by then, split by the load to come."""
    past = records.between(date - dt.timedelta(days=SKILL_DAYS), date)
    registered = registrations(past[["agent_id", "service_id"]], pd.Index(records.services, dtype=object))
    served = records.between(date, date + dt.timedelta(days=1)).dropna(subset=["agent_id"])
    who = registered.agents.get_indexer(pd.Index(served["agent_id"]))
    looks = _instants(records, date)
    first, last = (
        np.searchsorted(looks, served[name].to_numpy("datetime64[us]") + more, side="left")
        for name, more in (("left_at", _microseconds(0.0)), ("ended_at", _microseconds(SEEN_SECONDS)))
    )
    steps = np.zeros((len(registered.agents), len(looks) + 1))
    is_known = who >= 0
    np.add.at(steps, (who[is_known], first[is_known]), 1.0)
    np.add.at(steps, (who[is_known], last[is_known]), -1.0)
    present = (np.cumsum(steps, axis=1)[:, :-1] > 0).astype(np.float64)
    return people_per_service(registered, load, present)[: len(records.services)]


def _day(
    records: Records, issued: IssuedQuarters, projected: FloatArray, coverage: FloatArray, policy: StaffingPolicy
) -> DayLevels:
    contacts = records.between(issued.date, issued.date + dt.timedelta(days=1))
    looks = _instants(records, issued.date)
    sweep = sweep_of(contacts, answer_target_seconds=records.answer_target_seconds, services=records.services)
    states = sweep.states_at(looks, since=np.full(len(looks), looks[0]))
    calls, in_target = (records.of_day(issued.date, name) for name in ("calls", "in_target"))
    truth = truth_of(calls, in_target, target=policy.service_level_target)
    return DayLevels(issued.date, projected, coverage, states.service_level_in_window.T, truth)


def _instants(records: Records, date: dt.date) -> np.ndarray:
    """Looks of a day as UTC: the clock's offset is that of the day's own contacts."""
    row = records.between(date, date + dt.timedelta(days=1)).iloc[0]
    midnight = pd.Timestamp(date) + (row["joined_at"] - row["joined_local"])
    return midnight.to_datetime64().astype("datetime64[us]") + _microseconds(LOOKED_AT)


def _microseconds(seconds: "float | FloatArray") -> np.ndarray:
    return (np.asarray(seconds) * 1e6).astype(np.int64).astype("timedelta64[us]")
