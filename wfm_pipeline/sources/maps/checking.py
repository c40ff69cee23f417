"""A map against the first rows of its source: per column how many values fit, the first that does not, and a mend.

Not here: opening the source (calculators/source_look).
"""

from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from wfm_pipeline.contracts.source.source_map import TableMap
from wfm_pipeline.errors import example
from wfm_pipeline.sources.maps.looking import Reading, filled, read, readings
from wfm_pipeline.sources.rows.value_texts import as_text

_ABSENT: Final = "not in the source"


@dataclass(frozen=True, slots=True)
class ColumnCheck:
    """What was found of one raw column.

    Attributes:
        column: Its name in the source.
        declared: Its reading in the map.
        filled: Values that say something [count].
        misfits: Values that do not fit [count].
        first_misfit: The first of them, as far as it may be shown; empty where all fit.
        mend: What to write in the map instead; empty where nothing is to be done.
    """

    column: str
    declared: str
    filled: int
    misfits: int
    first_misfit: str
    mend: str


def check_columns(rows: pa.Table, table_map: TableMap, *, is_utc: bool) -> list[ColumnCheck]:
    """A table's declared columns against its first rows.

    Args:
        rows: First rows as they came.
        table_map: The map of the table.
        is_utc: The source writes UTC.

    Returns:
        One entry per declared column, in the map's order.
    """
    return [_check(rows, table_map, name, is_utc=is_utc) for name in table_map.types]


def _check(rows: pa.Table, table_map: TableMap, name: str, *, is_utc: bool) -> ColumnCheck:
    declared = Reading(table_map.types[name], table_map.formats.get(name))
    if name not in rows.column_names:
        mend = "" if name in table_map.optional else "name the column as the source does, or list it under optional"
        return ColumnCheck(name, declared.words, 0, 0, _ABSENT, mend)
    values = filled(rows[name].combine_chunks())
    found = read(values, declared, is_utc=is_utc)
    if found.misfits is None:
        return ColumnCheck(name, declared.words, len(values), 0, "", "")
    bad = values.filter(found.misfits.is_valid())
    first = example(as_text(bad.slice(0, 1))[0].as_py())
    return ColumnCheck(name, declared.words, len(values), len(bad), first, _mend(name, values, bad, is_utc=is_utc))


def _mend(name: str, values: pa.Array, bad: pa.Array, *, is_utc: bool) -> str:
    """A reading that takes all values; else what takes those that do not fit now; else text."""
    ways = [f"{name} = {reading.words}" for reading in readings(values, is_utc=is_utc)]
    if len(ways) > 1:
        return f"{len(ways)} ways to read it, of which you must say one: {' or '.join(ways[:3])}"
    if ways:
        return ways[0]
    if not is_utc and readings(values, is_utc=True):
        return 'times_are = "utc" at the top of the map: these times name their zone'
    others = readings(bad, is_utc=is_utc)
    some = f"; those that do not fit are {others[0].words}" if len(others) == 1 else ""
    return f'{name} = "string" takes all of them{some}'
