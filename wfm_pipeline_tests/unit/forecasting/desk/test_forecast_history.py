"""The door of the forecast: what is refused, and missing against closed against zero."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.domain.forecasting.desk.panel import build_panel, day_table, desk_closed_dates
from wfm_pipeline.errors import DataError


def _history(days=14, calls=10.0, start="2024-01-01", minutes=60):
    """Constant calls around the clock; 2024-01-01 is a Monday."""
    times = pd.date_range(start, periods=days * 1440 // minutes, freq=f"{minutes}min", unit="us")
    return pd.DataFrame({"queue_id": "a", "interval_start": times, "calls": calls})


def test_rows_in_any_order_give_the_same_cube():
    history = _history()
    history["calls"] = np.arange(len(history), dtype=float)

    ordered, shuffled = build_panel(history), build_panel(history.sample(frac=1, random_state=1))

    np.testing.assert_array_equal(ordered.calls, shuffled.calls)


def test_a_cell_lands_on_its_queue_date_and_slot():
    history = pd.concat([_history(), _history().assign(queue_id="b", calls=3.0)])
    history.loc[(history["queue_id"] == "b") & (history["interval_start"] == "2024-01-03 05:00"), "calls"] = 99.0

    panel = build_panel(history)

    assert panel.queue_ids == ("a", "b")
    assert panel.calls[1, 2, 5] == 99.0


@pytest.mark.parametrize("minutes", [5, 15, 30, 60])
def test_the_interval_length_is_read_from_the_rows(minutes):
    assert minutes == build_panel(_history(days=2, minutes=minutes)).interval_minutes


def test_one_row_a_day_takes_the_length_that_the_caller_knows():
    assert build_panel(_history().iloc[::24], interval_minutes=15).interval_minutes == 15


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda h: h.drop(columns="calls"), "missing.*calls.*present", id="column_missing"),
        pytest.param(lambda h: h.iloc[:0], "empty", id="empty"),
        pytest.param(lambda h: pd.concat([h, h.iloc[:3]]), "3 duplicate rows", id="duplicates"),
        pytest.param(lambda h: h.assign(calls=-1.0), "got -1", id="negative"),
        pytest.param(lambda h: h.assign(calls=np.inf), "finite", id="infinite"),
        pytest.param(lambda h: h.assign(calls="many"), "must be numbers", id="text"),
        pytest.param(lambda h: h.assign(calls=True), "must be numbers", id="boolean"),
        pytest.param(
            lambda h: h.assign(interval_start=h["interval_start"].dt.tz_localize("UTC")), "drop the zone", id="zoned"
        ),
        pytest.param(
            lambda h: h.assign(interval_start=h["interval_start"].astype(str)), "naive local time", id="text_time"
        ),
        pytest.param(lambda h: h.assign(queue_id=None), "must not be null", id="null_queue"),
        pytest.param(lambda h: h.assign(is_open="yes"), "is_open must be bool", id="is_open_text"),
        pytest.param(
            lambda h: pd.concat([h, _history(days=3, start="2024-02-01", minutes=15)]), "mixed length", id="finer_days"
        ),
        pytest.param(
            lambda h: pd.concat([_history(minutes=15), _history(days=3, start="2024-02-01")]),
            "mixed length.*60 minutes",
            id="coarser_days",
        ),
        pytest.param(lambda h: h.iloc[::2], "one of .* got 120", id="length_unknown"),
    ],
)
def test_an_unsound_history_is_refused_with_the_reason(change, message):
    with pytest.raises(DataError, match=message):
        build_panel(change(_history()))


def test_a_date_without_rows_is_missing_and_not_zero():
    history = _history(days=28)
    history = history[history["interval_start"].dt.normalize() != pd.Timestamp("2024-01-10")]

    days = day_table(build_panel(history))

    assert np.isnan(days.total[0, 9])
    assert not days.usable[0, 9]
    assert not days.closed[0, 9]


def test_a_weekday_that_never_has_rows_is_closed():
    history = _history(days=28)
    history = history[history["interval_start"].dt.day_of_week < 5]

    days = day_table(build_panel(history))

    assert [True] * 5 + [False] * 2 == days.open_weekday[0].tolist()
    assert days.closed[0, [5, 6, 12]].all()


def test_a_weekday_that_a_short_history_has_not_met_is_taken_to_be_open():
    days = day_table(build_panel(_history(days=3)))

    assert days.open_weekday.all()


def test_a_day_of_zeros_on_the_whole_desk_is_closed_but_one_queue_alone_is_not():
    history = pd.concat([_history(days=28), _history(days=28, calls=4.0).assign(queue_id="b")])
    date = history["interval_start"].dt.normalize()
    history.loc[date == "2024-01-09", "calls"] = 0.0
    history.loc[(date == "2024-01-16") & (history["queue_id"] == "b"), "calls"] = 0.0

    panel = build_panel(history)

    assert [8] == np.flatnonzero(desk_closed_dates(panel)).tolist()
    assert day_table(panel).total[1, 15] == 0.0


def test_on_a_desk_of_few_calls_a_day_without_any_is_ordinary():
    history = _history(days=28, calls=0.0)
    history.loc[history["interval_start"].dt.day % 2 == 0, "calls"] = 1 / 24  # one call every second day

    assert not desk_closed_dates(build_panel(history)).any()


def test_constant_zeros_are_zero_demand_and_not_closed():
    days = day_table(build_panel(_history(calls=0.0)))

    assert days.usable.all()
    assert not days.closed.any()


def test_rows_said_to_be_closed_are_not_learnt_from():
    history = _history(days=14).assign(is_open=True)
    history.loc[history["interval_start"].dt.normalize() == "2024-01-09", ["is_open", "calls"]] = [False, 500.0]

    days = day_table(build_panel(history))

    assert days.closed[0, 8]
    assert np.isnan(days.total[0, 8])


def test_calls_that_are_nan_all_day_make_the_day_missing():
    history = _history(days=14)
    history.loc[history["interval_start"].dt.normalize() == "2024-01-09", "calls"] = np.nan

    days = day_table(build_panel(history))

    assert not days.usable[0, 8]
    assert not days.closed[0, 8]


def test_a_day_with_few_of_its_slots_is_missing_and_one_with_most_is_scaled_up():
    history = _history(days=28)  # 24 slots of 10 calls
    date, hour = history["interval_start"].dt.normalize(), history["interval_start"].dt.hour
    history = history[~((date == "2024-01-09") & (hour >= 6)) & ~((date == "2024-01-16") & (hour >= 18))]

    days = day_table(build_panel(history))

    assert np.isnan(days.total[0, 8])  # 6 of 24 slots
    assert 180 / (18 / 24) == pytest.approx(days.total[0, 15])


def test_a_window_reaching_past_the_rows_is_filled_with_nothing():
    panel = build_panel(_history(days=3))

    longer = panel.window(dt.date(2024, 1, 2), dt.date(2024, 1, 10))

    assert longer.calls.shape == (1, 8, 24)
    assert np.isnan(longer.calls[0, 2:]).all()
    assert longer.first_date == dt.date(2024, 1, 2)
