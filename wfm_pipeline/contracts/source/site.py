"""A site: where and when a contact centre works. Facts only; the arithmetic is in domain/calendar."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wfm_pipeline.errors import SettingsError, shown
from wfm_pipeline.units import INTERVAL_MINUTES_ALLOWED, MINUTES_PER_DAY, MINUTES_PER_HOUR, WEEKDAYS

_HOURS = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")
ALWAYS_OPEN: Mapping[str, str] = MappingProxyType(dict.fromkeys(WEEKDAYS, "00:00-24:00"))


@dataclass(frozen=True, slots=True, order=True)
class OpeningHours:
    """One stretch of opening hours of a day, in minutes after local midnight: open in [opens, closes)."""

    opens_minute: int
    closes_minute: int


def parse_hours(text: str, *, where: str) -> tuple[tuple[OpeningHours, ...], tuple[OpeningHours, ...]]:
    """Read the opening hours of a weekday.

    Args:
        text: Windows with commas between, such as `08:00-12:00,13:00-17:00`; one that ends before it begins goes over
            midnight (`22:00-06:00`); `00:00-24:00` is all day, `closed` none of it.
        where: Words for the place, for the message.

    Returns:
        The windows of the day itself, and what lies after its midnight.

    Raises:
        SettingsError: the text has another form.
    """
    today: list[OpeningHours] = []
    tomorrow: list[OpeningHours] = []
    for part in [] if text.strip().lower() == "closed" else text.split(","):
        opens, closes = _window(part, text, where)
        over_midnight = closes < opens
        today.append(OpeningHours(opens, MINUTES_PER_DAY if over_midnight else closes))
        tomorrow += [OpeningHours(0, closes)] if over_midnight and closes else []
    return tuple(today), tuple(tomorrow)


def _window(part: str, text: str, where: str) -> tuple[int, int]:
    match = _HOURS.fullmatch(part.strip())
    if match:
        open_hour, open_minute, close_hour, close_minute = (int(piece) for piece in match.groups())
        opens, closes = open_hour * MINUTES_PER_HOUR + open_minute, close_hour * MINUTES_PER_HOUR + close_minute
        is_clock = max(open_minute, close_minute) < MINUTES_PER_HOUR and opens < MINUTES_PER_DAY >= closes
        if is_clock and opens != closes:
            return opens, closes
    raise SettingsError(
        "opening hours must look like 08:00-18:00 (up to 24:00), 08:00-12:00,13:00-17:00, 22:00-06:00 (over midnight) or "
        f"closed, got {shown(text)} ({where})",
        got=text,
        where=where,
    )


@dataclass(frozen=True, slots=True)
class Site:
    """One contact centre's clock, calendar and opening hours.

    Attributes:
        calendar: Name of the calendar this site's days are kept under.
        time_zone: IANA name, such as `Europe/Stockholm`.
        country: ISO 3166 code the `holidays` library knows, such as `SE`; `subdivision` refines it.
        weekend: Short weekday names of the weekend.
        opening_hours: Weekday name -> `08:00-18:00`, several windows with commas between, or `closed`; see `parse_hours`.
            Weekdays left out are closed.
        closed_on_holidays: True where public holidays close the desk.
        extra_holidays: Own days (date -> name), added to the public ones.
        interval_minutes: Length of an interval: 5, 15, 30 or 60 [min].
        ambiguous_times: Which of the two instants a local time means when clocks go back.
    """

    calendar: str = "site"
    time_zone: str = "UTC"
    country: str | None = None
    subdivision: str | None = None
    weekend: tuple[str, ...] = ("sat", "sun")
    opening_hours: Mapping[str, str] = field(default_factory=lambda: ALWAYS_OPEN)
    closed_on_holidays: bool = False
    extra_holidays: Mapping[dt.date, str] = field(default_factory=dict)
    interval_minutes: int = 30
    ambiguous_times: Literal["earlier", "later"] = "earlier"

    def __post_init__(self) -> None:
        """Refuse a site that cannot be computed with, naming the key and what is allowed."""
        self._check_zone()
        if self.interval_minutes not in INTERVAL_MINUTES_ALLOWED:
            raise SettingsError(
                f"interval_minutes must be one of {INTERVAL_MINUTES_ALLOWED}, got {self.interval_minutes}",
                got=self.interval_minutes,
            )
        for key, days in (("weekend", self.weekend), ("opening_hours", tuple(self.opening_hours))):
            unknown = sorted(set(days) - set(WEEKDAYS))
            if unknown:
                raise SettingsError(f"{key} knows {', '.join(WEEKDAYS)}, got {', '.join(unknown)}", got=unknown)
        self.hours_by_weekday()

    def _check_zone(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of zones is an OSError
            raise SettingsError(
                f"time_zone must be an IANA name such as Europe/Stockholm, got {shown(self.time_zone)}",
                got=self.time_zone,
            ) from error

    def windows_by_weekday(self) -> tuple[tuple[OpeningHours, ...], ...]:
        """Opening hours for Monday to Sunday, in order of time; none where closed.

        Raises:
            SettingsError: a text has another form, or windows of a day overlap.
        """
        parsed = [parse_hours(self.opening_hours.get(day, "closed"), where=f"opening_hours.{day}") for day in WEEKDAYS]
        days = [tuple(sorted((*parsed[number - 1][1], *own))) for number, (own, _) in enumerate(parsed)]
        for day, windows in zip(WEEKDAYS, days, strict=True):
            if any(after.opens_minute < before.closes_minute for before, after in pairwise(windows)):
                raise SettingsError(
                    f"opening_hours.{day}: windows must not overlap, also not with the night before; "
                    f"got {shown(self.opening_hours.get(day, 'closed'))}",
                    got=day,
                )
        return tuple(days)

    def hours_by_weekday(self) -> tuple[OpeningHours | None, ...]:
        """From the first opening to the last closing, for Monday to Sunday; None where closed."""
        return tuple(
            OpeningHours(windows[0].opens_minute, windows[-1].closes_minute) if windows else None
            for windows in self.windows_by_weekday()
        )

    def weekend_numbers(self) -> frozenset[int]:
        """Weekend days as `date.weekday()` numbers, Monday = 0."""
        return frozenset(WEEKDAYS.index(day) for day in self.weekend)
