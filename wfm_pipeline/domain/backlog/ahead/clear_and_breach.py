"""The front door: hours to clear, probability of a breach and people who keep it down, for every queue.

Here: the steps one after the other. Not here: arrays of a queue (queue_ahead), futures (draws), the loop (breach, kernels), other
people (risk).

`required` is what keeps the limit where the earliest due is served first: the least that can do it. The probability is what is to be
expected of this desk: both views of it weighed (learnt/calibration).

The probability is that some case of the queue passes its due time, open and not paused, between now and the end of the question. Cases
that are over due already do not count again; they wait in front and take people's time.
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.backlog.ahead.breach import STEPS_PER_HOUR
from wfm_pipeline.domain.backlog.ahead.clearing import clear_hours
from wfm_pipeline.domain.backlog.ahead.fluid import fluid_clear_hours
from wfm_pipeline.domain.backlog.ahead.need import least_factor
from wfm_pipeline.domain.backlog.ahead.queue_ahead import QueueAhead, queues_ahead
from wfm_pipeline.domain.backlog.ahead.request import AheadAnswer, AheadRequest
from wfm_pipeline.domain.backlog.ahead.risk import Risk

_QUEUE_COLUMNS: Final = (
    "queue_id",
    "clear_hours",
    "clear_hours_q10",
    "clear_hours_q50",
    "clear_hours_q90",
    "breach_in_order",
    "breach_as_before",
    "breach_probability",
    "breach_basis",
    "breach_until",
    "reason",
)
"""Columns of the answer by queue."""
_QUANTILES: Final = (0.1, 0.5, 0.9)
"""Quantiles of the hours to clear that tables have: the best and the worst tenth, and the middle [share]."""


def clear_and_breach(request: AheadRequest) -> AheadAnswer:
    """What becomes of every queue in the next hours.

    Args:
        request: Open cases, hours ahead and the limit.

    Returns:
        The answer; the same whatever the order of rows and whichever other queues are asked.
    """
    queues = {queue.queue_id: queue for queue in queues_ahead(request)}
    risk = Risk(queues, request)
    rows, hours = [], []
    for queue in queues.values():
        rows.append(_queue_row(queue, risk))
        hours.append(_hour_rows(queue, risk, request.breach_limit))
    return AheadAnswer(
        pd.DataFrame(rows, columns=list(_QUEUE_COLUMNS)),
        pd.concat(hours, ignore_index=True) if hours else _no_hours(request.hours),
        risk.with_people,
    )


def _queue_row(queue: QueueAhead, risk: Risk) -> dict[str, object]:
    futures = risk.futures(queue.queue_id)
    hours = clear_hours(queue.workable, futures, queue.capacity)
    low, middle, high = np.quantile(hours, _QUANTILES, method="higher")
    mean = fluid_clear_hours([queue.workable], queue.inflow.sum(axis=1)[None], queue.capacity[None])[0]
    return {
        "queue_id": queue.queue_id,
        "clear_hours": mean,
        "clear_hours_q10": _within(low),
        "clear_hours_q50": _within(middle),
        "clear_hours_q90": _within(high),
        "breach_in_order": risk.in_order(queue.queue_id, queue.capacity),
        "breach_as_before": risk.as_before(queue.queue_id, queue.capacity),
        "breach_probability": risk.with_capacity(queue.queue_id, queue.capacity),
        "breach_basis": risk.basis(queue.queue_id),
        "breach_until": queue.until,
        "reason": risk.reason(queue.queue_id),
    }


def _no_hours(hours: pd.DataFrame) -> pd.DataFrame:
    """The answer by hour where there is no queue."""
    return hours.loc[:, ["queue_id", "hour_start"]].assign(required=np.nan, capacity_factor=np.nan)


def _within(hours: float) -> float:
    return float(hours) if np.isfinite(hours) else float("nan")


def _hour_rows(queue: QueueAhead, risk: Risk, limit: float) -> pd.DataFrame:
    known = risk.reason(queue.queue_id) is None
    factor = np.nan
    if known:
        factor = least_factor(lambda one: risk.in_order(queue.queue_id, queue.capacity * one), limit)
    is_asked = np.arange(len(queue.day)) * STEPS_PER_HOUR < (0 if queue.work is None else queue.work.steps)
    factors: FloatArray = np.where(is_asked, factor, np.nan)
    return pd.DataFrame(
        {
            "queue_id": queue.queue_id,
            "hour_start": queue.hour_start,
            "required": factors * queue.on_product,
            "capacity_factor": factors,
        }
    )
