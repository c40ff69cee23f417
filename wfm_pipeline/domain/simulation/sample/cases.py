"""Cases that finished calls leave behind, with due dates, and the calls that name them.

Not here: what happens to them where the events are written (case_log).
"""

import datetime as dt
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.simulation.sample.records import Ledger
from wfm_pipeline.domain.simulation.sample.service import ANSWERED
from wfm_pipeline.domain.simulation.sample.spec import ContactCentreSpec
from wfm_pipeline.units import SECONDS_PER_HOUR

PRIORITIES = ("Low", "Normal", "High")
PRIORITY_SHARES: Final = (0.25, 0.6, 0.15)
DUE_HOURS: Final = np.array([120.0, 48.0, 8.0])
"""Share of each priority [0..1], and the time until it is due [h]."""
_WORK_SHARE_OF_DUE, _WORK_SIGMA = 0.35, 1.0
"""Median time to close a case over its due time, and the spread of its log."""


def open_cases(
    cdr: pd.DataFrame,
    ledger: Ledger,
    *,
    customer_ids: np.ndarray,
    spec: ContactCentreSpec,
    last_date: dt.date,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Open a case for a share of the finished calls.

    Args:
        cdr: Rows of `queue_cdr`, in the ledger's order of legs.
        ledger: The calls behind them.
        customer_ids: Customer of each call or None, shape (n_calls,).
        spec: The centre.
        last_date: Nothing after it has happened yet: such cases are still open.
        rng: Source of chance.

    Returns:
        `cdr` with `CaseId` filled on the legs that opened one, and one row per case, by Created.
    """
    legs = ledger.legs
    shares = np.array([queue.case_share for queue in spec.queues])[legs["queue"].to_numpy()]
    row = np.flatnonzero((rng.random(len(legs)) < shares) & (legs["status"] == ANSWERED).to_numpy())
    ids = np.array([f"case{number + 1:06d}" for number in range(len(row))], dtype=object)
    created = cdr["Updated"].to_numpy()[row]
    priority = np.searchsorted(np.cumsum(PRIORITY_SHARES)[:-1], rng.random(len(row)))
    due_seconds = (DUE_HOURS[priority] * SECONDS_PER_HOUR).astype(np.int64)
    work = due_seconds * _WORK_SHARE_OF_DUE * np.exp(_WORK_SIGMA * rng.standard_normal(len(row)))
    closed = created + work.astype(np.int64) * np.timedelta64(1, "s")
    # What would be closed after the last date has not happened yet.
    is_open = closed >= np.datetime64(last_date + dt.timedelta(days=1))
    cases = pd.DataFrame(
        {
            "CaseId": ids,
            "QueueId": cdr["QueueId"].to_numpy()[row],
            "Status": np.where(is_open, "Open", "Closed").astype(object),
            "Priority": np.array(PRIORITIES, dtype=object)[priority],
            "Created": created,
            "Closed": np.where(is_open, np.datetime64("NaT", "us"), closed),
            "Due": created + due_seconds * np.timedelta64(1, "s"),
            "UserId": cdr["UserId"].to_numpy()[row],
            "CustomerId": customer_ids[legs["call"].to_numpy()[row]],
            "Updated": np.where(is_open, created, closed),
        }
    )
    case_id = cdr["CaseId"].to_numpy(dtype=object).copy()
    case_id[row] = ids
    return cdr.assign(CaseId=case_id), cases.sort_values(["Created", "CaseId"], ignore_index=True)
