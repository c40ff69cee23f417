"""Planners' files become rows of the planners' tables, checked before they are stored.

Here: one reader per table, from text cells to typed rows without history. Not here: reading files
(sources), keeping versions (domain/history, warehouse).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.planning.allocation import (
    ALLOCATION_RESOURCES,
    CAPACITY_TIERS,
    LOCALITY_RULES,
    MONTHLY_DEMAND,
    QUEUE_DEMAND_MAP,
    WEEK_CONFIGURATION,
)
from wfm_pipeline.contracts.planning.history import HISTORY_COLUMNS, planner_key
from wfm_pipeline.domain.allocation.faults import DuplicateError
from wfm_pipeline.domain.allocation.strategies.gate import canonical_locality
from wfm_pipeline.domain.allocation.tables.locality import DEFAULT_LOCALITY, locality_name
from wfm_pipeline.domain.allocation.tables.sheets import (
    Sheet,
    read_resources,
    read_rules,
    read_tiers,
    read_week_configuration,
)
from wfm_pipeline.domain.allocation.week.demand import planner_months

Rows = list[dict[str, object]]
FILES: Final[Mapping[str, Table]] = {
    "resources": ALLOCATION_RESOURCES,
    "capacity_tiers": CAPACITY_TIERS,
    "locality_rules": LOCALITY_RULES,
    "week_configuration": WEEK_CONFIGURATION,
    "queue_demand_map": QUEUE_DEMAND_MAP,
    "monthly_demand": MONTHLY_DEMAND,
}
"""Name of a planner's file, without `.csv` -> the table it fills."""
_REPORT: Final = ("demand_id", "report_year", "report_month")


def planning_rows(name: str, frame: pd.DataFrame) -> tuple[Rows, list[str]]:
    """Rows of a planner's table from its file, and notices.

    Args:
        name: One of `FILES`.
        frame: The file's cells as text.

    Returns:
        One row per key with the table's columns, without history.

    Raises:
        AllocationError: a cell is wrong; the message names file, line and value.
        InvalidRuleError: a locality rule that could not be applied.
        DuplicateError: two rows with one key.
    """
    table = FILES[name]
    rows, notices = _READERS[name](frame)
    key = planner_key(table)
    twice = [one for one, times in Counter(tuple(row[column] for column in key) for row in rows).items() if times > 1]
    if twice:
        raise DuplicateError(f"{name}.csv has two rows for {', '.join(key)} = {twice[0]}; keep one", got=twice[0])
    return rows, notices


def _resources(frame: pd.DataFrame) -> tuple[Rows, list[str]]:
    people, notices = read_resources(frame.rename(columns={"resource_cn": "cn"}))
    rows: Rows = [
        {
            "resource_cn": one.cn,
            "platform": one.platform,
            "locality": canonical_locality(one.locality),
            "skills": ";".join(sorted(one.skills)),
            "states": ";".join(sorted(one.states)),
            "available_from": one.available_from,
            "available_until": one.available_until,
            "is_active": one.is_active,
            "capacity_tier_id": one.capacity_tier_id,
        }
        for one in people
    ]
    return rows, notices


def _tiers(frame: pd.DataFrame) -> tuple[Rows, list[str]]:
    return [asdict(tier) for tier in read_tiers(frame)], []


def _rules(frame: pd.DataFrame) -> tuple[Rows, list[str]]:
    rules = read_rules(frame, default_locality=DEFAULT_LOCALITY).rules
    return [{**asdict(rule), "result_locality": _place(rule.result_locality)} for rule in rules], []


def _place(text: str | None) -> str | None:
    return None if text is None else locality_name(text, where="locality_rules")


def _week_configuration(frame: pd.DataFrame) -> tuple[Rows, list[str]]:
    found, notices = read_week_configuration(frame)
    rows: Rows = [
        {
            "year": row.year,
            "month": row.month,
            "iso_year": row.week.iso_year,
            "iso_week": row.week.iso_week,
            "locality": row.locality,
            "working_days": row.working_days,
            "work_hours": row.work_hours,
            "shrinkage": row.shrinkage,
            "occupancy": row.occupancy,
        }
        for row in found
    ]
    return rows, notices


def _queue_demand_map(frame: pd.DataFrame) -> tuple[Rows, list[str]]:
    return _typed(frame, QUEUE_DEMAND_MAP)


def _monthly_demand(frame: pd.DataFrame) -> tuple[Rows, list[str]]:
    """One row per demand and month, or a planner's reports with month1..month6, of which the newest counts."""
    lower = frame.rename(columns=lambda name: str(name).strip().lower())
    if "month1" not in lower.columns:
        return _typed(lower, MONTHLY_DEMAND)
    twice = lower[lower.duplicated([name for name in _REPORT if name in lower.columns])]
    if len(twice):
        got = tuple(twice.iloc[0][name] for name in _REPORT)
        raise DuplicateError(f"monthly_demand.csv has two reports for {', '.join(_REPORT)} = {got}; keep one", got=got)
    months = planner_months(lower)
    return _typed(months.drop_duplicates(["demand_id", "year", "month"], ignore_index=True), MONTHLY_DEMAND)


def _typed(frame: pd.DataFrame, table: Table) -> tuple[Rows, list[str]]:
    """Cells by the types of the contract."""
    columns = [column for column in table.columns if column.name not in HISTORY_COLUMNS]
    required = [column.name for column in columns if not column.nullable]
    sheet = Sheet(frame, table.name, required=required, optional=[column.name for column in columns])
    read: dict[str, list[object]] = {}
    for column in columns:
        values = _cells(sheet, column.name, column.type)
        read[column.name] = values if column.nullable else sheet.required(column.name, values)
    if "locality" in read:
        read["locality"] = [
            locality_name(str(text), where=sheet.where(row)) if text else None
            for row, text in enumerate(read["locality"])
        ]
    return [dict(zip(read, row, strict=True)) for row in zip(*read.values(), strict=True)], sheet.notice()


def _cells(sheet: Sheet, name: str, kind: str) -> list[object]:
    if kind == "int64":
        return list(sheet.integers(name))
    if kind == "float64":
        return list(sheet.numbers(name))
    return [text or None for text in sheet.texts(name)]


_READERS: Final[Mapping[str, Callable[[pd.DataFrame], tuple[Rows, list[str]]]]] = {
    "resources": _resources,
    "capacity_tiers": _tiers,
    "locality_rules": _rules,
    "week_configuration": _week_configuration,
    "queue_demand_map": _queue_demand_map,
    "monthly_demand": _monthly_demand,
}
