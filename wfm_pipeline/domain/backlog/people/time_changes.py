"""When to release or recall training, coaching, meetings and breaks so that a queue's risk stays within its limit.

Here: one queue's plan: first the fewest planned activities are moved or put off, then activities that wait for a time get one where the
limit stays kept, and what is missing where nothing keeps it. Not here: the search (fewest_changes), what may become of an
activity (choices), rows and words (action_rows).

Conservation: each activity keeps its length and its people; it stays, moves, is put off, or still waits. A break never leaves the plan.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Literal

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.backlog.people.activities import Activity
from wfm_pipeline.domain.backlog.people.choices import (
    QueueTime,
    Stretch,
    choices_of,
    free_without,
    may_change,
    wish_choices,
)
from wfm_pipeline.domain.backlog.people.fewest_changes import ChangeQuestion, Choice, Chosen, HoursRisk, fewest_changes
from wfm_pipeline.errors import DataError

QueueRisk = Callable[[str, FloatArray], float]
"""Queue and people on cases in each hour -> probability of a breach [0..1], NaN = not known; more people never raise it."""
MOST_TRIALS: Final = 200
"""Probabilities that are asked for per queue and step [count]: at some milliseconds each, half a second or so."""
WORTH_A_CHANGE: Final = 0.01
"""Where the limit is out of reach, a change must lower the probability by so much [0..1]: one in a hundred days."""
MOST_MISSING: Final = 1024
"""People beyond which nobody is looked for [agents]."""
UNKNOWN_RISK: Final = "the probability of a breach is not known"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one activity.

    Attributes:
        activity: The activity as it was planned, or waits.
        kind: It begins at another time, leaves these hours, or gets a time.
        starts_at: Its new start; None = it is put off.
        before: What it took so far; None where it waited.
        after: What it takes now; None where it is put off.
    """

    activity: Activity
    kind: Literal["moved", "put_off", "placed"]
    starts_at: pd.Timestamp | None
    before: Choice | None
    after: Choice | None


@dataclass(frozen=True, slots=True, eq=False)
class TimeChanges:
    """What to do with the time of a queue's people.

    Attributes:
        queue_id: The queue.
        risk_before: Probability of a breach as planned [0..1]; NaN = not known.
        risk_after: The same with the changes.
        is_kept: It is within the limit with them; False also where it is not known.
        changes: Changes in order: those of the plan by time, then activities that get a time.
        on_product: People on cases with them [agents], shape (n_hours,).
        people_missing: Whole people more, in every hour with people, that would keep the limit [agents]; 0 where it is kept, NaN
            where not known or more than `MOST_MISSING`.
        is_exact: No fewer changes keep the limit; False where trials ran out.
        trials: Probabilities asked for [count].
        reason: Why there is no plan, in words; None where there is one.
    """

    queue_id: str
    risk_before: float
    risk_after: float
    is_kept: bool
    changes: tuple[Change, ...]
    on_product: FloatArray
    people_missing: float
    is_exact: bool
    trials: int
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRules:
    """What a plan keeps to.

    Attributes:
        limit: Wanted probability of a breach at most [0..1].
        least_gain: See `WORTH_A_CHANGE`.
        most_trials: See `MOST_TRIALS`.
        free_time: Person -> when that person is in the shift and in nothing that stays.
    """

    limit: float
    least_gain: float = WORTH_A_CHANGE
    most_trials: int = MOST_TRIALS
    free_time: Mapping[str, Sequence[Stretch]] = field(default_factory=dict)


def queue_time_changes(
    queue: QueueTime, hour_starts: pd.DatetimeIndex, risk: QueueRisk, rules: TimeRules
) -> TimeChanges:
    """What to do with the time of a queue's people.

    Args:
        queue: Its people and what is planned for them.
        hour_starts: Starts of the hours to come (naive UTC), one after the other, shape (n_hours,).
        risk: Probability of a breach by people on cases; people of hours may be NaN where they are not known.
        rules: What the plan keeps to.

    Returns:
        The plan. The order of the activities changes nothing.

    Raises:
        DataError: an array does not have one value per hour, or the limit is no probability.

    Source:
        docs/methods/backlog.md, "People and their time".
    """
    _check(queue, hour_starts, rules)
    before = risk(queue.queue_id, queue.on_product)
    if np.isnan(before):
        return TimeChanges(
            queue.queue_id, before, before, False, (), queue.on_product, float("nan"), True, 0, UNKNOWN_RISK
        )
    of_queue = partial(risk, queue.queue_id)
    settled = _recalled(queue, hour_starts, of_queue, rules)
    if settled.chosen.risk <= rules.limit:
        settled = _released(queue, hour_starts, of_queue, rules, settled)
    is_kept = settled.chosen.risk <= rules.limit
    missing = 0.0 if is_kept else _people_missing(queue, settled.people, of_queue, rules.limit)
    return TimeChanges(
        queue.queue_id,
        before,
        settled.chosen.risk,
        is_kept,
        settled.changes,
        settled.people,
        missing,
        settled.is_exact,
        settled.trials,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Settled:
    """What was settled so far: changes, people on cases and free heads after them, and how it was found."""

    changes: tuple[Change, ...]
    people: FloatArray
    heads: FloatArray
    chosen: Chosen
    is_exact: bool
    trials: int
    doing: tuple[Choice, ...]


def _check(queue: QueueTime, hour_starts: pd.DatetimeIndex, rules: TimeRules) -> None:
    for name in ("on_product", "heads_free", "yield_share"):
        shape = getattr(queue, name).shape
        if shape != (len(hour_starts),):
            raise DataError(
                f"{name} of queue {queue.queue_id!r} must have one value for each of {len(hour_starts)} hours, got {shape}"
            )
    if not 0 <= rules.limit <= 1:
        raise DataError(f"limit must be a probability in 0..1, got {rules.limit:g}; write 10 % as 0.1", got=rules.limit)


def _recalled(queue: QueueTime, hour_starts: pd.DatetimeIndex, risk: HoursRisk, rules: TimeRules) -> _Settled:
    """The fewest changes of the settled."""
    movable = [one for one in queue.activities if may_change(one, queue, hour_starts)]
    movable.sort(key=lambda one: (one.starts_at, one.activity_id))
    free_time = free_without(rules.free_time, _staying(queue, hour_starts))
    items = [choices_of(one, queue, hour_starts, free_time) for one in movable]
    people, heads = queue.on_product.copy(), queue.heads_free.copy()
    for item in items:
        people, heads = people + item[0].taken, heads + item[0].heads
    chosen, after, people, heads = _chosen(items, people, heads, risk, rules)
    changes = tuple(
        _change(activity, item[0], now)
        for activity, item, now in zip(movable, items, after, strict=True)
        if now is not item[0]
    )
    return _Settled(changes, people, heads, chosen, chosen.is_exact, chosen.trials, after)


def _staying(queue: QueueTime, hour_starts: pd.DatetimeIndex) -> list[tuple[str, Stretch]]:
    """What named people do that stays where it is."""
    return [
        (who, (one.starts_at, one.ends_at))
        for one in queue.activities
        if one.starts_at is not None and one.ends_at is not None and not may_change(one, queue, hour_starts)
        for who in sorted(queue.people.get(one.activity_id, ()))
    ]


def _released(
    queue: QueueTime, hour_starts: pd.DatetimeIndex, risk: HoursRisk, rules: TimeRules, settled: _Settled
) -> _Settled:
    """Times for activities that wait, as many as keep the limit."""
    waiting = sorted((one for one in queue.activities if one.starts_at is None), key=lambda one: one.activity_id)
    if not waiting:
        return settled
    doing = [
        (who, (one.starts_at, one.ends_at))
        for one in settled.doing
        if one.starts_at is not None and one.ends_at is not None
        for who in sorted(one.people)
    ]
    free_time = free_without(rules.free_time, [*_staying(queue, hour_starts), *doing])
    now = replace(queue, on_product=settled.people, heads_free=settled.heads)
    items = [wish_choices(one, now, hour_starts, free_time) for one in waiting]
    chosen, after, people, heads = _chosen(items, settled.people, settled.heads, risk, rules)
    placed = tuple(
        Change(activity, "placed", one.starts_at, None, one)
        for activity, one in zip(waiting, after, strict=True)
        if one.starts_at is not None
    )
    return _Settled(
        (*settled.changes, *placed),
        people,
        heads,
        chosen,
        settled.is_exact and chosen.is_exact,
        settled.trials + chosen.trials,
        (*settled.doing, *after),
    )


def _chosen(
    items: Sequence[Sequence[Choice]], people: FloatArray, heads: FloatArray, risk: HoursRisk, rules: TimeRules
) -> tuple[Chosen, tuple[Choice, ...], FloatArray, FloatArray]:
    """Chosen ways, and people on cases and free heads after them."""
    chosen = fewest_changes(
        ChangeQuestion(
            items=items,
            people=people,
            heads=heads,
            risk=risk,
            limit=rules.limit,
            least_gain=rules.least_gain,
            most_trials=rules.most_trials,
        )
    )
    after = tuple(item[place] for item, place in zip(items, chosen.places, strict=True))
    for one in after:
        people, heads = people - one.taken, heads - one.heads
    return chosen, after, np.maximum(people, 0.0), heads


def _change(activity: Activity, before: Choice, now: Choice) -> Change:
    if now.starts_at is None:
        return Change(activity, "put_off", None, before, None)
    return Change(activity, "moved", now.starts_at, before, now)


def _people_missing(queue: QueueTime, people: FloatArray, risk: HoursRisk, limit: float) -> float:
    """Fewest whole people more in every hour with people; NaN where even many do not help."""
    one_more = np.where(people + queue.heads_free > 0, np.nan_to_num(queue.yield_share), 0.0)
    low, high = 0, 1
    while risk(people + high * one_more) > limit:
        if high >= MOST_MISSING:
            return float("nan")
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if risk(people + middle * one_more) > limit else (low, middle)
    return float(high)
