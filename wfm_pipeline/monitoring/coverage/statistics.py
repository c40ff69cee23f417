"""A service over a stretch of time: its coverage, gaps, and what could be done. Pure.

Coverage is a share, as everywhere in the house: percent exists on screens alone. Not here: the running moment (board).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from wfm_pipeline.calculators.live_coverage import LiveCoverageAnswer
from wfm_pipeline.domain.coverage.trials import Action


@dataclass(frozen=True, slots=True, eq=False)
class CoverageStatistics:
    """Coverage of one service, or of all, over a stretch of time.

    Attributes:
        service_id: The service; None = all.
        starts_at, ends_at: The stretch, half-open (naive UTC).
        as_of: As of when people are known; None where nothing was read.
        intervals: Rows of `gold.coverage_interval` in the stretch.
        coverage_gaps: Rows of `gold.coverage_gap` that touch the stretch.
        recommendations: What could be done about these gaps, gap by gap, cheapest per point of service level first.
        no_data: Why nothing is known of intervals without a number: table and days, each reason once.
    """

    service_id: str | None
    starts_at: dt.datetime
    ends_at: dt.datetime
    as_of: pd.Timestamp | None
    intervals: pd.DataFrame
    coverage_gaps: pd.DataFrame
    recommendations: tuple[Action, ...]
    no_data: tuple[str, ...]

    @property
    def average_coverage(self) -> float | None:
        """People over need, summed over the intervals where both are known and somebody is needed; None where none is."""
        known = self._known()
        return float(known["people"].sum() / known["agents_required"].sum()) if len(known) else None

    @property
    def min_coverage(self) -> float | None:
        """Smallest coverage of these intervals; None where there is none."""
        known = self._known()
        return float(known["coverage"].min()) if len(known) else None

    @property
    def max_coverage(self) -> float | None:
        """Largest coverage of these intervals; None where there is none."""
        known = self._known()
        return float(known["coverage"].max()) if len(known) else None

    def to_frame(self) -> pd.DataFrame:
        """One row per service and interval; a copy."""
        return self.intervals.reset_index(drop=True).copy()

    def _known(self) -> pd.DataFrame:
        return self.intervals[self.intervals["coverage"].notna()]


def statistics_of(
    answers: Sequence[LiveCoverageAnswer], service_id: str | None, starts_at: dt.datetime, ends_at: dt.datetime
) -> CoverageStatistics:
    """Statistics out of answers of one or several dates.

    Args:
        answers: One per business date.
        service_id: The service; None = all.
        starts_at: Start of the stretch (naive UTC).
        ends_at: Its end, exclusive.
    """
    intervals = _together([one.intervals for one in answers])
    gaps = _together([one.gaps for one in answers])
    if len(intervals):
        starts = intervals["interval_start"]
        intervals = intervals[(starts >= starts_at) & (starts < ends_at)]
    if len(gaps):
        gaps = gaps[(gaps["ends_at"] > starts_at) & (gaps["starts_at"] < ends_at)]
    if service_id is not None:
        intervals, gaps = (one[one["service_id"] == service_id] if len(one) else one for one in (intervals, gaps))
    offered: Mapping[str, tuple[Action, ...]] = {gap: found for one in answers for gap, found in one.actions.items()}
    actions = tuple(action for gap in gaps["gap_id"] for action in offered.get(gap, ())) if len(gaps) else ()
    reasons = tuple(dict.fromkeys(intervals["reason"].dropna())) if len(intervals) else ()
    as_of = intervals["as_of"].max() if len(intervals) else None
    return CoverageStatistics(service_id, starts_at, ends_at, as_of, intervals, gaps, actions, reasons)


def _together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    kept = [one for one in frames if len(one)] or list(frames[:1])
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()
