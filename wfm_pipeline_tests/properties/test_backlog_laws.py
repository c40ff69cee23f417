"""Laws of the backlog: it agrees with cases walked one by one, and nothing comes from nowhere or is lost."""

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm_pipeline.domain.backlog.balance import unbalanced_hours
from wfm_pipeline.domain.backlog.events import KINDS
from wfm_pipeline.domain.backlog.hours import BacklogRequest, backlog_hours
from wfm_pipeline.domain.backlog.rules import BacklogRules
from wfm_pipeline_tests.backlog_kit import as_events, by_case, figures, none_or, of_priorities, told

MIDNIGHT = pd.Timestamp("2026-03-28 23:00")
"""Local midnight in Paris before the day on which clocks go forward: that day has 23 hours."""
DAY = (
    pd.date_range("2026-03-29", "2026-03-30", freq="h", tz="Europe/Paris", unit="us")
    .tz_convert("UTC")
    .tz_localize(None)
)
HOURS = pd.DataFrame({"hour_start": DAY[:-1], "hour_end": DAY[1:]})[:8]
AS_OF = HOURS["hour_end"].max()
WINDOWS = [
    (MIDNIGHT + pd.Timedelta(hours=start), MIDNIGHT + pd.Timedelta(hours=end)) for start, end in ((0, 2), (3, 6))
]
QUEUES = ("a", "b", "c")


def quarter(number):
    """Quarters of an hour, so that many events fall on hours' edges and on one instant."""
    return MIDNIGHT + pd.Timedelta(minutes=15 * number)


QUARTERS = st.integers(0, 34).map(quarter)
ROWS = st.fixed_dictionaries(
    {
        "case_id": st.sampled_from(["1", "2", "3"]),
        "kind": st.sampled_from(KINDS),
        "at": QUARTERS,
        "queue_id": st.sampled_from([*QUEUES, "x", None]),
        "to_queue": st.sampled_from([*QUEUES, "x", None]),
        "priority": st.sampled_from([None, 1, 2]),
        "due_at": st.none() | QUARTERS,
        "known_at": st.none() | QUARTERS,
    }
)
LIVES = st.lists(ROWS, max_size=24).map(lambda rows: [{**ROWS_OPEN, "case_id": case} for case in ("1", "2")] + rows)
ROWS_OPEN = {"kind": "opened", "at": quarter(1), "queue_id": "a", "priority": 1}
RULES = st.builds(
    BacklogRules,
    done=st.sampled_from(["resolved", "closed"]),
    reopen_restarts_due=st.booleans(),
    pauses_count_in_age=st.booleans(),
    pauses_count_in_due=st.booleans(),
    due_seconds=st.sampled_from([{}, {1: 3600.0}, {1: 3600.0, 2: 7200.0}]),
    age_limits_seconds=st.just((1800.0, 7200.0)),
    stuck_moves=st.integers(0, 2),
    stuck_working_hours=st.sampled_from([0.5, 2.0]),
    latency_days=st.sampled_from([0.1, 28.0]),
)


def request(rows, rules, **options):
    working = pd.DataFrame(WINDOWS, columns=["starts_at", "ends_at"])
    return BacklogRequest(
        events=as_events(rows), hours=HOURS, as_of=AS_OF, rules=rules, queues=QUEUES, working=working, **options
    )


@settings(max_examples=120)
@given(rows=LIVES, rules=RULES)
def test_every_queue_and_hour_is_what_walking_through_each_case_finds(rows, rules):
    asked = request(rows, rules)
    expected = by_case(asked.events, HOURS, as_of=AS_OF, rules=rules, queues=QUEUES, windows=WINDOWS)

    counted = backlog_hours(asked)

    by_key = {(row["queue_id"], row["hour_end"]): told(row) for row in counted.by_queue.to_dict("records")}
    assert set(expected) <= set(by_key)
    limits = rules.age_limits_seconds
    assert {key: figures(expected, key, limits, rules.latency_days) for key in by_key} == by_key
    split = of_priorities(expected)
    by_priority = {
        (*(row[name] for name in ("queue_id", "hour_end")), none_or(row["priority"])): told(row)
        for row in counted.by_priority.to_dict("records")
    }
    assert {key for key, row in split.items() if row["open"]} == set(by_priority)
    exact = {key: figures(split, key, limits, rules.latency_days) for key in by_priority}
    assert {key: {name: exact[key][name] for name in row} for key, row in by_priority.items()} == by_priority


@settings(max_examples=60)
@given(rows=LIVES, rules=RULES)
def test_open_now_is_open_before_and_what_came_and_went(rows, rules):
    counted = backlog_hours(request(rows, rules)).by_queue

    assert [] == unbalanced_hours(counted).to_numpy().tolist()
    assert (counted["open_cases"] == counted[list(rules.bucket_names)].sum(axis=1)).all()


@settings(max_examples=40)
@given(rows=LIVES, rules=RULES, hour=st.integers(0, 6))
def test_what_is_told_later_moves_no_hour_before(rows, rules, hour):
    events = as_events(rows)
    events["known_at"] = events[["at", "known_at"]].max(axis=1)
    then = HOURS["hour_end"][hour]
    at_the_time = HOURS[: hour + 1]

    with_future = backlog_hours(
        BacklogRequest(events=events, hours=at_the_time, as_of=then, rules=rules, queues=QUEUES)
    )
    past = events[events["known_at"] <= then]
    without = backlog_hours(BacklogRequest(events=past, hours=at_the_time, as_of=then, rules=rules, queues=QUEUES))

    pd.testing.assert_frame_equal(without.by_queue, with_future.by_queue)
    pd.testing.assert_frame_equal(without.by_priority, with_future.by_priority)
    assert len(events) - len(past) == with_future.not_yet_known


@settings(max_examples=40)
@given(rows=LIVES, rules=RULES, seed=st.randoms(use_true_random=False))
def test_cases_do_not_touch_each_other(rows, rules, seed):
    names = ["1", "2", "3"]
    seed.shuffle(names)
    mixed = [row for name in names for row in rows if row["case_id"] == name]

    pd.testing.assert_frame_equal(
        backlog_hours(request(rows, rules)).by_queue, backlog_hours(request(mixed, rules)).by_queue
    )
