"""Columns of any kind become their declared type; what does not fit is kept as text beside it.

Every reader hands over what its driver gives; here values become the map's types, once for all
engines. A value that does not fit becomes null and its original text a misfit, so nothing is lost.
"""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

ARROW_TYPES: Final[dict[str, pa.DataType]] = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "time": pa.time64("us"),
}
_ARROW_ERRORS = (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, OverflowError)
_TRUE: Final = ("1", "true", "t", "yes", "y", "1.0")
_FALSE: Final = ("0", "false", "f", "no", "n", "0.0")
_ANY_DAY: Final = "1970-01-01 "


_NUL: Final = "\0"
"""U+0000, which PostgreSQL cannot keep in a text; it also stands for half a character, which Arrow cannot."""
_SIGN: Final = "\ufffd"
"""What stands in its place in every warehouse."""
_HALVES: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column in its declared type.

    Attributes:
        values: The values, null where missing or where they did not fit; a text is mended and never null for that.
        misfits: Original text where a value did not fit or was mended, null elsewhere; None where all fitted.
    """

    values: pa.Array
    misfits: pa.Array | None


def to_array(values: Sequence[Any]) -> pa.Array:
    """Python values as Arrow; mixed kinds, or kinds Arrow has no simple type for, become text."""
    try:
        return pa.array(values)
    except (*_ARROW_ERRORS, ValueError):
        return pa.array(
            [None if value is None else _HALVES.sub(_NUL, plain_text(value)) for value in values], pa.string()
        )


def plain_text(value: object) -> str:
    """A value as text; bytes are read as UTF-8, else as Windows-1252."""
    if isinstance(value, bytes | bytearray | memoryview):
        return decode(bytes(value))
    if isinstance(value, dt.timedelta):
        seconds = value.total_seconds()
        hours, rest = divmod(abs(int(seconds)), 3600)
        return f"{'-' if seconds < 0 else ''}{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
    return str(value)


def decode(raw: bytes) -> str:
    """Bytes as text: UTF-8 where they are that, else Windows-1252, whose five gaps become a sign for it."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def as_text(array: pa.Array) -> pa.Array:
    """An array as text that does not depend on the driver: ISO dates, no idle fractions."""
    if pa.types.is_string(array.type):
        return array if _is_utf8(array) else as_text(array.cast(pa.binary()))
    if pa.types.is_large_string(array.type) or pa.types.is_string_view(array.type):
        return as_text(array.cast(pa.string()))
    if pa.types.is_dictionary(array.type):
        return as_text(array.dictionary_decode())
    if pa.types.is_binary(array.type) or pa.types.is_duration(array.type) or pa.types.is_nested(array.type):
        return pa.array([None if value is None else plain_text(value) for value in array.to_pylist()], pa.string())
    if pa.types.is_time(array.type) or pa.types.is_timestamp(array.type):
        return _temporal_text(array)
    return array.cast(pa.string())


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


def to_type(array: pa.Array, data_type: str) -> TypedColumn:
    """Values of a column in their declared type.

    Args:
        array: What the driver gave, of any type.
        data_type: The map's type: string, int64, float64, boolean, date, timestamp or time.

    Returns:
        The values and the texts of those that did not fit. Empty text is a missing value, not a
        misfit, in every type but string.
    """
    target = ARROW_TYPES[data_type]
    if data_type == "string":
        return _kept_text(as_text(array))
    if array.type == target and data_type != "float64":
        return TypedColumn(array, None)
    quick = _quick_cast(array, target)
    if quick is not None:
        return TypedColumn(quick, None)
    return _typed_text(as_text(array), _PARSERS[data_type], target)


def _kept_text(text: pa.Array) -> TypedColumn:
    """Text as every engine keeps it: U+FFFD where a character stood that one cannot keep."""
    is_mended = pc.match_substring(text, _NUL)
    if not pc.any(is_mended).as_py():
        return TypedColumn(text, None)
    mended = pc.replace_substring(text, _NUL, _SIGN)
    return TypedColumn(mended, pc.if_else(is_mended, text, pa.scalar(None, pa.string())))


def _quick_cast(array: pa.Array, target: pa.DataType) -> pa.Array | None:
    """The cast that needs no parsing, or None where one is needed or a value is lost."""
    is_number = pa.types.is_integer(array.type) or pa.types.is_floating(array.type) or pa.types.is_decimal(array.type)
    is_like = (
        pa.types.is_null(array.type)
        or (is_number and (pa.types.is_integer(target) or pa.types.is_floating(target)))
        or (pa.types.is_temporal(array.type) and not pa.types.is_duration(array.type) and pa.types.is_temporal(target))
    )
    if not is_like or getattr(array.type, "tz", None):
        return None
    try:
        values = array.cast(target)
    except _ARROW_ERRORS:
        return None
    return values if _is_whole(array, values) else None


def _is_whole(array: pa.Array, values: pa.Array) -> bool:
    """Whether a cast lost nothing: no endless number, no time of day, no date."""
    if pa.types.is_floating(values.type):
        return pc.all(pc.is_finite(values)).as_py() is not False
    if pa.types.is_timestamp(array.type) and not pa.types.is_timestamp(values.type):
        return pa.types.is_date(values.type) and values.cast(array.type).equals(array)
    return True


def _typed_text(text: pa.Array, parse: Callable[[pa.Array], pa.Array], target: pa.DataType) -> TypedColumn:
    trimmed = pc.utf8_trim_whitespace(text)
    wanted = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    try:
        return TypedColumn(parse(wanted), None)
    except _ARROW_ERRORS:
        pass
    encoded = wanted.dictionary_encode()
    each = [_parse_one(encoded.dictionary.slice(place, 1), parse) for place in range(len(encoded.dictionary))]
    values = pa.array(each, target).take(encoded.indices)
    is_misfit = pc.and_(pc.is_valid(wanted), pc.is_null(values))
    return TypedColumn(values, pc.if_else(is_misfit, text, pa.scalar(None, pa.string())))


def _parse_one(value: pa.Array, parse: Callable[[pa.Array], pa.Array]) -> Any:
    try:
        return parse(value)[0]
    except _ARROW_ERRORS:
        return None


def _integers(text: pa.Array) -> pa.Array:
    try:
        return text.cast(pa.int64())
    except pa.ArrowInvalid:
        return text.cast(pa.float64()).cast(pa.int64())


def _floats(text: pa.Array) -> pa.Array:
    values = text.cast(pa.float64())
    if pc.any(pc.invert(pc.is_finite(values))).as_py():
        raise pa.ArrowInvalid("not a finite number")
    return values


def _booleans(text: pa.Array) -> pa.Array:
    lower = pc.utf8_lower(text)
    is_true, is_false = (pc.is_in(lower, pa.array(words)) for words in (_TRUE, _FALSE))
    if pc.any(pc.and_(pc.is_valid(text), pc.invert(pc.or_(is_true, is_false)))).as_py():
        raise pa.ArrowInvalid("not a boolean")
    return pc.if_else(pc.is_valid(text), is_true, pa.scalar(None, pa.bool_()))


def _timestamps(text: pa.Array) -> pa.Array:
    return text.cast(pa.timestamp("us"))


def _dates(text: pa.Array) -> pa.Array:
    moments = _timestamps(text)
    days = moments.cast(pa.date32())
    if not days.cast(pa.timestamp("us")).equals(moments):
        raise pa.ArrowInvalid("a date with a time of day")
    return days


def _times(text: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(pa.scalar(_ANY_DAY), text, "").cast(pa.timestamp("us")).cast(pa.time64("us"))


_PARSERS: Final[dict[str, Callable[[pa.Array], pa.Array]]] = {
    "int64": _integers,
    "float64": _floats,
    "boolean": _booleans,
    "date": _dates,
    "timestamp": _timestamps,
    "time": _times,
}
