"""A look at a column: which type its values fit, and how they are written.

Here: trying types on some values. Not here: what a column may mean (proposing.py) or whether a map fits (checking.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from wfm_pipeline.contracts.source.source_map import RawType
from wfm_pipeline.sources.rows.column_types import TypedColumn, to_type
from wfm_pipeline.sources.rows.value_texts import as_text

_DATES: Final = (
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%y",
)
_CLOCKS: Final = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", " %H:%M:%S.%f")
_PLAIN: Final[tuple[RawType, ...]] = ("int64", "float64", "timestamp", "time", "duration")
"""Types that are tried, the narrowest first."""
_FEW: Final = 20
"""Values that are tried before all of them: most readings fail on the first few [count]."""
_CODE: Final = r"^(0\d|\+)"
"""A number that begins with a zero or a plus is a code, such as 007 or a telephone number, and stays text."""
_SHORT_SECONDS: Final = 3600
"""Half of the talks and waits of a desk are shorter than that, and few times of day lie in the hour after midnight [s]."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a column.

    Attributes:
        data_type: The declared type.
        form: How dates and times are written; None: in a form that means one thing.
    """

    data_type: RawType
    form: str | None = None

    @property
    def words(self) -> str:
        """As a map says it."""
        return f'{{ type = "{self.data_type}", format = "{self.form}" }}' if self.form else f'"{self.data_type}"'


def filled(values: pa.Array) -> pa.Array:
    """The values that say something: neither missing nor blank.

    Args:
        values: A column as it came.

    Returns:
        Those values, in order.
    """
    text = pc.utf8_trim_whitespace(as_text(values))
    return values.filter(pc.fill_null(pc.not_equal(text, ""), False))


def readings(values: pa.Array, *, is_utc: bool) -> list[Reading]:
    """Every way in which all values of a column can be read; none where only text takes them all.

    Args:
        values: From `filled`.
        is_utc: Times may name their zone.

    Returns:
        One reading, or several where a date may be read in several ways (9/1/2025).
    """
    if not len(values) or (pc.any(pc.match_substring_regex(as_text(values), _CODE)).as_py() and _is_whole(values)):
        return []
    for data_type in _PLAIN:
        if takes_all(values, Reading(data_type), is_utc=is_utc):
            is_day = data_type == "timestamp" and takes_all(values, Reading("date"), is_utc=is_utc)
            return (
                [Reading("date")]
                if is_day
                else _of_clocks(values, is_utc=is_utc)
                if data_type == "time"
                else [Reading(data_type)]
            )
    return [reading for reading in _forms() if takes_all(values, reading, is_utc=is_utc)]


def _of_clocks(values: pa.Array, *, is_utc: bool) -> list[Reading]:
    """H:MM:SS is a time of day or a duration: the likelier first, by how long it would last."""
    clock, duration = Reading("time"), Reading("duration")
    if not takes_all(values, duration, is_utc=is_utc):
        return [clock]
    seconds = read(values, duration, is_utc=is_utc).values
    is_short = pc.quantile(seconds, 0.5)[0].as_py() < _SHORT_SECONDS
    return [duration, clock] if is_short else [clock, duration]


def _is_whole(values: pa.Array) -> bool:
    return to_type(values, "int64").misfits is None


def _forms() -> Iterator[Reading]:
    for date in _DATES:
        for clock in _CLOCKS:
            yield Reading("timestamp" if clock else "date", date + clock)


def takes_all(values: pa.Array, reading: Reading, *, is_utc: bool) -> bool:
    """Whether a reading takes every value.

    Args:
        values: From `filled`.
        reading: The reading.
        is_utc: Times may name their zone.

    Returns:
        False where one does not fit.
    """
    few = values.slice(0, _FEW)
    return all(read(part, reading, is_utc=is_utc).misfits is None for part in (few, values))


def read(values: pa.Array, reading: Reading, *, is_utc: bool) -> TypedColumn:
    """The values by a reading.

    Args:
        values: A column as it came.
        reading: The reading.
        is_utc: Times may name their zone.

    Returns:
        Values and misfits.
    """
    found = to_type(values, reading.data_type, form=reading.form, is_utc=is_utc)
    none_is_misfit = found.misfits is not None and found.misfits.null_count == len(found.misfits)
    return TypedColumn(found.values, None) if none_is_misfit else found
