"""What waits, and what was done, in hours that are over? Events of cases in, rows of gold out. No warehouse, no clock.

Here: the request, and answers with the columns of gold. Not here: counting (domain/backlog), reading events and carrying
open cases on (warehouse/shelves/backlog), hours to come.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.backlog.hours import (
    AGE_BUCKETS,
    BACKLOG_HOUR,
    BACKLOG_PRIORITY_HOUR,
    CASE_PERFORMANCE_HOUR,
    age_bucket,
)
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.domain.backlog.calendar_clock import WorkingCalendars
from wfm_pipeline.domain.backlog.carried import Carried
from wfm_pipeline.domain.backlog.hours import BacklogRequest, backlog_hours
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.units import SECONDS_PER_HOUR

NO_PRIORITY: Final = "(none)"
"""Priority of cases that were told none."""
_TO_COME: Final = (
    "clear_hours",
    "clear_hours_q10",
    "clear_hours_q90",
    "breach_probability",
    "breach_in_order",
    "breach_as_before",
)
"""Columns that whoever looks ahead fills in."""
_STIRS: Final = ("open_before", "inflow", "re_opened", "moved_in", "outflow", "moved_out", "open_cases")
_KEYS: Final = ("queue_id", "hour_start")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BacklogHoursRequest:
    """What is asked; instants are naive UTC.

    Attributes:
        source: Name of the source map.
        events: Case events; columns as in `domain.backlog.events`.
        hours: hour_start, hour_end, in order, without overlap, none after `as_of`.
        as_of: The instant of knowledge.
        taken_at: When the newest of the source's rows used was taken.
        time_zone: The site's IANA zone.
        rules: What counts; four age limits.
        basis: What the events are: told by the source, or made from rows of cases.
        queues: The queues there are; None for those that events name.
        is_open: queue_id, hour_start, is_open: whether the site works; what is not here is not known.
        working: Windows of work, starts_at and ends_at; None where every hour is one.
        calendars: Versions of the calendar; needed where due times count in working time.
        handle_seconds: Queue -> expected handle time of a case [s]; a queue that is not here, or None, is unknown.
        people: queue_id, hour_start, on_product (people on the queue's cases, as hours over the hour); what is not here is not known.
        done_cycles: Cycles of cases whose events are not given, see `domain.backlog.hours.BacklogRequest`.
        carry_at: Instant up to which cases are to be carried on; None for none.
    """

    source: str
    events: pd.DataFrame
    hours: pd.DataFrame
    as_of: pd.Timestamp
    taken_at: pd.Timestamp
    time_zone: str
    rules: BacklogRules = field(default_factory=BacklogRules)
    basis: Literal["events", "case_rows"] = "events"
    queues: tuple[str, ...] | None = None
    is_open: pd.DataFrame | None = None
    working: pd.DataFrame | None = None
    calendars: WorkingCalendars | None = None
    handle_seconds: Mapping[str, float | None] = field(default_factory=dict)
    people: pd.DataFrame | None = None
    done_cycles: pd.DataFrame | None = None
    carry_at: pd.Timestamp | None = None

    def __post_init__(self) -> None:
        """Refuse limits that do not fit the columns."""
        limits = self.rules.age_limits_seconds
        if len(limits) != AGE_BUCKETS - 1:
            raise SettingsError(
                f"age_limits_seconds must be {AGE_BUCKETS - 1} ages, for the tables have {AGE_BUCKETS} buckets; got {limits}",
                got=limits,
            )


@dataclass(frozen=True, slots=True, eq=False)
class BacklogHoursAnswer:
    """Rows of gold, and what goes with them.

    Attributes:
        hours: Rows of gold.backlog_hour, in order of hour and queue; what is to come (hours to clear, breach) null. The queue `(unknown)`
            has a row where it holds a case or one passed.
        priorities: Rows of gold.backlog_priority_hour.
        performance: Rows of gold.case_performance_hour.
        open_cases: Who is open at the last hour's end, one by one; see `domain.backlog.stock.open_case_rows`.
        findings: Events that cannot be true: case_id, kind, at, finding.
        not_yet_known: Events that the source told only after `as_of` [count].
        carried: What later hours need; None where it was not asked for.
    """

    hours: pd.DataFrame
    priorities: pd.DataFrame
    performance: pd.DataFrame
    open_cases: pd.DataFrame
    findings: pd.DataFrame
    not_yet_known: int
    carried: Carried | None


def backlog_of_hours(request: BacklogHoursRequest) -> BacklogHoursAnswer:
    """The backlog of hours that are over, as gold keeps it.

    Args:
        request: Events, hours and rules.

    Returns:
        The rows.

    Raises:
        DataError: hours that end after `as_of`, overlap or are out of order; events without their columns.
    """
    counted = backlog_hours(
        BacklogRequest(
            events=request.events,
            hours=request.hours,
            as_of=request.as_of,
            rules=request.rules,
            queues=request.queues,
            working=request.working,
            calendars=request.calendars,
            done_cycles=request.done_cycles,
            carry_at=request.carry_at,
            handle_seconds=request.handle_seconds,
        )
    )
    by_queue = _placed(request, counted.by_queue)
    stirs = (by_queue["queue_id"] != UNKNOWN) | (by_queue[list(_STIRS)] != 0).any(axis=1)
    by_queue = by_queue[stirs].reset_index(drop=True)
    by_priority = _placed(request, counted.by_priority)
    told = by_priority["priority"]
    return BacklogHoursAnswer(
        hours=_hour_rows(request, by_queue)[list(BACKLOG_HOUR.column_names)],
        priorities=_whole(
            by_priority.assign(priority=told.astype("str").where(told.notna(), NO_PRIORITY)), BACKLOG_PRIORITY_HOUR
        ),
        performance=_performance(request, by_queue)[list(CASE_PERFORMANCE_HOUR.column_names)],
        open_cases=counted.open_cases,
        findings=counted.findings,
        not_yet_known=counted.not_yet_known,
        carried=counted.carried,
    )


def _placed(request: BacklogHoursRequest, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with source, wall clock, date, and the buckets under their fixed names."""
    zoned = pd.DatetimeIndex(rows["hour_start"]).tz_localize("UTC").tz_convert(request.time_zone)
    local = zoned.tz_localize(None).as_unit("us")
    buckets = {name: age_bucket(place) for place, name in enumerate(request.rules.bucket_names, start=1)}
    return rows.rename(columns=buckets).assign(
        source=request.source,
        hour_start_local=local,
        business_date=local.normalize(),
        age_limits_seconds=",".join(f"{limit:.0f}" for limit in request.rules.age_limits_seconds),
    )


def _hour_rows(request: BacklogHoursRequest, rows: pd.DataFrame) -> pd.DataFrame:
    is_open = _looked_up(rows, request.is_open, "is_open")
    to_come = dict.fromkeys(_TO_COME, np.nan)
    made = rows.assign(
        is_open=is_open.astype("boolean"),
        **to_come,
        breach_basis=pd.Series(None, rows.index, dtype=object),
        breach_until=pd.Series(pd.NaT, rows.index, "datetime64[us]"),
        basis=request.basis,
        taken_at=request.taken_at,
        as_of=request.as_of,
    )
    return _whole(made, BACKLOG_HOUR)


def _performance(request: BacklogHoursRequest, rows: pd.DataFrame) -> pd.DataFrame:
    """How the backlog was worked off; what rests on people is null where they are not known or nobody was there."""
    done = rows["outflow"]
    people = _looked_up(rows, request.people, "on_product").astype("Float64").astype(np.float64)
    on_product_hours = people * (rows["hour_end"] - rows["hour_start"]).dt.total_seconds() / SECONDS_PER_HOUR
    handled = {name: value for name, value in request.handle_seconds.items() if value is not None}
    work = done * rows["queue_id"].map(handled).astype(np.float64) / SECONDS_PER_HOUR
    is_staffed = on_product_hours > 0
    return rows.assign(
        cases_done=done,
        on_product_agents=people,
        cases_per_agent_hour=(done / on_product_hours).where(is_staffed),
        work_hours_done=work,
        utilisation=(work / on_product_hours).where(is_staffed),
        done_in_due_share=(rows["done_in_due"] / rows["done_with_due"]).where(rows["done_with_due"] > 0),
    )


def _looked_up(rows: pd.DataFrame, told: pd.DataFrame | None, column: str) -> pd.Series:
    """A column of another frame, by queue and hour; null where it says nothing."""
    if told is None or not len(told):
        return pd.Series(None, rows.index, dtype=object)
    known = told.set_index(list(_KEYS))[column]
    return pd.Series(known.reindex(pd.MultiIndex.from_frame(rows[list(_KEYS)])).to_numpy(object), rows.index)


def _whole(rows: pd.DataFrame, table: Table) -> pd.DataFrame:
    """The table's columns, counts as whole numbers that may be null."""
    counts = {column.name: "Int64" for column in table.columns if column.type == "int64" and column.nullable}
    return rows[list(table.column_names)].astype(counts)
