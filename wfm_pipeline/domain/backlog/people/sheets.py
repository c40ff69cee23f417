"""What the planners' file of activities says.

Here: which rows are refused. Not here: how a file becomes rows (domain/planners_tables), keeping versions (warehouse), what
becomes of the rows (activities).
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final, cast

from wfm_pipeline.contracts.planning.activities import PLANNED_ACTIVITIES
from wfm_pipeline.domain.planners_tables import PlannersFile, Row
from wfm_pipeline.errors import DataError, shown

_LONGEST: Final = dt.timedelta(days=1)
"""Longest activity: what lasts longer takes people out of the roster and belongs there."""


def check_activity(row: Row) -> None:
    """Refuse a row that names no people, has half a time, or may move in a way that cannot be.

    Args:
        row: A planner's row of planned_activities.

    Raises:
        DataError: the message says which rule, and what to write.
    """
    named = shown(str(row["activity_id"]))
    if bool(row["queue_id"]) == bool(row["agent_id"]):
        raise DataError(f"activity {named} must name a queue or a person: fill queue_id or agent_id, not both or none")
    if row["agent_id"] and row["agents"] != 1:
        raise DataError(f"activity {named} is one person's: agents must be 1, got {row['agents']}", got=row["agents"])
    if row["starts_local"] is None and row["ends_local"] is None:
        _check_without_time(row, named)
    else:
        _check_time(row, named)
    _check_moves(row, named)


def _check_without_time(row: Row, named: str) -> None:
    if not row["minutes"]:
        raise DataError(
            f"activity {named} has no time yet and needs minutes above 0, got {row['minutes']}", got=row["minutes"]
        )
    if row["kind"] == "break":
        raise DataError(
            f"activity {named} is a break: it needs starts_local and ends_local, for a break has a time in its shift"
        )
    if row["weekly_until"] is not None:
        raise DataError(f"activity {named} has no time yet: weekly_until must be empty", got=row["weekly_until"])


def _check_time(row: Row, named: str) -> None:
    starts, ends = (cast("dt.datetime | None", row[name]) for name in ("starts_local", "ends_local"))
    if starts is None or ends is None or not dt.timedelta() < ends - starts <= _LONGEST:
        raise DataError(
            f"activity {named} must have starts_local before ends_local, at most a day apart, got {starts} and {ends}; leave "
            "both empty and give minutes where it has no time yet",
            got=str(ends),
        )
    if row["minutes"] is not None:
        raise DataError(f"activity {named} has a time: minutes must be empty, got {row['minutes']}", got=row["minutes"])
    until = cast("dt.date | None", row["weekly_until"])
    if until is not None and until < starts.date():
        raise DataError(f"weekly_until {until} of activity {named} lies before its start {starts}", got=until)


def _check_moves(row: Row, named: str) -> None:
    windows = [row[name] for name in ("may_move_earlier_minutes", "may_move_later_minutes")]
    has_window = any(minutes is not None for minutes in windows)
    if has_window and not row["is_movable"]:
        raise DataError(
            f"activity {named} is not movable: leave may_move_earlier_minutes and may_move_later_minutes empty"
        )
    if row["kind"] == "break" and row["is_movable"] and not has_window:
        raise DataError(
            f"activity {named} is a movable break and needs its window: fill may_move_earlier_minutes or "
            "may_move_later_minutes, for a break is never put off to another day"
        )


ACTIVITY_FILES: Final[Mapping[str, PlannersFile]] = {
    "planned_activities": PlannersFile(
        table=PLANNED_ACTIVITIES,
        title="planned_activities.csv",
        empty={"agents": 1.0, "is_movable": False},
        check=check_activity,
    )
}
"""Name of the file, without `.csv` -> how it fills its table. The rows are about one source, which is given."""
