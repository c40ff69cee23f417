"""What the newest hour of a run says ahead: cases to come, hours to clear, breaches, people needed, what to do, and what is wrong.

Each question is asked of the room that answers it; what one cannot know is null with its reason, and the others go on. Not here:
counting (counting.py) and writing (writing.py).
"""

from dataclasses import dataclass
from typing import Final

import ibis
import pandas as pd

from wfm_pipeline.assets.backlog.counting import Counted, working_windows
from wfm_pipeline.assets.step import Step
from wfm_pipeline.calculators.backlog_ahead import (
    LEARNT_WEEKS,
    BacklogAheadAnswer,
    BacklogAheadRequest,
    backlog_ahead,
)
from wfm_pipeline.contracts.backlog.ahead import BACKLOG_ACTION, CASE_HOUR_FORECAST, HEADCOUNT_HOUR
from wfm_pipeline.contracts.backlog.hours import BACKLOG_HOUR, CASE_PERFORMANCE_HOUR
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.domain.backlog.ahead.learnt.spells import case_spells
from wfm_pipeline.domain.backlog.due import due_times
from wfm_pipeline.domain.backlog.events import usable_events
from wfm_pipeline.domain.backlog.surges.hour_alerts import HourAlerts, HourAlertsRequest, hour_alerts
from wfm_pipeline.domain.backlog.surges.plain_limits import PlainLimits
from wfm_pipeline.domain.backlog.timeline import case_timeline
from wfm_pipeline.monitoring.backlog.people import time_changes_of
from wfm_pipeline.units import DAYS_PER_WEEK
from wfm_pipeline.warehouse.shelves.backlog.readings import events_as_read
from wfm_pipeline.warehouse.shelves.backlog.recent import read_recent_events

_HOUR = pd.Timedelta(hours=1)
ISSUED_BEFORE_HOURS: Final = 3
"""Of an hour, forecasts that were issued so shortly before it are what it is held against [h]; without one past weeks are."""


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """What is said ahead.

    Attributes:
        queues: queue_id and the columns of gold.backlog_hour that look ahead.
        forecast: Rows of gold.case_hour_forecast.
        headcount: Rows of gold.headcount_hour.
        actions: Rows of gold.backlog_action.
        alerts: Rows of gold.backlog_alert.
        not_judged: Kinds of alerts of which nothing could be said, for want of history.
    """

    queues: pd.DataFrame
    forecast: pd.DataFrame
    headcount: pd.DataFrame
    actions: pd.DataFrame
    alerts: pd.DataFrame
    not_judged: tuple[str, ...]


def look_ahead(step: Step, counted: Counted) -> Ahead:
    """What is to come after a stretch of hours.

    Args:
        step: The step.
        counted: The hours.

    Returns:
        What is said of the hours after the newest.
    """
    history = _history(step, counted, BACKLOG_HOUR, counted.answer.hours)
    said = _next_hours(step, counted, history)
    changes = time_changes_of(step.house, counted.people, said.risk)
    found = _alerts(step, _with_breach(history, said, counted.stretch.end - _HOUR))
    end = counted.stretch.end
    return Ahead(
        queues=said.queues,
        forecast=_rows(step, CASE_HOUR_FORECAST, _soon(step, said.forecast, end), issued_at=end),
        headcount=_rows(step, HEADCOUNT_HOUR, _soon(step, _headcount(counted, said), end), as_of=end),
        actions=_rows(step, BACKLOG_ACTION, changes.actions, as_of=end),
        alerts=found.rows,
        not_judged=found.not_judged,
    )


def _next_hours(step: Step, counted: Counted, history: pd.DataFrame) -> BacklogAheadAnswer:
    rows, spells, end = counted.people.ahead, _spells(step, counted), counted.stretch.end
    opened = [
        frame["opened_at"].min() for frame in (spells, counted.answer.open_cases) if frame is not None and len(frame)
    ]
    return backlog_ahead(
        BacklogAheadRequest(
            source=step.source_map.name,
            as_of=counted.stretch.end,
            hours=rows[["queue_id", "hour_start", "hour_start_local", "business_date", "is_open", "on_product"]],
            open_cases=counted.answer.open_cases,
            past_hours=history,
            performance=_history(step, counted, CASE_PERFORMANCE_HOUR, counted.answer.performance),
            spells=spells,
            working=working_windows(step, min([end, *opened]), end),
            breach_limit=step.settings.backlog_breach_limit,
        )
    )


def _spells(step: Step, counted: Counted) -> pd.DataFrame | None:
    """Stays of cases in queues over the weeks that are learnt from; None where no events tell of them."""
    if counted.read.basis != "events":
        return None
    since = counted.stretch.end - pd.Timedelta(weeks=LEARNT_WEEKS)
    rows, start = read_recent_events(step.warehouse, step.source_map, since, counted.stretch.end)
    if start > since:
        step.say(f"endings of cases are learnt from {start} on: the {LEARNT_WEEKS} weeks have too many events")
    events = usable_events(events_as_read(rows), as_of=counted.stretch.end, queues=counted.queues)
    timeline = case_timeline(events, counted.rules)
    return case_spells(timeline, due_times(timeline, counted.rules, counted.calendars), counted.rules)


def _headcount(counted: Counted, said: BacklogAheadAnswer) -> pd.DataFrame:
    """People of the hours to come, and those needed; a reason where either is not known."""
    rows = counted.people.ahead.merge(said.hours, on=["queue_id", "hour_start"], how="left")
    why = said.queues.set_index("queue_id")["reason"]
    no_need = rows["required"].isna() & rows["reason"].isna()
    return rows.assign(reason=rows["reason"].where(~no_need, rows["queue_id"].map(why)))


def _soon(step: Step, rows: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Rows of the hours that are kept; what is further ahead was only looked at."""
    return rows[rows["hour_start"] < end + step.settings.backlog_ahead_hours * _HOUR].reset_index(drop=True)


def _with_breach(history: pd.DataFrame, said: BacklogAheadAnswer, hour_start: pd.Timestamp) -> pd.DataFrame:
    """The history, its newest hour with what was just said of breaches."""
    columns = ["breach_probability", "breach_until"]
    of_queue = said.queues.set_index("queue_id")[columns]
    is_newest = history["hour_start"] == hour_start
    told = {name: history["queue_id"].map(of_queue[name]).where(is_newest, history[name]) for name in columns}
    return history.assign(**told)


def _history(step: Step, counted: Counted, table: Table, rows: pd.DataFrame) -> pd.DataFrame:
    """A table's rows of the days that are learnt from: those that are stored, and then those just counted."""
    first = counted.stretch.end - pd.Timedelta(days=step.settings.backlog_history_days + 1)  # whole weeks before today
    stored = step.of_source(table)
    before = stored.filter(
        stored.hour_start >= first.to_pydatetime(), stored.hour_start < counted.stretch.start.to_pydatetime()
    )
    known = step.warehouse.frame(before)
    mine = rows[rows["hour_start"] >= first]
    return pd.concat([known, mine], ignore_index=True) if len(known) else mine.reset_index(drop=True)


def _alerts(step: Step, hours: pd.DataFrame) -> HourAlerts:
    """Alerts of the newest hour, and the kinds that could not be judged."""
    settings = step.settings
    forecasts = step.of_source(CASE_HOUR_FORECAST)
    first = hours["hour_start"].min()
    just_before = forecasts.hour_start < forecasts.issued_at + ibis.interval(hours=ISSUED_BEFORE_HOURS)
    issued = step.warehouse.frame(
        forecasts.filter(forecasts.hour_start >= first.to_pydatetime(), just_before).select(
            "queue_id", "hour_start", "issued_at", "cases_mean"
        )
    )
    return hour_alerts(
        HourAlertsRequest(
            hours=hours,
            forecasts=issued,
            false_alarms_per_week=settings.backlog_false_alarms_per_week,
            plain=PlainLimits(
                breach=settings.backlog_breach_limit,
                over_due_share=settings.backlog_over_due_share,
                stuck_share=settings.backlog_stuck_share,
                least_cases=settings.backlog_least_cases,
            ),
            most_weeks=settings.backlog_history_days // DAYS_PER_WEEK,
        )
    )


def _rows(step: Step, table: Table, rows: pd.DataFrame, **instants: pd.Timestamp) -> pd.DataFrame:
    """Rows with the source, wall clock and date of their hour, and what they have in common."""
    zoned = pd.DatetimeIndex(rows["hour_start"]).tz_localize("UTC").tz_convert(step.house.site.time_zone)
    local = zoned.tz_localize(None).as_unit("us")
    made = rows.assign(source=step.source_map.name, hour_start_local=local, business_date=local.normalize(), **instants)
    return made.reindex(columns=list(table.column_names))
