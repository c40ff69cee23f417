"""Texts of dates and times, in every form that means one thing, brought to the one form that Arrow reads.

Unpadded hours, days and months, the year first with slashes or dots, a comma before the fraction, more digits than
microseconds, 24:00, AM and PM; zones where the source writes UTC; and the form that a map states. What may mean two
things (9/1/2025) is left as it is, and so does not fit. Not here: types and misfits (column_types.py),
and the times of interval files (domain/written_times).
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from wfm_pipeline.sources.rows.value_texts import ARROW_ERRORS
from wfm_pipeline.units import MINUTES_PER_HOUR

_TEXT: Final = pa.string()
_NONE: Final = pa.scalar(None, _TEXT)
_REWRITES: Final = (
    (r"^(\d{4})[/.](\d{1,2})[/.](\d{1,2})", r"\1-\2-\3"),
    (r"^(\d{4})-(\d)-", r"\1-0\2-"),
    (r"^(\d{4}-\d{2})-(\d)($|[ T])", r"\1-0\2\3"),
    (r"(^|[ T])(\d):", r"\10\2:"),
    (r"(\d:\d{2}:\d{2}),(\d)", r"\1.\2"),
    (r"(\.\d{6})\d+", r"\1"),
)
"""What is written otherwise -> as ISO 8601 writes it; more than six digits of a second are cut, not rounded."""
_HALF_DAY: Final = (
    r"(?i)^(?P<before>.*?)(?P<hour>0?[1-9]|1[0-2])(?P<rest>:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(?P<half>[ap])\.?m\.?$"
)
_ZONED: Final = r"(?i)^(?P<moment>.*\d:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)$"
_MIDNIGHT: Final = r"(^|[ T])24:00(:00(\.0+)?)?$"
_DAY: Final = pa.scalar(86_400_000_000, pa.duration("us"))
_HALF_DAY_HOURS: Final = 12
_CLOCK_DIGITS: Final = 4
"""Digits of %H%M: a number has lost the zeros before it, as 30 of half past midnight."""
_FORMS: Final = {
    "%Y": r"(?P<Y>\d{4})",
    "%y": r"(?P<y>\d{2})",
    "%m": r"(?P<m>\d{1,2})",
    "%b": r"(?P<b>[A-Za-z]{3})",
    "%d": r"(?P<d>\d{1,2})",
    "%H": r"(?P<H>\d{1,2})",
    "%I": r"(?P<I>\d{1,2})",
    "%M": r"(?P<M>\d{2})",
    "%S": r"(?P<S>\d{2})",
    "%f": r"(?P<f>\d{1,9})",
    "%p": r"(?P<p>[AaPp])\.?[Mm]\.?",
}
FORM_WORDS: Final = tuple(_FORMS)
"""What a map's `format` may say, as in Python's strptime."""
_MONTHS: Final = pa.array(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
_PIVOT: Final = "69"
"""Years of two digits from here on are of the 1900s, as POSIX has it."""


def tidy(texts: pa.Array) -> pa.Array:
    """Texts in the form that Arrow reads, where they are another form of the same.

    Args:
        texts: Trimmed texts of dates, times or both.

    Returns:
        The same length; what is no such form stays as it is.
    """
    for pattern, replacement in _REWRITES:
        texts = pc.replace_substring_regex(texts, pattern=pattern, replacement=replacement)
    parts = pc.extract_regex(texts, pattern=_HALF_DAY)
    if parts.null_count == len(parts):
        return texts
    before, hour, rest, half = (pc.struct_field(parts, name) for name in ("before", "hour", "rest", "half"))
    clock = pc.binary_join_element_wise(_hour_of_day(hour, half), rest, "")
    return pc.coalesce(pc.binary_join_element_wise(before, clock, ""), texts)


def _hour_of_day(hour: pa.Array, half: pa.Array) -> pa.Array:
    """12 AM is 00 and 12 PM is 12."""
    number = hour.cast(pa.int64())
    past = pc.subtract(number, pc.multiply(pc.divide(number, _HALF_DAY_HOURS), _HALF_DAY_HOURS))
    is_afternoon = pc.equal(pc.utf8_lower(half), "p").cast(pa.int64())
    return _padded(pc.add(past, pc.multiply(is_afternoon, _HALF_DAY_HOURS)))


def _padded(numbers: pa.Array, width: int = 2) -> pa.Array:
    return pc.utf8_lpad(numbers.cast(_TEXT), width, "0")


def each_parsed(texts: pa.Array, parse: Callable[[pa.Array], pa.Array], target: pa.DataType) -> pa.Array:
    """What can be parsed of some texts.

    Args:
        texts: Any texts.
        parse: Texts to values, all or nothing.
        target: Type of the values.

    Returns:
        Same length; null where a text cannot be parsed.
    """
    return pa.chunked_array(_pieces(texts, parse, target), target).combine_chunks()


def _pieces(texts: pa.Array, parse: Callable[[pa.Array], pa.Array], target: pa.DataType) -> list[pa.Array]:
    """Halved until a piece can be parsed or holds one text, so that a few bad ones among many cost little."""
    try:
        return [parse(texts)]
    except ARROW_ERRORS:
        if len(texts) == 1:
            return [pa.nulls(1, target)]
    middle = len(texts) // 2
    return [*_pieces(texts.slice(0, middle), parse, target), *_pieces(texts.slice(middle), parse, target)]


def to_timestamps(texts: pa.Array) -> pa.Array:
    """Timestamps of ISO texts; 24:00 is the midnight that ends the day.

    Args:
        texts: From `tidy`, without zones.

    Returns:
        Microseconds, no zone.

    Raises:
        pyarrow.ArrowInvalid: one of them is no time.
    """
    is_end = pc.match_substring_regex(texts, _MIDNIGHT)
    if not pc.any(is_end).as_py():
        return texts.cast(pa.timestamp("us"))
    moments = pc.replace_substring_regex(texts, pattern=_MIDNIGHT, replacement=r"\100:00:00")
    found = moments.cast(pa.timestamp("us"))
    return pc.if_else(is_end, pc.add(found, _DAY), found)


def in_utc(texts: pa.Array) -> pa.Array:
    """Texts with a zone or an offset as texts of UTC without one; others stay.

    Args:
        texts: From `tidy`.

    Returns:
        The same length; a text whose rest is no time stays as it is.
    """
    parts = pc.extract_regex(texts, pattern=_ZONED)
    if parts.null_count == len(parts):
        return texts
    zones = pc.struct_field(parts, "zone").dictionary_encode()
    shifts = pa.array([_offset_minutes(zone) for zone in zones.dictionary.to_pylist()], pa.int64()).take(zones.indices)
    instants = each_parsed(pc.struct_field(parts, "moment"), to_timestamps, pa.timestamp("us"))
    microseconds = pc.multiply(shifts, 60_000_000).cast(pa.duration("us"))
    return pc.coalesce(pc.subtract(instants, microseconds).cast(_TEXT), texts)


def _offset_minutes(zone: str) -> int:
    """Minutes east of UTC of Z, UTC, GMT, +02, +0200 or +02:00."""
    digits = re.sub(r"\D", "", zone)
    minutes = int(digits[:2] or 0) * MINUTES_PER_HOUR + int(digits[2:] or 0)
    return -minutes if zone.startswith("-") else minutes


def by_format(texts: pa.Array, form: str) -> pa.Array:
    """Texts of a stated form as ISO texts.

    Args:
        texts: Trimmed texts.
        form: Such as `%m/%d/%Y %H:%M`; see `FORM_WORDS`.

    Returns:
        ISO texts of date, time or both; a text of another form stays as it is.
    """
    if form == "%H%M":
        texts = pc.utf8_lpad(texts, _CLOCK_DIGITS, "0")
    parts = pc.extract_regex(texts, pattern=_pattern(form))
    names = {field.name for field in parts.type}
    part = {name: pc.struct_field(parts, name) for name in names}
    pieces = [_date_text(part)] if names & {"Y", "y"} else []
    pieces += [_clock_text(part)] if names & {"H", "I"} else []
    return pc.coalesce(pc.binary_join_element_wise(*pieces, " "), texts)


def _date_text(part: dict[str, pa.Array]) -> pa.Array:
    year = part["Y"] if "Y" in part else _century(part["y"])
    month = _padded(part["m"]) if "m" in part else _month_of(part["b"])
    return pc.binary_join_element_wise(year, month, _padded(part["d"]), "-")


def _century(years: pa.Array) -> pa.Array:
    centuries = pc.if_else(pc.greater_equal(years, _PIVOT), "19", "20")
    return pc.binary_join_element_wise(centuries, years, "")


def _month_of(names: pa.Array) -> pa.Array:
    return _padded(pc.add(pc.index_in(pc.utf8_lower(names), value_set=_MONTHS), 1))


def _clock_text(part: dict[str, pa.Array]) -> pa.Array:
    hour = _padded(part["H"]) if "H" in part else _hour_of_day(part["I"], part["p"])
    seconds = part["S"] if "S" in part else pc.if_else(pc.is_valid(hour), "00", _NONE)
    clock = pc.binary_join_element_wise(hour, part["M"], seconds, ":")
    if "f" not in part:
        return clock
    return pc.binary_join_element_wise(clock, pc.utf8_slice_codeunits(part["f"], 0, 6), ".")


@cache
def _pattern(form: str) -> str:
    """The form as a regular expression with a group per word."""
    parts = re.split(r"(%.)", form)
    return "^" + "".join(_FORMS.get(part, re.escape(part).replace("\\ ", " ")) for part in parts) + "$"


def form_fault(form: str, data_type: str) -> str | None:
    """What is wrong with a form for a type.

    Args:
        form: As a map states it.
        data_type: date, time or timestamp.

    Returns:
        What is allowed, in words; None where nothing is wrong.
    """
    words = re.findall(r"%.?", form)
    allowed = f"words of {' '.join(FORM_WORDS)}, each once, such as %m/%d/%Y or %d.%m.%Y %H:%M"
    if not set(words) <= set(FORM_WORDS) or len(set(words)) < len(words):
        return allowed
    has = set(words)
    is_date = len(has & {"%Y", "%y"}) == 1 and len(has & {"%m", "%b"}) == 1 and "%d" in has
    is_clock = "%M" in has and ("%H" in has) != ("%I" in has) and ("%I" in has) == ("%p" in has)
    needed = {"date": is_date and not is_clock, "time": is_clock and not is_date, "timestamp": is_date}
    return None if needed[data_type] else f"{allowed}; a {data_type} needs all its parts and no others"
