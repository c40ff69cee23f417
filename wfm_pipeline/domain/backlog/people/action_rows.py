"""A plan as rows of recommendations: what to release and to recall, why, and what each does to the risk.

Here: one row per recall and release, in the order in which they were judged, with reasons in words. Not here: the plan (time_changes).

A moved activity is a recall at its old time and a release at its new one, one after the other. The probability after a row is
that with it and all rows of its queue before it; the last row's is the plan's.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final, Literal

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.backlog.people.activities import Activity
from wfm_pipeline.domain.backlog.people.choices import QueueTime
from wfm_pipeline.domain.backlog.people.fewest_changes import Choice
from wfm_pipeline.domain.backlog.people.time_changes import Change, QueueRisk, TimeChanges
from wfm_pipeline.units import PERCENT

ROW_COLUMNS: Final = (
    "action_id", "queue_id", "hour_start", "hour_start_local", "business_date", "hour_end", "kind", "activity", "activity_id",
    "agents", "reason", "breach_before", "breach_after",
)  # fmt: skip
Kind = Literal["release", "recall"]
_Step = tuple[Kind, Activity, Choice, str]


def action_rows(
    answers: Sequence[TimeChanges], queues: Sequence[QueueTime], risk: QueueRisk, *, limit: float, time_zone: str
) -> pd.DataFrame:
    """Recommendations of answers.

    Args:
        answers: Answers of queues.
        queues: The queues they were made of, in the same order.
        risk: Probability of a breach by people on cases, as the answers asked it.
        limit: Wanted probability at most [0..1], for the words.
        time_zone: IANA name of the site's zone.

    Returns:
        Rows as `gold.backlog_action` without source and as_of, by queue and in the order in which they were judged.
    """
    rows = [
        row
        for answer, queue in zip(answers, queues, strict=True)
        for row in _rows(answer, queue, partial(risk, answer.queue_id), limit, time_zone)
    ]
    found = pd.DataFrame(rows, columns=list(ROW_COLUMNS))
    instants = ["hour_start", "hour_start_local", "business_date", "hour_end"]
    return found.astype(
        dict.fromkeys(instants, "datetime64[us]")
        | dict.fromkeys(["agents", "breach_before", "breach_after"], np.float64)
    )


def _rows(
    answer: TimeChanges, queue: QueueTime, risk: partial[float], limit: float, zone: str
) -> Iterator[dict[str, object]]:
    people, before = queue.on_product, answer.risk_before
    for kind, activity, choice, reason in _steps(answer, limit, zone):
        people = people + choice.taken if kind == "recall" else people - choice.taken
        after = float(risk(np.maximum(people, 0.0)))
        yield _row(answer.queue_id, kind, activity, choice, zone) | {
            "reason": reason,
            "breach_before": before,
            "breach_after": after,
        }
        before = after


def _steps(answer: TimeChanges, limit: float, zone: str) -> Iterator[_Step]:
    for change in answer.changes:
        if change.before is not None:
            yield "recall", change.activity, change.before, _why_recalled(answer, change, limit, zone)
        if change.after is not None:
            yield "release", change.activity, change.after, _why_released(change, limit, zone)


def _why_recalled(answer: TimeChanges, change: Change, limit: float, zone: str) -> str:
    where = "put off to another day" if change.starts_at is None else f"moved to {_clock(change.starts_at, zone)}"
    how = "the fewest changes that do" if answer.is_exact else "the fewest changes found in the trials allowed"
    if answer.is_kept:
        return f"{where}: keeps the risk within {_percent(limit)}, with {how}"
    missing = answer.people_missing
    still = (
        "more people than can be counted are"
        if np.isnan(missing)
        else f"{missing:.0f} more {'person is' if missing == 1 else 'people are'}"
    )
    return f"{where}: the least risk within reach; {still} needed for {_percent(limit)}"


def _why_released(change: Change, limit: float, zone: str) -> str:
    if change.activity.starts_at is None:
        return f"people can be spared at {_clock(change.starts_at, zone)}: the risk stays within {_percent(limit)}"
    return f"new time {_clock(change.starts_at, zone)} of what stood at {_clock(change.activity.starts_at, zone)}"


def _row(queue_id: str, kind: Kind, activity: Activity, choice: Choice, zone: str) -> dict[str, object]:
    assert choice.starts_at is not None
    hour = choice.starts_at.floor("h")
    local = hour.tz_localize("UTC").tz_convert(zone).tz_localize(None)
    return {
        "action_id": f"{queue_id} {hour:%Y-%m-%dT%H}Z {kind} {activity.activity_id}",
        "queue_id": queue_id,
        "hour_start": hour,
        "hour_start_local": local,
        "business_date": local.normalize(),
        "hour_end": choice.ends_at,
        "kind": kind,
        "activity": activity.kind,
        "activity_id": activity.activity_id,
        "agents": activity.agents,
    }


def _clock(instant: pd.Timestamp | None, zone: str) -> str:
    assert instant is not None
    return f"{instant.tz_localize('UTC').tz_convert(zone):%a %H:%M}"


def _percent(value: float) -> str:
    return f"{value * PERCENT:.3g} %"


def people_after(answers: Sequence[TimeChanges], hour_starts: pd.DatetimeIndex) -> pd.DataFrame:
    """People on cases with the answers.

    Args:
        answers: Answers of queues.
        hour_starts: Starts of the hours they are of.

    Returns:
        queue_id, hour_start, on_product [agents].
    """
    people: list[FloatArray] = [answer.on_product for answer in answers]
    return pd.DataFrame(
        {
            "queue_id": np.repeat(np.array([answer.queue_id for answer in answers], dtype=object), len(hour_starts)),
            "hour_start": np.tile(hour_starts.to_numpy(), len(answers)),
            "on_product": np.concatenate(people) if people else np.zeros(0),
        }
    )
