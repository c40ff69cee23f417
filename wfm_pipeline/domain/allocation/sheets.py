"""Rows of plain tables become resources, demands, tiers, rules and week configuration.

Here: reading cells of a frame with messages that name the line. A table is a frame with text or
typed columns; an empty cell is unknown. Not here: files (the command line and assets read them;
CSV files must be read with `keep_default_na=False`, or the state `N/A` is lost).
"""

import re
from typing import Final

import pandas as pd

from wfm_pipeline.domain.allocation.faults import InvalidValueError, MissingColumnError
from wfm_pipeline.domain.allocation.locality import LocalityPolicy, LocalityRule, locality_name
from wfm_pipeline.domain.allocation.problem import CapacityTier, Resource
from wfm_pipeline.domain.allocation.week_plan import OCCUPANCY, SHRINKAGE, WORK_HOURS, WeekConfiguration
from wfm_pipeline.domain.allocation.weeks import IsoWeek
from wfm_pipeline.domain.sheet import Sheet as PlainSheet
from wfm_pipeline.domain.sheet import cell_text

_MONTH: Final = re.compile(r"^(\d{4})-(\d{1,2})$")


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


def read_week_configuration(frame: pd.DataFrame) -> tuple[list[WeekConfiguration], list[str]]:
    """Rows of `week_configuration`, and notices.

    Args:
        frame: Columns month (1..12 with a column year, or 2025-07), iso_year, iso_week (28, or
            2025-W28 without iso_year), locality, working_days; optional work_hours, shrinkage,
            occupancy. Where the year is not given it is the one in which the week has days of the month.
    """
    optional = ("year", "iso_year", "work_hours", "shrinkage", "occupancy")
    required = ("month", "iso_week", "locality", "working_days")
    sheet = Sheet(frame, "week_configuration", required=required, optional=optional)
    weeks = _weeks(sheet)
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


def _weeks(sheet: Sheet) -> list[IsoWeek]:
    years = sheet.integers("iso_year")
    texts = sheet.required("iso_week", sheet.texts("iso_week"))
    weeks = []
    for row, text in enumerate(texts):
        year = years[row]
        bare = text.upper().removeprefix("W")
        weeks.append(IsoWeek.parse(f"{year}-W{bare}" if year is not None and bare.isdigit() else text))
    return weeks


def _months(sheet: Sheet, weeks: list[IsoWeek]) -> list[tuple[int, int]]:
    years = sheet.integers("year")
    months = []
    for row, text in enumerate(sheet.required("month", sheet.texts("month"))):
        match = _MONTH.match(text)
        if match:
            months.append((int(match[1]), int(match[2])))
        elif text.isdigit():
            touched = [date.year for date in weeks[row].dates if date.month == int(text)]
            given = years[row]
            months.append((given if given is not None else touched[0] if touched else weeks[row].iso_year, int(text)))
        else:
            raise InvalidValueError(
                f"month must be 1..12 or such as 2025-07, got {text!r} ({sheet.where(row)})", got=text
            )
    return months
