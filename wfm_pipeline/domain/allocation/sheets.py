"""Rows of plain tables become resources, demands, tiers, rules and week configuration.

Here: reading cells of a frame with messages that name the line. A table is a frame with text or
typed columns; an empty cell is unknown. Not here: files (the command line and assets read them;
CSV files must be read with `keep_default_na=False`, or the state `N/A` is lost).
"""

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import pandas as pd

from wfm_pipeline.domain.allocation.faults import InvalidValueError, MissingColumnError
from wfm_pipeline.domain.allocation.locality import LocalityPolicy, LocalityRule, locality_name
from wfm_pipeline.domain.allocation.problem import CapacityTier, Resource
from wfm_pipeline.domain.allocation.week_plan import OCCUPANCY, SHRINKAGE, WORK_HOURS, WeekConfiguration
from wfm_pipeline.domain.allocation.weeks import IsoWeek, weeks_of_month

Value = TypeVar("Value")
LINES: Final = "lines"
"""Attribute of a frame that names the line in the file of each of its rows."""
_TRUE: Final = frozenset({"true", "1", "yes", "y", "t"})
_FALSE: Final = frozenset({"false", "0", "no", "n", "f"})
_HEADER_LINES: Final = 2
_MONTH: Final = re.compile(r"^(\d{4})-(\d{1,2})(?:-\d{1,2})?$")


class Sheet:
    """A frame whose cells are read with messages that name table and line."""

    def __init__(
        self, frame: pd.DataFrame, name: str, *, required: Iterable[str], optional: Iterable[str] = ()
    ) -> None:
        """Take a frame.

        Raises:
            MissingColumnError: a required column is absent; the message names those present.
        """
        self.name = name
        self.frame = frame.rename(columns=lambda column: str(column).strip().lower())
        self._lines = frame.attrs.get(LINES, range(_HEADER_LINES, len(frame) + _HEADER_LINES))
        twice = self.frame.columns[self.frame.columns.duplicated()]
        if len(twice):
            raise InvalidValueError(f"{name} has the column {twice[0]!r} twice; keep one", got=twice[0])
        missing = [column for column in required if column not in self.frame.columns]
        if missing:
            raise MissingColumnError(
                f"{name} lacks the columns {', '.join(missing)}; present: {', '.join(map(str, frame.columns))}",
                missing=missing,
            )
        known = {*required, *optional}
        self.ignored = [column for column in self.frame.columns if column not in known]

    def __len__(self) -> int:
        return len(self.frame)

    def has(self, column: str) -> bool:
        """True where the table has the column."""
        return column in self.frame.columns

    def where(self, row: int) -> str:
        """Words for a row: its line in the file, the header being line 1."""
        return f"{self.name}, line {self._lines[row]}"

    def cells(self, column: str) -> list[object]:
        """Raw values; None for every row where the column is absent."""
        return self.frame[column].tolist() if self.has(column) else [None] * len(self)

    def texts(self, column: str) -> list[str]:
        """Values as trimmed text; empty where unknown."""
        return [_text(value) for value in self.cells(column)]

    def parse(self, column: str, read: Callable[[str], Value], allowed: str) -> list[Value | None]:
        """Values read by a function; None where empty.

        Raises:
            InvalidValueError: a cell cannot be read; names line, column and what is allowed.
        """
        values: list[Value | None] = []
        for row, text in enumerate(self.texts(column)):
            try:
                values.append(read(text) if text else None)
            except ValueError as error:
                raise InvalidValueError(
                    f"{column} must be {allowed}, got {text!r} ({self.where(row)})", got=text, column=column
                ) from error
        return values

    def numbers(self, column: str) -> list[float | None]:
        """Finite numbers; None where empty."""
        return self.parse(column, _number, "a number")

    def integers(self, column: str) -> list[int | None]:
        """Whole numbers; None where empty."""
        return self.parse(column, _integer, "a whole number")

    def dates(self, column: str) -> list[dt.date | None]:
        """Dates; None where empty."""
        return self.parse(column, lambda text: dt.datetime.fromisoformat(text).date(), "a date such as 2025-07-28")

    def flags(self, column: str, *, default: bool) -> list[bool]:
        """True or false; the default where empty."""
        found = self.parse(column, _flag, "true or false")
        return [default if value is None else value for value in found]

    def sets(self, column: str) -> list[frozenset[str]]:
        """Sets of words separated by `;`, or given as lists."""
        known: dict[str, frozenset[str]] = {}
        return [self._set(value, row, column, known) for row, value in enumerate(self.cells(column))]

    def _set(self, value: object, row: int, column: str, known: dict[str, frozenset[str]]) -> frozenset[str]:
        text = _text(value) if isinstance(value, str) or not hasattr(value, "__iter__") else ";".join(map(str, value))
        if text not in known:
            if not text.isprintable():
                raise InvalidValueError(
                    f"{column} must be printable words separated by ';', got {text!r} ({self.where(row)})", got=text
                )
            known[text] = frozenset(word.strip() for word in text.split(";") if word.strip())
        return known[text]

    def required(self, column: str, values: Sequence[Value | None]) -> list[Value]:
        """The values, none of them empty.

        Raises:
            InvalidValueError: a cell is empty; names line and column.
        """
        kept = []
        for row, value in enumerate(values):
            if value is None or value == "":
                raise InvalidValueError(f"{column} must not be empty ({self.where(row)})", column=column)
            kept.append(value)
        return kept

    def notice(self) -> list[str]:
        """What was ignored."""
        return [f"{self.name}: ignored the columns {', '.join(self.ignored)}"] if self.ignored else []


def _text(value: object) -> str:
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value) or "_" in text:
        raise ValueError(text)
    return value


def _integer(text: str) -> int:
    value = _number(text)
    if not value.is_integer():
        raise ValueError(text)
    return int(value)


def _flag(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError(text)


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
        [_text(value) if not isinstance(value, str) else value for value in sheet.cells("pattern")],
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
    if not bare.isdigit():
        week = IsoWeek.parse(text)
        if iso_year not in {None, week.iso_year}:
            raise InvalidValueError(f"iso_year {iso_year} and iso_week {text} do not fit together", got=text)
        return week
    if iso_year is None and month is not None:
        iso_year = _iso_year(int(bare), month)
    if iso_year is None and near is not None:
        iso_year = near.iso_year
    if iso_year is None:
        raise InvalidValueError(f"iso_week {text!r} needs its year: give iso_year, or write 2025-W28", got=text)
    return IsoWeek(iso_year, int(bare))


def _iso_year(number: int, month: tuple[int, int]) -> int:
    """ISO year of a week number inside a calendar month: around New Year they differ."""
    found = [week.iso_year for week in weeks_of_month(*month) if week.iso_week == number]
    return found[0] if found else month[0]


def _month_of(text: str, year: int | None) -> tuple[int, int] | None:
    """Year and month where a row gives both, in one cell or in two."""
    match = _MONTH.match(text)
    if match:
        return int(match[1]), int(match[2])
    return (year, int(text)) if year is not None and text.isdigit() else None


def _months(sheet: Sheet, weeks: list[IsoWeek]) -> list[tuple[int, int]]:
    years = sheet.integers("year")
    months = []
    for row, text in enumerate(sheet.required("month", sheet.texts("month"))):
        known = _month_of(text, years[row])
        if known:
            months.append(known)
        elif text.isdigit():
            touched = [date.year for date in weeks[row].dates if date.month == int(text)]
            months.append((touched[0] if touched else weeks[row].iso_year, int(text)))
        else:
            raise InvalidValueError(
                f"month must be 1..12 or such as 2025-07, got {text!r} ({sheet.where(row)})", got=text
            )
    return months
