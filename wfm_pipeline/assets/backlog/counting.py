"""The hours that are over, counted: events read, people of those hours, rows of gold, open cases carried on.

Not here: hours to come (looking_ahead.py), writing (writing.py), counting itself (calculators/backlog_hour).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import pandas as pd

from wfm_pipeline.assets.backlog.standing import LATE_REACH, people_of_past, seam_of, with_history
from wfm_pipeline.assets.backlog.stretch import Stretch
from wfm_pipeline.assets.step import Step
from wfm_pipeline.calculators.backlog_ahead import HORIZON_HOURS
from wfm_pipeline.calculators.backlog_hour import BacklogHoursAnswer, BacklogHoursRequest, backlog_of_hours
from wfm_pipeline.domain.backlog.calendar_clock import WorkingCalendars
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.monitoring.backlog.people import BacklogPeople, people_of
from wfm_pipeline.resources.options import backlog_rules
from wfm_pipeline.warehouse.shelves.backlog.calendar_versions import note_calendar, read_working_calendars
from wfm_pipeline.warehouse.shelves.backlog.carry import keep_carry
from wfm_pipeline.warehouse.shelves.backlog.case_rows import read_case_rows
from wfm_pipeline.warehouse.shelves.backlog.hour_events import read_hour_events
from wfm_pipeline.warehouse.shelves.backlog.queues import case_queues, has_case_events
from wfm_pipeline.warehouse.shelves.backlog.readings import HourEvents, HoursAsked
from wfm_pipeline.warehouse.shelves.backlog.site_hours import read_open_hours, read_working_windows

PEOPLE_REACH: Final = pd.Timedelta(days=14)
"""How far back people of hours that are over are looked up: centres keep single states of agents no longer."""
LOOKED_AHEAD: Final = pd.Timedelta(hours=HORIZON_HOURS)
"""How far ahead is looked, whatever is kept: over a weekend to the end of the next working day."""


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """A stretch that was counted.

    Attributes:
        stretch: The hours; in a first run the days before them that others learn from are among them.
        rules: What counted.
        queues: The queues.
        read: What it was counted from.
        answer: The rows.
        people: People of those hours and of those to come.
        calendars: All versions of its calendar that ever counted.
        seam: Cases by which the first hour begins otherwise than the stored hour before it ended [count].
    """

    stretch: Stretch
    rules: BacklogRules
    queues: tuple[str, ...]
    read: HourEvents
    answer: BacklogHoursAnswer
    people: BacklogPeople
    calendars: WorkingCalendars | None
    seam: int

    @property
    def newest(self) -> pd.DataFrame:
        """Rows of gold.backlog_hour of the newest hour."""
        rows = self.answer.hours
        return rows[rows["hour_end"] == self.stretch.end].reset_index(drop=True)


def count_hours(step: Step, asked: Stretch, now: dt.datetime) -> Counted:
    """Count a stretch of hours that are over.

    Args:
        step: The step.
        asked: The hours.
        now: The instant of knowledge (naive UTC): hours are counted by all that is known of them, not by what was known at their end.

    Returns:
        What was counted, hours before it too where they are others than they were counted; open cases are carried on where that was due.
    """
    counted = _count(step, with_history(step, asked), now)
    wider = Stretch(asked.start - LATE_REACH, asked.end)
    if counted.seam and wider.start < counted.stretch.start:
        step.say(f"{counted.seam} cases differ from the hour before: hours from {wider.start} UTC on are counted again")
        counted = _count(step, wider, now)
    if counted.seam:
        step.say(
            f"{counted.seam} cases differ from the hour before {counted.stretch.start} UTC: what came so late changes no hour before it"
        )
    return counted


def _count(step: Step, stretch: Stretch, now: dt.datetime) -> Counted:
    rules, queues = backlog_rules(step.source_map), case_queues(step.warehouse, step.source_map)
    question = HoursAsked(start=stretch.start, end=stretch.end, as_of=pd.Timestamp(now), rules=rules, queues=queues)
    has_events = has_case_events(step.warehouse, step.source_map)
    read = (read_hour_events if has_events else read_case_rows)(step.warehouse, step.source_map, question)
    step.say(read.words)
    people = people_of(
        step.house,
        step.warehouse,
        queues,
        first=max(stretch.start, stretch.end - PEOPLE_REACH),
        last=stretch.end + max(pd.Timedelta(hours=step.settings.backlog_ahead_hours), LOOKED_AHEAD),
        as_of=stretch.end,
    )
    for version in note_calendar(step.warehouse, step.source_map, pd.Timestamp(now)):
        step.say(f"version {version.version} of the calendar is {version.status}: {version.difference}")
    calendars = read_working_calendars(step.warehouse, step.source_map)
    oldest = min([stretch.start, *read.rows["happened_at"].nsmallest(1)])
    working = working_windows(step, oldest, stretch.end)
    answer = backlog_of_hours(_request(step, question, read, people_of_past(step, stretch, people), working, calendars))
    if read.carry_at is not None and answer.carried is not None:
        keep_carry(step.warehouse, step.source_map, question, read, answer.carried)
    seam = seam_of(step, stretch, answer.hours)
    return Counted(stretch, rules, queues, read, answer, people, calendars, seam)


def _request(
    step: Step,
    asked: HoursAsked,
    read: HourEvents,
    people: pd.DataFrame,
    working: pd.DataFrame | None,
    calendars: WorkingCalendars | None,
) -> BacklogHoursRequest:
    hours = Stretch(asked.start, asked.end).hours
    queues = asked.queues or ()
    return BacklogHoursRequest(
        source=step.source_map.name,
        events=read.events,
        hours=hours,
        as_of=asked.as_of,
        taken_at=read.taken_at,
        time_zone=step.house.site.time_zone,
        rules=asked.rules,
        basis=read.basis,
        queues=queues,
        is_open=read_open_hours(step.warehouse, step.source_map, queues, hours),
        working=working,
        calendars=calendars,
        handle_seconds={},
        people=people,
        done_cycles=read.done_cycles,
        carry_at=read.carry_at,
    )


def working_windows(step: Step, first: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame | None:
    """The site's windows of work.

    Args:
        step: The step.
        first: What they must reach back to (naive UTC): the oldest event that is asked about.
        end: End of the hours that are over; those to come are covered too.

    Returns:
        starts_at, ends_at; None where the site is never closed.
    """
    zone = step.house.site.time_zone
    dates = [pd.Timestamp(at).tz_localize("UTC").tz_convert(zone).date() for at in (first, end + 2 * LOOKED_AHEAD)]
    return read_working_windows(step.warehouse, step.source_map, *dates)
