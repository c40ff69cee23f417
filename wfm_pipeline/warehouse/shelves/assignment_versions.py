"""Versions of weekly assignments on the shelf: every one is kept, one of a week is what readers see, a person may approve one.

A week's version is the newest one, until somebody approves one: then the approved one stands, and later runs make versions
beside it. Not here: what a version is made from and what differs between two (domain/allocation/tables), and reading
the current one (weekly_assignments.py).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version as version_of_package
from typing import Any

import pandas as pd

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.planning.allocation import ALLOCATION_QUALITY, DEMAND_WEEK, WEEKLY_RESOURCE_ASSIGNMENT
from wfm_pipeline.contracts.planning.assignment_versions import (
    ARCHIVE_OF,
    ASSIGNMENT_APPROVAL,
    ASSIGNMENT_ARCHIVE,
    ASSIGNMENT_VERSION,
    DEMAND_ARCHIVE,
    VERSION_TABLES,
)
from wfm_pipeline.domain.allocation.tables.several_weeks import AssignedWeeks, Previous
from wfm_pipeline.domain.allocation.tables.version_diff import Version, moved_people
from wfm_pipeline.domain.allocation.tables.week_inputs import content_digest
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.errors import DataError
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.schemas import to_contract
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.shelves.weekly_assignments import of_weeks, replace_weeks

Frames = Mapping[Table, pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a run makes versions.

    Attributes:
        words: A planner's, or the name of the schedule.
        run_id: The Dagster run.
        now: Instant of the run, UTC.
    """

    words: str
    run_id: str
    now: dt.datetime


def ledger_of(warehouse: Warehouse, weeks: Sequence[IsoWeek] | None = None) -> pd.DataFrame:
    """Versions of some weeks, or of all, in order: rows of gold.assignment_version."""
    return _in_order(warehouse, ASSIGNMENT_VERSION, weeks)


def approvals_of(warehouse: Warehouse, weeks: Sequence[IsoWeek] | None = None) -> pd.DataFrame:
    """The approval that holds of each week that has one: rows of gold.assignment_approval."""
    rows = _in_order(warehouse, ASSIGNMENT_APPROVAL, weeks)
    return rows.drop_duplicates(["iso_year", "iso_week"], keep="last", ignore_index=True)


def approved_assignments(warehouse: Warehouse, weeks: Sequence[IsoWeek]) -> dict[IsoWeek, Previous]:
    """Demand of each person in the weeks of which a version is approved."""
    found: dict[IsoWeek, Previous] = {}
    for week, number in _approved(warehouse, weeks).items():
        rows = _rows_of(warehouse, ASSIGNMENT_ARCHIVE, week, number)
        demands = (None if pd.isna(one) else str(one) for one in rows["demand_id"])
        found[week] = dict(zip(rows["resource_cn"].astype(str), demands, strict=True))
    return found


def read_version(warehouse: Warehouse, week: IsoWeek, number: int) -> Version:
    """One version of a week.

    Raises:
        DataError: there is none of that number; the message says which there are.
    """
    line = _line(warehouse, week, number)
    rows = (_rows_of(warehouse, table, week, number) for table in (ASSIGNMENT_ARCHIVE, DEMAND_ARCHIVE))
    return Version(line, *rows)


def store_versions(
    warehouse: Warehouse, assigned: AssignedWeeks, weeks: Sequence[IsoWeek], reason: Reason
) -> list[str]:
    """Keep what a run made: a version of each week whose inputs or answer are new; all or none.

    Args:
        warehouse: An open warehouse.
        assigned: What the run made.
        weeks: The weeks it was asked for, one after the other; one without demand has no rows.
        reason: Why, by which run and when.

    Returns:
        What a reader should know: weeks where an approved version stands and is not the one of this run.
    """
    quality = assigned.quality.assign(run_id=reason.run_id)
    frames = {
        DEMAND_WEEK: assigned.demands,
        WEEKLY_RESOURCE_ASSIGNMENT: assigned.assignments,
        ALLOCATION_QUALITY: quality,
    }
    for table in VERSION_TABLES:
        warehouse.create(table)
    with warehouse.transaction():
        ledger, approved = ledger_of(warehouse, weeks), _approved(warehouse, weeks)
        new, numbers = [], {}
        for week in assigned.inputs:
            line, is_new = _next_line(warehouse, assigned, week, _of(ledger, week), frames, reason)
            numbers[week] = int(line["version"])
            if is_new:
                new.append(line)
                _keep(warehouse, assigned, week, frames, numbers[week])
        shown = {**numbers, **approved}
        standing = {week: number for week, number in approved.items() if numbers.get(week) != number}
        _show(warehouse, frames, weeks, standing)
        lines = pd.concat([rows for rows in (ledger, pd.DataFrame(new)) if len(rows)], ignore_index=True)
        _note_current(warehouse, lines, weeks, shown)
    return [_words(week, numbers.get(week), number) for week, number in standing.items()]


def approve_version(
    warehouse: Warehouse, week: IsoWeek, number: int, *, approved_by: str, reason: str | None, now: dt.datetime
) -> bool:
    """Let a version be the one that readers see, until another one is approved; all or nothing.

    Args:
        warehouse: An open warehouse.
        week: The week.
        number: The version; an earlier one undoes what came after it.
        approved_by: Who says so.
        reason: Why, if that was said.
        now: Instant of the approval, UTC.

    Returns:
        False where that very version was approved already: nothing is written.

    Raises:
        DataError: there is no such version; the message says which there are.
    """
    for table in (*VERSION_TABLES, *ARCHIVE_OF):
        warehouse.create(table)
    with warehouse.transaction():
        _line(warehouse, week, number)
        if _approved(warehouse, [week]).get(week) == number:
            return False
        line = {"approved_at": now, "version": number, "approved_by": approved_by, "reason": reason}
        row = pd.DataFrame([{**_columns(week), **line}]).astype({"reason": "str"})
        _show(warehouse, {}, [week], {week: number})
        _note_current(warehouse, ledger_of(warehouse, [week]), [week], {week: number})
        # Last: where no transaction spans tables, who is killed before it approves again and misses nothing.
        warehouse.append_arrow(ASSIGNMENT_APPROVAL.full_name, to_contract(ASSIGNMENT_APPROVAL, row))
    return True


def beside_approved_words(warehouse: Warehouse, weeks: Sequence[IsoWeek]) -> list[str]:
    """Weeks of which an approved version stands that is not the newest, in words."""
    ledger, found = ledger_of(warehouse, weeks), _approved(warehouse, weeks)
    newest = {week: int(_of(ledger, week)["version"].max()) for week in found}
    return [_words(week, newest[week], number) for week, number in found.items() if newest[week] != number]


def _next_line(
    warehouse: Warehouse, assigned: AssignedWeeks, week: IsoWeek, known: pd.DataFrame, frames: Frames, reason: Reason
) -> tuple[dict[str, Any], bool]:
    """The newest version where inputs and answer are what they were, else the next one; and whether it is new."""
    inputs = assigned.inputs[week]
    of_week = {table: _of(rows, week) for table, rows in frames.items()}
    plain = {table.name: rows.drop(columns="run_id", errors="ignore") for table, rows in of_week.items()}
    content, newest = content_digest(inputs, plain), known.iloc[-1] if len(known) else None
    if newest is not None and newest["content_digest"] == content:
        return dict(newest), False
    now_here, moved = of_week[WEEKLY_RESOURCE_ASSIGNMENT], None
    if newest is not None:
        moved = moved_people(_rows_of(warehouse, ASSIGNMENT_ARCHIVE, week, int(newest["version"])), now_here)
    return {
        **_columns(week),
        "version": 1 if newest is None else int(newest["version"]) + 1,
        "made_at": reason.now,
        "run_id": reason.run_id,
        "reason": reason.words,
        "strategy": now_here["strategy"].iloc[0],
        **inputs.columns,
        "content_digest": content,
        "wfm_version": version_of_package("wfm-pipeline"),
        "moved": moved,
        "is_current": False,
    }, True


def _keep(warehouse: Warehouse, assigned: AssignedWeeks, week: IsoWeek, frames: Frames, number: int) -> None:
    """Put a version's rows into the archives, in place of those that a run left there which was killed before the ledger."""
    people = assigned.inputs[week].people
    for table, archive in ARCHIVE_OF.items():
        rows = _of(frames[table], week).assign(version=number)
        if archive is ASSIGNMENT_ARCHIVE:
            rows = rows.assign(person_facts=rows["resource_cn"].map(people))
        warehouse.replace(archive, rows, Scope({**_columns(week), "version": number}))


def _show(warehouse: Warehouse, frames: Frames, weeks: Sequence[IsoWeek], standing: Mapping[IsoWeek, int]) -> None:
    """Let readers see this run's rows of the weeks, and of those in `standing` the rows of that version."""
    shown = {}
    for table, archive in ARCHIVE_OF.items():
        kept = [_rows_of(warehouse, archive, week, number) for week, number in standing.items()]
        parts = [rows[list(table.column_names)] for rows in kept]
        if table in frames:
            parts.insert(0, of_weeks(frames[table], [week for week in weeks if week not in standing]))
        filled = [rows for rows in parts if len(rows)]
        shown[table] = pd.concat(filled, ignore_index=True) if filled else parts[0]
    replace_weeks(warehouse, shown, weeks)


def _note_current(
    warehouse: Warehouse, lines: pd.DataFrame, weeks: Sequence[IsoWeek], shown: Mapping[IsoWeek, int]
) -> None:
    """Write the ledger of the weeks, with which version readers see."""
    numbers = (shown.get(week) for week in _weeks_of(lines))
    current = [number == version for number, version in zip(numbers, lines["version"], strict=True)]
    rows = lines.assign(is_current=current, moved=lines["moved"].astype("Int64"))
    replace_weeks(warehouse, {ASSIGNMENT_VERSION: rows}, weeks)


def _approved(warehouse: Warehouse, weeks: Sequence[IsoWeek]) -> dict[IsoWeek, int]:
    rows = approvals_of(warehouse, weeks)
    return dict(zip(_weeks_of(rows), rows["version"].astype(int), strict=True))


def _line(warehouse: Warehouse, week: IsoWeek, number: int) -> Mapping[Any, Any]:
    known = ledger_of(warehouse, [week])
    found = known[known["version"] == number]
    if found.empty:
        there = ", ".join(map(str, known["version"])) or "none"
        raise DataError(
            f"{week} has no version {number}; there is: {there} (`wfm assignments --week {week}`)", got=number
        )
    return found.iloc[0].to_dict()


def _in_order(warehouse: Warehouse, table: Table, weeks: Sequence[IsoWeek] | None) -> pd.DataFrame:
    if not warehouse.has(table.full_name):
        return pd.DataFrame(columns=list(table.column_names))
    rows = warehouse.frame(warehouse.table(table.full_name).order_by(*table.key))
    return rows if weeks is None else of_weeks(rows, weeks).reset_index(drop=True)


def _rows_of(warehouse: Warehouse, archive: Table, week: IsoWeek, number: int) -> pd.DataFrame:
    stored = Scope({**_columns(week), "version": number}).filter(warehouse.table(archive.full_name))
    return warehouse.frame(stored.order_by(*archive.key))


def _columns(week: IsoWeek) -> dict[str, int]:
    return {"iso_year": week.iso_year, "iso_week": week.iso_week}


def _of(rows: pd.DataFrame, week: IsoWeek) -> pd.DataFrame:
    return rows[(rows["iso_year"] == week.iso_year) & (rows["iso_week"] == week.iso_week)]


def _weeks_of(rows: pd.DataFrame) -> list[IsoWeek]:
    return [IsoWeek(int(year), int(week)) for year, week in zip(rows["iso_year"], rows["iso_week"], strict=True)]


def _words(week: IsoWeek, made: int | None, approved: int) -> str:
    now = f"version {made} is the newest" if made else "there is no demand any more"
    return (
        f"{week}: {now}, but version {approved} is approved and is what readers see; "
        f"`wfm assignments --week {week}` shows both, --diff what differs, --approve takes another one over"
    )
