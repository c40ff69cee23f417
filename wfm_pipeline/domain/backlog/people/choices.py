"""What may become of a planned activity: it stays, begins at another time, or is put off; and where an open wish may go.

Here: the choices of one activity, and what each takes in each hour. Not here: which are chosen (fewest_changes).

Within its window an activity may begin every half hour from its own start on; without one it may move by whole hours, half a day at most. No choice
begins before the first hour or ends after the last, and people who are named must be in their shift and in nothing that stays.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.backlog.people.activities import Activity, share_of_hours
from wfm_pipeline.domain.backlog.people.fewest_changes import FREE, Choice, Cost
from wfm_pipeline.units import SECONDS_PER_HOUR

STEP: Final = pd.Timedelta(minutes=30)
"""From choice to choice inside a window: meetings and breaks begin on the half hour."""
FARTHEST: Final = pd.Timedelta(hours=12)
"""How far an activity without a window moves: what goes farther is another day's, and put off."""
WAITING_HOURS: Final = 24
"""Hours in which a time is looked for, for activities that wait for one [h]: a day, and the next may be another."""
_HOUR: Final = pd.Timedelta(seconds=SECONDS_PER_HOUR)
MOVED: Final[Cost] = (1, 0)
PUT_OFF: Final[Cost] = (1, 1)
"""Moved and put off both change the plan; of two ways that change as much the one that puts off less is taken."""
Stretch = tuple[pd.Timestamp, pd.Timestamp]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueueTime:
    """People of a queue in the hours to come, and what is planned for them.

    Attributes:
        queue_id: The queue.
        on_product: People on cases by plan [agents], shape (n_hours,).
        heads_free: People rostered who are in no break and in no activity [agents], shape (n_hours,).
        yield_share: People on cases for one more person at work [0..1], shape (n_hours,).
        activities: Planned activities of the queue's people, and those without a time.
        people: Activity -> who takes part, where that is known; else anybody does.
        not_before: Earliest instant at which anything may change: people need to be told; None = the first hour's start.
    """

    queue_id: str
    on_product: FloatArray
    heads_free: FloatArray
    yield_share: FloatArray
    activities: Sequence[Activity] = ()
    people: Mapping[str, frozenset[str]] = field(default_factory=dict)
    not_before: pd.Timestamp | None = None

    def since(self, hour_starts: pd.DatetimeIndex) -> pd.Timestamp:
        """The earliest instant at which anything may change.

        Args:
            hour_starts: Starts of the hours to come.

        Returns:
            Naive UTC.
        """
        return hour_starts[0] if self.not_before is None else max(self.not_before, hour_starts[0])


def may_change(activity: Activity, queue: QueueTime, hour_starts: pd.DatetimeIndex) -> bool:
    """Whether a planned activity may be moved or put off.

    Args:
        activity: The activity.
        queue: People of its queue.
        hour_starts: Starts of the hours to come.

    Returns:
        False for what stays, has begun or is about to, or reaches beyond the last hour.
    """
    if not activity.is_movable or activity.starts_at is None or activity.ends_at is None:
        return False
    return activity.starts_at >= queue.since(hour_starts) and activity.ends_at <= hour_starts[-1] + _HOUR


def choices_of(
    activity: Activity, queue: QueueTime, hour_starts: pd.DatetimeIndex, free_time: Mapping[str, Sequence[Stretch]]
) -> tuple[Choice, ...]:
    """Ways of a planned activity that may change.

    Args:
        activity: The activity; see `may_change`.
        queue: People of its queue.
        hour_starts: Starts of the hours to come (naive UTC), shape (n_hours,).
        free_time: Person -> when that person is in the shift and in nothing that stays; who is not here is never named.

    Returns:
        As planned, then other times, the nearest first, then put off where it may be. Of times that take the same of the same hours
        from people who are not named only the nearest is a choice.
    """
    assert activity.starts_at is not None
    people = queue.people.get(activity.activity_id, frozenset())
    planned = _choice(activity, activity.starts_at, FREE, queue, hour_starts, people)
    found = [
        Choice(
            planned.cost, planned.heads, planned.taken, planned.starts_at, planned.ends_at, people, is_as_planned=True
        )
    ]
    found += [
        _choice(activity, start, MOVED, queue, hour_starts, people)
        for start in _starts(activity, queue.since(hour_starts), hour_starts)
    ]
    if activity.may_be_put_off:
        nothing = np.zeros(len(hour_starts))
        found.append(Choice(PUT_OFF, nothing, nothing))
    return tuple(one for one in _different(found) if _is_free(one, free_time))


def wish_choices(
    activity: Activity, queue: QueueTime, hour_starts: pd.DatetimeIndex, free_time: Mapping[str, Sequence[Stretch]]
) -> tuple[Choice, ...]:
    """Where an activity without a time may go: any half hour of the next day with people, or nowhere yet.

    Args:
        activity: The activity, without a start.
        queue: People of its queue.
        hour_starts: Starts of the hours to come (naive UTC), shape (n_hours,).
        free_time: As in `choices_of`.

    Returns:
        Times in order, which cost nothing, then none, which costs one.
    """
    people = queue.people.get(activity.activity_id, frozenset())
    last = hour_starts[:WAITING_HOURS][-1] + _HOUR - pd.Timedelta(seconds=activity.seconds)
    starts = pd.date_range(queue.since(hour_starts), last, freq=STEP)
    found = _different([_choice(activity, start, FREE, queue, hour_starts, people) for start in starts])
    nothing = np.zeros(len(hour_starts))
    fits = [
        one
        for one in found
        if _is_free(one, free_time) and np.all(queue.heads_free[one.heads > 0] >= one.heads[one.heads > 0])
    ]
    return (*fits, Choice(MOVED, nothing, nothing))


def free_without(
    free_time: Mapping[str, Sequence[Stretch]], taken: Iterable[tuple[str, Stretch]]
) -> dict[str, list[Stretch]]:
    """Free time of people less what they do.

    Args:
        free_time: Person -> stretches that do not overlap.
        taken: Persons and stretches; those of people who are not in `free_time` have no effect.

    Returns:
        Person -> what is left, in order.

    Example:
        >>> day = [pd.Timestamp("2026-03-02") + pd.Timedelta(hours=hour) for hour in (8, 10, 11, 16)]
        >>> left = free_without({"ann": [(day[0], day[3])]}, [("ann", (day[1], day[2]))])
        >>> [(start.hour, end.hour) for start, end in left["ann"]]
        [(8, 10), (11, 16)]
    """
    left = {who: list(stretches) for who, stretches in free_time.items()}
    for who, (starts, ends) in taken:
        parts = [part for low, high in left.get(who, ()) for part in ((low, min(high, starts)), (max(low, ends), high))]
        if who in left:
            left[who] = [(low, high) for low, high in parts if low < high]
    return left


def _starts(activity: Activity, since: pd.Timestamp, hour_starts: pd.DatetimeIndex) -> list[pd.Timestamp]:
    """Other times at which it may begin, the nearest first, the earlier of two first."""
    planned = activity.starts_at
    assert planned is not None
    last = hour_starts[-1] + _HOUR - pd.Timedelta(seconds=activity.seconds)
    earliest = max(planned - FARTHEST if activity.earliest_at is None else activity.earliest_at, since)
    latest = min(planned + FARTHEST if activity.latest_at is None else activity.latest_at, last)
    step = STEP if activity.has_window else _HOUR
    before = range(-int((planned - earliest) // step), 0) if earliest < planned else range(0)
    after = range(1, int((latest - planned) // step) + 1) if latest > planned else range(0)
    return [planned + number * step for number in sorted((*before, *after), key=lambda number: (abs(number), number))]


def _choice(
    activity: Activity,
    start: pd.Timestamp,
    cost: Cost,
    queue: QueueTime,
    hour_starts: pd.DatetimeIndex,
    people: frozenset[str],
) -> Choice:
    heads = activity.agents * share_of_hours(hour_starts, start, activity.seconds)
    taken = heads * np.nan_to_num(queue.yield_share)
    return Choice(cost, heads, taken, start, start + pd.Timedelta(seconds=activity.seconds), people)


def _different(choices: Sequence[Choice]) -> list[Choice]:
    """Without times that take the same as a nearer one from people who are not named."""
    found: dict[object, Choice] = {}
    for one in choices:
        key = one.starts_at if one.people else (one.starts_at is None, np.round(one.heads, 6).tobytes())
        found.setdefault(key, one)
    return list(found.values())


def _is_free(choice: Choice, free_time: Mapping[str, Sequence[Stretch]]) -> bool:
    """Everybody who is named is in the shift and in nothing that stays, all the time."""
    if choice.is_as_planned or choice.starts_at is None or choice.ends_at is None:
        return True
    return all(
        any(starts <= choice.starts_at and choice.ends_at <= ends for starts, ends in free_time.get(who, ()))
        for who in choice.people
    )
