"""Training requests: one group is the forecast of all, several are their own, and an answer is known by its request."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import ForecastOptions, ForecastResult, PlannersInput
from wfm_pipeline.domain.forecasting.desk.panel import build_panel, desk_closed_dates
from wfm_pipeline.domain.forecasting.training import (
    TrainingRequest,
    deal_request,
    desk_table,
    dump_training,
    join_forecasts,
    load_training,
)
from wfm_pipeline.errors import DataError

ORIGIN = dt.date(2026, 3, 2)
FIRST = dt.date(2026, 1, 5)
OPTIONS = ForecastOptions(effect_seeds=1, inner_origins=1, num_threads=1)
SIZES = {"a": 40.0, "b": 25.0, "c": 3.0, "d": 60.0}


def history(queues=SIZES, first=FIRST, until=ORIGIN + dt.timedelta(days=3)):
    random = np.random.default_rng(3)
    times = pd.date_range(first, until, freq="60min", unit="us", inclusive="left")
    times = times[(times.hour >= 8) & (times.hour < 18)]
    rows = [
        pd.DataFrame({"queue_id": name, "interval_start": times, "calls": random.poisson(size, len(times)) * 1.0})
        for name, size in queues.items()
    ]
    return pd.concat(rows, ignore_index=True).assign(is_open=True)


def request(rows=None, **changes):
    rows = history() if rows is None else rows
    handle = rows[["queue_id", "interval_start"]].assign(
        answered_handle_known=rows["calls"], handle_seconds=rows["calls"] * 180
    )
    grid = pd.date_range(ORIGIN, periods=7 * 24, freq="60min", unit="us")
    ahead = pd.DataFrame({"interval_start": grid, "is_open": (grid.hour >= 8) & (grid.hour < 18)})
    asked = TrainingRequest(
        history=rows, handle=handle, is_open_future=ahead, planners=PlannersInput(), site=Site(country="SE", interval_minutes=60),
        origin=ORIGIN, horizon_days=7, options=OPTIONS,
    )  # fmt: skip
    return replace(asked, **changes)


def changes(*rows):
    columns = ["queue_id", "from_date", "kind", "other_queue_id", "share", "known_on"]
    return PlannersInput(changes=pd.DataFrame(rows, columns=columns))


def test_one_group_is_the_very_request_for_all_queues():
    whole = request()

    parts = deal_request(whole, most_rows=len(whole.history))

    assert [("all", whole)] == [(group.name, part) for group, part in parts.items()]


def test_a_forecast_of_one_group_is_to_the_bit_the_forecast_of_all_queues():
    whole = request()
    (part,) = deal_request(whole, most_rows=10_000_000).values()

    joined = join_forecasts({"all": load_training(dump_training(part.answer()), ForecastResult)})

    plain = whole.answer()
    pd.testing.assert_frame_equal(plain.intervals, joined.intervals, check_exact=True)
    pd.testing.assert_frame_equal(plain.days, joined.days, check_exact=True)
    assert plain.facts == joined.facts


def test_groups_have_the_rows_of_their_own_queues_before_the_origin():
    whole = request()

    parts = deal_request(whole, most_rows=1)

    assert [("a",), ("b",), ("c",), ("d",)] == sorted(group.queue_ids for group in parts)
    for group, part in parts.items():
        assert set(group.queue_ids) == set(part.history["queue_id"]) == set(part.handle["queue_id"])
        assert part.history["interval_start"].max() < pd.Timestamp(ORIGIN)
        assert group.rows == len(part.history)


def test_the_forecasts_of_groups_stand_side_by_side_in_the_order_of_one():
    whole = request()
    results = {group.name: part.answer() for group, part in deal_request(whole, most_rows=1).items()}

    joined, plain = join_forecasts(results), whole.answer()

    key = ["queue_id", "interval_start"]
    pd.testing.assert_frame_equal(plain.intervals[key], joined.intervals[key])
    pd.testing.assert_frame_equal(plain.days[["queue_id", "business_date"]], joined.days[["queue_id", "business_date"]])
    own = results[next(iter(results))].intervals
    kept = joined.intervals[joined.intervals["queue_id"] == own["queue_id"].iloc[0]].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, kept, check_exact=True)
    assert all(note.startswith("group ") for note in joined.facts["forecast_notes"])


def test_every_group_is_told_the_calls_of_the_whole_desk():
    rows = history({"a": 2.0, "b": 3.0}, until=FIRST + dt.timedelta(days=2))
    rows.loc[
        (rows["queue_id"] == "b") & (rows["interval_start"] >= pd.Timestamp(FIRST) + pd.Timedelta(days=1)), "calls"
    ] = np.nan
    rows.loc[rows["interval_start"].dt.hour == 8, "is_open"] = False  # a slot that is shut tells nothing

    desk = desk_table(rows)

    counted = rows[rows["is_open"]]
    first, second = counted["interval_start"].dt.date == FIRST, counted["interval_start"].dt.date > FIRST
    assert [
        counted.loc[first, "calls"].sum(),
        counted.loc[second & (counted["queue_id"] == "a"), "calls"].sum(),
    ] == desk.tolist()


def test_a_date_on_which_only_the_desk_was_silent_is_closed_for_a_small_group_too():
    rows = history({"big": 50.0, "tiny": 0.05})
    shut, quiet = pd.Timestamp("2026-02-03"), pd.Timestamp("2026-02-05")  # a Tuesday for all, a Thursday for one
    day = rows["interval_start"].dt.normalize()
    rows.loc[(day == shut) | ((day == quiet) & (rows["queue_id"] == "tiny")), "calls"] = 0.0
    parts = deal_request(request(rows), most_rows=1)
    (tiny,) = [part for group, part in parts.items() if group.queue_ids == ("tiny",)]

    told = build_panel(tiny.history, interval_minutes=60, desk=tiny.desk)
    alone = build_panel(tiny.history, interval_minutes=60)

    assert [np.datetime64("2026-02-03")] == told.dates[desk_closed_dates(told)].tolist() or [
        dt.date(2026, 2, 3)
    ] == told.dates[desk_closed_dates(told)].astype(object).tolist()
    assert not desk_closed_dates(alone).any()  # by itself it is too small to tell a closed day from a quiet one


def test_a_group_of_young_queues_has_the_dates_of_the_desk():
    rows = pd.concat([history({"old": 30.0}), history({"new": 30.0}, first=ORIGIN - dt.timedelta(days=20))])
    parts = deal_request(request(rows.reset_index(drop=True)), most_rows=1)

    panels = [build_panel(part.history, interval_minutes=60, desk=part.desk) for part in parts.values()]

    assert [(FIRST, (ORIGIN - FIRST).days)] * 2 == [(panel.first_date, panel.calls.shape[1]) for panel in panels]


def test_a_queue_and_the_one_it_is_renamed_to_learn_together():
    told = changes(("a", pd.Timestamp("2026-02-16"), "renamed", "d", 1.0, pd.NaT))

    parts = deal_request(request(planners=told), most_rows=1)

    assert ("a", "d") in [group.queue_ids for group in parts]
    with_change = [group.queue_ids for group, part in parts.items() if len(part.planners.changes)]
    assert [("a", "d")] == with_change  # nobody else is told of it


def test_events_of_every_queue_and_of_unknown_ones_reach_every_group():
    columns = ["queue_id", "event_type", "first_date", "last_date", "size", "known_on"]
    day = pd.Timestamp("2026-02-02")
    events = pd.DataFrame([("(all)", "x", day, day, 1.0, pd.NaT), ("b", "x", day, day, 1.0, pd.NaT),
                           ("nobody", "x", day, day, 1.0, pd.NaT)], columns=columns)  # fmt: skip

    parts = deal_request(request(planners=replace(PlannersInput(), events=events)), most_rows=1)

    told = {group.queue_ids[0]: set(part.planners.events["queue_id"]) for group, part in parts.items()}
    assert {"a": {"(all)", "nobody"}, "b": {"(all)", "b", "nobody"}} == {name: told[name] for name in ("a", "b")}


def test_a_queue_without_history_before_the_origin_is_in_no_group():
    rows = pd.concat([history({"a": 30.0}), history({"late": 30.0}, first=ORIGIN)]).reset_index(drop=True)

    parts = deal_request(request(rows), most_rows=1)

    assert [("a",)] == [group.queue_ids for group in parts]


def test_the_fingerprint_is_of_rows_in_any_order_and_not_of_threads():
    whole = request()
    shuffled = whole.history.sample(frac=1, random_state=1).reset_index(drop=True)

    assert whole.fingerprint() == replace(whole, history=shuffled).fingerprint()
    assert whole.fingerprint() == replace(whole, options=replace(OPTIONS, num_threads=7)).fingerprint()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda asked: {"history": asked.history.assign(calls=asked.history["calls"] + 1)}, id="calls"),
        pytest.param(lambda asked: {"history": asked.history.iloc[1:]}, id="a_row_less"),
        pytest.param(lambda asked: {"handle": asked.handle.iloc[1:]}, id="handle_times"),
        pytest.param(lambda asked: {"is_open_future": asked.is_open_future.iloc[1:]}, id="hours"),
        pytest.param(lambda _: {"options": replace(OPTIONS, seed=5)}, id="options"),
        pytest.param(lambda _: {"horizon_days": 8}, id="horizon"),
        pytest.param(lambda _: {"origin": ORIGIN + dt.timedelta(days=1)}, id="origin"),
        pytest.param(lambda asked: {"desk": desk_table(asked.history)}, id="desk"),
        pytest.param(lambda _: {"planners": changes(("a", FIRST, "closed", "a", 1.0, pd.NaT))}, id="planners"),
        pytest.param(lambda _: {"site": Site(country="DE", interval_minutes=60)}, id="site"),
    ],
)
def test_whatever_an_answer_depends_on_is_in_the_fingerprint(change):
    asked = request()

    assert asked.fingerprint() != replace(asked, **change(asked)).fingerprint()


def test_other_versions_of_the_program_make_other_answers():
    assert request().fingerprint("1") != request().fingerprint("2")


def test_bytes_of_something_else_are_refused():
    with pytest.raises(DataError, match="hold a TrainingRequest, not a ForecastResult"):
        load_training(dump_training(request()), ForecastResult)
