"""Coverage of hours that are over, from the centre's operational tables as they stand: each look covers a whole business date.

Here: which tables of which stretch are read, as of when, and of what nothing was recorded. The question itself is asking's and the
date is gold_day's, as for a live cycle. Not here: which hours a run is about (assets), the shelf (warehouse/shelves/coverage).
"""

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import pandas as pd

from wfm_pipeline.calculators.live_coverage import LiveCoverageAnswer, answer_live_coverage
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.operational.tables import OPERATIONAL_TABLES
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.calendar import start_of_day
from wfm_pipeline.domain.coverage.grid import DayGrid, grid_of
from wfm_pipeline.domain.coverage.scheduled import rostered_stretches
from wfm_pipeline.domain.coverage.unrecorded import unrecorded_stretches
from wfm_pipeline.monitoring.coverage.asking import Choices, Tables, counted_contacts, question_of, roster_of
from wfm_pipeline.monitoring.coverage.gold_day import GoldDay
from wfm_pipeline.sources.databases.retry import Retry, SourceGoneError
from wfm_pipeline.sources.operational.database import OperationalDatabase

_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of one business date.

    Attributes:
        date: The date.
        starts_at, ends_at: The stretch, half-open (naive UTC).
    """

    date: dt.date
    starts_at: dt.datetime
    ends_at: dt.datetime


@dataclass(frozen=True, slots=True, eq=False)
class DateRead:
    """What was read of a business date, or of another stretch of time.

    Attributes:
        tables: Name of an operational table -> its rows in the house's units.
        findings: Values and rows that were refused at the door [count].
    """

    tables: Tables
    findings: int


def hours_between(site: Site, starts_at: dt.datetime, ends_at: dt.datetime) -> tuple[Hours, ...]:
    """A stretch of time, business date by business date.

    Args:
        site: Whose dates.
        starts_at: Start of the stretch (naive UTC).
        ends_at: Its end, exclusive.

    Returns:
        One stretch per date that it touches, in order.
    """
    found, at = list[Hours](), starts_at
    while at < ends_at:
        date = pd.Timestamp(at).tz_localize("UTC").tz_convert(site.time_zone).date()
        until = min(start_of_day(site, date + _ONE_DAY), ends_at)
        found.append(Hours(date, at, until))
        at = until
    return tuple(found)


def read_date(urls: Sequence[str], site: Site, date: dt.date, *, what: str, attempts: int) -> DateRead:
    """A business date of the centre's tables, from the first of its addresses that answers.

    Args:
        urls: SQLAlchemy URLs.
        site: Whose date.
        date: The date.
        what: Whose URLs they are, for messages.
        attempts: Tries of the last one [count].

    Raises:
        SourceUnreachableError: none answers.
        SourceError: a column is missing, or a unit is wrong.
    """
    since, until = start_of_day(site, date), start_of_day(site, date + _ONE_DAY)
    return read_stretch(urls, since, until, what=what, attempts=attempts)


def read_stretch(
    urls: Sequence[str],
    since: dt.datetime,
    until: dt.datetime,
    *,
    what: str,
    attempts: int,
    tables: Sequence[Table] = OPERATIONAL_TABLES,
) -> DateRead:
    """A stretch of time of the centre's tables, from the first of its addresses that answers.

    Args:
        urls: SQLAlchemy URLs.
        since: Start of the stretch (naive UTC).
        until: Its end, exclusive.
        what: Whose URLs they are, for messages.
        attempts: Tries of the last one [count].
        tables: Which tables are read.

    Raises:
        SourceUnreachableError: none answers.
        SourceError: a column is missing, or a unit is wrong.
    """
    for url in urls[:-1]:
        with suppress(SourceGoneError):
            return _read(url, since, until, what, tables)
    return Retry(attempts)(lambda: _read(urls[-1], since, until, what, tables))


def _read(url: str, since: dt.datetime, until: dt.datetime, what: str, asked: Sequence[Table]) -> DateRead:
    database = OperationalDatabase(url, what=what)
    try:
        found = {table.name: database.rows(table, since=since, until=until) for table in asked}
    finally:
        database.close()
    tables = {name: one.rows.reset_index(drop=True) for name, one in found.items()}
    return DateRead(tables, sum(len(one.findings) for one in found.values()))


def look_back(tables: Tables, day: GoldDay, choices: Choices, *, as_of: dt.datetime) -> LiveCoverageAnswer | None:
    """Coverage of a date as far as it is over, and as rostered after that; no actions are looked for.

    Args:
        tables: What was read of the date.
        day: The date as gold has it.
        choices: What settings say.
        as_of: Instant up to which the date is over (naive UTC).

    Returns:
        The answer; None where the centre has no service.
    """
    if tables["services"].empty:
        return None
    moment = pd.Timestamp(as_of)
    asked = question_of(tables, day, replace(choices, most_gaps=0), as_of=moment)
    grid = grid_of(day.site_grid["interval_start"], choices.interval_seconds)
    is_recorded = _is_recorded(tables, asked.intervals)
    registered = asked.registrations
    if is_recorded and registered.empty:
        registered = _nobody_for(asked.service_queues["service_id"])
    return answer_live_coverage(
        replace(
            asked,
            registrations=registered,
            known_from=grid.starts_at if is_recorded else None,
            unrecorded=unrecorded(tables, grid, as_of=moment),
            reforecast=None,
            is_agents_asked=False,
        )
    )


def _nobody_for(services: pd.Series) -> pd.DataFrame:
    """Registrations of a date on which nobody was signed in or rostered: each service has nobody, and that is known."""
    return pd.DataFrame({"agent_id": "", "service_id": services, "is_registered": True})


def _is_recorded(tables: Tables, intervals: pd.DataFrame) -> bool:
    """Whether nobody signed in can be believed to be nobody: of an open date without a state and a roster it cannot."""
    return bool(len(tables["agent_states"]) or len(tables["shifts"]) or not intervals["is_open"].any())


def unrecorded(tables: Tables, grid: DayGrid, *, as_of: pd.Timestamp) -> pd.DataFrame:
    """Stretches of a date of which no states of agents were recorded.

    Args:
        tables: What was read of the date.
        grid: The date's intervals.
        as_of: Instant up to which it is over.

    Returns:
        starts_at, ends_at: lost stretches, and what comes after the centre stopped writing.
    """
    states = tables["agent_states"]
    shifts, breaks, off_product = roster_of(tables)
    rostered = breaks[:0] if shifts is None else rostered_stretches(shifts, pd.concat([breaks, off_product]))
    lost = unrecorded_stretches(states, counted_contacts(tables["contact_statistics"]), rostered, grid, as_of)
    queues = tables["queue_current_metrics"]
    until = pd.concat([queues["last_updated"], states["started_at"], states["ended_at"]]).max()
    if queues.empty or pd.isna(until) or until >= as_of:
        return lost
    silent = pd.DataFrame({"starts_at": [until.ceil(f"{round(grid.interval_seconds)}s")], "ends_at": [as_of]})
    return pd.concat([lost, silent], ignore_index=True)
