"""What to do with people's time in the next hours: which training, coaching, meetings and breaks to release or to recall.

Here: people of an hour, planned activities and rosters as the questions of domain/backlog/people, queue by queue. Not here: who is
there (backlog_people), the search and its words (domain/backlog/people), the risk, which the caller hands in.

Activities of people who work for several queues stay as they are: they would change the risk of all of them at once.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

import numpy as np
import pandas as pd

from wfm_pipeline.domain.backlog.people.action_rows import action_rows, people_after
from wfm_pipeline.domain.backlog.people.activities import BREAK, Activity
from wfm_pipeline.domain.backlog.people.choices import QueueTime, Stretch, free_without
from wfm_pipeline.domain.backlog.people.time_changes import (
    MOST_TRIALS,
    WORTH_A_CHANGE,
    QueueRisk,
    TimeChanges,
    TimeRules,
    queue_time_changes,
)
from wfm_pipeline.errors import DataError

_NEEDED: Final = ("queue_id", "hour_start", "scheduled", "on_break", "planned_off", "on_product", "yield_share")
MOST_IN_ALL: Final = 4_000
"""Probabilities of all queues together where nobody says another number [count]: at 2 or 3 ms each, ten seconds."""
LEAST_TRIALS: Final = 20
"""Of each queue [count]: enough to call the one activity off that helps most."""
_WORK_OF_ROSTER: Final = ("training", "meeting")
"""Kinds of a roster's breaks that are work: nobody said that they may move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeChangesRequest:
    """What is asked; instants are naive UTC.

    Attributes:
        people: One row per queue and hour to come, the same hours for all: queue_id, hour_start, scheduled, on_break, planned_off,
            on_product [agents], yield_share [0..1], see `backlog_people.people_ahead`.
        activities: Planned activities of these hours, and those without a time.
        registrations: agent_id, service_id, is_registered: of which queue a person is.
        rostered: agent_id, starts_at, ends_at: when people are in their shift.
        roster_breaks: agent_id, starts_at, ends_at, kind: breaks, training and meetings of the roster.
        risk: Probability of a breach of a queue by people on cases per hour; NaN = not known.
        limit: Wanted probability at most [0..1].
        time_zone: IANA name of the site's zone, for words.
        break_move_minutes: How far a break of the roster may move [min]; 0 = not.
        lead_minutes: From the start of the first hour until anything may change: people need to be told [min].
        least_gain: See `time_changes.WORTH_A_CHANGE`.
        most_trials: See `time_changes.MOST_TRIALS`.
        most_trials_in_all: Probabilities that are asked for of all queues together [count], at least `LEAST_TRIALS` of each.
    """

    people: pd.DataFrame
    activities: Sequence[Activity]
    registrations: pd.DataFrame
    rostered: pd.DataFrame
    roster_breaks: pd.DataFrame
    risk: QueueRisk
    limit: float
    time_zone: str
    break_move_minutes: int = 0
    lead_minutes: int = 0
    least_gain: float = WORTH_A_CHANGE
    most_trials: int = MOST_TRIALS
    most_trials_in_all: int = MOST_IN_ALL


@dataclass(frozen=True, slots=True, eq=False)
class TimeChangesAnswer:
    """What came out.

    Attributes:
        actions: Recommendations as `gold.backlog_action` without source and as_of, in the order in which they were judged.
        answers: Answers of the queues for which anything is planned or waits, by queue.
        people: queue_id, hour_start, on_product [agents] with the answers.
        left_out: Activities that stay because their people work for several queues or for none that is asked about.
    """

    actions: pd.DataFrame
    answers: tuple[TimeChanges, ...]
    people: pd.DataFrame
    left_out: tuple[str, ...]


def time_changes(request: TimeChangesRequest) -> TimeChangesAnswer:
    """Which activities to release or to recall.

    Args:
        request: What is asked.

    Returns:
        The answers. The order of rows and activities changes nothing.

    Raises:
        DataError: a column is missing, or queues have different hours.
    """
    rows = _checked(request.people)
    hour_starts = pd.DatetimeIndex(rows["hour_start"].unique()).sort_values()
    queue_of = _queue_of_person(request.registrations)
    activities, people, left_out = _of_queues(request, queue_of, set(rows["queue_id"]))
    queues = [
        _queue(str(name), part, activities[str(name)], people) for name, part in rows.groupby("queue_id", sort=True)
    ]
    lead = pd.Timedelta(minutes=request.lead_minutes)
    queues = [replace(queue, not_before=hour_starts[0] + lead) for queue in queues if queue.activities]
    rules = TimeRules(
        limit=request.limit,
        least_gain=request.least_gain,
        most_trials=_trials_of_a_queue(request, len(queues)),
        free_time=_free_time(request, {who for named in people.values() for who in named}),
    )
    answers = tuple(queue_time_changes(queue, hour_starts, request.risk, rules) for queue in queues)
    actions = action_rows(answers, queues, request.risk, limit=request.limit, time_zone=request.time_zone)
    return TimeChangesAnswer(actions, answers, people_after(answers, hour_starts), left_out)


def _trials_of_a_queue(request: TimeChangesRequest, queues: int) -> int:
    of_each = max(LEAST_TRIALS, request.most_trials_in_all // max(queues, 1))
    return min(request.most_trials, of_each)


def _checked(people: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in _NEEDED if name not in people.columns]
    if missing:
        raise DataError(
            f"people of the hours to come need columns {', '.join(_NEEDED)}; missing {', '.join(missing)}",
            missing=missing,
        )
    rows = people.sort_values(["queue_id", "hour_start"], ignore_index=True)
    hours = rows["hour_start"].nunique()
    of_queue = rows.groupby("queue_id")["hour_start"].agg(["size", "nunique"])
    if len(rows) and not (of_queue == hours).all(axis=None):
        odd = of_queue.index[(of_queue != hours).any(axis=1)][0]
        raise DataError(
            f"every queue needs one row for each of {hours} hours, queue {odd!r} has {of_queue.loc[odd, 'size']}",
            got=odd,
        )
    return rows


def _queue_of_person(registrations: pd.DataFrame) -> dict[str, str]:
    """The queue of everybody who works for one only."""
    rows = registrations
    if "is_registered" in rows:
        rows = rows[rows["is_registered"].astype(bool)]
    of = rows.drop_duplicates(["agent_id", "service_id"]).groupby("agent_id")["service_id"].agg(["size", "first"])
    return {str(who): str(queue) for who, queue in of.loc[of["size"] == 1, "first"].items()}


def _of_queues(
    request: TimeChangesRequest, queue_of: dict[str, str], asked: set[str]
) -> tuple[defaultdict[str, list[Activity]], dict[str, frozenset[str]], tuple[str, ...]]:
    """Activities by queue, who takes part where that is known, and those of no one queue."""
    found, people, left_out = defaultdict[str, list[Activity]](list), dict[str, frozenset[str]](), list[str]()
    for one in request.activities:
        queue = one.queue_id if one.agent_id is None else queue_of.get(one.agent_id)
        if queue is None or queue not in asked:
            left_out.append(one.activity_id)
            continue
        found[queue].append(replace(one, queue_id=queue))
        if one.agent_id is not None:
            people[one.activity_id] = frozenset({one.agent_id})
    for one, named in _movable_breaks(request, queue_of, asked):
        assert one.queue_id is not None
        found[one.queue_id].append(one)
        people[one.activity_id] = named
    return found, people, tuple(sorted(left_out))


def _movable_breaks(
    request: TimeChangesRequest, queue_of: dict[str, str], asked: set[str]
) -> Iterator[tuple[Activity, frozenset[str]]]:
    """Breaks of the roster as activities: those of a queue that begin and end together move together."""
    if not request.break_move_minutes:
        return
    rows = request.roster_breaks[~request.roster_breaks["kind"].isin(_WORK_OF_ROSTER)]
    rows = rows.assign(queue_id=rows["agent_id"].map(queue_of))
    move = pd.Timedelta(minutes=request.break_move_minutes)
    mine = rows[rows["queue_id"].isin(asked)]
    for key, group in mine.groupby(["queue_id", "starts_at", "ends_at"], sort=True):
        queue, starts, ends = cast("tuple[str, pd.Timestamp, pd.Timestamp]", key)
        people = frozenset(group["agent_id"])
        yield (
            Activity(
                activity_id=f"{queue} roster break {starts:%Y-%m-%dT%H:%M}Z-{ends:%H:%M}Z",
                kind=BREAK,
                seconds=(ends - starts).total_seconds(),
                agents=float(len(people)),
                queue_id=queue,
                starts_at=starts,
                earliest_at=starts - move,
                latest_at=starts + move,
                is_movable=True,
            ),
            people,
        )


def _free_time(request: TimeChangesRequest, named: set[str]) -> dict[str, list[Stretch]]:
    """When named people are in their shift and in nothing of the roster that stays."""
    shifts: dict[str, list[Stretch]] = {}
    for who, starts, ends in _stretches(request.rostered, named):
        shifts.setdefault(who, []).append((starts, ends))
    rows = request.roster_breaks
    stays = rows if not request.break_move_minutes else rows[rows["kind"].isin(_WORK_OF_ROSTER)]
    return free_without(shifts, [(who, (starts, ends)) for who, starts, ends in _stretches(stays, named)])


def _stretches(rows: pd.DataFrame, named: set[str]) -> list[tuple[str, pd.Timestamp, pd.Timestamp]]:
    mine = rows[rows["agent_id"].isin(named)].sort_values(["agent_id", "starts_at", "ends_at"])
    return list(mine[["agent_id", "starts_at", "ends_at"]].itertuples(index=False, name=None))


def _queue(name: str, rows: pd.DataFrame, activities: list[Activity], people: dict[str, frozenset[str]]) -> QueueTime:
    heads = rows["scheduled"] - rows["on_break"] - rows["planned_off"]
    return QueueTime(
        queue_id=name,
        on_product=rows["on_product"].to_numpy(np.float64),
        heads_free=heads.fillna(0.0).to_numpy(np.float64),
        yield_share=rows["yield_share"].to_numpy(np.float64),
        activities=tuple(activities),
        people={one.activity_id: people[one.activity_id] for one in activities if one.activity_id in people},
    )
