"""Gaps and outages as looks for the alerts room: the centre is one thing, and every service of it hangs on it. Pure.

A service is wrong while a gap runs or begins within the lead, well once its coverage stays above the limit at which an alert
closes, and between the two no state changes. Of a service whose coverage is not known nobody has looked. Not here: timers,
hysteresis in time, whom to tell (monitoring/alerts).
"""

import datetime as dt
from typing import Any, Final

import numpy as np
import pandas as pd

from wfm_pipeline.calculators.live_coverage import LiveCoverageAnswer
from wfm_pipeline.domain.coverage.gaps import UNKNOWN_SEVERITY
from wfm_pipeline.domain.coverage.intervals import UNKNOWN_STATUS
from wfm_pipeline.monitoring.alerts.incidents import Sighting
from wfm_pipeline.monitoring.alerts.kinds import COVERAGE_GAP, NO_DATA
from wfm_pipeline.monitoring.coverage.board import LEAD_SECONDS, best_action
from wfm_pipeline.units import PERCENT

CLEAR_COVERAGE: Final = 0.90
"""Coverage above which a service is well again: half-way between too few and optimal, so that a flutter around 85 % is one alert."""


def centre_look(source: str, fault: str, *, at: dt.datetime) -> Sighting:
    """The centre's data as one thing.

    Args:
        source: The source whose centre it is.
        fault: What is missing, in words; empty where nothing is.
        at: When it was looked at, naive UTC.
    """
    return Sighting(_centre(source), NO_DATA, bool(fault), at, f"live centre of {source}", fault)


def service_looks(
    source: str,
    answer: LiveCoverageAnswer,
    *,
    as_of: pd.Timestamp,
    interval_seconds: float,
    clear: float = CLEAR_COVERAGE,
) -> list[Sighting]:
    """Every service whose coverage is known around now.

    Args:
        source: The source whose centre it is.
        answer: Coverage of the day.
        as_of: When it was true.
        interval_seconds: Length of an interval [s].
        clear: Coverage from which a service is well again.

    Returns:
        One look per service, each hanging on the centre.
    """
    until, step = as_of + pd.Timedelta(seconds=LEAD_SECONDS), pd.Timedelta(seconds=interval_seconds)
    rows = answer.intervals
    near = rows[(rows["interval_start"] + step > as_of) & (rows["interval_start"] < until)]
    gaps = answer.gaps[
        (answer.gaps["ends_at"] > as_of).to_numpy(bool) & (answer.gaps["starts_at"] <= until).to_numpy(bool)
    ]
    first = {gap["service_id"]: gap for gap in gaps.sort_values("starts_at", ascending=False).to_dict("records")}
    by_service = near.assign(is_unknown=near["status"] == UNKNOWN_STATUS).groupby("service_id", sort=True)
    seen = by_service.agg(lowest=("coverage", "min"), is_unknown=("is_unknown", "any"))
    return [
        _look(source, str(service), first.get(service), answer, as_of, is_well=not lowest < clear)
        for service, lowest, is_unknown in seen.itertuples(name=None)
        if service in first or not is_unknown
    ]


def _look(
    source: str,
    service: str,
    gap: dict[Any, Any] | None,
    answer: LiveCoverageAnswer,
    as_of: pd.Timestamp,
    *,
    is_well: bool,
) -> Sighting:
    return Sighting(
        f"coverage:{source}:{service}",
        COVERAGE_GAP,
        gap is not None,
        as_of.to_pydatetime(),
        f"service {service}",
        _words(gap, answer) if gap else "",
        _facts(gap, answer) if gap else {},
        severity=None if gap is None or gap["severity"] == UNKNOWN_SEVERITY else gap["severity"],
        is_between=gap is None and not is_well,
        parent=_centre(source),
    )


def _centre(source: str) -> str:
    return f"live:{source}"


def _words(gap: dict[Any, Any], answer: LiveCoverageAnswer) -> str:
    level, target = gap["projected_service_level"], gap["service_level_target"]
    expected = (
        "service level to expect is not known"
        if pd.isna(level)
        else f"{PERCENT * level:.0f} % in time, {PERCENT * target:.0f} % aimed at"
    )
    cost = (
        "cost not known"
        if pd.isna(gap["cost"])
        else f"costs {gap['cost']:,.0f} {gap['currency'] or ''} as overtime".rstrip()
    )
    best = best_action(answer, gap["gap_id"])
    return (
        f"{gap['agents_short']} agents short from {gap['starts_at']:%Y-%m-%d %H:%M} to {gap['ends_at']:%H:%M} UTC; {expected}; "
        f"{cost}" + (f"; best: {best}" if best else "")
    )


def _facts(gap: dict[Any, Any], answer: LiveCoverageAnswer) -> dict[str, object]:
    told = (
        "gap_id",
        "service_id",
        "agents_short",
        "coverage_min",
        "projected_service_level",
        "affected_calls",
        "cost",
        "currency",
        "confidence",
    )
    return {
        **{name: _plain(gap[name]) for name in told},
        "starts_at": f"{gap['starts_at']:%Y-%m-%d %H:%M:%S} UTC",
        "ends_at": f"{gap['ends_at']:%Y-%m-%d %H:%M:%S} UTC",
        "best_action": best_action(answer, gap["gap_id"]),
    }


def _plain(value: Any) -> object:
    """A number or text as JSON takes it, None where it is not known."""
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
