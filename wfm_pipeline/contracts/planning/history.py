"""Columns that every planner's table carries so that it keeps its history.

Here: the columns of history and which columns name a row without them. Not here: the step from one
version to the next (domain/history) and the tables themselves (allocation, capacity, planners_input).
"""

from typing import Final

from wfm_pipeline.contracts.columns import Table, instant, text

HISTORY: Final = (
    instant("valid_from", "The row holds from here on."),
    instant("valid_until", "Until here, exclusive; null = still.", nullable=True),
    text("changed_by", "Who brought the row: file and its owner, or account.", nullable=False, personal="planner"),
    text("file_hash", "Hash of what the planners' file says of this key; null = the row is none of the file's."),
)
HISTORY_COLUMNS: Final = tuple(column.name for column in HISTORY)
"""Columns that say when a version held; the others are the planner's own."""


def planner_key(table: Table) -> tuple[str, ...]:
    """Columns that name a row of a planner's table, whatever its version.

    Args:
        table: A planner's table.

    Returns:
        The key without the start of the version.
    """
    return tuple(name for name in table.key if name not in HISTORY_COLUMNS)


def planner_columns(table: Table) -> tuple[str, ...]:
    """Columns a planner fills.

    Args:
        table: A planner's table.

    Returns:
        Names of all columns but the history's.
    """
    return tuple(name for name in table.column_names if name not in HISTORY_COLUMNS)
