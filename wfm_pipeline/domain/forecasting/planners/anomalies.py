"""Days that look wrong: found by a robust rule, named with a reason, overruled by a person.

Here: the rule on what is left of a day after level, calendar, events and drivers; and what a
person's word makes of it. Not here: those effects (effect, regressors) or storing what was found.

A day is found where its log ratio is further from 0 than so many of its usual spreads and than half
as much again. The spread of a day is robust, its own queue's, with Poisson noise by its size. Three
days in a row to the same side are a new level, not an accident: they are learnt from.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.arrays import BoolArray, FloatArray
from wfm_pipeline.domain.forecasting.means.effect import CALLS_ADDED
from wfm_pipeline.domain.forecasting.planners.day_noise import robust_sd

LEAST_DAYS: Final = 28
"""Ordinary days of a queue below which no day is called wrong [days]."""
LEAST_RATIO: Final = 1.5
"""Factor from what was expected, either way, below which a day is never wrong."""
NEW_LEVEL_DAYS: Final = 3
"""Days in a row to the same side that are a new level [days]."""
DECISION_COLUMNS: Final = ("queue_id", "business_date", "decision", "decided_by")
ANOMALY_COLUMNS: Final = (
    "queue_id",
    "business_date",
    "calls_actual",
    "calls_expected",
    "deviation",
    "kind",
    "reason",
    "decision",
    "decided_by",
    "is_left_out",
)


def deviations(residual: FloatArray, expected: FloatArray, ordinary: BoolArray) -> FloatArray:
    """How many of its usual spreads each day is off.

    Args:
        residual: Log ratio of calls to expected calls, NaN = unknown; shape (queues, known dates).
        expected: Expected calls [calls]; same shape.
        ordinary: Days that the calendar leaves alone; same shape.

    Returns:
        Same shape; NaN where the day is not ordinary, unknown, or the queue has too few days.

    Source:
        docs/methods/planners_input.md; robust spread: Hampel (1974).
    """
    off = np.full(residual.shape, np.nan)
    for queue, row in enumerate(residual):
        on = ordinary[queue] & ~np.isnan(row)
        if on.sum() < LEAST_DAYS:
            continue
        poisson = 1 / (expected[queue, on] + CALLS_ADDED)
        beside = max(robust_sd(row[on]) ** 2 - float(np.median(poisson)), 0.0)
        off[queue, on] = row[on] / np.sqrt(beside + poisson)
    return off


def wrong_days(residual: FloatArray, off: FloatArray, *, spreads: float) -> BoolArray:
    """Days further off than so many spreads and than a factor of 1.5, runs of three and more left out.

    Args:
        residual: Log ratio of calls to expected calls, NaN = unknown; shape (queues, known dates).
        off: From `deviations`; same shape.
        spreads: Usual spreads from which a day looks wrong, > 0.

    Returns:
        Same shape.
    """
    far = (np.abs(np.nan_to_num(off)) > spreads) & (np.abs(np.nan_to_num(residual)) > np.log(LEAST_RATIO))
    wrong = far.copy()
    for queue in range(len(off)):
        days = np.flatnonzero(~np.isnan(off[queue]))
        side = np.where(far[queue, days], np.sign(residual[queue, days]), 0.0)
        if not days.size:
            continue
        starts = np.flatnonzero(np.diff(side, prepend=np.nan) != 0)
        for first, end in zip(starts, np.append(starts[1:], len(side)), strict=True):
            if side[first] and end - first >= NEW_LEVEL_DAYS:
                wrong[queue, days[first:end]] = False
    return wrong


def anomaly_rows(
    wrong: BoolArray,
    *,
    actual: FloatArray,
    expected: FloatArray,
    off: FloatArray,
    queue_ids: tuple[str, ...],
    dates: np.ndarray,
    planned: BoolArray,
    decisions: pd.DataFrame,
    is_left_out: bool,
) -> pd.DataFrame:
    """What is listed for a person: days found, and days a person named.

    Args:
        wrong: From `wrong_days`; shape (queues, known dates).
        actual: Calls that came, NaN = unknown; same shape.
        expected: Expected calls, NaN = unknown; same shape.
        off: From `deviations`; same shape.
        queue_ids: Queues of axis 0.
        dates: Dates of axis 1, datetime64[D].
        planned: An event acts on the day; same shape.
        decisions: Columns DECISION_COLUMNS, one row per queue and date; queue `(all)` speaks for
            queues without a row of their own.
        is_left_out: Days found are left out until a person refuses.

    Returns:
        Columns ANOMALY_COLUMNS, in order of queue and date. A day that a person accepted is left
        out, found or not; one that was refused is learnt from.
    """
    said = _by_day(decisions, queue_ids, dates)
    found = {(int(q), int(d)) for q, d in zip(*np.nonzero(wrong), strict=True)}
    stated = {place for place, (word, _) in said.items() if word == "accepted"}
    rows = []
    # A day that a person accepted is listed though the rule passed it over; one that was refused stays listed.
    for queue, date in sorted(found | stated):
        word, who = said.get((queue, date), (None, None))
        is_found = (queue, date) in found
        came, usual = actual[queue, date], expected[queue, date]
        kind = ("spike" if came > usual else "drop") if is_found else "stated"
        rows.append(
            (
                queue_ids[queue],
                pd.Timestamp(dates[date]),
                came,
                usual,
                off[queue, date],
                kind,
                _reason(kind, came, usual, is_planned=bool(planned[queue, date])),
                word,
                who,
                word == "accepted" or (word is None and is_left_out),
            )
        )
    frame = pd.DataFrame(rows, columns=list(ANOMALY_COLUMNS))
    return frame.astype({"business_date": "datetime64[us]", "is_left_out": bool})


def _reason(kind: str, came: float, usual: float, *, is_planned: bool) -> str:
    if kind == "stated":
        return "a person says so; the rule did not find it"
    words = f"{came:,.0f} calls where {usual:,.0f} were to be expected ({came / max(usual, 1.0):.2f} x)"
    return f"{words}, more than its event explains" if is_planned else words


def _by_day(
    decisions: pd.DataFrame, queue_ids: tuple[str, ...], dates: np.ndarray
) -> dict[tuple[int, int], tuple[str, str]]:
    """(queue, date) -> word and who; a queue's own word goes before one about all."""
    said: dict[tuple[int, int], tuple[str, str]] = {}
    ordered = decisions.sort_values("queue_id", key=lambda names: names != ALL, kind="stable")
    row: Any
    for row in ordered.itertuples(index=False):
        day = int((np.datetime64(row.business_date, "D") - dates[0]).astype(int)) if len(dates) else -1
        if 0 <= day < len(dates):
            for queue in _queues(row.queue_id, queue_ids):
                said[queue, day] = (row.decision, row.decided_by)
    return said


def _queues(name: str, queue_ids: tuple[str, ...]) -> Iterator[int]:
    return (number for number, one in enumerate(queue_ids) if name in (one, ALL))
