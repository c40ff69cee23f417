"""What the history of a forecast says of days that were read before they were over."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.errors import DataError
from wfm_pipeline.warehouse.shelves.history import ForecastInputs, batch_began, batch_id


def test_a_batch_tells_when_it_began_and_a_strange_name_nothing():
    before = dt.datetime.now(dt.UTC).replace(tzinfo=None)

    began = batch_began(batch_id("12345678-run"))

    assert before <= began <= dt.datetime.now(dt.UTC).replace(tzinfo=None)
    assert batch_began("batch-000001") is None


def inputs_of(calls_by_day, unfinished):
    """Two half-hours a day from Monday 2026-03-09 on."""
    rows = [
        {"queue_id": "q", "interval_start": pd.Timestamp(2026, 3, 9 + day, hour), "calls": calls, "is_open": True}
        for day, calls in enumerate(calls_by_day)
        for hour in (9, 10)
    ]
    history = pd.DataFrame(rows)
    handle = history[["queue_id", "interval_start"]].assign(answered_handle_known=1.0, handle_seconds=60.0)
    return ForecastInputs(history, handle, frozenset(dt.date(2026, 3, 9 + day) for day in unfinished))


@pytest.mark.parametrize(
    ("unfinished", "first_target"),
    [
        pytest.param([], 12, id="all_over"),
        pytest.param([2], 11, id="today_is_not_over"),
        pytest.param([1, 2], 10, id="nor_was_yesterday_when_it_was_read"),
        pytest.param([1], 12, id="a_part_in_the_middle_is_missing_but_no_target"),
    ],
)
def test_the_first_target_is_the_day_after_the_last_whole_one(unfinished, first_target):
    inputs = inputs_of([5.0, 6.0, 7.0], unfinished)

    assert dt.date(2026, 3, first_target) == inputs.first_target
    assert dt.date(2026, 3, 12) == inputs.next_date
    known = inputs.whole_days().history.groupby(lambda row: row // 2)["calls"].count()
    assert [0 if day in unfinished else 2 for day in range(3)] == known.tolist()
    assert 2 * (3 - len(unfinished)) == len(inputs.whole_days().handle)
    assert inputs.whole_history()["interval_start"].max().date() == dt.date(2026, 3, first_target - 1)


def test_intervals_that_do_not_say_how_many_handle_times_are_known_are_refused_and_not_taken_for_unknown():
    inputs = inputs_of([5.0, 6.0], [])
    older = inputs.handle.assign(answered_handle_known=[None, 1.0, 1.0, 1.0])

    assert 4 == len(inputs.known_handle())
    with pytest.raises(DataError, match=r"1 rows of silver\.queue_intervals were written by an older version"):
        ForecastInputs(inputs.history, older).known_handle()


def test_a_first_day_that_is_not_over_is_no_history():
    with pytest.raises(DataError, match="2026-03-09 was read before it was over"):
        _ = inputs_of([5.0], [0]).first_target
