"""Planners' tables are taken in by one reader: a file's cells become typed rows of its table, checked before they are stored.

Here: what a room says of its file (`PlannersFile`), and reading one by the table's contract, with faults that name file,
line, column, what came and what is allowed. Not here: single cells (sheet.py), reading files (sources), keeping versions
(domain/history, warehouse/shelves), and what the rows mean: each room declares its own files.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from wfm_pipeline.contracts.columns import Column, Table
from wfm_pipeline.contracts.planning.history import planner_columns, planner_key
from wfm_pipeline.domain.sheet import Sheet
from wfm_pipeline.errors import WfmError, shown
from wfm_pipeline.units import PERCENT

Row = dict[str, object]
Cells = list[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannersFile:
    """How a planner's file becomes rows of its table; what is not said here is the contract's.

    Attributes:
        table: The table it fills, with the columns of history.
        title: What messages call the file.
        sheet: Reads its cells, and names its room's faults.
        shape: Brings a file that is laid out otherwise into the table's columns; it keeps the lines.
        called: Column of the table -> what the file and the messages call it; the table's own name is taken too.
        empty: Column -> what an empty cell stands for; such a column may be absent.
        own: Column -> its cells, read otherwise than by type and without the contract's checks.
        complete: Fills a row from its own other cells.
        check: Refuses a row that is wrong as a whole; the line is added to its words.
        check_all: Refuses rows that do not go together; it is told the words for the place of each row, and the queues that have calls.
    """

    table: Table
    title: str
    sheet: type[Sheet] = Sheet
    shape: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    called: Mapping[str, str] = field(default_factory=dict)
    empty: Mapping[str, object] = field(default_factory=dict)
    own: Mapping[str, Callable[[Sheet, str], Cells]] = field(default_factory=dict)
    complete: Callable[[Row], Row] | None = None
    check: Callable[[Row], object] | None = None
    check_all: Callable[[list[Row], list[str], Sequence[str]], object] | None = None

    def name(self, column: str) -> str:
        """What the file calls a column.

        Args:
            column: Name of a column of the table.

        Returns:
            What the file calls it.
        """
        return self.called.get(column, column)


def read_rows(
    file: PlannersFile, frame: pd.DataFrame, known_queues: Sequence[str] = (), **given: object
) -> tuple[list[Row], list[str]]:
    """Rows of a planner's table from its file, unique by their key, and notices.

    Args:
        file: What its room says of it.
        frame: The file's cells as text, or typed.
        known_queues: Queues that have calls; empty while none were loaded.
        given: Columns that are the same in every row and that the file does not have.

    Returns:
        One row per key with the columns a planner fills.

    Raises:
        DataError: a column is missing, a cell is wrong, or two rows have one key; a room may have names of its own for
            these. The message names file, line, column, what came and what is allowed.
    """
    names = [name for name in planner_columns(file.table) if name not in given]
    sheet = _sheet(file, frame, names)
    cells = {name: _cells(file, sheet, name) for name in names}
    rows = [given | dict(zip(cells, values, strict=True)) for values in zip(*cells.values(), strict=True)]
    rows = [file.complete(row) for row in rows] if file.complete else rows
    for name in names:
        if name not in file.own:
            _check_column(file, sheet, file.table.column(name), [row[name] for row in rows])
    for line, row in enumerate(rows):
        _check_row(file, row, sheet.where(line))
    key = planner_key(file.table)
    sheet.refuse_twice(", ".join(map(file.name, key)), [tuple(row[column] for column in key) for row in rows])
    if file.check_all:
        file.check_all(rows, [sheet.where(line) for line in range(len(rows))], known_queues)
    return rows, sheet.notice()


def _sheet(file: PlannersFile, frame: pd.DataFrame, names: list[str]) -> Sheet:
    shaped = file.shape(frame) if file.shape else frame.rename(columns=file.called)
    columns = [file.table.column(name) for name in names]
    required = [file.name(one.name) for one in columns if not one.nullable and one.name not in file.empty]
    return file.sheet(shaped, file.title, required=required, optional=map(file.name, names))


def _cells(file: PlannersFile, sheet: Sheet, name: str) -> Cells:
    if name in file.own:
        return file.own[name](sheet, file.name(name))
    read = _by_type(sheet, file.name(name), file.table.column(name))
    return [file.empty.get(name) if value is None else value for value in read]


def _by_type(sheet: Sheet, name: str, column: Column) -> Cells:
    """A column's cells by the type of the contract; None where empty."""
    match column.type:
        case "int64":
            return list(sheet.integers(name))
        case "float64":
            return list(sheet.numbers(name))
        case "boolean":
            return list(sheet.flags(name))
        case "date":
            return list(sheet.dates(name))
        case "timestamp":
            return list(sheet.instants(name))
        case "string":
            return [text or None for text in sheet.texts(name)]


def _check_column(file: PlannersFile, sheet: Sheet, column: Column, values: Cells) -> None:
    """Hold values against the contract: none empty, inside the range, among the words."""
    name = file.name(column.name)
    if not column.nullable and column.name not in file.empty:
        sheet.required(name, values)
    for line, value in enumerate(values):
        allowed = None if value is None else _broken_rule(column, value)
        if allowed:
            raise sheet.invalid_error(
                f"{name} must be {allowed}, got {_said(value)} ({sheet.where(line)}){_hint(column, value)}", got=value
            )


def _broken_rule(column: Column, value: object) -> str | None:
    """What the contract allows, where the value is something else."""
    if column.allowed and value not in column.allowed:
        is_list = len(column.allowed[1:]) > 1
        return f"one of {', '.join(column.allowed)}" if is_list else " or ".join(column.allowed)
    if not isinstance(value, int | float):
        return None
    low, high = column.minimum, column.maximum
    if (low is None or value >= low) and (high is None or value <= high):
        return None
    ends = [f"at least {low:g}"] if low is not None else []
    return ", ".join([*ends, f"at most {high:g}"] if high is not None else ends)


def _said(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else shown(value)


def _hint(column: Column, value: object) -> str:
    """A share that was written in percent."""
    if (column.minimum, column.maximum) == (0, 1) and isinstance(value, int | float) and 1 < value <= PERCENT:
        return f"; write {value:g} % as {value / PERCENT:g}"
    return ""


def _check_row(file: PlannersFile, row: Row, where: str) -> None:
    if file.check is None:
        return
    try:
        file.check(row)
    except WfmError as error:
        raise type(error)(f"{error} ({where})", **error.facts) from error
