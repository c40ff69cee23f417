"""An alarm in words: since when, what was seen and expected, from which number on, how bad, and what to do."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import BoolArray, FloatArray
from wfm_pipeline.domain.backlog.surges.chart import ALLOWANCE, ChartLimits
from wfm_pipeline.domain.backlog.surges.request import AGE, INFLOW, THROUGHPUT
from wfm_pipeline.domain.backlog.surges.scores import count_at

STRONG: Final = 2.0
"""So many times its limit the evidence makes an alarm high instead of medium [1]: no noise that was stated for comes so far."""
ADVICE: Final = {
    INFLOW: "see what the new cases have in common; put planned training and coaching off while they come",
    AGE: "see which old cases nobody works on; oldest and soonest due first",
    THROUGHPUT: "see who is there and on what; look for a tool that does not answer",
}
"""Kind -> what to do first."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """A queue's stream up to the newest hour; arrays have the shape (n_hours,).

    Attributes:
        kind: Kind of alert.
        seen, expected, scores: As in the stream.
        is_alarm, total: As charted.
        spread: Of counts; None of changes.
        scale: Of changes; None of counts.
        stock: Of changes: old open cases; None of counts.
    """

    kind: str
    seen: FloatArray
    expected: FloatArray
    scores: FloatArray
    is_alarm: BoolArray
    total: FloatArray
    spread: float | None
    scale: FloatArray | None
    stock: FloatArray | None


def alert_row(standing: Standing, limits: ChartLimits, queue_id: str, starts: np.ndarray) -> dict[str, object]:
    """A row of gold.backlog_alert.

    Args:
        standing: The queue's stream, with an alarm in its newest hour.
        limits: Where an alarm begins.
        queue_id: The queue.
        starts: Instant at which each hour begins, shape (n_hours,).

    Returns:
        Column -> value.
    """
    quiet = np.flatnonzero(~standing.is_alarm)
    began = int(quiet[-1]) + 1 if len(quiet) else 0
    known = starts[began:][~np.isnat(starts[began:])]
    value, limit = _value_and_limit(standing, limits)
    return {
        "queue_id": queue_id,
        "hour_start": pd.Timestamp(starts[-1]),
        "kind": standing.kind,
        "severity": _severity(standing, limits, began),
        "value": value,
        "limit": limit,
        "words": _words(standing, _stretch(standing, limits, began)),
        "advice": ADVICE[standing.kind],
        "since": pd.Timestamp(known[0]),
    }


def _stretch(standing: Standing, limits: ChartLimits, began: int) -> slice:
    """Hours that led to the alarm, to the newest: from its own first hour where that was enough, else from where the sum was last 0."""
    if standing.scores[began] >= limits.hour:
        return slice(began, len(standing.total))
    zeros = np.flatnonzero(standing.total[:began] <= 0)
    return slice(int(zeros[-1]) + 1 if len(zeros) else 0, len(standing.total))


def _severity(standing: Standing, limits: ChartLimits, began: int) -> str:
    scores = standing.scores[_stretch(standing, limits, began)]
    evidence = float(np.nansum(scores - ALLOWANCE))
    is_strong = evidence >= STRONG * limits.total or bool(np.nanmax(scores, initial=-np.inf) >= STRONG * limits.hour)
    return "high" if is_strong else "medium"


def _value_and_limit(standing: Standing, limits: ChartLimits) -> tuple[float, float]:
    """What was seen in the newest hour, and from where it would begin an alarm after the hours before; NaN where it has no score."""
    before = float(standing.total[-2]) if len(standing.total) > 1 else 0.0
    score = min(limits.hour, limits.total - before + ALLOWANCE)
    seen, expected = float(standing.seen[-1]), float(standing.expected[-1])
    is_scored = not np.isnan(standing.scores[-1])
    if standing.stock is not None and standing.scale is not None:
        stock = float(standing.stock[-1])
        limit = np.ceil(stock - seen + expected + score * standing.scale[-1]) if is_scored else np.nan
        return stock, float(limit)
    assert standing.spread is not None
    if not is_scored:
        return seen, np.nan
    limit = count_at(score, expected, standing.spread, is_low=standing.kind == THROUGHPUT)
    return seen, limit if limit >= 0 else np.nan


def _words(standing: Standing, stretch: slice) -> str:
    is_scored = ~np.isnan(standing.scores[stretch])
    hours = int(is_scored.sum())
    seen = float(standing.seen[stretch][is_scored].sum())
    expected = float(standing.expected[stretch][is_scored].sum())
    span = "the last hour" if hours == 1 else f"{hours} hours"
    if standing.kind == AGE:
        assert standing.stock is not None
        return f"{standing.stock[-1]:.0f} open cases are past the first age limit; {seen:+.0f} in {span}, {expected:+.1f} expected"
    what = "cases came" if standing.kind == INFLOW else "cases done"
    return f"{seen:.0f} {what} in {span}, {expected:.1f} expected"
