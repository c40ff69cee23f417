"""People for the cases of a house: who was there in the hours that are over, and who will be in those to come.

Here: one reading of the live centre, the planners' tables and the opening hours as the questions of calculators/backlog_people.
The roster and the planned activities are those that stand when it is asked. Not here: who counts (the calculator), reading
(people_read), what to do with people's time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from wfm_pipeline.calculators.backlog_people import (
    NO_DATA,
    PeopleAheadRequest,
    PresenceRequest,
    RosterRequest,
    past_hours,
    people_ahead,
    people_now,
    people_over,
)
from wfm_pipeline.calculators.backlog_time import TimeChangesAnswer, TimeChangesRequest, time_changes
from wfm_pipeline.domain.backlog.people.activities import Activity, activities_between
from wfm_pipeline.domain.backlog.people.availability import NUMBERS
from wfm_pipeline.domain.backlog.people.time_changes import QueueRisk
from wfm_pipeline.domain.coverage.grid import DayGrid
from wfm_pipeline.domain.opening.open_hours import hours_open
from wfm_pipeline.errors import SettingsError, SourceError
from wfm_pipeline.monitoring.backlog.people_read import (
    PAST_WEEKS,
    PeopleRead,
    activity_of,
    read_people,
    services_with_calls,
    signed_in_before,
)
from wfm_pipeline.monitoring.coverage.asking import Tables, registered_for, roster_of
from wfm_pipeline.monitoring.coverage.history.past_hours import unrecorded
from wfm_pipeline.resources import House
from wfm_pipeline.units import SECONDS_PER_MINUTE
from wfm_pipeline.urls import masked
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.shelves.people_inputs import read_missing_shares, read_planned_activities
from wfm_pipeline.warehouse.shelves.queue_hours import read_queue_calendar

LEAD_MINUTES: Final = 30
"""From the full hour until anything is moved [min]: the hour is counted some minutes later, and people need to be told."""
_HOUR: Final = pd.Timedelta(hours=1)


@dataclass(frozen=True, slots=True, eq=False)
class BacklogPeople:
    """People for cases.

    Attributes:
        ahead: One row per queue and hour to come: `gold.headcount_hour` without source, as_of and what is needed, and yield_share,
            people on cases for one more person at work [0..1].
        over: One row per queue and hour that is over: queue_id, hour_start, on_product_agents, people_from, reason.
        activities: Planned activities of the hours to come and those without a time, as planners state them.
        rostered: agent_id, starts_at, ends_at of the hours to come: when people are in their shift.
        roster_breaks: agent_id, starts_at, ends_at, kind: breaks, training and meetings of the roster.
        registrations: agent_id, service_id, is_registered.
        fault: Why the live centre says nothing; empty where it was read.
        findings: Values and rows that were refused at the door [count].
    """

    ahead: pd.DataFrame
    over: pd.DataFrame
    activities: tuple[Activity, ...]
    rostered: pd.DataFrame
    roster_breaks: pd.DataFrame
    registrations: pd.DataFrame
    fault: str = ""
    findings: int = 0


def people_of(
    house: House,
    warehouse: Warehouse,
    queues: Sequence[str],
    *,
    first: pd.Timestamp,
    last: pd.Timestamp,
    as_of: pd.Timestamp,
) -> BacklogPeople:
    """People for the cases of queues, from one reading of the live centre.

    Args:
        house: The house.
        warehouse: Its open warehouse: planners' tables.
        queues: The queues; of one that the centre does not know, nothing is known.
        first: Start of the first hour that is over (naive UTC).
        last: End of the last hour to come.
        as_of: Where the one ends and the other begins: a full hour; nothing later of states is used.

    Returns:
        Both, a row for every queue and hour. Without a centre, or where it does not answer, everything is null and `fault` says why.
    """
    over, ahead = _hours(first, as_of), _hours(as_of, last)
    asked = _asked(house, warehouse, queues, over, ahead)
    activities = activities_between(
        read_planned_activities(warehouse, house.source_map), house.site.time_zone, as_of, pd.Timestamp(last)
    )
    try:
        read = read_people(house, over, ahead)
    except (SettingsError, SourceError) as error:
        return _unknown(asked, activities, f"people are not known: {masked(str(error))}")
    return _known(asked, read, activities)


def time_changes_of(house: House, people: BacklogPeople, risk: QueueRisk) -> TimeChangesAnswer:
    """What to release and to recall, as the house's settings say.

    Args:
        house: The house: limit of the risk, how far breaks of a roster may move, clock.
        people: People for its cases.
        risk: Probability of a breach of a queue by people on cases in each hour to come; NaN = not known.

    Returns:
        Recommendations, and the changes of each queue.
    """
    settings = house.settings
    return time_changes(
        TimeChangesRequest(
            people=people.ahead,
            activities=people.activities,
            registrations=people.registrations,
            rostered=people.rostered,
            roster_breaks=people.roster_breaks,
            risk=risk,
            limit=settings.backlog_breach_limit,
            time_zone=house.site.time_zone,
            break_move_minutes=settings.backlog_break_move_minutes,
            lead_minutes=LEAD_MINUTES,
        )
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What `people_of` is asked, with its hours laid out."""

    house: House
    warehouse: Warehouse
    queues: tuple[str, ...]
    over: pd.DatetimeIndex
    ahead: pd.DatetimeIndex
    hours: pd.DataFrame
    is_open: pd.DataFrame


def _asked(
    house: House, warehouse: Warehouse, queues: Sequence[str], over: pd.DatetimeIndex, ahead: pd.DatetimeIndex
) -> _Asked:
    local = ahead.tz_localize("UTC").tz_convert(house.site.time_zone).tz_localize(None)
    hours = pd.DataFrame({"hour_start": ahead, "hour_start_local": local, "business_date": local.normalize()})
    names = tuple(sorted(set(queues)))
    spans = pd.DataFrame({"hour_start": ahead, "hour_end": ahead + _HOUR})
    is_open = hours_open(read_queue_calendar(warehouse, house.source_map), names, spans)
    return _Asked(house, warehouse, names, over, ahead, hours, is_open)


def _known(asked: _Asked, read: PeopleRead, activities: tuple[Activity, ...]) -> BacklogPeople:
    with_calls = services_with_calls(read.over, *(tables for _, tables in read.past))
    registered = registered_for({**read.ahead, "agent_states": read.over["agent_states"]})
    roster = _roster(asked.queues, asked.ahead, read.ahead, registered, activities)
    presence = _presence(asked, read, with_calls)
    ahead = people_ahead(
        PeopleAheadRequest(
            roster=roster,
            hours=asked.hours,
            is_open=asked.is_open,
            past=_past(asked, read),
            weeks=PAST_WEEKS,
            stated_missing=read_missing_shares(
                asked.warehouse, asked.queues, asked.hours["business_date"].iloc[0].date()
            ),
            stated_case_share=asked.house.settings.backlog_case_share,
            queues_with_calls=with_calls,
            present_now=people_now(presence) if roster.shifts is None else None,
        )
    )
    services = set(read.ahead["services"]["id"])
    return BacklogPeople(
        _with_strangers(ahead, services),
        _with_strangers(people_over(presence), services),
        activities,
        read.ahead["shifts"][["agent_id", "starts_at", "ends_at"]],
        _breaks(read.ahead),
        registered,
        findings=read.findings,
    )


def _presence(asked: _Asked, read: PeopleRead, with_calls: frozenset[str]) -> PresenceRequest:
    return PresenceRequest(
        queues=asked.queues,
        hour_starts=asked.over,
        registrations=registered_for({**read.over, "service_groups": read.ahead["service_groups"]}),
        states=read.over["agent_states"],
        known_from=_known_from(read.over, asked.over),
        unrecorded=unrecorded(read.over, _quarters(asked.over), as_of=asked.ahead[0]),
        as_of=asked.ahead[0],
        stated_case_share=asked.house.settings.backlog_case_share,
        queues_with_calls=with_calls,
    )


def _past(asked: _Asked, read: PeopleRead) -> pd.DataFrame:
    """The same hours of past weeks, week under week."""
    weeks = [
        past_hours(
            _roster(asked.queues, hours, tables, signed_in_before(tables)),
            activity_of(tables),
            asked.house.site.time_zone,
        )
        for hours, tables in read.past
    ]
    return pd.concat(weeks, ignore_index=True)


def _breaks(tables: Tables) -> pd.DataFrame:
    """Breaks, training and meetings of the roster with their people."""
    key = ["shift_id", "schedule_version"]
    rows = tables["shift_breaks"].merge(tables["shifts"][[*key, "agent_id"]], on=key)
    return rows[["agent_id", "starts_at", "ends_at", "kind"]]


def _roster(
    queues: Sequence[str],
    hours: pd.DatetimeIndex,
    tables: Tables,
    registered: pd.DataFrame,
    activities: Sequence[Activity] = (),
) -> RosterRequest:
    shifts, breaks, off_product = roster_of(tables)
    return RosterRequest(
        queues=queues,
        hour_starts=hours,
        registrations=registered,
        shifts=shifts,
        breaks=breaks,
        off_product=off_product,
        activities=activities,
    )


def _known_from(tables: Tables, over: pd.DatetimeIndex) -> pd.Timestamp | None:
    """Of hours without a state and without a roster nobody knows whether the room was empty or nothing was written down."""
    return over[0] if len(tables["agent_states"]) or len(tables["shifts"]) else None


def _quarters(hours: pd.DatetimeIndex) -> DayGrid:
    quarter = 15 * SECONDS_PER_MINUTE
    return DayGrid(hours[0], float(quarter), int((hours[-1] + _HOUR - hours[0]).total_seconds()) // quarter)


def _hours(first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
    return pd.date_range(first, last, freq="h", inclusive="left", unit="us", name="hour_start")


def _with_strangers(rows: pd.DataFrame, services: set[str]) -> pd.DataFrame:
    """Queues that the centre does not have say so."""
    is_strange = ~rows["queue_id"].isin(services)
    told = "the live centre has no service " + rows["queue_id"].astype(object)
    return rows.assign(reason=rows["reason"].mask(is_strange, told))


def _unknown(asked: _Asked, activities: tuple[Activity, ...], fault: str) -> BacklogPeople:
    """Nothing is known of anybody."""
    ahead = asked.is_open.merge(asked.hours, on="hour_start").assign(**dict.fromkeys(NUMBERS, float("nan")))
    names = pd.MultiIndex.from_product([asked.queues, asked.over], names=["queue_id", "hour_start"])
    over = names.to_frame(index=False).assign(on_product_agents=float("nan"))
    told = {"people_from": NO_DATA, "reason": fault}
    nobody = pd.DataFrame(columns=["agent_id", "starts_at", "ends_at", "kind"])
    registered = pd.DataFrame(columns=["agent_id", "service_id", "is_registered"])
    return BacklogPeople(
        ahead.assign(**told), over.assign(**told), activities, nobody.drop(columns="kind"), nobody, registered, fault
    )
