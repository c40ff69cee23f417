"""Weekly calls of a plain table for the capacity calculator: cells become the plan's demand.

Here: weeks, calls and handle times from text. Not here: the planners' tables (sheets.py), and the
long range of the warehouse (assets), which comes typed.
"""

import datetime as dt
from typing import Final

import pandas as pd

from wfm_pipeline.domain.dates import year_and_week
from wfm_pipeline.domain.sheet import Sheet
from wfm_pipeline.domain.staffing.capacity.people import monday_of
from wfm_pipeline.domain.staffing.capacity.plan import DEMAND_COLUMNS
from wfm_pipeline.domain.staffing.faults import CapacityError

_BANDS: Final = ("calls_q10", "calls_q50", "calls_q90")


class _DemandSheet(Sheet):
    missing_error = CapacityError
    invalid_error = CapacityError
    duplicate_error = CapacityError


def read_demand(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[str]]:
    """Weekly calls from a table of text, and notices.

    Args:
        frame: queue_id, week (2026-W05, or a date in it), calls_mean; optional aht_seconds (empty =
            unknown) and calls_q10, calls_q50, calls_q90, which come together.
        name: Name of the table, for messages.

    Returns:
        `DEMAND_COLUMNS`; without quantiles every one is the mean, and a notice says so.

    Raises:
        CapacityError: a column is missing, a cell is wrong, quantiles cross, or a queue has a week twice.
    """
    required, optional = ("queue_id", "week", "calls_mean"), ("aht_seconds", *_BANDS)
    sheet = _DemandSheet(frame, name, required=required, optional=optional)
    calls = ("calls_mean", *_BANDS)
    present = [band for band in _BANDS if sheet.has(band)]
    if present and len(present) < len(_BANDS):
        raise CapacityError(f"{name} needs {', '.join(_BANDS)} together, or none; got {', '.join(present)}")
    columns: dict[str, object] = {
        "queue_id": sheet.required("queue_id", sheet.texts("queue_id")),
        "week_start": pd.to_datetime(
            pd.Series(sheet.required("week", sheet.parse("week", _monday, "such as 2026-W05")))
        ),
        "aht_seconds": pd.Series(sheet.numbers("aht_seconds"), dtype="float64"),
    }
    for column in calls:
        columns[column] = sheet.required(column, sheet.numbers(column)) if sheet.has(column) else columns["calls_mean"]
    demand = pd.DataFrame(columns)[list(DEMAND_COLUMNS)]
    _check(demand, sheet)
    return demand, [
        *sheet.notice(),
        *([] if present else [f"{name} has no quantiles of calls: bands show leavers only"]),
    ]


def _monday(text: str) -> dt.date:
    found = year_and_week(text)
    return dt.date.fromisocalendar(*found, 1) if found else monday_of(dt.date.fromisoformat(text))


def _check(demand: pd.DataFrame, sheet: Sheet) -> None:
    calls = demand[["calls_mean", *_BANDS]]
    faults = {
        "calls and aht_seconds must be 0 or more": (calls < 0).any(axis=1) | (demand["aht_seconds"] < 0),
        "calls_q10 <= calls_q50 <= calls_q90 must hold": (calls["calls_q10"] > calls["calls_q50"])
        | (calls["calls_q50"] > calls["calls_q90"]),
    }
    sheet.refuse_twice("queue_id, week", zip(demand["queue_id"], demand["week_start"].dt.date, strict=True))
    for words, is_wrong in faults.items():
        if is_wrong.any():
            row = int(is_wrong.to_numpy().argmax())
            got = ", ".join(f"{key} {value}" for key, value in demand.loc[row].items())
            raise CapacityError(f"{words}, got {got} ({sheet.where(row)})", got=got)
