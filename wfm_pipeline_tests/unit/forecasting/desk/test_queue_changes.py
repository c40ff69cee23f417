"""A planner's word about queues moves history and forecast: opened, closed, renamed, merged, split."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import ForecastOptions, PlannersInput, forecast, read_folds, run_backtest
from wfm_pipeline.domain.forecasting.desk.panel import build_panel
from wfm_pipeline.domain.forecasting.desk.queue_changes import Change, moved_handle, moved_panel, whose_calls
from wfm_pipeline.domain.forecasting.long_range.long_range import long_range
from wfm_pipeline.domain.forecasting.stretches import CHANGE_COLUMNS

FIRST, ORIGIN = dt.date(2025, 1, 6), dt.date(2025, 7, 7)
PER_DAY = 240.0
SITE = Site(interval_minutes=60)
OPTIONS = ForecastOptions(num_threads=1)
JUNE = dt.date(2025, 6, 2)


def history(queues, *, seed=7):
    """Poisson calls of queues, 08 to 18 on working days; queue -> (calls per day, first date, date after the last)."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range(FIRST, ORIGIN - dt.timedelta(days=1))
    starts = pd.DatetimeIndex([day + pd.Timedelta(hours=h) for day in dates if day.weekday() < 5 for h in range(8, 18)])
    frames = []
    for queue, (per_day, first, until) in queues.items():
        mine = starts[(starts >= pd.Timestamp(first)) & (starts < pd.Timestamp(until))]
        calls = rng.poisson(per_day / 10, len(mine)).astype(float)
        frames.append(pd.DataFrame({"queue_id": queue, "interval_start": mine, "calls": calls}))
    return pd.concat(frames, ignore_index=True)


def whole(per_day=PER_DAY):
    return (per_day, FIRST, ORIGIN)


def stated(*changes):
    """(queue, date, kind, other, share, known_on) with the end left out."""
    rows = [(*change, *(None,) * (len(CHANGE_COLUMNS) - len(change))) for change in changes]
    frame = pd.DataFrame(rows, columns=list(CHANGE_COLUMNS))
    return PlannersInput(changes=frame.assign(other_queue_id=frame["other_queue_id"].fillna(frame["queue_id"])))


def days_of(rows, planners, **words):
    return forecast(rows, site=SITE, origin=ORIGIN, options=OPTIONS, planners=planners, **words).days


def per_open_day(days, queue):
    mine = days[(days["queue_id"] == queue) & (days["business_date"].dt.day_of_week < 5)]
    return mine.set_index("business_date")["calls_mean"]


@pytest.mark.parametrize("weeks", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_queue_closed_by_statement_is_0_and_the_others_stay_at_the_truth(weeks, seed):
    date = ORIGIN - dt.timedelta(weeks=weeks)
    rows = history({"a": whole(), "b": whole(), "c": whole(), "gone": (PER_DAY, FIRST, date)}, seed=seed)

    days = days_of(rows, stated(("gone", date, "closed")))

    totals = days.groupby("queue_id")["calls_mean"].sum() / (PER_DAY * 10)
    assert 0.0 == totals["gone"]
    assert {"closed|stated"} == set(days.loc[days["queue_id"] == "gone", "model_name"])
    assert totals[["a", "b", "c"]].between(0.95, 1.05).all(), totals.to_dict()


def test_a_queue_that_closes_within_the_horizon_is_forecast_until_that_date():
    date = ORIGIN + dt.timedelta(days=7)

    result = forecast(
        history({"a": whole(), "b": whole()}), site=SITE, origin=ORIGIN, options=OPTIONS, planners=stated(("b", date, "closed"))
    )  # fmt: skip

    b = per_open_day(result.days, "b")
    assert (b[b.index < pd.Timestamp(date)] > 0.8 * PER_DAY).all()
    assert 0.0 == b[b.index >= pd.Timestamp(date)].sum()
    assert result.days["calls_mean"].sum() == pytest.approx(result.intervals["calls_mean"].sum())
    assert any(note == f"from {date}: queue 'b': closed|stated (closed from {date})" for note in result.notes)
    last = result.days[(result.days["queue_id"] == "b") & (result.days["horizon_days"] > 7)]
    assert {"closed|stated"} == set(last["model_name"])


def test_a_new_name_has_the_history_from_its_first_day_and_the_old_one_is_0():
    rows = history({"old": whole(), "a": whole()})
    handle = rows.assign(answered_handle_known=rows["calls"], handle_seconds=rows["calls"] * 300.0)

    days = days_of(rows, stated(("old", ORIGIN, "renamed", "new")), handle=handle)

    plain = days_of(rows.replace({"queue_id": {"old": "new"}}), None, handle=handle)
    assert 0.0 == per_open_day(days, "old").sum()
    assert per_open_day(days, "new").to_numpy() == pytest.approx(per_open_day(plain, "new").to_numpy(), rel=0.05)
    assert days.loc[days["queue_id"] == "new", "aht_seconds"].to_numpy() == pytest.approx(300.0)
    assert {"lightgbm"} == {name.split("+")[0] for name in days.loc[days["queue_id"] == "new", "model_name"]}


def test_a_merged_queue_adds_its_calls_to_the_other():
    rows = history({"small": whole(60), "big": whole()})

    big = per_open_day(days_of(rows, stated(("small", ORIGIN, "merged", "big"))), "big")

    assert big.mean() == pytest.approx(PER_DAY + 60, rel=0.05)


def test_a_split_queue_divides_its_history_by_shares_and_may_keep_a_part():
    rows = history({"old": whole(), "a": whole()})
    split = (("old", ORIGIN, "split", "x", 0.25), ("old", ORIGIN, "split", "old", 0.75))

    days = days_of(rows, stated(*split))

    found = [per_open_day(days, queue).mean() / PER_DAY for queue in ("x", "old")]
    assert found == pytest.approx([0.25, 0.75], rel=0.05)


def test_an_opened_queue_learns_nothing_from_before_and_no_zeros():
    rows = history({"new": whole(), "a": whole()})
    before = (rows["queue_id"] == "new") & (rows["interval_start"] < pd.Timestamp(JUNE))
    rows.loc[before, "calls"] = 0.0

    new = per_open_day(days_of(rows, stated(("new", JUNE, "opened"))), "new")
    later = days_of(rows, stated(("new", ORIGIN + dt.timedelta(days=3), "opened")))

    assert new.mean() == pytest.approx(PER_DAY, rel=0.05)
    early = later[(later["queue_id"] == "new") & (later["horizon_days"] <= 3)]
    assert 0.0 == early["calls_mean"].sum()
    assert {"closed|stated"} == set(early["model_name"])


def test_parts_are_cut_by_the_dates_of_statements_in_any_order():
    """a is renamed to b in March, b to c in June; a name that opens again in May keeps its own calls."""
    march, may = dt.date(2025, 3, 3), dt.date(2025, 5, 5)
    changes = [Change(march, "renamed", "a", "b"), Change(may, "opened", "a", "a"), Change(JUNE, "renamed", "b", "c")]
    rows = history({"a": whole(10), "b": (10, march, ORIGIN), "c": (10, JUNE, ORIGIN)})
    panel = build_panel(rows)

    for ordered in (changes, changes[::-1]):
        moved = moved_panel(panel, whose_calls(ordered, on=ORIGIN), "abc")

        assert np.nansum(panel.calls) == np.nansum(moved.calls)
        day = (may - FIRST).days
        assert np.array_equal(panel.calls[0, day:], moved.calls[0, day:], equal_nan=True)
        assert not moved.has_row[0, :day].any()
        assert not moved.has_row[1].any()
        assert np.nansum(moved.calls[2, :day]) == np.nansum(panel.calls[:2, :day])


def test_a_sum_of_which_one_part_is_missing_is_missing():
    rows = history({"a": whole(), "b": whole()})
    lost = rows["interval_start"].dt.date == dt.date(2025, 5, 5)
    rows.loc[lost & (rows["queue_id"] == "a"), "calls"] = np.nan
    panel = build_panel(rows)

    moved = moved_panel(panel, whose_calls([Change(JUNE, "merged", "a", "b")], on=ORIGIN), "ab")

    day = (dt.date(2025, 5, 5) - FIRST).days
    assert np.isnan(moved.calls[1, day]).all()
    assert moved.has_row[1, day].any()
    assert moved.calls[1, day + 1, 8] == panel.calls[:, day + 1, 8].sum()


def test_handle_times_go_with_the_calls():
    start = pd.Timestamp("2025-05-05 09:00")
    handle = pd.DataFrame(
        {"queue_id": ["a", "b"], "interval_start": start, "answered_handle_known": [2.0, 4.0], "handle_seconds": [200.0, 800.0]}
    )  # fmt: skip

    moved = moved_handle(handle, whose_calls([Change(JUNE, "merged", "a", "b")], on=ORIGIN))

    assert [("b", start, 6.0, 1000.0)] == list(moved.itertuples(index=False, name=None))


def test_a_backtest_knows_a_statement_only_from_when_it_was_told():
    rows = pd.concat([history({"old": (PER_DAY, FIRST, JUNE), "new": (PER_DAY, JUNE, ORIGIN), "a": whole()})])
    folds = read_folds(
        pd.DataFrame({"dataset": "x", "fold": [0], "origin": [str(JUNE)], "horizon_days": 14, "train_from": str(FIRST)})
    )

    def score(known_on):
        told = stated(("old", JUNE, "renamed", "new", None, known_on))
        result = run_backtest(rows, folds, site=SITE, methods=["wfm"], planners=lambda _origin: told, options=OPTIONS)
        new = result.judged[result.judged["queue_id"] == "new"]
        return new["calls_mean"].sum() / new["calls"].sum()

    assert 0.0 == score(pd.Timestamp(JUNE) + pd.Timedelta(days=1))
    assert score(pd.Timestamp(JUNE)) == pytest.approx(1.0, abs=0.06)


def test_the_long_range_follows_statements_too():
    rows = history({"old": whole(), "b": whole()})
    date = ORIGIN + dt.timedelta(days=28)

    found = long_range(
        rows, site=SITE, origin=ORIGIN, planners=stated(("old", date, "renamed", "new")), options=OPTIONS
    )

    days = found.days.set_index("business_date")
    old, new = (days.loc[days["queue_id"] == name, "calls_mean"] for name in ("old", "new"))
    is_late = old.index >= pd.Timestamp(date)
    assert 0.0 == old[is_late].sum() == new[~is_late].sum()
    assert new[is_late].sum() == pytest.approx(days.loc[days["queue_id"] == "b", "calls_mean"][is_late].sum(), rel=0.05)
    assert old[~is_late].sum() > 0
    assert any("queue 'new' has history of 'old' renamed to 'new'" in note for note in found.notes)


def test_everything_that_was_closed_by_statement_is_0():
    found = days_of(history({"a": whole()}), stated(("a", ORIGIN, "closed")))

    assert 0.0 == found["calls_mean"].sum() + found["calls_q95"].sum()
