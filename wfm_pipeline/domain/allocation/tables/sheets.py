"""The planners' files of people, tiers and rules, and their rows as the allocation takes them.

A table is a frame with text or typed columns; an empty cell is unknown. Not here: how a file becomes rows
(domain/planners_tables), weeks (week_rows.py), demands (domain/allocation/week/demand.py), and reading files (the
command line and assets; CSV files must be read with `keep_default_na=False`, or the state `N/A` is lost).
"""

from typing import Any, Final, cast

import pandas as pd

from wfm_pipeline.contracts.planning.allocation import (
    ALLOCATION_PAIRS,
    ALLOCATION_RESOURCES,
    ALLOCATION_WINDOWS,
    CAPACITY_TIERS,
    LOCALITY_RULES,
)
from wfm_pipeline.domain.allocation.faults import DuplicateError, InvalidValueError, MissingColumnError
from wfm_pipeline.domain.allocation.pairs import Pair
from wfm_pipeline.domain.allocation.problem import ANY_STATE, CapacityTier, Resource
from wfm_pipeline.domain.allocation.tables.locality import LAST_PRIORITY, LocalityPolicy, LocalityRule, locality_name
from wfm_pipeline.domain.allocation.week.person_hours import ALL_DAYS, WHOLE_DAY, PersonWindow
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.domain.planners_tables import Cells, PlannersFile, Row, read_rows
from wfm_pipeline.domain.sheet import Sheet as PlainSheet
from wfm_pipeline.domain.sheet import cell_text


class Sheet(PlainSheet):
    """A frame of the allocation: its faults have names of their own."""

    missing_error = MissingColumnError
    invalid_error = InvalidValueError
    duplicate_error = DuplicateError


def read_resources(frame: pd.DataFrame) -> tuple[list[Resource], list[str]]:
    """The roster, and notices.

    Args:
        frame: Columns cn (or resource_cn), platform, locality, skills, states; optional available_from,
            available_until, is_active, capacity_tier_id. Several skills or states are separated by `;`.

    Returns:
        The people, in the order of the rows, and notices.

    Raises:
        MissingColumnError, InvalidValueError, UnknownValueError: with the line.
    """
    rows, notices = read_rows(RESOURCES, frame)
    return [_resource(row) for row in rows], notices


def read_tiers(frame: pd.DataFrame) -> list[CapacityTier]:
    """Capacity tiers.

    Args:
        frame: Columns tier_id, productivity, and name where there is one.

    Returns:
        The tiers, in the order of the rows.

    Raises:
        MissingColumnError, InvalidValueError: with the line.
    """
    return [_tier(row) for row in read_rows(TIERS, frame)[0]]


def read_pairs(frame: pd.DataFrame) -> list[Pair]:
    """Pinned and forbidden pairs.

    Args:
        frame: Columns cn (or resource_cn), demand_id, rule, from_week such as 2025-W28; optional until_week, reason.

    Returns:
        The pairs, in the order of the rows.

    Raises:
        MissingColumnError, InvalidValueError, InvalidPairError: with the line.
    """
    return [_pair(row) for row in read_rows(PAIRS, frame)[0]]


def read_windows(frame: pd.DataFrame, *, time_zone: str) -> list[PersonWindow]:
    """When single people work and are on leave.

    Args:
        frame: Columns cn (or resource_cn), kind, from_date; optional until_date, weekdays, hours, time_zone, reason.
        time_zone: Whose clock the hours are where a row names none.

    Returns:
        The windows, in the order of the rows.

    Raises:
        MissingColumnError, InvalidValueError, InvalidWindowError: with the line.
    """
    return [_window(row, time_zone) for row in read_rows(WINDOWS, frame)[0]]


def read_rules(frame: pd.DataFrame, *, default_locality: str) -> LocalityPolicy:
    """The locality policy.

    Args:
        frame: Columns of `locality_rules`.
        default_locality: Answer where no rule applies.

    Returns:
        The policy.

    Raises:
        MissingColumnError, InvalidValueError, InvalidRuleError: with the line.
    """
    rules = (_rule(row) for row in read_rows(RULES, frame)[0])
    return LocalityPolicy.of(rules, default_locality=default_locality)


def locality_cells(sheet: PlainSheet, column: str) -> Cells:
    """Localities of a column.

    Args:
        sheet: The table.
        column: Its column of localities.

    Returns:
        Domestic or Global of every row.

    Raises:
        UnknownValueError: another word, or none; with the line.
    """
    return [locality_name(text, where=sheet.where(row)) for row, text in enumerate(sheet.texts(column))]


def known_localities(sheet: PlainSheet, column: str) -> Cells:
    """Localities of a column that may be empty, for then the rules decide.

    Args:
        sheet: The table.
        column: Its column of localities.

    Returns:
        Domestic or Global of every row; None where empty.

    Raises:
        UnknownValueError: another word, with the line.
    """
    texts = enumerate(sheet.texts(column))
    return [locality_name(text, where=sheet.where(row)) if text else None for row, text in texts]


def _words(sheet: PlainSheet, column: str) -> Cells:
    """Words in order, separated by `;`."""
    return [";".join(sorted(words)) for words in sheet.sets(column)]


def state_name(text: str) -> str:
    """A state as the allocation compares it.

    Args:
        text: A trimmed cell.

    Returns:
        The text; `N/A` in whichever letters is `N/A`.

    Example:
        >>> state_name("n/a"), state_name("tx")
        ('N/A', 'tx')
    """
    return ANY_STATE if text.upper() == ANY_STATE else text


def state_cells(sheet: PlainSheet, column: str) -> Cells:
    """States of a column, see `state_name`.

    Args:
        sheet: The table.
        column: Its column of states.

    Returns:
        State of every row.

    Raises:
        InvalidValueError: a cell is empty; with the line.
    """
    return [state_name(text) for text in sheet.required(column, sheet.texts(column))]


def _states(sheet: PlainSheet, column: str) -> Cells:
    """States in order, separated by `;`."""
    return [";".join(sorted(map(state_name, words))) for words in sheet.sets(column)]


def _pattern(sheet: PlainSheet, column: str) -> Cells:
    """A pattern with its blanks, which may be what it looks for."""
    return [value if isinstance(value, str) else cell_text(value) for value in sheet.cells(column)]


def _texts(sheet: PlainSheet, column: str) -> Cells:
    return list(sheet.texts(column))


def _resource(row: Row) -> Resource:
    values = {name: value for name, value in row.items() if name != "resource_cn"}
    sets = {name: frozenset(filter(None, str(row[name]).split(";"))) for name in ("skills", "states")}
    return Resource(cn=str(row["resource_cn"]), **cast("dict[str, Any]", {**values, **sets}))


def _tier(row: Row) -> CapacityTier:
    return CapacityTier(**cast("dict[str, Any]", row))


def _pair(row: Row) -> Pair:
    values = cast("dict[str, Any]", row)
    until = values["until_week"]
    return Pair(
        cn=values["resource_cn"],
        demand_id=values["demand_id"],
        rule=values["rule"],
        from_week=IsoWeek.parse(values["from_week"]),
        until_week=None if until is None else IsoWeek.parse(until),
        reason=values["reason"],
    )


def _window(row: Row, time_zone: str = "UTC") -> PersonWindow:
    values = cast("dict[str, Any]", row)
    names = ("kind", "from_date", "until_date", "weekdays", "hours")
    zone = values["time_zone"] or time_zone
    return PersonWindow(cn=values["resource_cn"], time_zone=zone, **{name: values[name] for name in names})


def _rule(row: Row) -> LocalityRule:
    return LocalityRule(**cast("dict[str, Any]", row))


RESOURCES: Final = PlannersFile(
    table=ALLOCATION_RESOURCES,
    title="resources",
    sheet=Sheet,
    called={"resource_cn": "cn"},
    empty={"is_active": True},
    own={"locality": locality_cells, "skills": _words, "states": _states},
)
TIERS: Final = PlannersFile(table=CAPACITY_TIERS, title="capacity_tiers", sheet=Sheet, empty={"name": ""}, check=_tier)
PAIRS: Final = PlannersFile(
    table=ALLOCATION_PAIRS,
    title="allocation_pairs",
    sheet=Sheet,
    called={"resource_cn": "cn"},
    check=_pair,
)
WINDOWS: Final = PlannersFile(
    table=ALLOCATION_WINDOWS,
    title="allocation_windows",
    sheet=Sheet,
    called={"resource_cn": "cn"},
    empty={"weekdays": ALL_DAYS, "hours": WHOLE_DAY},
    check=_window,
)
RULES: Final = PlannersFile(
    table=LOCALITY_RULES,
    title="locality_rules",
    sheet=Sheet,
    empty={"rule_name": "", "priority": LAST_PRIORITY, "is_active": True},
    own={"pattern": _pattern, "match_type": _texts, "result_locality": known_localities},
    check=_rule,
)
