"""Stored rows that break a law of the backlog are counted, and rows that keep it are not."""

import pandas as pd
import pytest

from wfm_pipeline.calculators.backlog_hour import BacklogHoursRequest, backlog_of_hours
from wfm_pipeline.checks.backlog_judgement import (
    BACKLOG_HOURS_WHOLE,
    BUCKETS_ADD_UP,
    HEADS_ADD_UP,
    NOTHING_LOST,
    PRIORITIES_ADD_UP,
    RULES,
    BacklogRows,
    faults_of,
)
from wfm_pipeline_tests.backlog_kit import as_events, hour_grid

ROWS = [
    ("1", "opened", "2026-03-29 00:10", "a", None, "1"),
    ("2", "opened", "2026-03-29 00:20", "a"),
    ("2", "moved", "2026-03-29 01:10", None, "b"),
    ("3", "opened", "2026-03-29 00:30", "z", None, "2"),
    ("1", "resolved", "2026-03-29 01:30"),
]
HOURS = hour_grid("2026-03-29 00:00", "2026-03-29 03:00")


@pytest.fixture
def stored():
    end = HOURS["hour_end"].max()
    made = backlog_of_hours(
        BacklogHoursRequest(
            source="s",
            events=as_events(ROWS),
            hours=HOURS,
            as_of=end,
            taken_at=end,
            time_zone="Europe/Paris",
            queues=("a", "b"),
        )
    )
    heads = pd.DataFrame(
        {
            "queue_id": ["a", "b"],
            "scheduled": [4.0, None],
            "on_break": [0.5, None],
            "planned_off": [1.0, None],
            "available": [3.0, None],
            "on_product": [2.0, None],
            "off_product": [2.0, None],
        }
    )
    return {"hours": made.hours, "priorities": made.priorities, "heads": heads, "expected": HOURS["hour_start"]}


def test_rows_as_they_are_made_keep_every_law(stored):
    assert dict.fromkeys(RULES, 0) == faults_of(BacklogRows(**stored))


def change(frame, column, by, row=0):
    def broken(stored):
        rows = stored[frame].copy()
        rows.loc[row, column] = rows.loc[row, column] + by
        return {**stored, frame: rows}

    return broken


def without_an_hour(stored):
    return {**stored, "hours": stored["hours"].drop(index=0), "priorities": stored["priorities"].iloc[1:]}


@pytest.mark.parametrize(
    ("broken", "laws"),
    [
        pytest.param(change("hours", "inflow", 1), {NOTHING_LOST: 1}, id="a_case_from_nowhere"),
        pytest.param(change("hours", "open_age_2", 1), {BUCKETS_ADD_UP: 1, PRIORITIES_ADD_UP: 1}, id="a_bucket_too_many"),
        pytest.param(change("hours", "paused", 9), {BUCKETS_ADD_UP: 1, PRIORITIES_ADD_UP: 1}, id="more_paused_than_open"),
        pytest.param(change("priorities", "stuck_moved", 1), {BUCKETS_ADD_UP: 1, PRIORITIES_ADD_UP: 1}, id="stuck_of_a_priority"),
        pytest.param(change("heads", "on_product", 0.5), {HEADS_ADD_UP: 1}, id="people_from_nowhere"),
        pytest.param(change("heads", "planned_off", 1.0), {HEADS_ADD_UP: 1}, id="more_planned_than_off_product"),
        pytest.param(change("hours", "hour_end", pd.Timedelta("1min")), {BACKLOG_HOURS_WHOLE: 1}, id="an_hour_of_61_minutes"),
    ],
)  # fmt: skip
def test_rows_that_break_a_law_are_counted(stored, broken, laws):
    found = faults_of(BacklogRows(**broken(stored)))

    assert set(laws) <= {law for law, faults in found.items() if faults}
    assert laws == {law: found[law] for law in laws}


def test_an_hour_that_is_missing_is_counted(stored):
    assert faults_of(BacklogRows(**without_an_hour(stored)))[BACKLOG_HOURS_WHOLE] >= 1
