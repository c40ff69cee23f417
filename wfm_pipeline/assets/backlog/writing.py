"""Rows of the hourly backlog put in their place: hours that are over, and what was said of those to come.

What an hour said ahead stands when it is counted again later: nobody knew more then. Not here: what the rows say.
"""

import datetime as dt
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
_BEGINNING: Final = dt.datetime(1970, 1, 1)
"""Before any look ahead."""


def write_hours(step: Step, counted: Counted, ahead: Ahead) -> dict[Table, pd.DataFrame]:
    """Replace the run's hours, and what its newest hour says ahead; all tables or none.

    An hour after which others are stored said its part when it was the newest, and does not speak again.

    Args:
        step: The step.
        counted: Hours that are over.
        ahead: What is to come.

    Returns:
        Table -> the rows that stand in the places written.
    """
    stretch, newest = counted.stretch, counted.stretch.end - _HOUR
    said = _said(step, stretch)
    speaks = not (_is_followed(step, stretch) and (said["hour_start"] == newest).any())
    rows = {
        BACKLOG_HOUR: _with_said(counted, ahead, said, speaks=speaks),
        BACKLOG_PRIORITY_HOUR: counted.answer.priorities,
        CASE_PERFORMANCE_HOUR: counted.answer.performance,
        CASE_HOUR_FORECAST: ahead.forecast,
        HEADCOUNT_HOUR: ahead.headcount,
        BACKLOG_ACTION: ahead.actions,
        BACKLOG_ALERT: ahead.alerts,
    }
    places = dict.fromkeys((BACKLOG_HOUR, BACKLOG_PRIORITY_HOUR, CASE_PERFORMANCE_HOUR), _hours(step, stretch))
    if speaks:
        places |= {
            CASE_HOUR_FORECAST: _labelled(step, issued_at=stretch.end),
            HEADCOUNT_HOUR: _labelled(step, as_of=stretch.end),
            BACKLOG_ACTION: _labelled(step, as_of=stretch.end),
            BACKLOG_ALERT: _labelled(step, hour_start=newest),
        }
    with step.warehouse.transaction():
        for table, place in places.items():
            step.warehouse.replace(table, rows[table], place)
        _forget_old_looks(step, stretch)
    return rows


def _forget_old_looks(step: Step, stretch: Stretch) -> None:
    """Take away what was said of hours to come before the days that are learnt from: 24 rows a queue and hour would pile up."""
    last = stretch.end - pd.Timedelta(days=step.settings.backlog_history_days + 1)
    for table, column in ((CASE_HOUR_FORECAST, "issued_at"), (HEADCOUNT_HOUR, "as_of")):
        old = Scope(step.house.in_source(), column=column, first=_BEGINNING, last=last.to_pydatetime())
        step.warehouse.delete(table.full_name, old)


def _is_followed(step: Step, stretch: Stretch) -> bool:
    stored = step.of_source(BACKLOG_HOUR)
    return bool(step.warehouse.value(stored.filter(stored.hour_start >= stretch.end.to_pydatetime()).count()))


def _said(step: Step, stretch: Stretch) -> pd.DataFrame:
    """What stored hours of the stretch said ahead."""
    stored = _hours(step, stretch).filter(step.warehouse.table(BACKLOG_HOUR.full_name))
    rows = step.warehouse.frame(stored.select(*_KEY, *SAID_AHEAD))
    return rows[rows["breach_basis"].notna() | rows["clear_hours"].notna() | rows["breach_until"].notna()]


def _hours(step: Step, stretch: Stretch) -> Scope:
    first, last = stretch.start.to_pydatetime(), (stretch.end - _HOUR).to_pydatetime()
    return Scope(step.house.in_source(), column="hour_start", first=first, last=last)


def _labelled(step: Step, **instants: pd.Timestamp) -> Scope:
    return Scope({**step.house.in_source(), **{name: at.to_pydatetime() for name, at in instants.items()}})


def _with_said(counted: Counted, ahead: Ahead, said: pd.DataFrame, *, speaks: bool) -> pd.DataFrame:
    """The hours, with what the newest says ahead, and the others said when they were the newest."""
    newest = counted.stretch.end - _HOUR
    now = ahead.queues.assign(hour_start=newest)[[*_KEY, *SAID_AHEAD]]
    parts = [said[said["hour_start"] < newest], now] if speaks else [said]
    known = pd.concat([one for one in parts if len(one)] or [now.iloc[:0]], ignore_index=True)
    rows = counted.answer.hours.drop(columns=list(SAID_AHEAD))
    return rows.merge(known, on=_KEY, how="left")[list(BACKLOG_HOUR.column_names)]
