"""What is read of a live centre for the people of the backlog: the hours that are over, those to come, and the same of past weeks.

Here: which tables of which stretch, and the shapes that the question needs. Not here: the question (people), who counts
(calculators/backlog_people), the database (sources/operational).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.operational.services import SERVICE_GROUPS, SERVICES
from wfm_pipeline.contracts.operational.shifts import SHIFT_BREAKS, SHIFTS
from wfm_pipeline.contracts.operational.statistics import AGENT_ACTIVITY, CONTACT_STATISTICS
from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.domain.backlog.people.activities import to_utc
from wfm_pipeline.domain.backlog.people.expected import past_local_hours
from wfm_pipeline.monitoring.coverage.asking import Tables, registered_for
from wfm_pipeline.monitoring.coverage.history.past_hours import read_stretch
from wfm_pipeline.monitoring.coverage.opening import LIVE_URL, live_urls
from wfm_pipeline.resources import House

PAST_WEEKS: Final = 4
"""Weeks back from which is learnt who goes missing and who is free between calls [count]: a month, so that no holiday decides."""
PAST_HOURS: Final = 24
"""Hours to come whose past is read [h]: a day; later ones have what all those hours say, as a longer look would cost as much again."""
_AHEAD_TABLES: Final = (SERVICES, SERVICE_GROUPS, SHIFTS, SHIFT_BREAKS)
_PAST_TABLES: Final = (SERVICE_GROUPS, SHIFTS, SHIFT_BREAKS, AGENT_ACTIVITY, CONTACT_STATISTICS)
_ON_PHONES: Final = ["ready_seconds", "talk_seconds", "hold_seconds", "wrap_seconds"]


@dataclass(frozen=True, slots=True, eq=False)
class PeopleRead:
    """What was read.

    Attributes:
        over: Tables of the hours that are over.
        ahead: Services, who serves them, shifts and breaks of the hours to come.
        past: The same hours of past weeks: starts of the hours, and their tables; the newest week first.
        findings: Values and rows that were refused at the door [count].
    """

    over: Tables
    ahead: Tables
    past: tuple[tuple[pd.DatetimeIndex, Tables], ...]
    findings: int


def read_people(house: House, over: pd.DatetimeIndex, ahead: pd.DatetimeIndex) -> PeopleRead:
    """The centre of a house, once.

    Args:
        house: The house.
        over: Starts of hours that are over.
        ahead: Starts of hours to come.

    Returns:
        What was read.

    Raises:
        SettingsError: nothing says where the centre is.
        SourceUnreachableError: it does not answer.
        SourceError: a column is missing, or a unit is wrong.
    """
    urls, attempts = live_urls(house), house.settings.retry_attempts
    asked = [(over, OPERATIONAL_TABLES), (ahead, _AHEAD_TABLES)]
    asked += [(hours, _PAST_TABLES) for hours in same_hours_before(ahead[:PAST_HOURS], house.site.time_zone)]
    read = [
        read_stretch(urls, *_edges(hours), what=LIVE_URL, attempts=attempts, tables=tables) for hours, tables in asked
    ]
    past = tuple((hours, one.tables) for (hours, _), one in zip(asked[2:], read[2:], strict=True))
    return PeopleRead(read[0].tables, read[1].tables, past, sum(one.findings for one in read))


def same_hours_before(hours: pd.DatetimeIndex, time_zone: str) -> list[pd.DatetimeIndex]:
    """The hours of past weeks that hold the same hours by the wall clock.

    Args:
        hours: Starts of hours (naive UTC), one after the other.
        time_zone: IANA name.

    Returns:
        One stretch of hours per week, the newest first; with an hour more or less where clocks change.
    """
    local = hours.tz_localize("UTC").tz_convert(time_zone).tz_localize(None)
    edges = pd.Series([local.min(), local.max()])
    found = []
    for before in past_local_hours(edges, PAST_WEEKS):
        starts = to_utc(before, time_zone).dt.floor("h")
        found.append(pd.date_range(starts.iloc[0], max(starts), freq="h", unit="us"))
    return found


def signed_in_before(tables: Tables) -> pd.DataFrame:
    """Who worked for which service in a past week, by the groups that people were signed in to.

    Args:
        tables: agent_activity, shifts and service_groups.

    Returns:
        agent_id, service_id, is_registered.
    """
    return registered_for({**tables, "agent_states": tables["agent_activity"]})


def activity_of(tables: Tables) -> pd.DataFrame:
    """Quarters of an hour of people.

    Args:
        tables: agent_activity in the house's units.

    Returns:
        agent_id, interval_start_time, on_phones_seconds, ready_seconds [s].
    """
    rows = tables["agent_activity"]
    return rows[["agent_id", "interval_start_time", "ready_seconds"]].assign(
        on_phones_seconds=rows[_ON_PHONES].sum(axis=1)
    )


def services_with_calls(*read: Tables) -> frozenset[str]:
    """Services to which calls came in anything that was read.

    Args:
        read: Tables with contact_statistics.

    Returns:
        Their ids.
    """
    counted = pd.concat([tables["contact_statistics"][["service_id", "received_calls"]] for tables in read])
    return frozenset(counted.loc[counted["received_calls"] > 0, "service_id"])


def _edges(hours: pd.DatetimeIndex) -> tuple[dt.datetime, dt.datetime]:
    return hours[0].to_pydatetime(), (hours[-1] + pd.Timedelta(hours=1)).to_pydatetime()
