"""The gap against the need beside the gap against the fair share, fairness in hours, and weeks where nothing is forecast."""

import math

import pandas as pd
import pytest

from wfm_pipeline.domain.allocation import faults
from wfm_pipeline.domain.allocation.problem import CapacityTier, Problem
from wfm_pipeline.domain.allocation.strategies.strategy import allocate
from wfm_pipeline.domain.allocation.tables.frames import allocate_frames, demand_frame, quality_frame
from wfm_pipeline.domain.allocation.tables.locality import LocalityPolicy, LocalityRule
from wfm_pipeline.domain.allocation.week.ideal import ideal_hours
from wfm_pipeline_tests.allocation_cases import GOOD_DEMAND, GOOD_PERSON
from wfm_pipeline_tests.allocation_instances import PLAN, WEEK, person, random_problem, work

HALF = [CapacityTier("new", "Beginner", 0.5)]


def two_demands_of_one_expert_and_two_beginners():
    people = [person("E1", skills=["a"], states=["X"])]
    people += [person(f"B{number}", skills=["b"], states=["X"], capacity_tier_id="new") for number in range(2)]
    demands = [work(1, "a", "X", 100, handle_seconds=3600), work(2, "b", "X", 200, handle_seconds=3600)]
    return Problem.build(PLAN, people, demands, tiers=HALF)


def test_the_gap_against_the_need_counts_hours_and_not_heads():
    allocation = allocate(two_demands_of_one_expert_and_two_beginners())

    found = demand_frame(allocation, allocation.assigned).set_index("demand_id")

    # Heads are fair (1 and 2 of 3). A full week is 5 x 9 x 0.9 = 40.5 h, handled at an occupancy o: 100 h of work need
    # 100 / (40.5 o) people and have 1; 200 h need twice that, and two beginners are 1 as well.
    occupancy = PLAN.locality("Domestic").occupancy
    assert [0.0, 0.0] == found["gap"].tolist()
    assert [1.0, 1.0] == found["assigned_fte"].tolist()
    assert 100 / (40.5 * occupancy) - 1 == pytest.approx(found.loc["1", "need_gap"])
    assert 200 / (40.5 * occupancy) - 1 == pytest.approx(found.loc["2", "need_gap"])


def test_an_unknown_need_has_no_gap():
    demands = allocate_frames(pd.DataFrame([GOOD_PERSON]), pd.DataFrame([GOOD_DEMAND]), WEEK).demands

    assert math.isnan(demands["need_gap"].item())
    assert 1.0 == demands["assigned_fte"].item()


def test_fairness_in_hours_sees_that_two_beginners_are_not_one_expert():
    allocation = allocate(two_demands_of_one_expert_and_two_beginners())

    quality = quality_frame(allocation, allocation.assigned, previous=None).iloc[0]

    # 81 h there are, so 27 and 54 would be fair; there are 40.5 and 40.5: 13.5 of 81 are missing
    assert 0.0 == quality["unmet_share"]
    assert 13.5 / 81 == pytest.approx(quality["hours_unmet_share"])
    assert 13.5**2 / 27 + 13.5**2 / 54 == pytest.approx(quality["hours_chi_square_gap"])


def test_ideal_hours_share_out_every_hour_of_a_locality():
    for seed in range(20):
        problem = random_problem(30, 10, seed)
        allocation = allocate(problem)
        total = sum(ideal_hours(problem, allocation.ideal))
        places = {demand.locality for demand in problem.demands if demand.weekly_forecast}
        there = [at for at, one in enumerate(problem.resources) if one.locality in places]
        assert sum(problem.capacity_hours(at) for at in there) == pytest.approx(total)


def test_where_all_forecasts_are_0_no_weight_is_named():
    demand = {**GOOD_DEMAND, "weekly_forecast": "0", "handle_seconds": "300"}

    answer = allocate_frames(pd.DataFrame([GOOD_PERSON]), pd.DataFrame([demand]), WEEK)

    assert "none" == answer.quality["weight"].item()
    assert any("all forecasts are 0" in notice and "no weight decides" in notice for notice in answer.notices)


def test_a_place_where_all_forecasts_are_0_is_named():
    far = {**GOOD_DEMAND, "demand_id": "2", "locality": "Global", "weekly_forecast": "0"}

    answer = allocate_frames(pd.DataFrame([GOOD_PERSON]), pd.DataFrame([GOOD_DEMAND, far]), WEEK)

    assert "volume" == answer.quality["weight"].item()
    assert any("all forecasts of Global are 0" in notice for notice in answer.notices)


def test_two_rules_of_one_name_are_refused_and_rules_without_a_name_are_not():
    named = [LocalityRule(number, name, "x", "contains", "Global") for number, name in ((1, "Night"), (2, "night"))]

    with pytest.raises(faults.InvalidRuleError, match="got 'night' for rules 1 and 2; rename one"):
        LocalityPolicy.of(named)
    LocalityPolicy.of(LocalityRule(number, "", "x", "contains", "Global") for number in (1, 2))
