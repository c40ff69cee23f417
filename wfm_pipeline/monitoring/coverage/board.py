"""A row per service as it stands at an instant: what a board shows and a status tells. Pure.

Numbers that are not known are null and `why` says which table and days are missing. Not here: how rows are drawn (reports),
and stretches of time (statistics).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import pandas as pd

from wfm_pipeline.calculators.live_coverage import LiveCoverageAnswer
from wfm_pipeline.domain.coverage.gaps import CRITICAL, HIGH, LOW, MEDIUM, UNKNOWN_SEVERITY
from wfm_pipeline.domain.coverage.intervals import ADEQUATE, OPTIMAL, SHORTAGE, SURPLUS, UNKNOWN_STATUS
from wfm_pipeline.monitoring.coverage.asking import Tables

LEAD_SECONDS: Final = 900.0
"""How long before it begins a gap calls for action [s]: moving people takes a quarter of an hour."""
_SEVERITIES: Final = (CRITICAL, HIGH, UNKNOWN_SEVERITY, MEDIUM, LOW)
_STATUSES: Final = (SHORTAGE, UNKNOWN_STATUS, ADEQUATE, SURPLUS, OPTIMAL)
"""From what should be looked at first to what may wait; with the same status, the worse gap first."""
_QUEUE: Final = {
    "calls_waiting": "calls_waiting",
    "longest_wait_seconds": "longest_wait_seconds",
    "current_service_level": "service_level_today",
}
_RUNNING: Final = (
    "service_id", "interval_start", "status", "agents_required", "agents_scheduled", "coverage", "projected_service_level",
    "service_level_target", "basis", "reason",
)  # fmt: skip
_GAP: Final = (
    "gap_id",
    "starts_at",
    "ends_at",
    "severity",
    "agents_short",
    "affected_calls",
    "cost",
    "currency",
    "confidence",
)


@dataclass(frozen=True, slots=True)
class CoverageStatus(Mapping[str, Any]):
    """A service as it stands; also to be read by key.

    Attributes:
        service_id, service_name: The service.
        as_of: When this was true (naive UTC).
        stale_since: Since when nothing newer came; None while numbers move.
        status: See `intervals.STATUSES`.
        agents_required, agents_scheduled, agents_actual: Needed, rostered, and there now [agents].
        agents_available: Of those there, who could take a contact now [agents]; suspect states are left out.
        calls_waiting: Contacts in line [count].
        longest_wait_seconds: Wait so far of the one that waits longest [s].
        service_level_today: Of today so far [0..1].
        coverage: People over need in the running interval.
        projected_service_level, service_level_target: To expect with these people, and aimed at [0..1].
        gap_starts_at, gap_ends_at: The running or next gap (naive UTC).
        severity: How bad it is.
        agents_short, affected_calls: People missing in its worst interval, calls affected.
        cost, currency: The hours short as overtime.
        confidence: Part of the calls' band in which it would still be a gap.
        best_action: What to do first, in words.
        action_required: A gap runs, or begins within a quarter of an hour.
        basis: From what the need is known.
        why: What is missing where something is not known.
    """

    service_id: str
    service_name: str | None
    as_of: pd.Timestamp
    stale_since: pd.Timestamp | None
    status: str
    agents_required: int | None
    agents_scheduled: float | None
    agents_actual: float | None
    agents_available: float | None
    calls_waiting: int | None
    longest_wait_seconds: float | None
    service_level_today: float | None
    coverage: float | None
    projected_service_level: float | None
    service_level_target: float | None
    gap_starts_at: pd.Timestamp | None
    gap_ends_at: pd.Timestamp | None
    severity: str | None
    agents_short: int | None
    affected_calls: float | None
    cost: float | None
    currency: str | None
    confidence: float | None
    best_action: str | None
    action_required: bool
    basis: str
    why: str | None

    def __getitem__(self, name: str) -> Any:
        """The value of a field."""
        if name not in BOARD_COLUMNS:
            raise KeyError(name)
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        """Names of the fields."""
        return iter(BOARD_COLUMNS)

    def __len__(self) -> int:
        """Their number."""
        return len(BOARD_COLUMNS)


BOARD_COLUMNS: Final = tuple(one.name for one in fields(CoverageStatus))


def board_of(answer: LiveCoverageAnswer, tables: Tables, *, as_of: pd.Timestamp) -> pd.DataFrame:
    """All services at an instant, those to look at first first.

    Args:
        answer: Coverage of the day.
        tables: The reading that it is from.
        as_of: When it was true.

    Returns:
        One row per service: the fields of `CoverageStatus`, `stale_since` null.
    """
    rows = _running(answer.intervals, as_of).merge(answer.now, on="service_id", how="left")
    services = tables["services"][["id", "service_name"]].rename(columns={"id": "service_id"})
    queues = tables["queue_current_metrics"][["service_id", *_QUEUE]].rename(columns=_QUEUE)
    rows = rows.merge(services, on="service_id", how="left").merge(queues, on="service_id", how="left")
    rows = rows.merge(_next_gaps(answer, as_of), on="service_id", how="left")
    begins = rows["gap_starts_at"]
    rows = rows.assign(
        as_of=as_of,
        stale_since=pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]"),
        action_required=(begins <= as_of + pd.Timedelta(seconds=LEAD_SECONDS)).to_numpy(bool),
        why=rows["reason"],
    )
    return _sorted(rows)[list(BOARD_COLUMNS)]


def statuses_of(board: pd.DataFrame) -> dict[str, CoverageStatus]:
    """The rows of a board by service."""
    told = board.astype(object).where(board.notna(), None).to_dict("records")
    return {row["service_id"]: CoverageStatus(**_plain(row)) for row in told}


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    counts = {
        name: None if row[name] is None else int(row[name])
        for name in ("agents_required", "calls_waiting", "agents_short")
    }
    return {**row, **counts}


def _running(intervals: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """The running interval of each service: the last that has begun, else the first."""
    first = intervals["interval_start"].min()
    begun = intervals[(intervals["interval_start"] < as_of) | (intervals["interval_start"] == first)]
    return begun.loc[begun["interval_start"] == begun["interval_start"].max(), list(_RUNNING)]


def _next_gaps(answer: LiveCoverageAnswer, as_of: pd.Timestamp) -> pd.DataFrame:
    gaps = answer.gaps[(answer.gaps["ends_at"] > as_of).to_numpy(bool)].sort_values("starts_at")
    gaps = gaps.drop_duplicates("service_id")[["service_id", *_GAP]]
    told = [best_action(answer, gap) for gap in gaps["gap_id"]]
    renamed = gaps.rename(columns={"starts_at": "gap_starts_at", "ends_at": "gap_ends_at"})
    renamed = renamed.astype({"gap_starts_at": "datetime64[us]", "gap_ends_at": "datetime64[us]"})
    return renamed.assign(best_action=pd.Series(told, index=gaps.index, dtype=object)).drop(columns="gap_id")


def best_action(answer: LiveCoverageAnswer, gap_id: str) -> str | None:
    """The action that is offered first, in words that name no person.

    Args:
        answer: Coverage of the day.
        gap_id: The gap.

    Returns:
        Such as `lend skill: 2 agents from sales, +7 points`; None where none gains anything, or none was looked for.
    """
    found = answer.actions.get(gap_id, ())
    if not found:
        return None
    first = found[0]
    from_service = f" from {first.from_service}" if first.from_service else ""
    people = f"{first.calls:.0f} calls" if not first.agents else f"{first.agents} agents{from_service}"
    return f"{first.kind.replace('_', ' ')}: {people}, {100 * first.gain.value:+.0f} points"


def _sorted(rows: pd.DataFrame) -> pd.DataFrame:
    status = rows["status"].map({name: place for place, name in enumerate(_STATUSES)})
    severity = rows["severity"].map({name: place for place, name in enumerate(_SEVERITIES)}).fillna(len(_SEVERITIES))
    order = np.lexsort([rows["service_id"].astype(str), -rows["affected_calls"].fillna(0.0), severity, status])
    return rows.iloc[order].reset_index(drop=True)
