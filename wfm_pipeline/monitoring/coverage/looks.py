"""Gaps and outages as looks for the alerts room: the centre is one thing, and every service of it hangs on it. Pure.

A service is wrong while the service level to expect lies too far below its target, well once it lies above the limit by some points, and
between the two no state changes. Where its line has shown nothing of late, coverage decides: a gap that runs or begins within the lead
is wrong. Of a service of which neither is known nobody has looked. Not here: timers, hysteresis in time, whom to tell (monitoring/alerts).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final, cast, get_args

import numpy as np
import pandas as pd

from wfm_pipeline.calculators.live_coverage import LiveCoverageAnswer
from wfm_pipeline.domain.coverage.ahead.level_ahead import MOST_SURE
from wfm_pipeline.domain.coverage.ahead.live_level import CLEAR_ABOVE, levels_ahead
from wfm_pipeline.domain.coverage.gaps import gap_severity
from wfm_pipeline.domain.coverage.intervals import UNKNOWN_STATUS
from wfm_pipeline.monitoring.alerts.incidents import Sighting
from wfm_pipeline.monitoring.alerts.kinds import COVERAGE_GAP, NO_DATA
from wfm_pipeline.monitoring.coverage.board import LEAD_SECONDS, best_action
from wfm_pipeline.settings_groups import Severity
from wfm_pipeline.units import PERCENT

BELOW_TARGET: Final = 0.22
"""So far below its target the level to expect is wrong [share]: the limit that the odd weeks of docs/methods/coverage.md give for four
false quarters of an hour a day."""
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


@dataclass(frozen=True, slots=True)
class LookLimits:
    """When a service is wrong and when it is well.

    Attributes:
        below_target: So far below its target the level to expect is wrong [share].
        clear_above: So far above that limit it is well again [share].
        clear_coverage: Where only coverage is known: coverage from which a service is well again.
    """

    below_target: float = BELOW_TARGET
    clear_above: float = CLEAR_ABOVE
    clear_coverage: float = CLEAR_COVERAGE


def service_looks(
    source: str,
    answer: LiveCoverageAnswer,
    reached: pd.Series,
    *,
    as_of: pd.Timestamp,
    interval_seconds: float,
    limits: LookLimits = LookLimits(),
) -> list[Sighting]:
    """Every service of which something is known around now.

    Args:
        source: The source whose centre it is.
        answer: Coverage of the day.
        reached: Service -> service level that its line has just reached [0..1]; services that are not there have shown none.
        as_of: When it was true.
        interval_seconds: Length of an interval [s].
        limits: When a service is wrong and when it is well.

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
    seen = seen.join(levels_ahead(near, reached, until=until))
    return [
        _look(source, answer, as_of, _Seen(str(service), first.get(service), lowest, level, target), limits)
        for service, lowest, is_unknown, level, target in seen.itertuples(name=None)
        if service in first or not is_unknown or not np.isnan(level)
    ]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is known of a service around now; NaN = not known."""

    service: str
    gap: dict[Any, Any] | None
    coverage: float
    level: float
    target: float

    def limit(self, limits: LookLimits) -> float:
        """Level at which it is wrong; half the target where that is nearer, or a low target would never be missed."""
        return max(self.target - limits.below_target, self.target / 2)

    def is_wrong(self, limits: LookLimits) -> bool:
        """Too few in time are to be expected, or where no level is known people are missing."""
        if np.isnan(self.level):
            return self.gap is not None
        return self.level <= self.limit(limits)

    def is_well(self, limits: LookLimits) -> bool:
        """Enough of both."""
        if np.isnan(self.level):
            return self.gap is None and not self.coverage < limits.clear_coverage
        return self.level >= min(self.limit(limits) + limits.clear_above, MOST_SURE)

    @property
    def severity(self) -> Severity | None:
        """By the level to expect; the gap's own where that is not known."""
        if np.isnan(self.level):
            found = None if self.gap is None else self.gap["severity"]
        else:
            found = str(gap_severity(np.array([self.target - self.level]))[0])
        return cast("Severity", found) if found in get_args(Severity) else None


def _look(source: str, answer: LiveCoverageAnswer, as_of: pd.Timestamp, seen: _Seen, limits: LookLimits) -> Sighting:
    is_wrong = seen.is_wrong(limits)
    return Sighting(
        f"coverage:{source}:{seen.service}",
        COVERAGE_GAP,
        is_wrong,
        as_of.to_pydatetime(),
        f"service {seen.service}",
        _words(seen, answer) if is_wrong else "",
        _facts(seen, answer) if is_wrong else {},
        severity=seen.severity if is_wrong else None,
        is_between=not is_wrong and not seen.is_well(limits),
        parent=_centre(source),
    )


def _centre(source: str) -> str:
    return f"live:{source}"


def _words(seen: _Seen, answer: LiveCoverageAnswer) -> str:
    gap = seen.gap
    level = seen.level if gap is None or not np.isnan(seen.level) else gap["projected_service_level"]
    expected = (
        "service level to expect is not known"
        if pd.isna(level)
        else f"{PERCENT * level:.0f} % in time to be expected, {PERCENT * seen.target:.0f} % aimed at"
    )
    if gap is None:
        return (
            f"{expected}; by forecast and roster people suffice: look at who waits, at handle times and at who answers"
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


_FACTS: Final = ("gap_id", "agents_short", "coverage_min", "projected_service_level", "affected_calls", "cost", "currency",
                 "confidence")  # fmt: skip


def _facts(seen: _Seen, answer: LiveCoverageAnswer) -> dict[str, object]:
    gap = seen.gap or dict.fromkeys(_FACTS)
    return {
        "service_id": seen.service,
        "service_level_ahead": _plain(seen.level),
        "service_level_target": _plain(seen.target),
        **{name: _plain(gap[name]) for name in _FACTS},
        "starts_at": f"{gap['starts_at']:%Y-%m-%d %H:%M:%S} UTC" if seen.gap else None,
        "ends_at": f"{gap['ends_at']:%Y-%m-%d %H:%M:%S} UTC" if seen.gap else None,
        "best_action": best_action(answer, seen.gap["gap_id"]) if seen.gap else None,
    }


def _plain(value: Any) -> object:
    """A number or text as JSON takes it, None where it is not known."""
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value
