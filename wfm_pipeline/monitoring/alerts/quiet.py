"""Quiet hours: from when to when people sleep, on the site's clock, also on days on which clocks change.

Pure. A night is one stretch from its first beginning to its last end: a wall time that comes twice begins at the first and
ends at the second; one that does not come is the moment at which the clocks jump over it.
"""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Every day's quiet hours.

    Attributes:
        begin, end: Times of day on the site's clock; an end before the beginning is on the next day.
        time_zone: IANA zone of the site.
    """

    begin: dt.time
    end: dt.time
    time_zone: str

    def until(self, now: dt.datetime) -> dt.datetime | None:
        """When the quiet hours end that it is now in; None where it is in none.

        Args:
            now: Naive UTC.

        Returns:
            Naive UTC.

        Example:
            >>> night = QuietHours(dt.time(22), dt.time(6), "Europe/Stockholm")
            >>> night.until(dt.datetime(2026, 1, 10, 23, 30))  # half past midnight there
            datetime.datetime(2026, 1, 11, 5, 0)
        """
        today = now.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(self.time_zone)).date()
        for date in (today - dt.timedelta(days=1), today):
            begin, end = self._night(date)
            if begin <= now < end:
                return end
        return None

    def _night(self, date: dt.date) -> tuple[dt.datetime, dt.datetime]:
        last = date if self.begin < self.end else date + dt.timedelta(days=1)
        zone = ZoneInfo(self.time_zone)
        return _instant(dt.datetime.combine(date, self.begin), zone, is_last=False), _instant(
            dt.datetime.combine(last, self.end), zone, is_last=True
        )


def _instant(local: dt.datetime, zone: ZoneInfo, *, is_last: bool) -> dt.datetime:
    """The first or the last instant at which the site's clock says this, or at which it jumps over it; naive UTC."""
    before, after = (local.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    if before.astimezone(zone).replace(tzinfo=None) == local:
        return (after if is_last else before).replace(tzinfo=None)
    jump = after  # the clock skips it: by the offset after the jump it would be earlier than by the one before
    while jump.astimezone(zone).replace(tzinfo=None) < local:
        jump += dt.timedelta(minutes=1)
    return jump.replace(tzinfo=None)
