"""The board of live coverage as a table for a terminal: words and colours, what matters first, no column wider than it must be.

Columns that do not fit are left out, the least needed first; rows that do not fit are counted. Colours only repeat words. Not
here: the numbers (monitoring/coverage/board), the lines around the table (live_header), printing (reports/words/screen).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import pandas as pd
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from wfm_pipeline.reports.words.numbers import UNKNOWN, number, percent
from wfm_pipeline.reports.words.plain_words import one_line
from wfm_pipeline.reports.words.site_clock import local_clock
from wfm_pipeline.units import SECONDS_PER_MINUTE

_LONGEST_NAME: Final = 24
"""Letters of a service's name that are shown [characters]."""
_FOLDED_ACTION: Final = 24
"""Width at which an action is folded at the least [characters]."""
_AIR: Final = 3
"""What stands between two columns, and once more around them all [characters]."""
_STYLES: Final[Mapping[str, str]] = {
    "shortage": "bold red", "no_data": "bold magenta", "adequate": "yellow", "surplus": "cyan", "optimal": "green",
}  # fmt: skip
_WORDS: Final[Mapping[str, str]] = {"shortage": "SHORT", "no_data": "no data"}
"""Where the word on a board is another than in the tables."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A column of the board.

    Attributes:
        name: Its heading.
        cell: Row and zone -> text.
        rank: How much it is needed; the highest are left out first.
        side: Where it is set.
    """

    name: str
    cell: Callable[[Mapping[str, Any], ZoneInfo], str]
    rank: int
    side: Literal["left", "right"] = "right"


def _count(name: str, *, digits: int = 0) -> Callable[[Mapping[str, Any], ZoneInfo], str]:
    return lambda row, _: UNKNOWN if row[name] is None else number(float(row[name]), digits=digits)


def _share(name: str) -> Callable[[Mapping[str, Any], ZoneInfo], str]:
    return lambda row, _: UNKNOWN if row[name] is None else percent(row[name], digits=0)


def _wait(row: Mapping[str, Any], _zone: ZoneInfo) -> str:
    seconds = row["longest_wait_seconds"]
    if seconds is None:
        return UNKNOWN
    minutes, rest = divmod(round(seconds), SECONDS_PER_MINUTE)
    return f"{int(minutes)}:{int(rest):02d}"


def _gap(row: Mapping[str, Any], zone: ZoneInfo) -> str:
    if row["gap_ends_at"] is None:
        return UNKNOWN
    starts, ends = (local_clock(row[name], zone) for name in ("gap_starts_at", "gap_ends_at"))
    return f"until {ends}" if row["gap_starts_at"] < row["as_of"] else f"{starts}-{ends}"


def _cost(row: Mapping[str, Any], _zone: ZoneInfo) -> str:
    if row["gap_ends_at"] is None:
        return UNKNOWN
    return "not known" if row["cost"] is None else f"{row['cost']:,.0f} {row['currency'] or ''}".strip()


def _first_action(row: Mapping[str, Any], _zone: ZoneInfo) -> str:
    return row["best_action"] or row["why"] or UNKNOWN


def _status(row: Mapping[str, Any], _zone: ZoneInfo) -> str:
    word = _WORDS.get(row["status"], row["status"])
    return f"{word}, {row['severity']}" if row["status"] == "shortage" and row["severity"] else word


def _name(row: Mapping[str, Any], _zone: ZoneInfo) -> str:
    name = one_line(str(row["service_name"] or row["service_id"]))
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


_COLUMNS: Final = (
    _Shown("service", _name, 0, "left"),
    _Shown("status", _status, 0, "left"),
    _Shown("required", _count("agents_required"), 1),
    _Shown("rostered", _count("agents_scheduled", digits=1), 8),
    _Shown("actual", _count("agents_actual", digits=1), 1),
    _Shown("available", _count("agents_available", digits=1), 4),
    _Shown("waiting", _count("calls_waiting"), 2),
    _Shown("longest", _wait, 6),
    _Shown("coverage", _share("coverage"), 2),
    _Shown("expected SL", _share("projected_service_level"), 7),
    _Shown("gap", _gap, 3, "left"),
    _Shown("short", _count("agents_short"), 3),
    _Shown("cost", _cost, 9),
    _Shown("first action", _first_action, 5, "left"),
)


def board_table(board: pd.DataFrame, zone: str, *, width: int, most_rows: int | None = None) -> Table:
    """The board.

    Args:
        board: Columns of a board, in the order to be shown.
        zone: The site's IANA zone: times are its wall clock.
        width: Of the screen [characters].
        most_rows: Rows that fit [count]; None = all.

    Returns:
        A table whose caption counts the rows that it leaves out.
    """
    rows: list[Mapping[str, Any]] = [
        {str(name): value for name, value in row.items()}
        for row in board.astype(object).where(board.notna(), None).to_dict("records")
    ]
    kept = rows if most_rows is None else rows[:most_rows]
    clock = ZoneInfo(zone)
    cells = {column.name: [column.cell(row, clock) for row in kept] for column in _COLUMNS}
    columns = _columns_within(cells, width)
    table = Table(header_style="bold", caption=_left_out(rows[len(kept) :]), caption_justify="left")
    for column in columns:
        table.add_column(column.name, justify=column.side, no_wrap=column.name != "first action", overflow="fold")
    for place, row in enumerate(kept):
        style = _STYLES.get(row["status"], "")
        table.add_row(*(Text(cells[one.name][place], style if one.name == "status" else "") for one in columns))
    return table


def _columns_within(cells: Mapping[str, Sequence[str]], width: int) -> list[_Shown]:
    """Columns that fit beside each other; the last one may be folded."""
    kept = list(_COLUMNS)
    while len(kept) > 1 and sum(_width(one, cells) + _AIR for one in kept) + 1 > width:
        kept.remove(max(kept, key=lambda one: one.rank))
    return kept


def _width(column: _Shown, cells: Mapping[str, Sequence[str]]) -> int:
    if column.name == "first action":
        return _FOLDED_ACTION
    return max([cell_len(column.name), *map(cell_len, cells[column.name])])


def _left_out(rows: Sequence[Mapping[str, Any]]) -> str | None:
    if not rows:
        return None
    by_status = pd.Series([str(row["status"]) for row in rows]).value_counts()
    return f"and {len(rows):,} more: " + ", ".join(
        f"{count:,} {_WORDS.get(str(word), str(word))}" for word, count in by_status.items()
    )
