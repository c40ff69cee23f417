"""Planners' files of the forecast become rows of their tables, checked before they are stored.

Here: one reader per table, from text cells to typed rows without history; and the open rows of the
tables as the forecast takes them. Not here: reading files (sources), keeping versions (domain/history,
warehouse), or what the rows do (events, drivers, anomalies, overrides).
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.columns import Column, Table
from wfm_pipeline.contracts.planning.forecast_plans import (
    ANOMALY_DECISIONS,
    FORECAST_OVERRIDES,
    PLANNED_DRIVERS,
    PLANNED_EVENTS,
)
from wfm_pipeline.contracts.planning.history import planner_columns, planner_key
from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.forecasting.planners.anomalies import DECISION_COLUMNS
from wfm_pipeline.domain.forecasting.planners.drivers import DRIVER_COLUMNS
from wfm_pipeline.domain.forecasting.planners.events import EVENT_COLUMNS
from wfm_pipeline.domain.forecasting.planners.outside import Plans
from wfm_pipeline.domain.forecasting.planners.overrides import OVERRIDE_COLUMNS
from wfm_pipeline.domain.sheet import Sheet
from wfm_pipeline.errors import DataError

Rows = list[dict[str, object]]
PLAN_FILES: Final[Mapping[str, Table]] = {
    "events": PLANNED_EVENTS,
    "drivers": PLANNED_DRIVERS,
    "anomaly_decisions": ANOMALY_DECISIONS,
    "forecast_overrides": FORECAST_OVERRIDES,
}
"""Name of a planner's file, without `.csv` -> the table it fills."""


def plan_rows(name: str, frame: pd.DataFrame, *, source: str) -> tuple[Rows, list[str]]:
    """Rows of a planner's table from its file, and notices.

    Args:
        name: One of `PLAN_FILES`.
        frame: The file's cells as text.
        source: Name of the source the rows are about.

    Returns:
        One row per key with the table's columns, without history. An empty queue_id is `(all)`, an
        empty is_active is true, an event without last_date lasts one day.

    Raises:
        DataError: a column is missing, a cell is wrong, or two rows have one key; the message names
            file, line and value.
    """
    table = PLAN_FILES[name]
    columns = [table.column(one) for one in planner_columns(table) if one != "source"]
    required = [one.name for one in columns if not one.nullable and one.name not in _OPTIONAL]
    sheet = Sheet(frame, f"{name}.csv", required=required, optional=[one.name for one in columns])
    cells = {one.name: _cells(sheet, one) for one in columns}
    if name == "events":
        cells["last_date"] = [
            last or first for first, last in zip(cells["first_date"], cells["last_date"], strict=True)
        ]
    for one in columns:
        if not one.nullable:
            sheet.required(one.name, cells[one.name])
    rows: Rows = [
        {"source": source, **dict(zip(cells, values, strict=True))} for values in zip(*cells.values(), strict=True)
    ]
    for number, row in enumerate(rows):
        fault = _FAULTS[name](row)
        if fault:
            raise DataError(f"{fault} ({sheet.where(number)})", row=row)
    _refuse_twins(name, table, rows)
    return rows, sheet.notice()


_OPTIONAL: Final = frozenset({"queue_id", "is_active", "last_date"})
"""Columns a file may leave out or empty although the table has a value in every row."""


def _cells(sheet: Sheet, column: Column) -> list[object]:
    """A column's cells by the type of the contract."""
    if column.type == "date":
        return list(sheet.dates(column.name))
    if column.type == "timestamp":
        return list(sheet.instants(column.name))
    if column.type == "float64":
        return list(sheet.numbers(column.name))
    if column.type == "boolean":
        return list(sheet.flags(column.name, default=True))
    empty = ALL if column.name == "queue_id" else None
    found = [text or empty for text in sheet.texts(column.name)]
    for number, text in enumerate(found):
        if column.allowed and text is not None and text not in column.allowed:
            allowed = ", ".join(column.allowed)
            raise DataError(f"{column.name} must be one of {allowed}, got {text!r} ({sheet.where(number)})", got=text)
    return list(found)


def _event_fault(row: dict[str, object]) -> str | None:
    first, last = row["first_date"], row["last_date"]
    assert isinstance(first, dt.date)
    assert isinstance(last, dt.date)
    return f"last_date {last} lies before first_date {first}" if last < first else None


def _override_fault(row: dict[str, object]) -> str | None:
    first, until, value = row["from_local"], row["until_local"], row["value"]
    assert isinstance(first, dt.datetime)
    assert isinstance(until, dt.datetime)
    assert isinstance(value, float)
    if until <= first:
        return f"until_local {until} must lie after from_local {first}; the end is exclusive, a whole day ends at the next midnight"
    if row["kind"] != "add" and value < 0:
        return f"value of kind {row['kind']} must be >= 0, got {value:g}; only add may take calls away"
    return None


def _no_fault(_row: dict[str, object]) -> str | None:
    return None


_FAULTS: Final[Mapping[str, Callable[[dict[str, object]], str | None]]] = {
    "events": _event_fault,
    "drivers": _no_fault,
    "anomaly_decisions": _no_fault,
    "forecast_overrides": _override_fault,
}


def _refuse_twins(name: str, table: Table, rows: Rows) -> None:
    key = planner_key(table)
    times = Counter(tuple(row[column] for column in key) for row in rows)
    twice = [one for one, count in times.items() if count > 1]
    if twice:
        raise DataError(f"{name}.csv has two rows for {', '.join(key)} = {twice[0]}; keep one", got=twice[0])


def plans_of(events: pd.DataFrame, drivers: pd.DataFrame, decisions: pd.DataFrame, *, is_hindcast: bool) -> Plans:
    """Open rows of the planners' tables as the forecast takes them.

    Args:
        events: Rows of planned_events, with valid_from.
        drivers: Rows of planned_drivers, with valid_from.
        decisions: Rows of anomaly_decisions.
        is_hindcast: Rows that say nothing of when they were known count as known from the day they were
            recorded, so that a hindcast does not know what was written down later. An issue takes them
            as known.
    """
    return Plans(
        events=_known(events, is_hindcast=is_hindcast)[list(EVENT_COLUMNS)],
        drivers=_known(drivers, is_hindcast=is_hindcast)[list(DRIVER_COLUMNS)],
        decisions=decisions[list(DECISION_COLUMNS)],
    )


def _known(rows: pd.DataFrame, *, is_hindcast: bool) -> pd.DataFrame:
    told = pd.to_datetime(rows["known_on"]).astype("datetime64[us]")
    recorded = pd.to_datetime(rows["valid_from"]).dt.normalize().astype("datetime64[us]")
    return rows.assign(known_on=told.fillna(recorded) if is_hindcast else told)


def active_overrides(overrides: pd.DataFrame) -> pd.DataFrame:
    """Open rows of the overrides' table that are in force, decided when recorded where nothing else is said."""
    active = overrides[overrides["is_active"].astype(bool)]
    decided = pd.to_datetime(active["decided_at"]).astype("datetime64[us]")
    recorded = pd.to_datetime(active["valid_from"]).astype("datetime64[us]")
    return active.assign(decided_at=decided.fillna(recorded))[list(OVERRIDE_COLUMNS)].reset_index(drop=True)
