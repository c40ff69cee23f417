"""Which local date a source's time belongs to, and which of the source's times belong to a local date.

Not here: how a time may be written (moments.py).
"""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

_DAY = dt.timedelta(days=1)
EARLIEST = dt.date(1990, 1, 1)
"""Older dates stand for "unknown": 0000-00-00, 1899-12-30, 1900-01-01, 1970-01-01 and the like."""
LONGEST_AHEAD = dt.timedelta(days=2)
"""A record dated farther ahead of the day it is read on is a slip (clocks and zones differ by less): one such row would
stretch every grid, and move the forecast, to its date."""


@dataclass(frozen=True, slots=True)
class SourceClock:
    """The clock a source's times are read from.

    Attributes:
        time_zone: The site's IANA zone where the source writes UTC; None where it writes the
            site's wall clock, so that a time's own date is its business date.
        latest: Last date that can be believed; None for no such end.
    """

    time_zone: str | None = None
    latest: dt.date | None = None

    @property
    def is_utc(self) -> bool:
        """Whether the source writes UTC."""
        return self.time_zone is not None

    def dates(self, values: pa.Array) -> pa.Array:
        """Local dates of a date or timestamp column, null where it is null or cannot be believed."""
        found = self._local_dates(values)
        is_believed = pc.greater_equal(found, pa.scalar(EARLIEST))
        if self.latest is not None:
            is_believed = pc.and_(is_believed, pc.less_equal(found, pa.scalar(self.latest)))
        return pc.if_else(is_believed, found, pa.scalar(None, pa.date32()))

    def _local_dates(self, values: pa.Array) -> pa.Array:
        if self.time_zone is None or pa.types.is_date(values.type):
            return values.cast(pa.date32())
        instants = pc.assume_timezone(values, "UTC").cast(pa.timestamp("us", tz=self.time_zone))
        return pc.local_timestamp(instants).cast(pa.date32())

    def start_of(self, date: dt.date) -> dt.datetime:
        """The source's time at which a local date begins."""
        midnight = dt.datetime.combine(date, dt.time())
        if self.time_zone is None:
            return midnight
        return midnight.replace(tzinfo=ZoneInfo(self.time_zone)).astimezone(dt.UTC).replace(tzinfo=None)

    def bounds(self, first: dt.date, last: dt.date) -> tuple[dt.datetime, dt.datetime]:
        """The source's times [from, until) that make up the local dates first..last."""
        return self.start_of(first), self.start_of(last + _DAY)
