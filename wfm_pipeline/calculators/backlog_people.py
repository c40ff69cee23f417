"""Who is there for cases, hour by hour? Rosters, presence and planned activities in; people on the cases and off them out.

Here: coverage's rules of who counts (domain/coverage) joined with the arithmetic of an hour (domain/backlog/people), which may not
know each other. Not here: reading a centre (monitoring/backlog), what is needed, what to do with the time.

People of several queues are split evenly. Of a queue with calls people are free for cases while they wait for a call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.backlog.people.activities import BREAK, Activity, share_of_hours
from wfm_pipeline.domain.backlog.people.availability import available_people
from wfm_pipeline.domain.backlog.people.expected import expected_shares
from wfm_pipeline.domain.coverage.grid import DayGrid, grid_of
from wfm_pipeline.domain.coverage.presence import STATE_RULES, StateRule, count_states
from wfm_pipeline.domain.coverage.scheduled import rostered_stretches
from wfm_pipeline.domain.coverage.shares import (
    Registrations,
    agent_seconds,
    known_seconds,
    people_per_service,
    registrations,
    service_people,
)
from wfm_pipeline.units import SECONDS_PER_HOUR

HOUR_SECONDS: Final = float(SECONDS_PER_HOUR)
SHIFTS: Final = "shifts"
PRESENCE: Final = "presence"
NO_DATA: Final = "no_data"
NO_STATES: Final = "states of agents were not recorded in this hour"
ONLY_NOW: Final = "no roster is known: people signed in now are taken for this hour"
_MOMENT: Final = pd.Timedelta(seconds=1)
"""What lasts up to the instant of the question lasts in the second before it."""
_STRETCH: Final = ["agent_id", "starts_at", "ends_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRequest:
    """Who is rostered in a stretch of hours; instants are naive UTC.

    Attributes:
        queues: Queues asked for; people of other queues are split too.
        hour_starts: Starts of the hours, one after the other.
        registrations: agent_id, service_id, is_registered: who works for which queue.
        shifts: agent_id, starts_at, ends_at; None = no roster is known.
        breaks: The same columns: breaks of the roster.
        off_product: The same columns: training and meetings of the roster.
        activities: Planned activities besides; those without a time are left out.
    """

    queues: Sequence[str]
    hour_starts: pd.DatetimeIndex
    registrations: pd.DataFrame
    shifts: pd.DataFrame | None
    breaks: pd.DataFrame
    off_product: pd.DataFrame
    activities: Sequence[Activity] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleAheadRequest:
    """Who will be there for cases.

    Attributes:
        roster: Who is rostered.
        hours: hour_start, hour_start_local, business_date of the hours to come.
        is_open: queue_id, hour_start, is_open; rows may be missing: not known.
        past: What past weeks were like, see `past_hours`.
        weeks: Weeks back that count [count].
        stated_missing: Queue -> share of people who go missing beyond the plan, as planners state it [0..1]; else past weeks say it.
        stated_case_share: Share of people on the phones who are free for cases, as the site states it [0..1]; None = what past weeks say.
        queues_with_calls: Queues to which calls came: their people also work on calls.
        present_now: queue_id, people: people signed in at the instant of the question, who stand for the first hour where no roster
            is known; None = not known.
    """

    roster: RosterRequest
    hours: pd.DataFrame
    is_open: pd.DataFrame
    past: pd.DataFrame
    weeks: int
    stated_missing: Mapping[str, float] = field(default_factory=dict)
    stated_case_share: float | None = None
    queues_with_calls: frozenset[str] = frozenset()
    present_now: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceRequest:
    """Who was there for cases in hours that are over.

    Attributes:
        queues: Queues asked for.
        hour_starts: Starts of the hours.
        registrations: agent_id, service_id, is_registered.
        states: agent_id, state, started_at, ended_at, is_queue_contact.
        known_from: Instant from which states are recorded; None = none are.
        unrecorded: starts_at, ends_at in which none are; None = none.
        as_of: Instant of the question.
        stated_case_share: As in `PeopleAheadRequest`; None = the time in which people waited for a call.
        queues_with_calls: As in `PeopleAheadRequest`.
        rules: State -> what it means.
    """

    queues: Sequence[str]
    hour_starts: pd.DatetimeIndex
    registrations: pd.DataFrame
    states: pd.DataFrame
    known_from: pd.Timestamp | None
    as_of: pd.Timestamp
    unrecorded: pd.DataFrame | None = None
    stated_case_share: float | None = None
    queues_with_calls: frozenset[str] = frozenset()
    rules: Mapping[str, StateRule] = field(default_factory=lambda: STATE_RULES)


def people_ahead(request: PeopleAheadRequest) -> pd.DataFrame:
    """People for cases of the hours to come.

    Args:
        request: What is asked.

    Returns:
        One row per queue asked for and hour, as `gold.headcount_hour` without source, as_of and what is needed, and besides
        yield_share and over_planned, see `availability.available_people`.

    Raises:
        DataError: a frame lacks a column, or shares are outside 0..1.
    """
    rows = rostered_people(request.roster)
    rows = request.hours.merge(rows, on="hour_start", how="inner").merge(
        request.is_open, on=["queue_id", "hour_start"], how="left"
    )
    rows = rows.sort_values(["queue_id", "hour_start"], ignore_index=True)
    is_past_roster = rows["hour_start"] >= _roster_end(request.roster)
    rows["scheduled"] = rows["scheduled"].mask(is_past_roster & (rows["is_open"] != False))  # noqa: E712  (null is not known)
    found = expected_shares(rows, request.past, weeks=request.weeks)
    missing = rows["queue_id"].map(request.stated_missing).astype(np.float64)
    rows["shrinkage_share"] = missing.fillna(found["shrinkage_share"])
    rows["case_share"] = _case_share(
        rows["queue_id"], found["idle_share"], request.stated_case_share, request.queues_with_calls
    )
    rows = available_people(rows).assign(people_from=SHIFTS)
    return _with_people_now(rows, request.present_now).drop(columns="case_share")


def rostered_people(request: RosterRequest) -> pd.DataFrame:
    """Rostered people, those on a break, and those in a planned activity.

    Args:
        request: What is asked.

    Returns:
        queue_id, hour_start, scheduled, on_break, planned_off [agents], NaN where no roster is known or nobody knows who works for
        the queue. A person's activities count once, a break before other things; activities of a queue count as stated.
    """
    grid = grid_of(pd.Series(request.hour_starts), HOUR_SECONDS)
    who = registrations(request.registrations, _queue_index(request.queues))
    shifts = request.breaks[:0] if request.shifts is None else request.shifts
    own_breaks, own_off = (_of_persons(request.activities, is_break=flag) for flag in (True, False))
    breaks = pd.concat([request.breaks[_STRETCH], own_breaks])
    off = pd.concat([request.off_product[_STRETCH], own_off])
    there = [
        _people(rostered_stretches(shifts[_STRETCH], without), who, grid)
        for without in (breaks[:0], breaks, pd.concat([breaks, off]))
    ]
    unknown = np.nan if request.shifts is None else 0.0
    taken = [_of_queues(request.activities, who, grid, is_break=flag) for flag in (True, False)]
    columns = (there[0], there[0] - there[1] + taken[0], there[1] - there[2] + taken[1])
    asked = slice(0, len(set(request.queues)))
    return pd.DataFrame(
        {
            "queue_id": np.repeat(who.services.to_numpy()[asked], grid.intervals),
            "hour_start": np.tile(grid.starts, len(who.services[asked])),
            **{
                name: np.maximum(values[asked], 0.0).ravel() + unknown
                for name, values in zip(("scheduled", "on_break", "planned_off"), columns, strict=True)
            },
        }
    )


def past_hours(roster: RosterRequest, activity: pd.DataFrame, time_zone: str) -> pd.DataFrame:
    """What hours of a past week were like.

    Args:
        roster: Who was rostered in them.
        activity: agent_id, interval_start_time, on_phones_seconds, ready_seconds: what was recorded, in quarters of an hour.
        time_zone: IANA name of the site's zone.

    Returns:
        Columns `expected.PAST_COLUMNS`. Hours in which nobody of the whole site was signed in are left out where people were
        rostered: that is a lost log and no empty room.
    """
    rows = rostered_people(roster)
    grid = grid_of(pd.Series(roster.hour_starts), HOUR_SECONDS)
    who = registrations(roster.registrations, _queue_index(roster.queues))
    place = grid.places_of(activity["interval_start_time"].dt.floor("h"))
    agent = who.agents.get_indexer(pd.Index(activity["agent_id"]))
    is_in = (place >= 0) & (agent >= 0)
    hours = []
    for name in ("on_phones_seconds", "ready_seconds"):
        seconds = np.zeros((len(who.agents), grid.intervals))
        np.add.at(seconds, (agent[is_in], place[is_in]), activity[name].to_numpy(np.float64)[is_in])
        hours.append(_split_evenly(who, seconds / HOUR_SECONDS)[: len(set(roster.queues))].ravel())
    local = rows["hour_start"].dt.tz_localize("UTC").dt.tz_convert(time_zone).dt.tz_localize(None)
    found = pd.DataFrame(
        {
            "queue_id": rows["queue_id"],
            "hour_start_local": local,
            "rostered_hours": rows["scheduled"] - rows["on_break"] - rows["planned_off"],
            "present_hours": hours[0],
            "idle_hours": hours[1],
        }
    )
    is_recorded = np.isin(np.arange(grid.intervals), place[place >= 0])
    return found[np.tile(is_recorded, len(set(roster.queues)))].reset_index(drop=True)


def people_over(request: PresenceRequest) -> pd.DataFrame:
    """People who were on the cases in hours that are over.

    Args:
        request: What is asked.

    Returns:
        queue_id, hour_start, on_product_agents [agents] (hours over the hour; null where not known), people_from, reason.
    """
    grid = grid_of(pd.Series(request.hour_starts), HOUR_SECONDS)
    who = registrations(request.registrations, _queue_index(request.queues))
    counted = count_states(request.states, as_of=request.as_of, rules=request.rules)
    known = known_seconds(grid, request.known_from, request.as_of, request.unrecorded)
    rows = service_people(counted.stretches, who, _unknown_load(who, grid), grid, known)
    rows = rows.rename(columns={"service_id": "queue_id", "interval_start": "hour_start"})
    rows = rows[rows["queue_id"].isin(request.queues)].reset_index(drop=True)
    has_calls = rows["queue_id"].isin(request.queues_with_calls)
    between = (
        rows["agents_available"]
        if request.stated_case_share is None
        else rows["agents_actual"] * request.stated_case_share
    )
    people = rows["agents_actual"].mask(has_calls, between)
    return pd.DataFrame(
        {
            "queue_id": rows["queue_id"],
            "hour_start": rows["hour_start"],
            "on_product_agents": people,
            "people_from": np.where(people.isna(), NO_DATA, PRESENCE),
            "reason": [NO_STATES if is_unknown else None for is_unknown in people.isna()],
        }
    )


def people_now(request: PresenceRequest) -> pd.DataFrame:
    """People on the phones at the instant of the question.

    Args:
        request: What is asked.

    Returns:
        queue_id, people [agents], null where states are not recorded.
    """
    moment = DayGrid(request.as_of - _MOMENT, _MOMENT.total_seconds(), 1)
    who = registrations(request.registrations, _queue_index(request.queues))
    counted = count_states(request.states, as_of=request.as_of, rules=request.rules).stretches
    lasting = counted[counted["ends_at"] >= request.as_of]
    known = known_seconds(moment, request.known_from, request.as_of, request.unrecorded)
    rows = service_people(lasting, who, _unknown_load(who, moment), moment, known)
    return pd.DataFrame({"queue_id": rows["service_id"], "people": rows["agents_actual"]})


def _queue_index(queues: Sequence[str]) -> pd.Index:
    return pd.Index(sorted(set(queues)), dtype=object)


def _people(stretches: pd.DataFrame, who: Registrations, grid: DayGrid) -> FloatArray:
    return _split_evenly(who, agent_seconds(stretches, who.agents, grid) / grid.interval_seconds)


def _split_evenly(who: Registrations, present: FloatArray) -> FloatArray:
    return people_per_service(who, np.full((len(who.services), present.shape[1]), np.nan), present)


def _unknown_load(who: Registrations, grid: DayGrid) -> FloatArray:
    return np.full((len(who.services), grid.intervals), np.nan)


def _of_persons(activities: Sequence[Activity], *, is_break: bool) -> pd.DataFrame:
    """Stretches of activities that name their person."""
    named = [
        one for one in activities if one.agent_id and one.starts_at is not None and (one.kind == BREAK) == is_break
    ]
    rows = [(one.agent_id, one.starts_at, one.ends_at) for one in named]
    found = pd.DataFrame(rows, columns=_STRETCH)
    return found.astype({"starts_at": "datetime64[us]", "ends_at": "datetime64[us]"})


def _of_queues(activities: Sequence[Activity], who: Registrations, grid: DayGrid, *, is_break: bool) -> FloatArray:
    """People of activities that name a queue, per queue and hour."""
    taken = np.zeros((len(who.services), grid.intervals))
    for one in activities:
        if (
            one.queue_id in who.services
            and not one.agent_id
            and one.starts_at is not None
            and (one.kind == BREAK) == is_break
        ):
            taken[who.services.get_loc(one.queue_id)] += one.agents * share_of_hours(
                grid.starts, one.starts_at, one.seconds
            )
    return taken


def _roster_end(roster: RosterRequest) -> pd.Timestamp:
    """From here on no shift is known; nobody may be rostered yet."""
    if roster.shifts is None or roster.shifts.empty:
        return pd.Timestamp.max
    return pd.Timestamp(roster.shifts["ends_at"].max())


def _case_share(queues: pd.Series, idle: pd.Series, stated: float | None, with_calls: frozenset[str]) -> pd.Series:
    between = idle if stated is None else pd.Series(stated, index=queues.index)
    return between.where(queues.isin(with_calls), 1.0)


def _with_people_now(rows: pd.DataFrame, now: pd.DataFrame | None) -> pd.DataFrame:
    """People signed in now for the first hour, where no roster is known; what is not known is `no_data`."""
    is_unknown = rows["scheduled"].isna()
    rows = rows.assign(people_from=rows["people_from"].mask(is_unknown, NO_DATA))
    if now is None or rows.empty:
        return rows
    people = rows["queue_id"].map(now.set_index("queue_id")["people"]).astype(np.float64)
    here = is_unknown & (rows["hour_start"] == rows["hour_start"].min()) & people.notna() & rows["case_share"].notna()
    free = people * rows["case_share"]
    for name in ("available", "on_product"):
        rows[name] = rows[name].mask(here, free)
    told = rows["reason"].mask(here, ONLY_NOW)
    return rows.assign(people_from=rows["people_from"].mask(here, PRESENCE), reason=told.where(told.notna(), None))
