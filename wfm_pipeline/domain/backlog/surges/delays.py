"""How soon a shift is seen: more cases are put on past hours, and the chart is run on what comes of it.

Shifts begin in hours drawn by their expected cases, as a surge is of cases and not of hours, at whatever sum the chart had just then. Not here:
the limits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.backlog.surges.chart import ALLOWANCE, ChartLimits, chart
from wfm_pipeline.domain.backlog.surges.scores import count_scores
from wfm_pipeline.units import HOURS_PER_DAY

SHIFTS: Final = (1.5, 2.0, 3.0)
"""Factors by which expected cases are multiplied [1]."""
WATCHED_HOURS: Final = HOURS_PER_DAY
"""So long is looked for an alarm [h]: later no coordinator calls it early."""
_LEAD_HOURS: Final = 48
"""The chart runs so long before the shift [h]."""
_DRAWS: Final = 1_000
"""Shifts that are simulated [count]: a mean delay has a standard error of a quarter of an hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftDelay:
    """How a shift is seen.

    Attributes:
        shift: Factor on expected cases; below 1 for fewer.
        delay_hours: Mean hours to the alarm, 1 for the first hour, with `WATCHED_HOURS` where none came [h].
        found_share: Share of shifts with an alarm within `WATCHED_HOURS` [0..1].
        first_hour_share: Share with one at the end of the first hour [0..1].
    """

    shift: float
    delay_hours: float
    found_share: float
    first_hour_share: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastHours:
    """Past hours in order of time; shape (n_hours, n_queues).

    Attributes:
        counts, expected, spread: As for `count_scores`.
        sign: 1 where many are wrong, -1 where few are.
        is_scored: The hour counts.
    """

    counts: FloatArray
    expected: FloatArray
    spread: FloatArray
    sign: float
    is_scored: np.ndarray


def shift_delays(
    past: PastHours, limits: ChartLimits, *, seed: int, shifts: Sequence[float] = SHIFTS, allowance: float = ALLOWANCE
) -> list[ShiftDelay]:
    """Mean delay until a shift raises an alarm.

    Args:
        past: Past hours.
        limits: Of the chart.
        seed: Of the draws.
        shifts: Factors on expected cases, each of its own.
        allowance: Of the chart.

    Returns:
        One per shift; none where no hour has expected cases and time after it.
    """
    rng = np.random.default_rng(seed)
    starts, queues = _drawn(past, rng)
    if not len(starts):
        return []
    rows = starts[None, :] + np.arange(-_LEAD_HOURS, WATCHED_HOURS)[:, None]
    counts, expected = past.counts[rows, queues], past.expected[rows, queues]
    is_scored = past.is_scored[rows, queues]
    found = []
    for shift in shifts:
        moved = shifted(counts[_LEAD_HOURS:], expected[_LEAD_HOURS:], shift, rng)
        scores = past.sign * count_scores(np.vstack([counts[:_LEAD_HOURS], moved]), expected, past.spread[rows, queues])
        alarms = chart(np.where(is_scored, scores, np.nan), limits, allowance=allowance).is_alarm
        is_new = ~alarms[_LEAD_HOURS - 1]
        found.append(_delay(shift, alarms[_LEAD_HOURS:, is_new]))
    return found


def shifted(counts: FloatArray, expected: FloatArray, shift: float, rng: np.random.Generator) -> FloatArray:
    """Counts with a shift: more by Poisson draws, fewer by keeping each with probability `shift`; NaN stays.

    Args:
        counts: Real counts.
        expected: Expected counts, same shape.
        shift: Factor on expected counts, >= 0.
        rng: Draws.

    Returns:
        Counts.
    """
    if shift >= 1:
        return counts + rng.poisson((shift - 1) * np.nan_to_num(expected))
    kept = rng.binomial(np.nan_to_num(counts).astype(np.int64), shift)
    return np.where(np.isnan(counts), np.nan, kept)


def _drawn(past: PastHours, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Hour and queue in which shifts begin."""
    weight = np.where(past.is_scored, np.nan_to_num(past.expected), 0.0)
    weight[:_LEAD_HOURS] = 0.0
    weight[len(weight) - WATCHED_HOURS + 1 :] = 0.0
    total = weight.sum()
    if total <= 0:
        return np.array([], dtype=np.int64), np.array([], dtype=np.int64)
    place = rng.choice(weight.size, size=_DRAWS, p=weight.ravel() / total)
    return place // weight.shape[1], place % weight.shape[1]


def _delay(shift: float, alarms: np.ndarray) -> ShiftDelay:
    """Of hours after the beginning, shape (WATCHED_HOURS, n)."""
    if not alarms.shape[1]:
        return ShiftDelay(shift=shift, delay_hours=np.nan, found_share=np.nan, first_hour_share=np.nan)
    is_found = alarms.any(axis=0)
    hours = np.where(is_found, alarms.argmax(axis=0) + 1, WATCHED_HOURS)
    return ShiftDelay(
        shift=shift,
        delay_hours=float(hours.mean()),
        found_share=float(is_found.mean()),
        first_hour_share=float(alarms[0].mean()),
    )
