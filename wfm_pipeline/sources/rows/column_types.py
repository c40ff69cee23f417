"""Columns of any kind become their declared type; what does not fit is kept as text beside it.

Every reader hands over what its driver gives (value_texts.py); here values become the map's types, once for all
engines. A value that does not fit becomes null and its original text a misfit, so nothing is lost. Not here: in which
forms a date or a time may be written (moments.py), or a duration (durations.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from wfm_pipeline.sources.rows.durations import duration_by_format
from wfm_pipeline.sources.rows.moments import by_format, each_parsed, in_utc, tidy, to_timestamps
from wfm_pipeline.sources.rows.value_texts import ARROW_ERRORS, NUL, as_text
from wfm_pipeline.units import SECONDS_PER_HOUR, SECONDS_PER_MINUTE

ARROW_TYPES: Final[dict[str, pa.DataType]] = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "time": pa.time64("us"),
    "duration": pa.float64(),
}
"""The map's types as Arrow has them; a duration is a number of seconds."""
_MOMENTS: Final = frozenset({"date", "timestamp", "time"})
_TRUE: Final = ("1", "true", "t", "yes", "y", "1.0")
_FALSE: Final = ("0", "false", "f", "no", "n", "0.0")
_ANY_DAY: Final = "1970-01-01 "
_SIGN: Final = "\ufffd"
"""What stands in every warehouse for a character that one of them cannot keep."""
_DURATION: Final = r"^(?P<sign>-?)(?P<hours>\d{1,5}):(?P<minutes>[0-5]\d):(?P<seconds>[0-5]\d(?:\.\d+)?)$"


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column in its declared type.

    Attributes:
        values: The values, null where missing or where they did not fit; a text is mended and never null for that.
        misfits: Original text where a value did not fit or was mended, null elsewhere; None where all fitted.
    """

    values: pa.Array
    misfits: pa.Array | None


def to_type(array: pa.Array, data_type: str, *, form: str | None = None, is_utc: bool = False) -> TypedColumn:
    """Values of a column in their declared type.

    Args:
        array: What the driver gave, of any type.
        data_type: The map's type: string, int64, float64, boolean, date, timestamp, time or duration [s].
        form: How dates, times and durations are written, as a map states it; None: in any form that means one thing.
        is_utc: A timestamp may name its zone, and is UTC; else one that does is a misfit, for the map says local time.

    Returns:
        The values and the texts of those that did not fit. Empty text is a missing value, not a
        misfit, in every type but string.
    """
    target = ARROW_TYPES[data_type]
    if data_type == "string":
        return _kept_text(as_text(array))
    if array.type == target and data_type not in ("float64", "duration"):
        return TypedColumn(array, None)
    quick = None if data_type == "duration" else _quick_cast(array, target)
    if quick is not None:
        return TypedColumn(quick, None)
    return _typed_text(as_text(array), data_type, form=form, is_utc=is_utc)


def _rewritten(texts: pa.Array, data_type: str, *, form: str | None, is_utc: bool) -> pa.Array:
    """Dates, times and durations in the one form that is read here, where they are in another of the same meaning."""
    if data_type == "duration" and form is not None:
        return duration_by_format(texts, form)
    if data_type not in _MOMENTS:
        return texts
    if form is not None:
        return by_format(texts, form)
    found = tidy(texts)
    return in_utc(found) if is_utc else found


def _kept_text(text: pa.Array) -> TypedColumn:
    """Text as every engine keeps it: U+FFFD where a character stood that one cannot keep."""
    is_mended = pc.match_substring(text, NUL)
    if not pc.any(is_mended).as_py():
        return TypedColumn(text, None)
    mended = pc.replace_substring(text, NUL, _SIGN)
    return TypedColumn(mended, pc.if_else(is_mended, text, pa.scalar(None, pa.string())))


def _quick_cast(array: pa.Array, target: pa.DataType) -> pa.Array | None:
    """The cast that needs no parsing, or None where one is needed or a value is lost."""
    is_number = pa.types.is_integer(array.type) or pa.types.is_floating(array.type) or pa.types.is_decimal(array.type)
    is_like = (
        pa.types.is_null(array.type)
        or (is_number and (pa.types.is_integer(target) or pa.types.is_floating(target)))
        or (pa.types.is_temporal(array.type) and not pa.types.is_duration(array.type) and pa.types.is_temporal(target))
    )
    is_bent = pa.types.is_decimal(array.type) and pa.types.is_floating(target)  # 0.0909 by way of 909 / 10^4 is another
    if not is_like or is_bent or getattr(array.type, "tz", None):
        return None
    try:
        values = array.cast(target)
    except ARROW_ERRORS:
        return None
    return values if _is_whole(array, values) else None


def _is_whole(array: pa.Array, values: pa.Array) -> bool:
    """Whether a cast lost nothing: no endless number, no time of day, no date."""
    if pa.types.is_floating(values.type):
        return pc.all(pc.is_finite(values)).as_py() is not False
    if pa.types.is_timestamp(array.type) and not pa.types.is_timestamp(values.type):
        return pa.types.is_date(values.type) and values.cast(array.type).equals(array)
    return True


def _typed_text(text: pa.Array, data_type: str, *, form: str | None, is_utc: bool) -> TypedColumn:
    parse, target = _PARSERS[data_type], ARROW_TYPES[data_type]
    trimmed = pc.utf8_trim_whitespace(text)
    wanted = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    if form is None:
        try:
            return TypedColumn(parse(wanted), None)
        except ARROW_ERRORS:  # some are written otherwise, or do not fit: every different text is looked at
            pass
    encoded = wanted.dictionary_encode()
    forms = _rewritten(encoded.dictionary, data_type, form=form, is_utc=is_utc)
    values = each_parsed(forms, parse, target).take(encoded.indices)
    is_misfit = pc.and_(pc.is_valid(wanted), pc.is_null(values))
    return TypedColumn(values, pc.if_else(is_misfit, text, pa.scalar(None, pa.string())))


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
    return to_timestamps(text)


def _dates(text: pa.Array) -> pa.Array:
    moments = _timestamps(text)
    days = moments.cast(pa.date32())
    if not days.cast(pa.timestamp("us")).equals(moments):
        raise pa.ArrowInvalid("a date with a time of day")
    return days


def _times(text: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(pa.scalar(_ANY_DAY), text, "").cast(pa.timestamp("us")).cast(pa.time64("us"))


def _durations(text: pa.Array) -> pa.Array:
    """Seconds of H:MM:SS: minutes and seconds alone (8:01) may be hours and minutes, and do not fit."""
    parts = pc.extract_regex(text, pattern=_DURATION)
    if parts.null_count > text.null_count:
        raise pa.ArrowInvalid("not a duration")
    hours, minutes, seconds = (
        pc.struct_field(parts, name).cast(pa.float64()) for name in ("hours", "minutes", "seconds")
    )
    whole = pc.add(pc.add(pc.multiply(hours, SECONDS_PER_HOUR), pc.multiply(minutes, SECONDS_PER_MINUTE)), seconds)
    return pc.if_else(pc.equal(pc.struct_field(parts, "sign"), "-"), pc.negate(whole), whole)


_PARSERS: Final[dict[str, Callable[[pa.Array], pa.Array]]] = {
    "int64": _integers,
    "float64": _floats,
    "boolean": _booleans,
    "date": _dates,
    "timestamp": _timestamps,
    "time": _times,
    "duration": _durations,
}
