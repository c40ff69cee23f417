"""Which local date a source's time belongs to, and which of the source's times belong to a local date."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SourceClock:
    """The clock a source's times are read from.

    Attributes:
        time_zone: The site's IANA zone where the source writes UTC; None where it writes the
            site's wall clock, so that a time's own date is its business date.
    """

    time_zone: str | None = None

    def dates(self, values: pa.Array) -> pa.Array:
        """Local dates of a date or timestamp column, null where it is null."""
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
