"""What a value is as text: its own, whatever its neighbours, its chunk or its driver.

Here: from what a driver gives to Arrow, and from Arrow to text. Hashes and columns without a type stand on these texts,
so a column whose values are of several kinds becomes text value by value. Not here: declared types (column_types.py).
"""

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

ARROW_ERRORS: Final = (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, OverflowError)
"""What Arrow raises where it has no array or no cast for some values."""
NUL: Final = "\0"
"""U+0000, which PostgreSQL cannot keep in a text; it also stands for half a character, which Arrow cannot."""
_HALVES: Final = re.compile("[\ud800-\udfff]")
_PLAIN_KINDS: Final = frozenset({str, int, float, bool, dt.date, dt.time, dt.timedelta, bytes})
"""Kinds whose values Arrow keeps one by one: a column of one of them is an array as it stands."""


def to_array(values: Sequence[Any]) -> pa.Array:
    """Python values as Arrow; several kinds, or one that Arrow would bend to a common form, become texts.

    Args:
        values: What a driver gave for one column of one chunk.

    Returns:
        One value each; `as_text` of the array does not depend on which values came together.
    """
    kinds = {type(value) for value in values} - {type(None)}
    kind = next(iter(kinds), None)
    if len(kinds) <= 1 and (kind is None or kind in _PLAIN_KINDS or _is_alike(kind, values)):
        try:
            return pa.array(values, _UTC if kind is dt.datetime and _is_zoned(values) else None)
        except (*ARROW_ERRORS, ValueError):
            pass
    return pa.array([None if value is None else _HALVES.sub(NUL, plain_text(value)) for value in values], pa.string())


_UTC: Final = pa.timestamp("us", tz="UTC")


def _is_alike(kind: type, values: Sequence[Any]) -> bool:
    """Whether values of a kind with a form per value (digits after the point, a zone) all have the same one."""
    if kind is Decimal:
        return len({value.as_tuple().exponent for value in values if value is not None}) == 1
    return kind is dt.datetime and len({value.tzinfo is None for value in values if value is not None}) == 1


def _is_zoned(values: Sequence[Any]) -> bool:
    return next(value for value in values if value is not None).tzinfo is not None


def plain_text(value: object) -> str:
    """One value as text: bytes read as UTF-8, else as Windows-1252; objects and lists as JSON; numbers as Arrow writes them.

    Args:
        value: Any value of a driver but None.

    Returns:
        Its text.
    """
    writer = _WRITERS.get(type(value))
    if writer is not None:
        return writer(value)
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return _json(value)
    return str(value)


def _json(value: object) -> str:
    """Objects and lists with sorted keys; the members of a set are sorted by their texts."""
    members = sorted(value, key=str) if isinstance(value, set | frozenset) else value
    return json.dumps(members, ensure_ascii=False, sort_keys=True, default=plain_text)


def _duration(value: dt.timedelta) -> str:
    """[-]HH:MM:SS, with as many digits behind the second as it needs."""
    seconds, fraction = divmod(abs(value) // dt.timedelta(microseconds=1), 1_000_000)
    rest = f".{fraction:06d}".rstrip("0").rstrip(".")
    return f"{'-' if value < dt.timedelta() else ''}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{rest}"


def _by_arrow(value: object) -> str:
    """As `as_text` writes a column of this kind."""
    return as_text(pa.array([value])).to_pylist()[0]


def decode(raw: bytes) -> str:
    """Bytes as text: UTF-8 where they are that, else Windows-1252, whose five gaps become a sign for it.

    Args:
        raw: The bytes.

    Returns:
        The text.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _moment(value: dt.datetime) -> str:
    return as_text(pa.array([value], _UTC if value.tzinfo else None)).to_pylist()[0]


_WRITERS: Final[Mapping[type, Callable[[Any], str]]] = {
    str: str,
    int: str,
    bytes: decode,
    bytearray: lambda value: decode(bytes(value)),
    memoryview: lambda value: decode(bytes(value)),
    Decimal: lambda value: format(value, "f"),
    dt.timedelta: _duration,
    dt.datetime: _moment,
    **dict.fromkeys((bool, float, dt.date, dt.time), _by_arrow),
}


def as_text(array: pa.Array) -> pa.Array:
    """An array as text that does not depend on the driver: ISO dates, no idle fractions.

    Args:
        array: Values of any type.

    Returns:
        Texts, null where a value is null.
    """
    kind = array.type
    if pa.types.is_string(kind):
        return array if _is_utf8(array) else as_text(array.cast(pa.binary()))
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return as_text(array.cast(pa.string()))
    if pa.types.is_dictionary(kind):
        return as_text(array.dictionary_decode())
    if pa.types.is_time(kind) or pa.types.is_timestamp(kind):
        return _temporal_text(array)
    text = (
        None
        if pa.types.is_binary(kind) or pa.types.is_duration(kind) or pa.types.is_nested(kind)
        else array.cast(pa.string())
    )
    if text is None or (pa.types.is_decimal(kind) and pc.any(pc.match_substring(text, "E")).as_py()):
        return pa.array([None if value is None else plain_text(value) for value in array.to_pylist()], pa.string())
    return text


def _is_utf8(array: pa.Array) -> bool:
    """Arrow takes a file's word for it, which may be wrong."""
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _temporal_text(array: pa.Array) -> pa.Array:
    """Times with as many fractional digits as they need, none for whole seconds."""
    in_seconds = pa.time32("s") if pa.types.is_time(array.type) else pa.timestamp("s", tz=array.type.tz)
    try:
        return array.cast(in_seconds).cast(pa.string())
    except pa.ArrowInvalid:
        return pc.replace_substring_regex(array.cast(pa.string()), r"(:\d\d(\.\d*[1-9])?)\.?0*(Z?)$", r"\1\3")
