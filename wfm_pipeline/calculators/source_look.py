"""A look at a source before anything is loaded: does a map fit it, and what would a first map be?

Only the first rows are read. Not here: what is looked for (sources/maps).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.errors import SourceError
from wfm_pipeline.resources import House
from wfm_pipeline.sources.files.raw_files import SUFFIXES
from wfm_pipeline.sources.maps.checking import ColumnCheck, check_columns
from wfm_pipeline.sources.maps.proposing import look, proposal
from wfm_pipeline.sources.opening import open_reader
from wfm_pipeline.sources.reader import SourceReader

LOOK_ROWS: Final = 1_000
"""Rows that are looked at: enough to see a form that one row in a hundred has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """Does the house's source map fit its source?

    Attributes:
        rows: Rows to look at per table [count].
    """

    rows: int = LOOK_ROWS


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeRequest:
    """What would a first map be?

    Attributes:
        place: URL of a database, a folder of exports, or one file.
        table: Which table; None where there is one.
        rows: Rows to look at [count].
    """

    place: str
    table: str | None = None
    rows: int = LOOK_ROWS


@dataclass(frozen=True, slots=True)
class TableCheck:
    """What was found of one table.

    Attributes:
        table: Its name in the source.
        rows: Rows that were looked at [count].
        notices: Columns that the map or the source has more, in words.
        columns: What was found of each declared column.
    """

    table: str
    rows: int
    notices: tuple[str, ...]
    columns: tuple[ColumnCheck, ...]


def check_map(house: House, request: CheckRequest) -> Iterator[TableCheck]:
    """The house's source map against its source.

    Args:
        house: The house.
        request: How many rows are looked at.

    Yields:
        One entry per table of the map.

    Raises:
        SourceError: the source does not answer, or lacks a table.
    """
    for source_map in house.read_parts:
        with house.open_source(source_map) as reader:
            yield from _checked(reader, source_map, request.rows)


def _checked(reader: SourceReader, source_map: SourceMap, rows: int) -> Iterator[TableCheck]:
    for table_map in source_map.tables:
        head = reader.head(table_map.name, rows)
        found = check_columns(head, table_map, is_utc=source_map.times_are == "utc")
        further = [name for name in head.column_names if name not in table_map.types]
        notices = (f"further columns, kept as text: {', '.join(further)}",) if further else ()
        yield TableCheck(table_map.name, head.num_rows, notices, tuple(found))


def propose_map(request: ProposeRequest) -> str:
    """A first map of a source.

    Args:
        request: The source.

    Returns:
        TOML.

    Raises:
        SourceError: the source does not answer, or has several tables and none was named.
    """
    url, own = _folder_and_table(request.place)
    with open_reader(url, attempts=1) as reader:
        name = _one_table(reader, request.table or own)
        head = reader.head(name, request.rows)
    return proposal(_map_name(name), name, look(head), rows=head.num_rows)


def _folder_and_table(place: str) -> tuple[str, str | None]:
    """A file is its folder and its table; anything else stays."""
    path = Path(place.removeprefix("file://"))
    suffix = next((suffix for suffix in SUFFIXES if path.name.endswith(suffix)), None)
    return (str(path.parent.resolve()), path.name.removesuffix(suffix)) if suffix else (place, None)


def _one_table(reader: SourceReader, table: str | None) -> str:
    present = reader.tables()
    if table in present:
        return str(table)
    if table is None and len(present) == 1:
        return present[0]
    came = f"no table {table}" if table else f"{len(present)} tables"
    raise SourceError(
        f"the source has {came}; name one with --table: {', '.join(present) or 'there is none'}", present=present
    )


def _map_name(table: str) -> str:
    """A name that a map may have."""
    plain = re.sub(r"[^a-z0-9]+", "_", table.lower()).strip("_")
    return plain if plain[:1].isalpha() else f"source_{plain}"
