"""The section `[backlog]` of a map, read and checked.

Not here: the other sections (the loader beside) and what the rules do (domain/backlog).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, get_args

from wfm_pipeline.contracts.source.backlog_map import AGE_LIMITS, BacklogMap, Done, DueIn
from wfm_pipeline.contracts.source.source_map import Role, TableMap
from wfm_pipeline.sources.maps.door import Door

_CASE_ROLES: Final[tuple[Role, ...]] = ("case_events", "cases")
_FLAGS: Final = ("reopen_restarts_due", "pauses_count_in_due", "pauses_count_in_age")


def read_backlog(door: Door, tables: Sequence[TableMap]) -> BacklogMap:
    """The rules that a map says.

    Args:
        door: The section; empty where the map has none.
        tables: The map's tables.

    Returns:
        The rules.

    Raises:
        SettingsError: a rule is unknown, of the wrong kind or out of its range, or the source has no cases.
    """
    door.only({field.name for field in fields(BacklogMap)})
    if not door.values:
        return BacklogMap()
    cases = [table for table in tables if table.role in _CASE_ROLES]
    if not cases:
        door.refuse("", sorted(door.values), f"left out: no table has role {' or '.join(_CASE_ROLES)}")
    given: dict[str, Any] = {name: door.flag(name) for name in _FLAGS if name in door.values}
    for name, words in (("done", get_args(Done)), ("due_in", get_args(DueIn))):
        if name in door.values:
            given[name] = door.choice(name, words)
    if "due_hours" in door.values:
        given["due_hours"] = _due_hours(door.inner("due_hours"), _priorities(cases))
    if "age_limits_hours" in door.values:
        given["age_limits_hours"] = _age_limits(door)
    if "stuck_moves" in door.values:
        given["stuck_moves"] = door.whole_number("stuck_moves")
        if given["stuck_moves"] < 0:
            door.refuse("stuck_moves", given["stuck_moves"], "0 or more moves")
    if "stuck_working_hours" in door.values:
        given["stuck_working_hours"] = _hours(door, "stuck_working_hours")
    return BacklogMap(**given)


def _due_hours(door: Door, known: Mapping[str, str] | None) -> dict[str, float]:
    """Priority as silver has it -> hours; a priority that no word of the map leads to is a slip."""
    if known == {} and door.values:
        door.refuse(
            "",
            sorted(door.values),
            'left out: no table says a priority (priority = { constant = "usual" } gives all of them one)',
        )
    found: dict[str, float] = {}
    for name in door.values:
        priority = name.strip().lower()
        if known is not None and priority not in known:
            door.refuse(name, name, f"a priority that the words of the map lead to ({', '.join(known.values())})")
        if priority in found:
            door.refuse(name, name, "each priority once; capitals and blanks around make no other")
        found[priority] = _hours(door, name)
    return found


def _priorities(cases: Sequence[TableMap]) -> dict[str, str] | None:
    """Priorities that the map's own words lead to, lower case -> as written; None where words are the source's."""
    found: dict[str, str] = {}
    for table in cases:
        form = table.columns.get("priority")
        if form is None:
            continue
        told = [form.constant] if form.constant is not None else list(form.words.values())
        if not told:
            return None
        found |= {meaning.strip().lower(): meaning for meaning in told}
    return found


def _age_limits(door: Door) -> tuple[float, ...]:
    value = door.values["age_limits_hours"]
    numbers = value if isinstance(value, list) else []
    limits = tuple(float(one) for one in numbers if isinstance(one, (int, float)) and not isinstance(one, bool))
    rising = all(low < high < math.inf for low, high in zip((0.0, *limits), limits, strict=False))
    if len(limits) != AGE_LIMITS or len(numbers) != AGE_LIMITS or not rising:
        door.refuse(
            "age_limits_hours", value, f"{AGE_LIMITS} numbers of hours that rise from above 0, such as [4, 24, 72, 168]"
        )
    return limits


def _hours(door: Door, key: str) -> float:
    found = door.number(key)
    if not 0 < found < math.inf:
        door.refuse(key, found, "hours above 0")
    return found
