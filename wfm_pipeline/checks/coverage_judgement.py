"""Laws of coverage's history, judged from the rows as they are stored: people once, hours whole, statuses and closed hours right.

Frames in, faults out. Not here: working coverage out (domain/coverage), and how a law answers (verdicts).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import ROUNDING
from wfm_pipeline.domain.coverage.intervals import CoverageLimits

PEOPLE_ONCE, HOURS_WHOLE, STATUSES_AGREE, CLOSED_IS_NO_GAP = (
    "people_are_counted_once",
    "hours_are_whole",
    "statuses_agree_with_limits",
    "closed_hours_have_no_gap",
)
RULES: Final[Mapping[str, str]] = {
    PEOPLE_ONCE: "People there, added up over services, are at most the people of the site, in every interval.",
    HOURS_WHOLE: "Every service has each interval of the hours once, and no other.",
    STATUSES_AGREE: "Statuses are what people, need and the limits of coverage say; coverage is people over need.",
    CLOSED_IS_NO_GAP: "Nothing is short, and no gap stands, where everything is closed.",
}


@dataclass(frozen=True, slots=True, eq=False)
class HistoryRows:
    """What is judged.

    Attributes:
        intervals: Stored intervals of the hours.
        gaps: Stored gaps of their dates.
        expected: Starts of the hours' intervals (naive UTC).
        closed: service_id, interval_start of the hours in which a service is closed.
        site: interval_start, agents_actual: people of the site, each counted once; null = not known.
        limits: Limits of the statuses.
    """

    intervals: pd.DataFrame
    gaps: pd.DataFrame
    expected: pd.Series
    closed: pd.DataFrame
    site: pd.DataFrame
    limits: CoverageLimits


def faults_of(rows: HistoryRows) -> dict[str, int]:
    """Rows, or intervals, that break each law.

    Args:
        rows: What is judged.

    Returns:
        Name of a law -> how many [count].
    """
    return {
        PEOPLE_ONCE: _people_twice(rows),
        HOURS_WHOLE: _odd_hours(rows),
        STATUSES_AGREE: int((~_agree(rows)).sum()),
        CLOSED_IS_NO_GAP: _gaps_while_closed(rows),
    }


def _people_twice(rows: HistoryRows) -> int:
    added = rows.intervals.groupby("interval_start")["agents_actual"].sum(min_count=1)
    of_site = rows.site.set_index("interval_start")["agents_actual"].reindex(added.index)
    return int((added > of_site + ROUNDING * np.maximum(of_site, 1.0)).sum())


def _odd_hours(rows: HistoryRows) -> int:
    services = rows.intervals["service_id"].unique()
    stored = pd.MultiIndex.from_frame(rows.intervals[["service_id", "interval_start"]])
    wanted = pd.MultiIndex.from_product([services, pd.DatetimeIndex(rows.expected)])
    return len(wanted.symmetric_difference(stored)) + int(stored.duplicated().sum())


def _agree(rows: HistoryRows) -> pd.Series:
    """The limits once more, on the share as it is stored; a limit belongs to the better status, also where rounding is off."""
    of, limits = rows.intervals, rows.limits
    people, need = (of[name].to_numpy(np.float64, na_value=np.nan) for name in ("people", "agents_required"))
    share = of["coverage"].to_numpy(np.float64, na_value=np.nan)
    is_needed = need > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        is_share = np.where(is_needed, np.isclose(share, people / need, equal_nan=True), np.isnan(share))
    allowed = {
        "no_data": np.isnan(people) | np.isnan(need),
        "surplus": np.where(is_needed, share > limits.optimal_to, people > 0),
        "optimal": np.where(
            is_needed,
            (share >= limits.optimal_from - ROUNDING) & (share <= limits.optimal_to + ROUNDING),
            people <= ROUNDING,
        ),
        "adequate": is_needed & (share >= limits.adequate_from - ROUNDING) & (share < limits.optimal_from),
        "shortage": is_needed & (share < limits.adequate_from),
    }
    said = np.select([of["status"] == name for name in allowed], list(allowed.values()), default=False)
    return pd.Series(is_share & said, index=of.index)


def _gaps_while_closed(rows: HistoryRows) -> int:
    closed = rows.intervals.merge(rows.closed, on=["service_id", "interval_start"])
    both = closed.merge(rows.gaps[["service_id", "starts_at", "ends_at"]], on="service_id")
    inside = (both["interval_start"] >= both["starts_at"]) & (both["interval_start"] < both["ends_at"])
    return int((closed["status"] == "shortage").sum() + inside.sum())
