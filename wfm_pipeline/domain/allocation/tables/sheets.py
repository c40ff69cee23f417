"""Rows of plain tables become resources, demands, tiers, rules and week configuration.

Here: reading cells of a frame with messages that name the line. A table is a frame with text or
typed columns; an empty cell is unknown. Not here: files (the command line and assets read them;
CSV files must be read with `keep_default_na=False`, or the state `N/A` is lost).
"""

import re
from typing import Final

import pandas as pd

from wfm_pipeline.domain.allocation.faults import InvalidValueError, MissingColumnError
from wfm_pipeline.domain.allocation.problem import CapacityTier, Resource
from wfm_pipeline.domain.allocation.tables.locality import LocalityPolicy, LocalityRule, locality_name
from wfm_pipeline.domain.allocation.week.week_plan import OCCUPANCY, SHRINKAGE, WORK_HOURS, WeekConfiguration
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek, weeks_of_month
from wfm_pipeline.domain.sheet import Sheet as PlainSheet
from wfm_pipeline.domain.sheet import cell_text
from wfm_pipeline.units import whole

_MONTH: Final = re.compile(r"(\d{4})-(\d{1,2})(?:-\d{1,2})?")


class Sheet(PlainSheet):
    """A frame of the allocation: its faults have names of their own."""

    missing_error = MissingColumnError
    invalid_error = InvalidValueError


def read_resources(frame: pd.DataFrame) -> tuple[list[Resource], list[str]]:
    """The roster, and notices.

    Args:
        frame: Columns cn, platform, locality, skills, states; optional available_from,
            available_until, is_active, capacity_tier_id. Several skills or states are separated by `;`.

    Raises:
        MissingColumnError, InvalidValueError, UnknownValueError: with the line.
    """
    optional = ("available_from", "available_until", "is_active", "capacity_tier_id")
    required = ("cn", "platform", "locality", "skills", "states")
    sheet = Sheet(frame, "resources", required=required, optional=optional)
    localities = _localities(sheet)
    columns = zip(
        sheet.required("cn", sheet.texts("cn")),
        sheet.required("platform", sheet.texts("platform")),
        localities,
        sheet.sets("skills"),
        sheet.sets("states"),
        sheet.dates("available_from"),
        sheet.dates("available_until"),
        sheet.flags("is_active", default=True),
        [text or None for text in sheet.texts("capacity_tier_id")],
        strict=True,
    )
    return [Resource(*row) for row in columns], sheet.notice()


def _localities(sheet: Sheet) -> list[str]:
    return [locality_name(text, where=sheet.where(row)) for row, text in enumerate(sheet.texts("locality"))]


def read_tiers(frame: pd.DataFrame) -> list[CapacityTier]:
    """Capacity tiers from columns tier_id, name, productivity."""
    sheet = Sheet(frame, "capacity_tiers", required=("tier_id", "productivity"), optional=("name",))
    ids = sheet.required("tier_id", sheet.texts("tier_id"))
    productivity = sheet.required("productivity", sheet.numbers("productivity"))
    return [CapacityTier(*row) for row in zip(ids, sheet.texts("name"), productivity, strict=True)]


def read_rules(frame: pd.DataFrame, *, default_locality: str) -> LocalityPolicy:
    """The locality policy from the columns of `locality_rules`."""
    sheet = Sheet(frame, "locality_rules", required=("rule_id", "pattern", "match_type"))
    names = zip(
        sheet.required("rule_id", sheet.integers("rule_id")),
        sheet.texts("rule_name"),
        [cell_text(value) if not isinstance(value, str) else value for value in sheet.cells("pattern")],
        sheet.texts("match_type"),
        [text or None for text in sheet.texts("result_locality")],
        [text or None for text in sheet.texts("fallback_field")],
        [text or None for text in sheet.texts("fallback_pattern")],
        [100 if value is None else value for value in sheet.integers("priority")],
        sheet.flags("is_active", default=True),
        strict=True,
    )
    return LocalityPolicy.of((LocalityRule(*row) for row in names), default_locality=default_locality)


def read_week_configuration(
    frame: pd.DataFrame, *, near: IsoWeek | None = None
) -> tuple[list[WeekConfiguration], list[str]]:
    """Rows of `week_configuration`, and notices.

    Args:
        frame: Columns month (7, or 2025-07), iso_week (28, or 2025-W28), locality, working_days;
            optional year, iso_year, work_hours, shrinkage, occupancy. A year that is not given is the
            one in which week and month share days.
        near: Week whose year a bare week number takes where the row gives no year at all.

    Raises:
        MissingColumnError, InvalidValueError, UnknownValueError: with the line.
    """
    optional = ("year", "iso_year", "work_hours", "shrinkage", "occupancy")
    required = ("month", "iso_week", "locality", "working_days")
    sheet = Sheet(frame, "week_configuration", required=required, optional=optional)
    weeks = _weeks(sheet, near)
    columns = zip(
        _months(sheet, weeks),
        weeks,
        _calendar_names(sheet),
        sheet.required("working_days", sheet.numbers("working_days")),
        _or_default(sheet.numbers("work_hours"), WORK_HOURS),
        _or_default(sheet.numbers("shrinkage"), SHRINKAGE),
        _or_default(sheet.numbers("occupancy"), OCCUPANCY),
        strict=True,
    )
    return [WeekConfiguration(*month, *settings) for month, *settings in columns], sheet.notice()


def _or_default(values: list[float | None], default: float) -> list[float]:
    return [default if value is None else value for value in values]


def _calendar_names(sheet: Sheet) -> list[str]:
    """Locality of each row, or a state's own calendar such as `Domestic-TX`."""
    names = []
    for row, text in enumerate(sheet.texts("locality")):
        locality, dash, state = text.partition("-")
        names.append(locality_name(locality, where=sheet.where(row)) + dash + state)
    return names


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
