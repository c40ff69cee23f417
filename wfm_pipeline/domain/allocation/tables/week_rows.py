"""The planners' file of weeks: working days, hours and shares of a week's part in a month, from the words planners use.

Here: months and weeks as people write them (7 or 2025-07, 28 or 2025-W28) in the table's numbers. Not here: how a file
becomes rows (domain/planners_tables), and what a row does (domain/allocation/week/week_hours.py).
"""

import re
from dataclasses import replace
from functools import partial
from typing import Any, Final, cast

import pandas as pd

from wfm_pipeline.contracts.planning.allocation import WEEK_CONFIGURATION
from wfm_pipeline.domain.allocation.faults import InvalidValueError
from wfm_pipeline.domain.allocation.tables.locality import locality_name
from wfm_pipeline.domain.allocation.tables.sheets import Sheet
from wfm_pipeline.domain.allocation.week.week_hours import OCCUPANCY, SHRINKAGE, WORK_HOURS, WeekConfiguration
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek, weeks_of_month
from wfm_pipeline.domain.planners_tables import Cells, PlannersFile, Row, read_rows
from wfm_pipeline.domain.sheet import Sheet as PlainSheet
from wfm_pipeline.units import whole

_MONTH: Final = re.compile(r"(\d{4})-(\d{1,2})(?:-\d{1,2})?")


def read_week_configuration(
    frame: pd.DataFrame, *, near: IsoWeek | None = None
) -> tuple[list[WeekConfiguration], list[str]]:
    """Rows of `week_configuration`, and notices.

    Args:
        frame: Columns month (7, or 2025-07), iso_week (28, or 2025-W28), locality, working_days;
            optional year, iso_year, work_hours, shrinkage, occupancy. A year that is not given is the
            one in which week and month share days.
        near: Week whose year a bare week number takes where the row gives no year at all.

    Returns:
        The rows, in the order of the file, and notices.

    Raises:
        MissingColumnError, InvalidValueError, UnknownValueError: with the line.
    """
    file = replace(WEEKS, shape=partial(_shaped, near=near))
    rows, notices = read_rows(file, frame)
    return [_configuration(row) for row in rows], notices


def _shaped(frame: pd.DataFrame, near: IsoWeek | None = None) -> pd.DataFrame:
    """The table's year, month, iso_year and iso_week in place of what the file says of them; the lines stay."""
    sheet = Sheet(frame, "week_configuration", required=("month", "iso_week", "locality", "working_days"))
    weeks = _weeks(sheet, near)
    months = _months(sheet, weeks)
    shaped = sheet.frame.assign(
        year=[year for year, _ in months],
        month=[month for _, month in months],
        iso_year=[week.iso_year for week in weeks],
        iso_week=[week.iso_week for week in weeks],
    )
    shaped.attrs = frame.attrs
    return shaped


def _calendar_names(sheet: PlainSheet, column: str) -> Cells:
    """Locality of each row, or a state's own calendar such as `Domestic-TX`."""
    names: Cells = []
    for row, text in enumerate(sheet.texts(column)):
        locality, dash, state = text.partition("-")
        names.append(locality_name(locality, where=sheet.where(row)) + dash + state)
    return names


def _configuration(row: Row) -> WeekConfiguration:
    values = cast("dict[str, Any]", row)
    week = IsoWeek(values["iso_year"], values["iso_week"])
    others = {name: value for name, value in values.items() if name not in {"iso_year", "iso_week"}}
    return WeekConfiguration(week=week, **others)


def _weeks(sheet: Sheet, near: IsoWeek | None) -> list[IsoWeek]:
    columns = zip(
        sheet.required("iso_week", sheet.texts("iso_week")),
        sheet.integers("iso_year"),
        sheet.integers("year"),
        sheet.texts("month"),
        strict=True,
    )
    weeks = []
    for row, (text, iso_year, year, month) in enumerate(columns):
        try:
            week = _week(text, iso_year, _month_of(month, year), near)
        except InvalidValueError as error:
            raise InvalidValueError(f"{error} ({sheet.where(row)})", got=text) from error
        weeks.append(week)
    return weeks


def _week(text: str, iso_year: int | None, month: tuple[int, int] | None, near: IsoWeek | None) -> IsoWeek:
    bare = text.upper().removeprefix("W")
    number = whole(bare)
    if number is None:
        week = IsoWeek.parse(text)
        if iso_year not in {None, week.iso_year}:
            raise InvalidValueError(f"iso_year {iso_year} and iso_week {text} do not fit together", got=text)
        return week
    if iso_year is None and month is not None:
        iso_year = _iso_year(number, month)
    if iso_year is None and near is not None:
        iso_year = near.iso_year
    if iso_year is None:
        raise InvalidValueError(f"iso_week {text!r} needs its year: give iso_year, or write 2025-W28", got=text)
    return IsoWeek(iso_year, number)


def _iso_year(number: int, month: tuple[int, int]) -> int:
    """ISO year of a week number inside a calendar month: around New Year they differ."""
    found = [week.iso_year for week in weeks_of_month(*month) if week.iso_week == number]
    return found[0] if found else month[0]


def _month_of(text: str, year: int | None) -> tuple[int, int] | None:
    """Year and month where a row gives both, in one cell or in two."""
    match = _MONTH.fullmatch(text)
    if match:
        return int(match[1]), int(match[2])
    number = whole(text)
    return (year, number) if year is not None and number is not None else None


def _months(sheet: Sheet, weeks: list[IsoWeek]) -> list[tuple[int, int]]:
    years = sheet.integers("year")
    months = []
    for row, text in enumerate(sheet.required("month", sheet.texts("month"))):
        known = _month_of(text, years[row])
        if known:
            months.append(known)
        elif (number := whole(text)) is not None:
            touched = [date.year for date in weeks[row].dates if date.month == number]
            months.append((touched[0] if touched else weeks[row].iso_year, number))
        else:
            raise InvalidValueError(
                f"month must be 1..12 or such as 2025-07, got {text!r} ({sheet.where(row)})", got=text
            )
    return months


WEEKS: Final = PlannersFile(
    table=WEEK_CONFIGURATION,
    title="week_configuration",
    sheet=Sheet,
    shape=_shaped,
    empty={"work_hours": WORK_HOURS, "shrinkage": SHRINKAGE, "occupancy": OCCUPANCY},
    own={"locality": _calendar_names},
    check=_configuration,
)
