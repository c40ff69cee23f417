"""Times as people and systems write them become wall-clock times, where one reading alone is possible.

Here: texts to times, and the refusal that shows both readings. Not here: files and their lines (sources/files), the
times of a source's own rows (sources/rows/moments) and its clock (sources/rows/clock), and cells of planners' tables, which are ISO alone (sheet.py).

A time with the year in front has one reading. Of `03/04/2026` there are two: all rows together decide where a number
above 12 shows which one is the day, and nothing is guessed where none does.
"""

from dataclasses import dataclass
from typing import Final, NoReturn

import numpy as np
import pandas as pd

from wfm_pipeline.errors import MOST_NAMED, DataError, shown
from wfm_pipeline.units import HOURS_PER_DAY, MINUTES_PER_HOUR

_CLOCK: Final = r"(?:(?:[T ]|, ?)\s*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}(?:\.[0-9]+)?))?\s*(?P<half>[AaPp][Mm])?)?"
_YEAR_FIRST: Final = r"(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})" + _CLOCK
_YEAR_LAST: Final = r"(?P<one>[0-9]{1,2})[-/.](?P<two>[0-9]{1,2})[-/.](?P<year>[0-9]{4})" + _CLOCK
_OFFSET: Final = r"\s*(?P<offset>Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?"
_OR_FORMAT: Final = "; or say how they are written, such as --date-format '%d/%m/%Y %H:%M'"
_UTC: Final = ("Z", "UTC", "GMT")
_MONTHS: Final = 12
_NOON: Final = 12
_ISO: Final = "2026-01-31 08:30:00"
_CENTURIES: Final = ("1677-09-22", "2262-04-11")
"""What fits into nanoseconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeReading:
    """How times of a file are to be read.

    Attributes:
        date_format: Format of the times, as of strptime; None: as they show it themselves. Times that all have the
            year in front need none, and are read as they stand where the format is another.
        time_zone: Times with an offset are brought to the wall clock of this zone; None: one offset in all rows is
            taken as the wall clock's own.
    """

    date_format: str | None = None
    time_zone: str | None = None


AS_SHOWN: Final = TimeReading()
"""Nothing is told: times are read as they show it themselves."""


class UnreadTimeError(DataError):
    """A time cannot be read, or has two readings.

    Attributes:
        row: Its position, from 0.
    """

    def __init__(self, message: str, *, row: int) -> None:
        """Keep what is wrong with which row."""
        super().__init__(message, row=row)
        self.row = row


def read_times(texts: pd.Series, reading: TimeReading) -> tuple[pd.Series, list[str]]:
    """Wall-clock times of texts.

    Args:
        texts: Text of each row; null where there is none.
        reading: How they are to be read.

    Returns:
        Times without a zone (datetime64), and notices.

    Raises:
        UnreadTimeError: a text is no time, the rows allow two readings or none, or offsets differ.

    Example:
        >>> read_times(pd.Series(["30/05/2025 16:00"]), TimeReading())[0][0]
        Timestamp('2025-05-30 16:00:00')
    """
    codes, known = pd.factorize(texts.str.strip())
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise UnreadTimeError(f"must be a time such as {_ISO}, got nothing; is it a total below the rows?", row=row)
    unique = _Unique(pd.Series(known, dtype="str"), codes)
    form = reading.date_format
    is_told = form is not None and (form.startswith("%Y") or not unique.texts.str.match(_YEAR_FIRST).all())
    times, offsets, notices = _formatted(unique, form) if form and is_told else _shown(unique)
    local, said = _local(unique, times, offsets, reading)
    return pd.Series(local.to_numpy()[codes], index=texts.index), [*notices, *said]


@dataclass(frozen=True, slots=True, eq=False)
class _Unique:
    """The different texts, and which of them each row has."""

    texts: pd.Series
    codes: np.ndarray

    def refuse(self, place: int, words: str) -> NoReturn:
        raise UnreadTimeError(words, row=int(np.argmax(self.codes == place)))


def _formatted(unique: _Unique, form: str) -> tuple[pd.Series, pd.Series, list[str]]:
    """Times by a format that was given; an offset is read where the format has `%z`."""
    texts = unique.texts
    offsets = texts.str.extract(_OFFSET + "$")["offset"] if "%z" in form else pd.Series(None, texts.index, dtype="str")
    bare = texts.str.replace(_OFFSET + "$", "", regex=True) if "%z" in form else texts
    try:
        times = pd.to_datetime(bare, format=form.replace("%z", "").strip(), errors="coerce")
    except ValueError as error:
        unique.refuse(0, f"cannot be read by --date-format {shown(form)}: {error}")
    if times.isna().any():
        place = int(times.isna().argmax())
        unique.refuse(place, f"must be a time as --date-format {shown(form)} says, got {shown(texts[place])}")
    return times, offsets, []


def _shown(unique: _Unique) -> tuple[pd.Series, pd.Series, list[str]]:
    """Times as the rows show it: the year in front, or the day or the month by what is above 12."""
    parts = unique.texts.str.extract("^" + _YEAR_FIRST + _OFFSET + "$")
    if parts["year"].notna().all():
        return _times(unique, parts), parts["offset"], []
    last = unique.texts.str.extract("^" + _YEAR_LAST + _OFFSET + "$")
    neither = parts["year"].isna() & last["year"].isna()
    if neither.any():
        place = int(neither.argmax())
        unique.refuse(place, f"must be a time such as {_ISO}, got {shown(unique.texts[place])}{_OR_FORMAT}")
    if last["year"].isna().any():
        place = int(last["year"].notna().argmax())
        unique.refuse(place, f"is written in two ways, with the year in front and {shown(unique.texts[place])}")
    first = _first_part(unique, last["one"].astype(int), last["two"].astype(int))
    names = {"one": "day", "two": "month"} if first == "day" else {"one": "month", "two": "day"}
    notice = f"times are read with the {first} in front, as {_format(unique.texts[0], first)}: no other reading holds in all rows"
    return _times(unique, last.rename(columns=names)), last["offset"], [notice]


def _first_part(unique: _Unique, one: pd.Series, two: pd.Series) -> str:
    """Whether the day or the month stands in front."""
    is_day, is_month = one > _MONTHS, two > _MONTHS
    if is_day.any() and is_month.any():
        words = f"{shown(unique.texts[int(is_day.argmax())])} has the day in front and"
        unique.refuse(int(is_month.argmax()), f"{words} {shown(unique.texts[int(is_month.argmax())])} the month")
    if not is_day.any() and not is_month.any() and (one != two).any():
        place = int((one != two).argmax())
        text, day, month = unique.texts[place], one[place], two[place]
        unique.refuse(
            place,
            f"has two readings in every row: {shown(text)} is day {day} of month {month}, or day {month} of month {day}; "
            f"say --date-format '{_format(text, 'day')}' or '{_format(text, 'month')}'",
        )
    return "month" if is_month.any() else "day"


def _format(text: str, first: str) -> str:
    """The format of a text whose day or month stands in front."""
    mark = next(sign for sign in text if not sign.isdigit())
    date = mark.join(["%d", "%m", "%Y"] if first == "day" else ["%m", "%d", "%Y"])
    is_halved = text[-1] in "mM"
    return (
        date
        + ["", f" {'%I' if is_halved else '%H'}:%M", f" {'%I' if is_halved else '%H'}:%M:%S"][text.count(":")]
        + (" %p" if is_halved else "")
    )


def _times(unique: _Unique, parts: pd.DataFrame) -> pd.Series:
    dates = pd.to_datetime(parts[["year", "month", "day"]].astype(int), errors="coerce")
    hour = parts["hour"].fillna("0").astype(int)
    minute, second = parts["minute"].fillna("0").astype(int), parts["second"].fillna("0").astype(float)
    half = parts["half"].str.lower()
    is_odd = half.notna() & ~hour.between(1, _NOON)
    hour = hour.where(half.isna(), hour % _NOON + _NOON * (half == "pm"))
    is_odd |= (minute >= MINUTES_PER_HOUR) | (second >= MINUTES_PER_HOUR) | (hour > HOURS_PER_DAY)
    is_odd |= (hour == HOURS_PER_DAY) & ((minute > 0) | (second > 0))
    is_odd |= dates.isna() | ~dates.between(*_CENTURIES)
    if is_odd.any():
        place = int(is_odd.argmax())
        unique.refuse(place, f"must be a time such as {_ISO}, got {shown(unique.texts[place])}, which no calendar has")
    clock = pd.to_timedelta(hour, unit="h") + pd.to_timedelta(minute, unit="min") + pd.to_timedelta(second, unit="s")
    return dates + clock


def _local(unique: _Unique, times: pd.Series, offsets: pd.Series, reading: TimeReading) -> tuple[pd.Series, list[str]]:
    """The wall clock of times with offsets: of the zone that was told, else the one clock that all rows share."""
    clocks = sorted(offsets.fillna("no offset").unique())
    if clocks in ([], ["no offset"]):
        return times, [] if reading.time_zone is None else ["no time has an offset: --time-zone changes nothing"]
    if offsets.isna().any() or (len(clocks) > 1 and reading.time_zone is None):
        place = int((offsets.fillna("no offset") != clocks[0]).argmax())
        unique.refuse(
            place,
            f"has several offsets ({', '.join(clocks[:MOST_NAMED])}); give every time its offset and say whose wall clock "
            "is meant, such as --time-zone Europe/Zurich, or write local times without offsets",
        )
    if reading.time_zone is not None:
        instants = (times - _shift(offsets)).dt.tz_localize("UTC")
        return instants.dt.tz_convert(reading.time_zone).dt.tz_localize(None), []
    words = f"all times have the offset {clocks[0]}: taken as local times as they stand"
    return times, [words + "; --time-zone brings them to another wall clock"]


def _shift(offsets: pd.Series) -> pd.Series:
    """How far each clock is ahead of UTC."""
    digits = offsets.where(~offsets.isin(_UTC), "+0000").str.replace(":", "").str.ljust(5, "0")
    minutes = digits.str[1:3].astype(int) * MINUTES_PER_HOUR + digits.str[3:5].astype(int)
    return pd.to_timedelta(minutes.where(digits.str[0] == "+", -minutes), unit="min")
