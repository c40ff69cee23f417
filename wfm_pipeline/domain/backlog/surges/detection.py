"""Alerts of the newest hour: each stream's scores against limits learnt from its own past weeks.

A pure function of the rows: the chart is run again over the past weeks to the newest hour, so nothing is carried from hour to hour, and a
missed hour costs nothing. Not here: limits that are plain numbers (plain_limits).
"""

from dataclasses import asdict
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.backlog.surges.chart import Charted, chart
from wfm_pipeline.domain.backlog.surges.delays import SHIFTS, PastHours, shift_delays
from wfm_pipeline.domain.backlog.surges.limits import NO_WEEKS, LearntLimits, learnt_limits
from wfm_pipeline.domain.backlog.surges.request import ALERT_COLUMNS, THROUGHPUT, SurgeAnswer, SurgeRequest
from wfm_pipeline.domain.backlog.surges.streams import Stream, streams_of
from wfm_pipeline.domain.backlog.surges.weekly_grid import WeeklyGrid, in_a_row, missing
from wfm_pipeline.domain.backlog.surges.words import Standing, alert_row
from wfm_pipeline.errors import DataError

NEEDED: Final = (
    "queue_id", "hour_start", "hour_start_local", "is_open", "open_before", "inflow", "re_opened", "moved_in", "outflow"
)  # fmt: skip
_FEWER: Final = (0.5, 0.25)
"""Shifts of throughput: half of it, and a quarter [1]."""


def surge_alerts(request: SurgeRequest) -> SurgeAnswer:
    """Which queues' inflow, age or throughput is out of the ordinary at the end of the newest hour.

    Args:
        request: Hours that are over, and how many false alarms are accepted.

    Returns:
        Alerts that stand, the limits they are held against, and delays if asked for.

    Raises:
        DataError: columns are missing, two rows have one queue and hour, or the number of false alarms is not above 0.
    """
    _check(request)
    rows = request.hours
    if rows.empty:
        return SurgeAnswer(pd.DataFrame(columns=list(ALERT_COLUMNS)), pd.DataFrame(), pd.DataFrame())
    grid = WeeklyGrid.of(rows["queue_id"], rows["hour_start_local"], most_weeks=request.most_weeks)
    alerts, limits, delays = [], [], []
    for number, stream in enumerate(streams_of(request, grid)):
        seed = request.seed + number
        learnt = _learnt(stream, grid, request, seed)
        limits.append(_limits_row(stream, grid, learnt, request))
        if learnt.limits is None:
            continue
        alerts += _alerts(stream, grid, learnt, rows)
        if request.with_delays and stream.spread is not None:
            delays += _delays(stream, grid, learnt, seed)
    return SurgeAnswer(
        alerts=pd.DataFrame(alerts, columns=list(ALERT_COLUMNS)).sort_values(["queue_id", "kind"], ignore_index=True),
        limits=pd.DataFrame(limits),
        delays=pd.DataFrame(delays),
    )


def _check(request: SurgeRequest) -> None:
    if absent := missing(request.hours, NEEDED):
        raise DataError(
            f"hours of the backlog lack {', '.join(absent)}; they are rows as gold.backlog_hour", missing=absent
        )
    if not request.false_alarms_per_week > 0:
        got = request.false_alarms_per_week
        raise DataError(f"false_alarms_per_week must be above 0, got {got}; 1 is one a week over all queues", got=got)
    twice = request.hours.duplicated(["queue_id", "hour_start"])
    if twice.any():
        first = request.hours.loc[twice, ["queue_id", "hour_start"]].iloc[0].astype(str).tolist()
        raise DataError(f"two rows have one queue and hour, such as {first}; give each hour once", got=first)


def _learnt(stream: Stream, grid: WeeklyGrid, request: SurgeRequest, seed: int) -> LearntLimits:
    past = stream.scores[: grid.weeks]
    has_scores = ~np.isnan(past).all(axis=(1, 2, 3))
    known = past[has_scores][..., ~np.isnan(past).all(axis=(0, 1, 2))]
    return learnt_limits(known, per_week=request.false_alarms_per_week, seed=seed)


def _limits_row(stream: Stream, grid: WeeklyGrid, learnt: LearntLimits, request: SurgeRequest) -> dict[str, object]:
    newest = stream.expected[: grid.weeks + 1].reshape(-1, len(grid.queues))
    without = int(np.isnan(newest).all(axis=0).sum())
    limits = learnt.limits
    return {
        "kind": stream.kind,
        "stated_per_week": request.false_alarms_per_week,
        "simulated_per_week": learnt.simulated_per_week,
        "hour_limit": limits.hour if limits else np.nan,
        "total_limit": limits.total if limits else np.nan,
        "weeks": learnt.weeks,
        "queues": len(grid.queues),
        "queues_without_history": without,
        "reason": learnt.reason or (f"{NO_WEEKS} of {without} queues" if without else ""),
    }


def _alerts(stream: Stream, grid: WeeklyGrid, learnt: LearntLimits, rows: pd.DataFrame) -> list[dict[str, object]]:
    assert learnt.limits is not None
    scores = in_a_row(stream.scores)[: grid.hours_to_newest]
    charted = chart(scores, learnt.limits)
    starts = _starts(grid, rows)
    has_newest = np.isin(grid.queues, rows.loc[rows["hour_start"] == rows["hour_start"].max(), "queue_id"].unique())
    return [
        alert_row(_standing(stream, charted, scores, int(queue)), learnt.limits, grid.queues[queue], starts)
        for queue in np.flatnonzero(charted.is_alarm[-1] & has_newest)
    ]


def _standing(stream: Stream, charted: Charted, scores: np.ndarray, queue: int) -> Standing:
    """One queue's series to the newest hour."""
    last = len(scores)

    def series(values: np.ndarray) -> np.ndarray:
        return in_a_row(values)[:last, queue]

    scale = None if stream.scale is None else np.tile(in_a_row(stream.scale[None]), (len(stream.seen), 1))[:last, queue]
    return Standing(
        kind=stream.kind,
        seen=series(stream.seen),
        expected=series(stream.expected),
        scores=scores[:, queue],
        is_alarm=charted.is_alarm[:, queue],
        total=charted.total[:, queue],
        spread=None if stream.spread is None else float(series(stream.spread)[-1]),
        scale=scale,
        stock=None if stream.stock is None else series(stream.stock),
    )


def _starts(grid: WeeklyGrid, rows: pd.DataFrame) -> np.ndarray:
    """Instant at which each hour begins, by its place; NaT where there is no row. Of an hour that comes twice the newest hour's is the last."""
    hour = grid.place // len(grid.queues)
    starts = rows["hour_start"].to_numpy("datetime64[us]")
    found = np.full(grid.hours_to_newest, np.datetime64("NaT", "us"))
    order = np.argsort(starts, kind="stable")[::-1]
    kept = order[grid.place[order] >= 0]
    found[hour[kept]] = starts[kept]
    found[-1] = starts.max()
    return found


def _delays(stream: Stream, grid: WeeklyGrid, learnt: LearntLimits, seed: int) -> list[dict[str, object]]:
    assert learnt.limits is not None
    assert stream.spread is not None
    past = PastHours(
        counts=in_a_row(stream.seen[: grid.weeks]),
        expected=in_a_row(stream.expected[: grid.weeks]),
        spread=in_a_row(stream.spread[: grid.weeks]),
        sign=stream.sign,
        is_scored=~np.isnan(in_a_row(stream.scores[: grid.weeks])),
    )
    shifts = _FEWER if stream.kind == THROUGHPUT else SHIFTS
    found = shift_delays(past, learnt.limits, seed=seed, shifts=shifts)
    return [{"kind": stream.kind, **asdict(one)} for one in found]
