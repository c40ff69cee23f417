"""A site: where and when a contact centre works. Facts only; the arithmetic is in domain/calendar."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wfm_pipeline.errors import SettingsError, shown
from wfm_pipeline.units import INTERVAL_MINUTES_ALLOWED, MINUTES_PER_DAY, MINUTES_PER_HOUR, WEEKDAYS

_HOURS = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")
ALWAYS_OPEN: Mapping[str, str] = MappingProxyType(dict.fromkeys(WEEKDAYS, "00:00-24:00"))


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Opening hours of one day, in minutes after local midnight: open in [opens, closes)."""

    opens_minute: int
    closes_minute: int

    @classmethod
    def parse(cls, text: str, *, where: str) -> "OpeningHours | None":
        """Read the opening hours of a weekday.

        Args:
            text: `08:00-18:00`, `00:00-24:00` or `closed`.
            where: Words for the place, for the message.

        Returns:
            The hours; None = closed.

        Raises:
            SettingsError: the text has another form, or the day does not open before it closes.
        """
        if text.strip().lower() == "closed":
            return None
        match = _HOURS.fullmatch(text.strip())
        if match:
            open_hour, open_minute, close_hour, close_minute = (int(part) for part in match.groups())
            opens, closes = open_hour * MINUTES_PER_HOUR + open_minute, close_hour * MINUTES_PER_HOUR + close_minute
            if max(open_minute, close_minute) < MINUTES_PER_HOUR and 0 <= opens < closes <= MINUTES_PER_DAY:
                return cls(opens, closes)
        raise SettingsError(
            f"opening hours must look like 08:00-18:00 (up to 24:00) or closed, got {shown(text)} ({where})",
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
        opening_hours: Weekday name -> `08:00-18:00`, or `closed`. Weekdays left out are closed.
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

    def hours_by_weekday(self) -> tuple[OpeningHours | None, ...]:
        """Opening hours for Monday to Sunday; None where closed."""
        return tuple(
            OpeningHours.parse(self.opening_hours.get(day, "closed"), where=f"opening_hours.{day}") for day in WEEKDAYS
        )

    def weekend_numbers(self) -> frozenset[int]:
        """Weekend days as `date.weekday()` numbers, Monday = 0."""
        return frozenset(WEEKDAYS.index(day) for day in self.weekend)
