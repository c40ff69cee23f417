"""Quantiles between those of a forecast, the critical ratio, the curve, the cheapest team (by brute force), the plan."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from wfm_pipeline.domain.staffing.faults import StaffingError
from wfm_pipeline.domain.staffing.forecast_teams import BANDS, StaffingPolicy, staff_forecast
from wfm_pipeline.domain.staffing.requirement import agents_required
from wfm_pipeline.domain.staffing.risk import (
    CURVE_LEVELS,
    Queue,
    band_quantile,
    cheapest_for_level,
    critical_ratio,
    expected_measures,
    level_curve,
    need_at,
    scenarios,
)

QUEUE = Queue(1800.0, 240.0, 20.0, 300.0)


def normal_bands(mean, spread):
    mean, spread = np.asarray(mean, float), np.asarray(spread, float)
    return {level: np.maximum(mean + spread * norm.ppf(level), 0) for level in BANDS}


def test_the_critical_ratio_is_the_quantile_with_the_smallest_expected_cost():
    ratio = critical_ratio(cost_under=4.0, cost_over=1.0)
    need = norm.ppf((np.arange(100_000) + 0.5) / 100_000)
    costs = {level: np.where(need > x, 4.0 * (need - x), x - need).mean()
             for level in np.arange(0.05, 1, 0.05).round(2) for x in (norm.ppf(level),)}  # fmt: skip

    assert 0.8 == ratio == min(costs, key=costs.get)
    with pytest.raises(StaffingError):
        critical_ratio(0.0, 1.0)


def test_a_quantile_between_two_lies_on_the_line_of_the_normal_score():
    bands = normal_bands([100.0, 50.0], [20.0, 5.0])

    got = band_quantile(bands, [0.6, 0.9])

    assert [100 + 20 * norm.ppf(0.6), 50 + 5 * norm.ppf(0.9)] == pytest.approx(got.tolist())
    assert bands[0.75].tolist() == pytest.approx(band_quantile(bands, 0.75).tolist())
    assert (np.diff(scenarios(bands), axis=1) > 0).all()


@pytest.mark.parametrize("level", [0.04, 0.96, 0.0, 1.0])
def test_what_the_forecast_does_not_say_is_not_made_up(level):
    with pytest.raises(StaffingError, match="inside the forecast's quantiles"):
        band_quantile(normal_bands([100.0], [20.0]), level)


def test_the_curve_rises_in_hours_and_level_and_the_mean_misses_the_level_it_promises():
    bands = normal_bands(np.linspace(50, 400, 12), np.linspace(10, 60, 12))

    curve = level_curve(bands, QUEUE, service_level_target=0.8)

    assert (curve.diff().iloc[1:] > 0).all().all()
    middle = curve.loc[curve["quantile"] == 0.5, "service_level"].item()
    assert middle < 0.8 < curve["service_level"].iloc[-1]


def test_the_cheapest_team_is_the_best_of_all_teams():
    bands = normal_bands([10.0, 25.0, 40.0], [3.0, 4.0, 9.0])
    calls = scenarios(bands)
    offered = calls.mean(axis=1).sum()
    base = cheapest_for_level(bands, QUEUE, agents_in_all=0)  # the floors alone

    team = cheapest_for_level(bands, QUEUE, level_over_all=0.85)

    def level(agents):
        return expected_measures(np.array(agents, float), calls, QUEUE).in_target.sum() / offered

    teams = [t for t in itertools.product(*(range(int(b), int(b) + 9) for b in base)) if sum(t) <= team.sum()]
    enough = [t for t in teams if level(t) >= 0.85]
    assert min(map(sum, enough)) == team.sum()  # nobody does it with fewer
    assert max(level(t) for t in enough) == pytest.approx(level(team))  # and nobody better with as many
    assert team.tolist() == cheapest_for_level(bands, QUEUE, agents_in_all=int(team.sum())).tolist()


def test_no_interval_is_below_the_floor_and_none_without_calls_has_people():
    bands = {level: np.array([0.0, 30.0]) for level in BANDS}

    team = cheapest_for_level(bands, QUEUE, agents_in_all=0, floor_level=0.6)
    got = expected_measures(team, scenarios(bands), QUEUE)

    assert 0 == team[0]
    assert got.in_target[1] / got.calls[1] >= 0.6
    assert expected_measures(team - [0, 1], scenarios(bands), QUEUE).in_target[1] / got.calls[1] < 0.6


@pytest.mark.parametrize("words", [{}, {"level_over_all": 0.8, "agents_in_all": 5}, {"level_over_all": 80.0}])
def test_one_goal_and_a_share_are_asked_for(words):
    with pytest.raises(StaffingError):
        cheapest_for_level(normal_bands([10.0], [1.0]), QUEUE, **words)


def test_the_cheapest_team_beats_the_mean_and_one_quantile_at_the_same_hours():
    rng = np.random.default_rng(4)
    bands = normal_bands(rng.uniform(20, 300, 40), rng.uniform(5, 60, 40))
    calls = scenarios(bands)
    by_mean = need_at(calls.mean(axis=1), QUEUE, 0.8)

    best = cheapest_for_level(bands, QUEUE, agents_in_all=int(by_mean.sum()))

    levels = [expected_measures(team, calls, QUEUE).in_target.sum() for team in (best, by_mean)]
    assert best.sum() == by_mean.sum()
    assert levels[0] > levels[1]


def forecast(calls, *, aht=240.0, is_open=True, queue="q"):
    calls = np.asarray(calls, float)
    start = pd.Timestamp("2026-03-02 08:00") + pd.to_timedelta(30 * np.arange(len(calls)), unit="min")
    frame = pd.DataFrame({"queue_id": queue, "interval_start": start, "business_date": start.normalize(),
                          "is_open": is_open, "calls_mean": calls, "aht_seconds": aht})  # fmt: skip
    bands = normal_bands(calls, 0.2 * calls)
    return frame.assign(**{column: bands[level] for level, column in BANDS.items()})


def test_a_plan_has_a_row_per_interval_and_the_mean_as_workload():
    rows = staff_forecast(forecast([100.0, 0.0, 60.0]), 1800.0, {}, StaffingPolicy(shrinkage=0.3))

    assert [400.0, 0.0, 240.0] == pytest.approx(rows["workload_minutes"].tolist())  # calls x 4 min
    assert 0 == rows["agents_required"][1]
    assert rows["service_level"].isna().tolist() == [False, True, False]
    assert (rows["quantile"] > 0.5).all()  # the median promises 80 % and keeps less
    assert rows["reason"].isna().all()


def test_a_fixed_quantile_and_the_policy_of_the_queue_are_taken():
    frame = pd.concat([forecast([100.0]), forecast([100.0], queue="r")])
    policies = {"r": StaffingPolicy(quantile=0.9, patience_seconds=300.0)}

    rows = staff_forecast(frame, 1800.0, policies, StaffingPolicy(quantile=0.5)).set_index("queue_id")

    assert {"q": "erlang_c", "r": "erlang_a"} == rows["method"].to_dict()
    assert 100.0 == pytest.approx(rows.loc["q", "calls_staffed"])
    assert 100 + 20 * norm.ppf(0.9) == pytest.approx(rows.loc["r", "calls_staffed"])


def test_an_unknown_handle_time_has_a_reason_and_the_others_go_on():
    rows = staff_forecast(forecast([100.0, 100.0], aht=[240.0, np.nan]), 1800.0, {}, StaffingPolicy())

    assert "no handle time" == rows["reason"][1]
    assert rows.loc[1, ["agents_required", "workload_minutes", "service_level"]].isna().all()
    assert rows["agents_required"][0] > 0


def test_long_handle_times_are_staffed_by_the_modified_load_and_closed_intervals_by_nobody():
    frame = forecast([40.0, 40.0, 40.0, 0.0], aht=1200.0)
    frame["is_open"] = [True, True, True, False]

    rows = staff_forecast(frame, 1800.0, {}, StaffingPolicy(quantile=0.5))

    assert {"erlang_c_modified_load"} == set(rows["method"])
    assert rows["agents_required"][0] < rows["agents_required"][2]  # the work comes later than the calls
    assert 0 == rows["agents_required"][3]
    assert [800.0] * 3 == pytest.approx(rows["workload_minutes"][:3].tolist())


def test_a_day_is_staffed_to_the_smallest_quantile_that_keeps_its_level_as_one_try_after_the_other_says():
    random = np.random.default_rng(3)
    days = [forecast(random.uniform(0, size, 48)) for size in (4, 30, 120)]
    frame = pd.concat(
        [
            day.assign(
                interval_start=pd.date_range(f"2026-03-0{number + 1}", periods=48, freq="30min"),
                business_date=pd.Timestamp(f"2026-03-0{number + 1}"),
            )
            for number, day in enumerate(days)
        ],
        ignore_index=True,
    )

    def reaches(part, level):
        bands = {name: part[column].to_numpy() for name, column in BANDS.items()}
        need = agents_required(band_quantile(bands, level), 1800.0, 240.0, service_level_target=0.8).agents_required
        got = expected_measures(need, scenarios(bands), Queue(1800.0, 240.0))
        return got.in_target.sum() >= 0.8 * got.calls.sum()

    expected = [
        next(level for level in CURVE_LEVELS if reaches(part, level)) for _, part in frame.groupby("business_date")
    ]
    found = staff_forecast(frame, 1800.0, {}, StaffingPolicy()).groupby(frame["business_date"])["quantile"]

    assert len(set(expected)) > 1
    assert expected == found.first().tolist() == found.last().tolist()
