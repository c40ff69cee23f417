"""What published gold says of one hour of the backlog, and of the hours around it.

Here: which rows a view is made of. Not here: words (needs) and tables (status, readiness, performance).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd

from wfm_pipeline.contracts.tables import GOLD_COLUMNS
from wfm_pipeline.errors import DataError
from wfm_pipeline.reports.words.site_clock import local_time
from wfm_pipeline.warehouse.gold_reader import GoldReader

HOUR: Final = pd.Timedelta(hours=1)
TRAIL_HOURS: Final = 48
"""Hours that are over in a picture: two days, so that the same hour of yesterday stands in it [h]."""
OLD_AFTER: Final = pd.Timedelta(hours=2)
"""An hour that ended longer ago is told to be old: the hour after it is over and should have been made."""
_NEVER: Final = pd.Timestamp("1900-01-01")
"""An instant that no row has."""
_EMPTY: Final = {"timestamp": "datetime64[us]", "date": "datetime64[us]", "float64": "float64", "int64": "int64"}
"""Types of a frame without rows, where they are not texts or flags."""
_STATE, _PEOPLE, _EXPECTED = "backlog_hour", "headcount_hour", "case_hour_forecast"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewQuestion:
    """Which view is asked for.

    Attributes:
        source: Name of the source or site.
        title: Whose view it is, which says so where the data are simulated.
        is_simulated: Whether the data are simulated; None where nobody knows.
        zone: The site's IANA zone.
        breach_limit: Wanted probability of a breach, at most [0..1].
        hours_ahead: Hours to come that are shown [h].
        at: The newest hour that was over then (naive UTC); None takes the newest there is.
        now: Our clock (naive UTC), to tell what is old; None where `at` asks for the past.
        queue: One queue only.
    """

    source: str
    title: str
    is_simulated: bool | None
    zone: str
    breach_limit: float
    hours_ahead: int = 8
    at: dt.datetime | None = None
    now: dt.datetime | None = None
    queue: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BacklogView:
    """An hour that is over, and the hours around it.

    Attributes:
        question: What was asked.
        hour_start: Start of the hour (naive UTC).
        now: Rows of gold.backlog_hour of the hour.
        trail: The same of the last two days, this hour included.
        priorities: Rows of gold.backlog_priority_hour of the hour.
        performance: Rows of gold.case_performance_hour of the hour.
        alerts: Rows of gold.backlog_alert of the hour.
        people: Rows of gold.headcount_hour of the hours to come, as they were last asked by the hour's end.
        actions: Rows of gold.backlog_action of the same question.
        expected: Rows of gold.case_hour_forecast of the hours to come, of the newest issue by the hour's end.
    """

    question: ViewQuestion
    hour_start: pd.Timestamp
    now: pd.DataFrame
    trail: pd.DataFrame
    priorities: pd.DataFrame
    performance: pd.DataFrame
    alerts: pd.DataFrame
    people: pd.DataFrame
    actions: pd.DataFrame
    expected: pd.DataFrame

    @property
    def hour_end(self) -> pd.Timestamp:
        """End of the hour, at which cases are counted (naive UTC)."""
        return self.hour_start + HOUR

    def clock(self, instant: Any, form: str = "%H:%M") -> str:
        """An instant (naive UTC) on the site's clock."""
        return f"{local_time(instant, ZoneInfo(self.question.zone)):{form}}"

    def when(self, instant: Any) -> str:
        """An instant (naive UTC) as HH:MM of the site's clock, with its weekday where it is on another day than the hour's end."""
        is_today = self.clock(instant, "%Y-%m-%d") == self.clock(self.hour_end, "%Y-%m-%d")
        return self.clock(instant, "%H:%M" if is_today else "%a %H:%M")

    def stretch(self, starts: Any, ends: Any) -> str:
        """From when to when, such as `15:00-17:00` or `Fri 08:00-10:00`."""
        return f"{self.when(starts)}-{self.clock(ends)}"

    @property
    def hours_to_come(self) -> list[pd.Timestamp]:
        """Starts of the hours to come that are shown (naive UTC)."""
        return [self.hour_end + HOUR * place for place in range(self.question.hours_ahead)]

    @property
    def age(self) -> pd.Timedelta | None:
        """How long ago the hour ended, where that is longer than it should be; None else, or where the past was asked for."""
        if self.question.now is None:
            return None
        passed = pd.Timestamp(self.question.now) - self.hour_end
        return passed if passed > OLD_AFTER else None


def read_view(gold: GoldReader, question: ViewQuestion) -> BacklogView:
    """Read a view.

    Args:
        gold: Published gold.
        question: What is asked.

    Raises:
        DataError: no such hour, or no such queue, is made yet.
    """
    mine = {"source": question.source}
    hour = _hour(gold, question)
    if question.queue is not None:
        mine["queue_id"] = question.queue
    now = _hours(gold, _STATE, hour, hour, mine)
    if now.empty:
        raise DataError(_no_queue(gold, hour, question), got=question.queue)
    end = hour + HOUR
    last = end + HOUR * (question.hours_ahead - 1)
    asked = _newest(gold, _PEOPLE, "as_of", end, mine)
    issued = _newest(gold, _EXPECTED, "issued_at", end, mine)
    return BacklogView(
        question=question,
        hour_start=hour,
        now=now,
        trail=_hours(gold, _STATE, hour - HOUR * (TRAIL_HOURS - 1), hour, mine),
        priorities=_hours(gold, "backlog_priority_hour", hour, hour, mine),
        performance=_hours(gold, "case_performance_hour", hour, hour, mine),
        alerts=_hours(gold, "backlog_alert", hour, hour, mine),
        people=_hours(gold, _PEOPLE, end, last, {**mine, "as_of": asked}),
        actions=_hours(gold, "backlog_action", end, last, {**mine, "as_of": asked}),
        expected=_hours(gold, _EXPECTED, end, last, {**mine, "issued_at": issued}),
    )


def _hour(gold: GoldReader, question: ViewQuestion) -> pd.Timestamp:
    """The newest hour that is over by the instant asked for."""
    if not gold.has(_STATE):
        raise DataError(
            f"no hour of the backlog of {question.source} is made and published yet; `wfm backlog --make` counts the newest "
            "hours of a source whose map names case events (docs/how_to/hourly_backlog.md)"
        )
    until = None if question.at is None else pd.Timestamp(question.at) - HOUR
    hour = gold.newest(_STATE, "hour_start", until=until, source=question.source)
    if hour is not None:
        return hour
    newest = gold.newest(_STATE, "hour_start", source=question.source)
    if newest is None:
        raise DataError(
            f"gold holds no hour of the backlog of {question.source}; `wfm backlog --make` counts the newest ones"
        )
    raise DataError(f"no hour of the backlog of {question.source} was over by then; the newest starts {newest} UTC")


def _no_queue(gold: GoldReader, hour: pd.Timestamp, question: ViewQuestion) -> str:
    known = _hours(gold, _STATE, hour, hour, {"source": question.source})["queue_id"].tolist()
    most = 10
    names = ", ".join(map(repr, known[:most])) + (f" and {len(known) - most} more" if len(known) > most else "")
    return f"the backlog of {question.source} has no queue {question.queue!r} in that hour; it has {names}"


def _newest(gold: GoldReader, table: str, column: str, until: pd.Timestamp, mine: Mapping[str, str]) -> Any:
    """The newest instant by the hour's end; an instant that no row has where there is none."""
    found = gold.newest(table, column, until=until, **mine) if gold.has(table) else None
    return _NEVER if found is None else found


def _hours(
    gold: GoldReader, table: str, first: pd.Timestamp, last: pd.Timestamp, mine: Mapping[str, Any]
) -> pd.DataFrame:
    """Rows of a table that may not be there yet."""
    if not gold.has(table):
        types = {name: _EMPTY.get(column.type, "object") for name, column in GOLD_COLUMNS[table].items()}
        return pd.DataFrame(columns=list(types)).astype(types)
    return gold.hours(table, first, last, **mine)
