"""Planners' tables of the capacity plan: cells become rows to store, and rows become pools, classes, shrinkage.

Here: one reader for the three tables, with messages that name file, line and value. Not here: reading
files (sources), keeping versions (domain/history, warehouse), or the plan (plan.py).
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, cast

import pandas as pd

from wfm_pipeline.contracts.columns import Column, Table
from wfm_pipeline.contracts.planning.capacity import HEADCOUNT, HIRING_CLASSES, SHRINKAGE
from wfm_pipeline.contracts.planning.history import planner_columns, planner_key
from wfm_pipeline.domain.sheet import Sheet
from wfm_pipeline.domain.staffing.capacity.people import HiringClass, Intake, Period, Pool, weekly_survival
from wfm_pipeline.domain.staffing.capacity.plan import PlannersTables
from wfm_pipeline.domain.staffing.capacity.shrinkage import ShrinkageRow
from wfm_pipeline.domain.staffing.faults import CapacityError

Rows = list[dict[str, object]]
CAPACITY_FILES: Final[Mapping[str, Table]] = {
    "headcount": HEADCOUNT,
    "hiring_classes": HIRING_CLASSES,
    "shrinkage": SHRINKAGE,
}
"""Name of a planner's file, without `.csv` -> the table it fills."""


class _CapacitySheet(Sheet):
    missing_error = CapacityError
    invalid_error = CapacityError


def capacity_rows(name: str, frame: pd.DataFrame) -> tuple[Rows, list[str]]:
    """Rows of a planner's table from its file, and notices.

    Args:
        name: One of `CAPACITY_FILES`.
        frame: The file's cells as text.

    Returns:
        One row per key with the table's columns, without history.

    Raises:
        CapacityError: a column is missing, a cell is wrong or outside its range, or two rows have one
            key; the message names file, line and value.
    """
    table = CAPACITY_FILES[name]
    columns = [table.column(one) for one in planner_columns(table)]
    required = [one.name for one in columns if not one.nullable]
    sheet = _CapacitySheet(frame, f"{name}.csv", required=required, optional=[one.name for one in columns])
    cells = {one.name: _cells(sheet, one) for one in columns}
    for one in columns:
        for line, value in enumerate(cells[one.name]):
            _check_range(one, value, sheet.where(line))
    rows: Rows = [dict(zip(cells, values, strict=True)) for values in zip(*cells.values(), strict=True)]
    for line, row in enumerate(rows):
        _check_row(name, row, sheet.where(line))
    _refuse_twins(name, planner_key(table), rows)
    return rows, sheet.notice()


def _cells(sheet: Sheet, column: Column) -> list[object]:
    read: list[object]
    if column.type == "int64":
        read = list(sheet.integers(column.name))
    elif column.type == "float64":
        read = list(sheet.numbers(column.name))
    elif column.type == "date":
        read = list(sheet.dates(column.name))
    elif column.type == "boolean":
        sheet.required(column.name, sheet.texts(column.name))
        read = list(sheet.flags(column.name, default=False))
    else:
        read = [text or None for text in sheet.texts(column.name)]
    return read if column.nullable else sheet.required(column.name, read)


def _check_range(column: Column, value: object, where: str) -> None:
    if isinstance(value, (int, float)) and (
        (column.minimum is not None and value < column.minimum)
        or (column.maximum is not None and value > column.maximum)
    ):
        allowed = f"at least {column.minimum:g}" + ("" if column.maximum is None else f", at most {column.maximum:g}")
        raise CapacityError(f"{column.name} must be {allowed}, got {value:g} ({where})", got=value)
    if column.allowed and value is not None and value not in column.allowed:
        raise CapacityError(f"{column.name} must be {' or '.join(column.allowed)}, got {value!r} ({where})", got=value)


def _check_row(name: str, row: Mapping[str, object], where: str) -> None:
    """Build what the row stands for, so that its own rules speak with the line."""
    try:
        if name == "headcount":
            _pool(row)
        elif name == "hiring_classes":
            _intake(row, Intake(training_weeks=1))
            _positive(row, "contract_hours")
        else:
            _shrinkage(row)
    except CapacityError as error:
        raise CapacityError(f"{error} ({where})", **error.facts) from error


def _refuse_twins(name: str, key: tuple[str, ...], rows: Rows) -> None:
    counts = Counter(tuple(row[column] for column in key) for row in rows)
    twice = [one for one, times in counts.items() if times > 1]
    if twice:
        words = ", ".join(map(str, twice[0]))
        raise CapacityError(f"{name}.csv has two rows for {', '.join(key)} = {words}; keep one", got=twice[0])


def planners_tables(headcount: pd.DataFrame, classes: pd.DataFrame, shrinkage: pd.DataFrame) -> PlannersTables:
    """Pools, classes and shrinkage from the rows that hold now.

    Args:
        headcount: The planners' columns of `silver.headcount`, typed; null where empty.
        classes: Those of `silver.hiring_classes`.
        shrinkage: Those of `silver.shrinkage`.

    Raises:
        CapacityError: a row is wrong, a queue is in two pools, a class is of no pool.
    """
    pools = {pool.pool_id: pool for pool in (_pool(row) for row in _records(headcount))}
    found = []
    for row in _records(classes):
        pool = pools.get(str(row["pool_id"]))
        intake = _intake(row, pool.intake if pool else Intake())
        hours = _positive(row, "contract_hours") or (pool.contract_hours if pool else 0.0)
        names = (str(row["class_id"]), str(row["pool_id"]), _date(row["start_date"]))
        found.append(HiringClass(*names, _number(row["heads"]), intake, hours))
    rows = tuple(_shrinkage(row) for row in _records(shrinkage))
    return PlannersTables(tuple(pools.values()), tuple(found), rows)


def _records(frame: pd.DataFrame) -> Iterable[dict[str, object]]:
    for row in frame.to_dict("records"):
        yield {str(name): None if pd.isna(value) else value for name, value in row.items()}


def _pool(row: Mapping[str, object]) -> Pool:
    occupancy = _positive(row, "occupancy")
    pool = Pool(
        pool_id=str(row["pool_id"]),
        queues=tuple(dict.fromkeys(word.strip() for word in str(row["queues"]).split(";") if word.strip())),
        heads=_number(row["heads"]),
        counted_on=_date(row["counted_on"]),
        contract_hours=_positive(row, "contract_hours") or 0.0,
        attrition=_number(row["attrition"]),
        attrition_per=cast("Period", row["attrition_per"]),
        intake=_intake(row, Intake()),
        recruiting_weeks=int(_number(row["recruiting_weeks"])),
        occupancy=occupancy,
    )
    weekly_survival(pool.attrition, pool.attrition_per)
    return pool


def _intake(row: Mapping[str, object], default: Intake) -> Intake:
    """Training and ramp of a row; an empty word is the default's, and without training nobody drops out of it."""
    weeks = default.training_weeks if row["training_weeks"] is None else int(_number(row["training_weeks"]))
    dropout = row["training_dropout"]
    usual = default.training_dropout if weeks else 0.0
    return Intake(
        weeks,
        usual if dropout is None else _number(dropout),
        default.ramp if row["ramp"] is None else read_ramp(str(row["ramp"])),
    )


def read_ramp(text: str) -> tuple[float, ...]:
    """Productivities of a ramp.

    Example:
        >>> read_ramp("0.5; 0.75")
        (0.5, 0.75)
    """
    try:
        return tuple(float(word) for word in text.split(";") if word.strip())
    except ValueError as error:
        raise CapacityError(
            f"ramp must be numbers separated by ';' such as 0.5;0.75, got {text!r}", got=text
        ) from error


def _shrinkage(row: Mapping[str, object]) -> ShrinkageRow:
    last = row["last_date"]
    return ShrinkageRow(
        str(row["pool_id"]),
        str(row["kind"]),
        bool(row["is_planned"]),
        _number(row["share"]),
        _date(row["first_date"]),
        None if last is None else _date(last),
    )


def _positive(row: Mapping[str, object], name: str) -> float | None:
    value = None if row[name] is None else _number(row[name])
    if value is not None and value <= 0:
        raise CapacityError(f"{name} must be above 0, got {value:g}", got=value)
    return value


def _number(value: object) -> float:
    return float(cast("float", value))


def _date(value: object) -> dt.date:
    return pd.Timestamp(cast("str", value)).date()
