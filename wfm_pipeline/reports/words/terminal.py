"""Tables for the terminal and for programs that read what a command prints.

A table is printed as a table where it fits, only its texts folded; else turned round, as pairs of a name and a value,
so that no name and no number is ever broken. Not here: single words (screen.py), and text of single values
for pages (numbers.py).
"""

import json
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from wfm_pipeline.reports.words.plain_words import one_line
from wfm_pipeline.reports.words.screen import Screen

if TYPE_CHECKING:
    import pandas as pd

_PIPE_WIDTH: Final = 170
"""Columns of a table that goes into a file or a pipe, unless `COLUMNS` says otherwise [characters]."""
_MOST_COLUMNS: Final = 8
"""A single row of more is easier to read as pairs, however wide the terminal."""
_LONGEST_WORD: Final = 26
"""Texts are folded between their words; a word longer than this may be broken [characters]."""
_LONGEST_TEXT: Final = 32
"""Where rows stand beside each other, a text is folded at this width [characters]."""
_AIR: Final = 3
"""What stands between two columns, and once more around them all [characters]."""
_WHOLE_FROM: Final = 1000.0
"""Larger numbers are shown without decimals."""
_NAMES: Final = frozenset({"iso_year", "year"})
"""Numbers that are names: no thousands separator."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it is shown.

    Attributes:
        name: Its name.
        cells: Its values as text, one per row.
        is_number: True where it is set to the right and never folded.
    """

    name: str
    cells: Sequence[str]
    is_number: bool

    @property
    def width(self) -> int:
        """Width that its name and its longest cell need [characters]."""
        return max(cell_len(self.name), *map(cell_len, self.cells), 1)

    @property
    def least_width(self) -> int:
        """Width below which its name, a number or a word would be broken [characters]."""
        words = [word for cell in self.cells for word in cell.split()]
        longest = max(map(cell_len, words), default=1)
        return self.width if self.is_number else max(cell_len(self.name), min(longest, _LONGEST_WORD))


def print_table(frame: "pd.DataFrame", title: str) -> None:
    """Print a frame as a table, or as pairs where it is too wide for one; it is never cut."""
    import pandas as pd  # noqa: PLC0415  (half a second, and a row of arguments is answered without it)

    columns = []
    for name, series in frame.items():
        values = [None if pd.isna(value) else value for value in series.tolist()]
        columns.append(column_of(str(name), values, is_number=pd.api.types.is_numeric_dtype(series)))
    print_columns(columns, title)


def column_of(name: str, values: Sequence[object], *, is_number: bool) -> Column:
    """A column from its values; None is shown as a dash."""
    cells = [_cell(value, is_name=name in _NAMES) for value in values]
    return Column(one_line(name), [one_line(cell) for cell in cells], is_number)


def terminal_width() -> int:
    """Columns of the terminal, or of a file or a pipe that is written to [characters]."""
    return shutil.get_terminal_size((_PIPE_WIDTH, 1)).columns


def print_columns(columns: Sequence[Column], title: str) -> None:
    """Print columns of equal length as a table, or as pairs where it is too wide for one."""
    width = terminal_width()
    rows = len(columns[0].cells) if columns else 0
    is_too_wide = sum(column.least_width + _AIR for column in columns) + 1 > width
    is_one_long_row = rows == 1 and len(columns) > _MOST_COLUMNS
    screen = Screen(width=width)
    screen.print(Text(one_line(title), style="italic"))
    if not rows or not (is_too_wide or is_one_long_row):
        screen.print(_table(columns, _shared_out(columns, width), rows))
        return
    for number, block in enumerate(_blocks(columns, rows, width)):
        if number:
            screen.print()
        screen.print(_pairs(columns, block))


def _shared_out(columns: Sequence[Column], width: int) -> list[int]:
    """Widths of the columns that fit together: what is left over goes to the narrowest of those that want more."""
    widths = [column.least_width for column in columns]
    for _ in range(width - sum(widths) - _AIR * len(columns) - 1):
        wanting = [place for place, column in enumerate(columns) if widths[place] < column.width]
        if not wanting:
            break
        widths[min(wanting, key=widths.__getitem__)] += 1
    return widths


def _table(columns: Sequence[Column], widths: Sequence[int], rows: int) -> Table:
    table = Table(header_style="bold")
    for column, width in zip(columns, widths, strict=True):
        side: Literal["left", "right"] = "right" if column.is_number else "left"
        table.add_column(column.name, justify=side, overflow="fold", width=width)
    for row in range(rows):
        table.add_row(*(column.cells[row] for column in columns))
    return table


def _blocks(columns: Sequence[Column], rows: int, width: int) -> Iterator[range]:
    """Stretches of rows that fit beside each other, with the names before them."""
    names = max(cell_len(column.name) for column in columns)
    first, used = 0, names
    for row in range(rows):
        needed = _AIR + max(min(cell_len(column.cells[row]), _folds_at(column)) for column in columns)
        if row > first and used + needed > width:
            yield range(first, row)
            first, used = row, names
        used += needed
    yield range(first, rows)


def _folds_at(column: Column) -> int:
    return column.width if column.is_number else _LONGEST_TEXT


def _pairs(columns: Sequence[Column], block: range) -> Table:
    """The names on the left, and the values of each row beneath each other."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, _AIR, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    for _ in block:
        table.add_column(overflow="fold", max_width=_LONGEST_TEXT if len(block) > 1 else None)
    for column in columns:
        table.add_row(column.name, *column.cells[block.start : block.stop])
    return table


def _cell(value: object, *, is_name: bool) -> str:
    if value is None:
        return "-"
    if isinstance(value, float) and not is_name:
        return f"{value:,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:.3f}"
    is_count = isinstance(value, int) and not isinstance(value, bool) and not is_name
    return f"{value:,}" if is_count else str(value)


def print_json(tables: "Mapping[str, pd.DataFrame]", **facts: Any) -> None:
    """Print frames as JSON, each a list of rows, beside plain facts."""
    rows = {
        name: json.loads(frame.to_json(orient="records", date_format="iso", double_precision=15))
        for name, frame in tables.items()
    }
    sys.stdout.write(json.dumps({**facts, **rows}, indent=2, default=str) + "\n")
