"""Alerts by plain limits: a breach that is too likely, too many cases past their due time, too many stuck.

Not here: what is out of the ordinary (detection). What is not known raises no alert: the rows keep it null.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import BoolArray, FloatArray
from wfm_pipeline.domain.backlog.surges.request import ALERT_COLUMNS
from wfm_pipeline.units import PERCENT

BREACH: Final = "breach_risk"
OVER_DUE: Final = "over_due"
STUCK: Final = "stuck"
LIKELY_BREACH: Final = 0.5
"""Probability from which a breach is more likely than not: high [0..1]."""
SURE_BREACH: Final = 0.9
"""Probability from which only a recall or more people help: critical [0..1]."""
MOST_OVER_DUE: Final = 0.5
"""Share of open cases past their due time from which the alert is high [0..1]."""
ADVICE: Final = {
    BREACH: "work on the earliest due first; recall people where that is recommended, else move people or agree on other due times",
    OVER_DUE: "work on the oldest due first; tell who waits",
    STUCK: "let one person own each stuck case, and stop it from moving",
}
"""Kind -> what to do first."""
_HOUR: Final = pd.Timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainLimits:
    """From where something is wrong.

    Attributes:
        breach: Wanted probability of a breach, at most [0..1].
        over_due_share: Share of a queue's open cases past their due time [0..1].
        stuck_share: Share of them that is stuck [0..1].
        least_cases: Fewer cases are no alert [count].
    """

    breach: float = 0.1
    over_due_share: float = 0.1
    stuck_share: float = 0.1
    least_cases: int = 5


def plain_alerts(hours: pd.DataFrame, limits: PlainLimits = PlainLimits()) -> pd.DataFrame:
    """Queues past a plain limit at the end of the newest hour.

    Args:
        hours: Rows as gold.backlog_hour, the newest hour and as many before it as `since` may go back: queue_id, hour_start (naive UTC), open_cases,
            over_due, stuck, breach_probability, breach_until.
        limits: From where something is wrong.

    Returns:
        Columns as gold.backlog_alert without source and local times, in order of queue and kind.

    Example:
        >>> at = pd.Timestamp("2026-03-02 09:00")
        >>> row = {"queue_id": "a", "hour_start": at, "open_cases": 40, "over_due": 12, "stuck": 0, "breach_probability": 0.04,
        ...        "breach_until": pd.NaT}
        >>> plain_alerts(pd.DataFrame([row]))[["kind", "value", "limit", "severity"]].to_numpy().tolist()
        [['over_due', 12.0, 5.0, 'medium']]
    """
    rows = hours.sort_values(["queue_id", "hour_start"], kind="stable", ignore_index=True)
    found = [_breach(rows, limits), _many(rows, OVER_DUE, limits), _many(rows, STUCK, limits)]
    made = [_standing(rows, one) for one in found]
    whole = pd.concat(made, ignore_index=True) if made else pd.DataFrame(columns=list(ALERT_COLUMNS))
    return whole.sort_values(["queue_id", "kind"], ignore_index=True)[list(ALERT_COLUMNS)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Held:
    """One kind's numbers against its limit, per row."""

    kind: str
    value: FloatArray
    limit: FloatArray
    is_wrong: BoolArray


def _breach(rows: pd.DataFrame, limits: PlainLimits) -> _Held:
    value = rows["breach_probability"].to_numpy(np.float64, na_value=np.nan)
    return _Held(kind=BREACH, value=value, limit=np.full(len(rows), limits.breach), is_wrong=value > limits.breach)


def _many(rows: pd.DataFrame, kind: str, limits: PlainLimits) -> _Held:
    share = limits.over_due_share if kind == OVER_DUE else limits.stuck_share
    value = rows[kind].to_numpy(np.float64, na_value=np.nan)
    limit = np.maximum(np.ceil(share * rows["open_cases"].to_numpy(np.float64)), limits.least_cases)
    return _Held(kind=kind, value=value, limit=limit, is_wrong=value >= limit)


def _standing(rows: pd.DataFrame, held: _Held) -> pd.DataFrame:
    """Rows of the newest hour that are wrong, with the first hour of their unbroken stretch."""
    is_newest = (rows["hour_start"] == rows["hour_start"].max()).to_numpy(bool)
    same = (rows["queue_id"] == rows["queue_id"].shift()).to_numpy(bool)
    follows = same & (rows["hour_start"] - rows["hour_start"].shift() == _HOUR).to_numpy(bool)
    goes_on = follows & held.is_wrong & np.concatenate([[False], held.is_wrong[:-1]])[: len(rows)]
    first = (
        np.maximum.accumulate(np.where(goes_on, 0, np.arange(len(rows)))) if len(rows) else np.array([], dtype=np.int64)
    )
    chosen = np.flatnonzero(is_newest & held.is_wrong)
    taken = rows.iloc[chosen]
    value, limit = held.value[chosen], held.limit[chosen]
    return pd.DataFrame(
        {
            "queue_id": taken["queue_id"].to_numpy(),
            "hour_start": taken["hour_start"].to_numpy(),
            "kind": held.kind,
            "severity": [
                _severity(held.kind, one, open_cases)
                for one, open_cases in zip(value, taken["open_cases"], strict=True)
            ],
            "value": value,
            "limit": limit,
            "words": [_words(held.kind, *one) for one in zip(value, taken["open_cases"], _until(taken), strict=True)],
            "advice": ADVICE[held.kind],
            "since": rows["hour_start"].to_numpy()[first[chosen]],
        }
    )


def _severity(kind: str, value: float, open_cases: float) -> str:
    if kind == BREACH:
        return "critical" if value >= SURE_BREACH else "high" if value >= LIKELY_BREACH else "medium"
    if kind == OVER_DUE:
        return "high" if value >= MOST_OVER_DUE * open_cases else "medium"
    return "low"


def _until(rows: pd.DataFrame) -> list[str]:
    return ["" if pd.isna(at) else f" before {at:%Y-%m-%d %H:%M} UTC" for at in rows["breach_until"]]


def _words(kind: str, value: float, open_cases: float, until: str) -> str:
    if kind == BREACH:
        return f"a case passes its due time{until} with {PERCENT * value:.0f} % probability"
    what = "past their due time" if kind == OVER_DUE else "stuck"
    return f"{value:.0f} of {open_cases:.0f} open cases are {what}"
