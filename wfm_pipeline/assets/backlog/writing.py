"""Rows of the hourly backlog put in their place: hours that are over, and what was said of those to come.

What an hour said ahead stands when it is counted again later: nobody knew more then. Not here: what the rows say.
"""

from typing import Final

import pandas as pd

from wfm_pipeline.assets.backlog.counting import Counted
from wfm_pipeline.assets.backlog.looking_ahead import Ahead
from wfm_pipeline.assets.backlog.stretch import Stretch
from wfm_pipeline.assets.step import Step
from wfm_pipeline.contracts.backlog.ahead import BACKLOG_ACTION, BACKLOG_ALERT, CASE_HOUR_FORECAST, HEADCOUNT_HOUR
from wfm_pipeline.contracts.backlog.hours import BACKLOG_HOUR, BACKLOG_PRIORITY_HOUR, CASE_PERFORMANCE_HOUR
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.warehouse.engines.scope import Scope

SAID_AHEAD: Final = (
    "clear_hours",
    "clear_hours_q10",
    "clear_hours_q90",
    "breach_probability",
    "breach_in_order",
    "breach_as_before",
    "breach_basis",
    "breach_until",
)
"""Columns of gold.backlog_hour that look ahead."""
_KEY: Final = ["queue_id", "hour_start"]
_HOUR: Final = pd.Timedelta(hours=1)


def write_hours(step: Step, counted: Counted, ahead: Ahead) -> dict[Table, pd.DataFrame]:
    """Replace the run's hours, and what its newest hour says ahead; all tables or none.

    Args:
        step: The step.
        counted: Hours that are over.
        ahead: What is to come.

    Returns:
        Table -> the rows that stand in the places written.
    """
    stretch, newest = counted.stretch, counted.stretch.end - _HOUR
    rows = {
        BACKLOG_HOUR: _with_said(step, counted, ahead),
        BACKLOG_PRIORITY_HOUR: counted.answer.priorities,
        CASE_PERFORMANCE_HOUR: counted.answer.performance,
        CASE_HOUR_FORECAST: ahead.forecast,
        HEADCOUNT_HOUR: ahead.headcount,
        BACKLOG_ACTION: ahead.actions,
        BACKLOG_ALERT: ahead.alerts,
    }
    places = {
        **dict.fromkeys((BACKLOG_HOUR, BACKLOG_PRIORITY_HOUR, CASE_PERFORMANCE_HOUR), _hours(step, stretch)),
        CASE_HOUR_FORECAST: _labelled(step, issued_at=stretch.end),
        HEADCOUNT_HOUR: _labelled(step, as_of=stretch.end),
        BACKLOG_ACTION: _labelled(step, as_of=stretch.end),
        BACKLOG_ALERT: _labelled(step, hour_start=newest),
    }
    with step.warehouse.transaction():
        for table, place in places.items():
            step.warehouse.replace(table, rows[table], place)
    return rows


def _hours(step: Step, stretch: Stretch) -> Scope:
    first, last = stretch.start.to_pydatetime(), (stretch.end - _HOUR).to_pydatetime()
    return Scope(step.house.in_source(), column="hour_start", first=first, last=last)


def _labelled(step: Step, **instants: pd.Timestamp) -> Scope:
    return Scope({**step.house.in_source(), **{name: at.to_pydatetime() for name, at in instants.items()}})


def _with_said(step: Step, counted: Counted, ahead: Ahead) -> pd.DataFrame:
    """The hours, with what the newest says ahead, and the others said when they were the newest."""
    rows = counted.answer.hours.drop(columns=list(SAID_AHEAD))
    stored = _hours(step, counted.stretch).filter(step.warehouse.table(BACKLOG_HOUR.full_name))
    before = step.warehouse.frame(stored.select(*_KEY, *SAID_AHEAD))
    newest = ahead.queues.assign(hour_start=counted.stretch.end - _HOUR)[[*_KEY, *SAID_AHEAD]]
    before = before[before["hour_start"] < counted.stretch.end - _HOUR]
    said = pd.concat([one for one in (before, newest) if len(one)], ignore_index=True) if len(before) else newest
    return rows.merge(said, on=_KEY, how="left")[list(BACKLOG_HOUR.column_names)]
