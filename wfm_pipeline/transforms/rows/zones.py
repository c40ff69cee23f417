"""Wall clock to UTC and back, as one CASE expression that every engine computes alike.

Here: what a site's clock does to a column. The offsets come from domain/calendar; no engine's own
time zones are used, because their tables and their treatment of gaps differ.
"""

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Self

import ibis
from ibis.expr.types import BooleanValue, TimestampValue

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.calendar import ZoneSegment, zone_segments


@dataclass(frozen=True, slots=True)
class SiteClock:
    """The clock of a site over a stretch of time.

    Attributes:
        segments: Stretches with one UTC offset each, in order of time; the first and the last go on for ever.
        ambiguous_times: Which of the two instants a local time means when clocks go back.
    """

    segments: tuple[ZoneSegment, ...]
    ambiguous_times: Literal["earlier", "later"] = "earlier"

    @classmethod
    def of(cls, site: Site, first_date: dt.date, last_date: dt.date) -> Self:
        """A site's clock.

        Args:
            site: Time zone, and which of two instants a doubled local time means.
            first_date: First date for which it must be right.
            last_date: Last date, inclusive.

        Returns:
            The clock.
        """
        return cls(zone_segments(site.time_zone, first_date, last_date), site.ambiguous_times)

    def to_utc(self, local: TimestampValue) -> TimestampValue:
        """The instants of local times.

        Args:
            local: Wall-clock times.

        Returns:
            Instants, UTC; inside a gap the offset before the change is taken.
        """
        return _shift(local, [(self._local_start(n), -offset) for n, offset in enumerate(self._offsets())])

    def to_known_utc(self, local: TimestampValue) -> TimestampValue:
        """The instants of local times, as far as they were.

        Args:
            local: Wall-clock times.

        Returns:
            Instants, UTC; null inside a gap.
        """
        return ibis.ifelse(self.in_gap(local), ibis.null("timestamp(6)"), self.to_utc(local))

    def to_local(self, instant: TimestampValue) -> TimestampValue:
        """The wall-clock times of instants.

        Args:
            instant: Instants, UTC.

        Returns:
            Local times.
        """
        return _shift(instant, [(segment.starts_at_utc, segment.offset_seconds) for segment in self.segments])

    def in_gap(self, local: TimestampValue) -> BooleanValue:
        """Whether clocks went forward over a local time: then it never was.

        Args:
            local: Wall-clock times.

        Returns:
            True where it never was; null stays null.
        """
        gaps = [
            (local >= _moment(_wall(after, before.offset_seconds))) & (local < _moment(after.starts_at_local))
            for before, after in pairwise(self.segments)
            if after.offset_seconds > before.offset_seconds
        ]
        return ibis.or_(*gaps) if gaps else ibis.literal(False)

    def _offsets(self) -> list[int]:
        return [segment.offset_seconds for segment in self.segments]

    def _local_start(self, number: int) -> dt.datetime:
        """Local time from which a segment's offset is taken.

        Where clocks go back, local times come twice: the later reading takes the new offset as soon
        as it is possible, the earlier one keeps the old offset as long as it is possible.
        """
        segment = self.segments[number]
        before = self.segments[max(number - 1, 0)].offset_seconds
        if self.ambiguous_times == "earlier":
            return _wall(segment, max(before, segment.offset_seconds))
        return segment.starts_at_local


def _wall(segment: ZoneSegment, offset_seconds: int) -> dt.datetime:
    return segment.starts_at_utc + dt.timedelta(seconds=offset_seconds)


def _moment(moment: dt.datetime) -> TimestampValue:
    return ibis.literal(moment, type="timestamp(6)")


def _shift(time: TimestampValue, steps: list[tuple[dt.datetime, int]]) -> TimestampValue:
    """`time` plus the seconds of the last step it has reached."""
    first, *later = [(start, time + ibis.interval(seconds=seconds)) for start, seconds in steps]
    branches = [(time >= _moment(start), shifted) for start, shifted in reversed(later)]
    return ibis.cases(*branches, else_=first[1]) if branches else first[1]
