"""Weekly allocation, rule by rule, with figures worked out by hand."""

import datetime as dt
import json
import math
from pathlib import Path

import pandas as pd
import pytest

from wfm_pipeline.contracts.site import Site
from wfm_pipeline.domain.allocation import faults
from wfm_pipeline.domain.allocation.apportionment import largest_remainder, split_month
from wfm_pipeline.domain.allocation.demand import evaluate_plan, forecast_demand, planner_months
from wfm_pipeline.domain.allocation.explain import Explainer
from wfm_pipeline.domain.allocation.frames import allocate_frames
from wfm_pipeline.domain.allocation.gate import bits_of, first_refusal, open_gate
from wfm_pipeline.domain.allocation.ideal import ideal_fte, ideal_shares, required_fte
from wfm_pipeline.domain.allocation.judge import fairness, judge, moved
from wfm_pipeline.domain.allocation.locality import DEFAULT_POLICY, LocalityPolicy, LocalityRule, locality_name
from wfm_pipeline.domain.allocation.problem import CapacityTier, Problem, id_order
from wfm_pipeline.domain.allocation.scoring import ScoreWeights, score
from wfm_pipeline.domain.allocation.sheets import read_rules
from wfm_pipeline.domain.allocation.strategy import Options, allocate, optimal_counts
from wfm_pipeline.domain.allocation.week_plan import (
    DEFAULT_CALENDARS,
    LocalityWeek,
    WeekConfiguration,
    WeekTable,
    calendar_rows,
    plan_week,
)
from wfm_pipeline.domain.allocation.weeks import IsoWeek, weeks_of_month
from wfm_pipeline_tests.allocation_instances import PLAN, person, work

CASES = json.loads((Path(__file__).parents[1] / "cases" / "allocation.json").read_text(encoding="utf-8"))
JULY = (2025, 7)


def case_person(row):
    return person(
        row["cn"], skills=row["skills"], states=row["states"], platform=row["platform"], locality=row["locality"]
    )


def case_demand(row):
    return work(
        row["demand_id"],
        row["case_type"],
        row["state"],
        row.get("weekly_forecast", 100),
        platform=row["platform"],
        locality=row["locality"],
    )


# --- whole numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES["largest_remainder"], ids=lambda case: f"{case['seats']}_{case['weights']}")
def test_largest_remainder_gives_whole_shares(case):
    assert case["expected"] == largest_remainder(case["seats"], case["weights"])


def test_seats_without_weights_are_refused():
    with pytest.raises(faults.InvalidValueError, match="all weights are 0"):
        largest_remainder(3, [0, 0])


@pytest.mark.parametrize(
    "case", CASES["month_to_weeks"], ids=lambda case: f"{case['calendar']}_{case['monthly_forecast']}"
)
def test_a_month_is_cut_by_working_days(case):
    assert case["expected"] == split_month(case["monthly_forecast"], case["working_days"])


def test_a_fraction_of_a_case_goes_with_the_week_of_most_days():
    # 10.5: 10 cases over 2 and 3 days are 4 and 6; the half case goes to the week of 3 days
    assert {"a": 4, "b": 6.5} == split_month(10.5, {"a": 2, "b": 3})


def test_a_month_without_a_working_day_is_an_error_that_names_it():
    with pytest.raises(faults.NoWorkingDayError, match="2025-07 Domestic"):
        split_month(5, {"a": 0}, where="2025-07 Domestic")


def test_a_month_without_work_needs_no_working_day():
    assert {"a": 0} == split_month(0, {"a": 0})


# --- calendar ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locality", "case"),
    [("Domestic", "domestic_US"), ("Global", "global_IN_no_holiday_in_july")],
)
def test_working_days_of_july_2025_come_from_the_calendar(locality, case):
    days = WeekTable().days_of_month(*JULY, locality)

    assert CASES["calendar"][case] == {str(week.iso_week): count for week, count in days.items()}


def test_a_planners_month_replaces_the_calendars():
    # the design's own table: 17 days, week 31 not listed
    days = {27: 3, 28: 5, 29: 5, 30: 4}
    rows = [WeekConfiguration(*JULY, IsoWeek(2025, week), "Domestic", count) for week, count in days.items()]
    table = WeekTable(rows)

    assert [3, 5, 5, 4, 0] == list(table.days_of_month(*JULY, "Domestic").values())
    assert [4, 5, 5, 5, 4] == list(table.days_of_month(*JULY, "Global").values())
    assert ["2025-W31" in notice for notice in table.notices()] == [True]


def test_a_week_in_two_months_takes_the_days_of_both():
    # 2025-W31: 28-31 July are 4 days, 1 August is 1; the planner sets the July part to 2
    rows = [row for row in calendar_rows(*JULY) if row.week != IsoWeek(2025, 31) or row.locality == "Global"]
    table = WeekTable([*rows, WeekConfiguration(*JULY, IsoWeek(2025, 31), "Domestic", 2, shrinkage=0.2)])

    plan = table.plan(IsoWeek(2025, 31))

    assert (3, 0.2) == (plan.locality("Domestic").working_days, plan.locality("Domestic").shrinkage)
    assert 5 == plan.locality("Global").working_days


def test_weeks_of_a_month_cross_the_turn_of_the_year():
    assert [(2025, 1), (2025, 2), (2025, 3), (2025, 4), (2025, 5)] == [
        (week.iso_year, week.iso_week) for week in weeks_of_month(2025, 1)
    ]
    assert IsoWeek(2026, 1) == weeks_of_month(2025, 12)[-1]  # 29-31 December 2025 lie in 2026-W01


@pytest.mark.parametrize("text", ["2025-W54", "2025-28-1", "W28", "2025-W00"])
def test_a_week_that_does_not_exist_is_refused(text):
    with pytest.raises(faults.InvalidValueError, match="ISO week"):
        IsoWeek.parse(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [("working_days", 8), ("work_hours", 0), ("shrinkage", 30), ("shrinkage", 1), ("occupancy", 0), ("month", 13)],
)
def test_week_configuration_out_of_range_is_refused(field, value):
    row = {"year": 2025, "month": 7, "week": IsoWeek(2025, 28), "locality": "Domestic", "working_days": 5}

    with pytest.raises(faults.InvalidValueError):
        WeekConfiguration(**{**row, field: value})


def test_a_week_outside_its_month_is_refused():
    with pytest.raises(faults.InvalidValueError, match="no day in 2025-08"):
        WeekConfiguration(2025, 8, IsoWeek(2025, 28), "Domestic", 5)


def test_two_rows_for_one_week_are_refused():
    row = WeekConfiguration(*JULY, IsoWeek(2025, 28), "Domestic", 5)

    with pytest.raises(faults.DuplicateError, match="two rows"):
        WeekTable([row, row])


def test_a_demand_uses_its_states_calendar_where_one_is_configured():
    table = WeekTable(calendars={**DEFAULT_CALENDARS, "Domestic-TX": Site(country="US", subdivision="TX")})

    assert "Domestic-TX" == table.calendar_of("Domestic", "TX")
    assert "Domestic" == table.calendar_of("Domestic", "FL")


# --- availability and capacity -------------------------------------------------------------------


def _april_people():
    rows = CASES["availability"]["resources"]
    dates = {"available_from", "available_until"}
    return [
        person(
            row["cn"],
            skills=["a"],
            states=["N/A"],
            locality=row["locality"],
            **{name: dt.date.fromisoformat(row[name]) if row[name] else None for name in dates},
        )
        for row in rows
    ]


@pytest.mark.parametrize("week", CASES["availability"]["weeks"])
def test_people_count_with_one_working_day_in_their_window(week):
    problem = Problem.build(plan_week(IsoWeek.parse(week)), _april_people(), [work(1, "a", "X")])

    present = [one.cn for one, days in zip(problem.resources, problem.days_present, strict=True) if days > 0]

    assert CASES["availability"]["weeks"][week] == present


def test_days_present_are_pro_rated():
    problem = Problem.build(plan_week(IsoWeek(2025, 16)), _april_people(), [work(1, "a", "X")])

    days = dict(zip([one.cn for one in problem.resources], problem.days_present, strict=True))

    assert CASES["availability"]["working_days_present_in_W16"] == days
    assert 4 * 9.0 * 0.9 == pytest.approx(problem.capacity_hours(2))


def test_full_week_keeps_only_people_there_every_working_day():
    problem = Problem.build(plan_week(IsoWeek(2025, 16)), _april_people(), [work(1, "a", "X")], full_week=True)

    assert (5, 5, 0) == problem.days_present


def test_presence_follows_a_planners_count():
    # 4 working days of 5 dates; present on 2 of the 5 dates: 4 x 2 / 5
    dates = tuple(dt.date(2025, 7, day) for day in range(7, 12))

    assert 1.6 == pytest.approx(LocalityWeek(4, dates).days_present(dt.date(2025, 7, 10), None))


@pytest.mark.parametrize("case", CASES["weekly_capacity_hours"], ids=lambda case: case["working_days"])
def test_capacity_is_days_times_hours_less_shrinkage(case):
    settings = LocalityWeek(case["working_days"], (), case["work_hours"], case["shrinkage"])

    assert case["expected"] == pytest.approx(settings.capacity_hours(case["working_days"]))


def test_a_tier_scales_the_capacity():
    problem = Problem.build(
        PLAN,
        [person("R1", skills=["a"], states=["X"], capacity_tier_id="new")],
        [work(1, "a", "X")],
        tiers=[CapacityTier("new", "Beginner", 0.5)],
    )

    assert 5 * 9.0 * 0.9 * 0.5 == pytest.approx(problem.capacity_hours(0))


# --- locality policy -----------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES["locality_policy"], ids=lambda case: f"{case['main_lob']}_{case['worktype']}")
def test_the_seeded_rules_find_the_locality(case):
    assert case["expected"] == DEFAULT_POLICY.locality(case["main_lob"], case["worktype"])


@pytest.mark.parametrize(
    ("match_type", "pattern", "hit", "miss"),
    [
        ("contains", "near", "my NEAR shore", "far"),
        ("exact", "near", "Near", "near shore"),
        ("startswith", "near", "Nearshore", "my near"),
        ("endswith", "near", "my NEAR", "nearshore"),
        ("regex", r"^n\w+r$", "Near", "near shore"),
    ],
)
def test_every_match_type_ignores_case(match_type, pattern, hit, miss):
    policy = LocalityPolicy.of([LocalityRule(1, "rule", pattern, match_type, "Onshore")])

    assert ("Domestic", "Global") == (policy.locality(hit), policy.locality(miss))


def test_rules_are_asked_by_priority_then_id_and_inactive_ones_never():
    policy = LocalityPolicy.of(
        [
            LocalityRule(3, "late", "lob", "contains", "Global", priority=10),
            LocalityRule(2, "early", "lob", "contains", "Domestic", priority=10),
            LocalityRule(1, "off", "lob", "contains", "Global", priority=1, is_active=False),
        ],
    )

    assert "Domestic" == policy.locality("my lob")


def test_the_default_locality_is_a_setting():
    assert "Domestic" == LocalityPolicy.of([], default_locality="Onshore").locality("anything")


@pytest.mark.parametrize(
    "changes",
    [
        {"match_type": "regex", "pattern": "(unclosed"},
        {"match_type": "glob"},
        {"pattern": " "},
        {"result_locality": None},
    ],
    ids=["bad_regex", "unknown_match_type", "empty_pattern", "no_answer"],
)
def test_a_rule_that_cannot_be_applied_is_refused_when_it_is_stored(changes):
    rule = {"rule_id": 7, "rule_name": "mine", "pattern": "x", "match_type": "contains", "result_locality": "Global"}

    with pytest.raises(faults.InvalidRuleError, match="locality rule 7"):
        LocalityRule(**{**rule, **changes})


def test_two_rules_of_one_id_are_refused():
    rule = LocalityRule(1, "rule", "x", "contains", "Global")

    with pytest.raises(faults.InvalidRuleError, match="unique"):
        LocalityPolicy.of([rule, rule])


def test_rules_come_from_a_table():
    frame = pd.DataFrame(
        {
            "rule_id": ["1"],
            "rule_name": ["near"],
            "pattern": ["near"],
            "match_type": ["contains"],
            "result_locality": ["Domestic"],
        }
    )

    assert "Domestic" == read_rules(frame, default_locality="Global").locality("Nearshore")


def test_onshore_and_offshore_are_names_of_the_localities():
    assert ["Domestic", "Global"] == [locality_name(text, where="here") for text in (" ONSHORE", "offshore")]


# --- gate ----------------------------------------------------------------------------------------


def _case_problem():
    case = CASES["eligibility"]
    return Problem.build(PLAN, map(case_person, case["resources"]), map(case_demand, case["demands"]))


def test_the_gate_opens_to_platform_locality_skill_and_state():
    eligibility = open_gate(_case_problem())
    problem = eligibility.problem

    found = {
        str(problem.demands[demand].demand_id): [problem.resources[one].cn for one in people]
        for demand, people in eligibility.resources_by_demand.items()
    }

    assert CASES["eligibility"]["expected"] == found


@pytest.mark.parametrize("pair", CASES["eligibility"]["first_refusal"])
def test_a_refused_pair_names_the_first_check(pair):
    problem = _case_problem()
    cn, demand_id = pair.split("-")
    resource = next(one for one in problem.resources if one.cn == cn)
    demand = next(one for one in problem.demands if str(one.demand_id) == demand_id)

    assert CASES["eligibility"]["first_refusal"][pair] == first_refusal(resource, demand)


def test_locality_is_checked_before_skill_and_state():
    assert "locality" == first_refusal(
        person("R1", skills=["b"], states=["Y"], locality="Offshore"), work(1, "a", "X", locality="Domestic")
    )


def test_a_demand_of_any_state_is_served_only_by_people_who_list_it():
    demand = work(1, "a", "N/A")

    assert "state" == first_refusal(person("R1", skills=["a"], states=["X"]), demand)
    assert first_refusal(person("R2", skills=["a"], states=["X", "N/A"]), demand) is None


@pytest.mark.parametrize("bits", [(), (0,), (3, 64, 200), tuple(range(0, 90, 2))], ids=["none", "one", "few", "many"])
def test_bits_are_listed_in_order(bits):
    assert bits == bits_of(sum(1 << bit for bit in bits))


# --- ideal and required --------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES["ideal_fte"], ids=["two_localities", "one_locality", "no_volume"])
def test_ideal_shares_are_per_locality(case):
    demands = case["demands"]

    shares = ideal_shares(
        [row["locality"] for row in demands], [row["weekly_forecast"] for row in demands], case["available"]
    )

    assert case["expected"] == {str(row["demand_id"]): share for row, share in zip(demands, shares, strict=True)}


def test_workload_is_the_weight_where_every_handle_time_is_known():
    # 100 x 60 s against 100 x 180 s: 4 people are shared 1 : 3
    people = [person(f"R{number}", skills=["a"], states=["X"]) for number in range(4)]
    demands = [work(1, "a", "X", handle_seconds=60.0), work(2, "a", "X", handle_seconds=180.0)]

    assert [1, 3] == ideal_fte(Problem.build(PLAN, people, demands))
    assert [2, 2] == ideal_fte(Problem.build(PLAN, people, demands, weight="volume"))


def test_a_missing_handle_time_falls_back_to_volume_and_says_so():
    problem = Problem.build(
        PLAN, [person("R1", skills=["a"], states=["X"])], [work(1, "a", "X", handle_seconds=60.0), work(2, "a", "X")]
    )

    assert "volume" == problem.weight
    assert any("handle_seconds missing for 1 of 2 demands (2)" in notice for notice in problem.notices)


def test_required_fte_is_workload_over_a_full_week():
    # 1,620 cases x 90 s = 40.5 h; one person has 5 x 9 x 0.9 = 40.5 h
    problem = Problem.build(
        PLAN,
        [person("R1", skills=["a"], states=["X"])],
        [work(1, "a", "X", 1620, handle_seconds=90.0), work(2, "a", "X")],
    )

    assert [pytest.approx(1.0), None] == required_fte(problem)


# --- scores and strategies -----------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES["score"], ids=lambda case: case["urgency"])
def test_a_score_adds_up_its_weighted_parts(case):
    found = score(case["urgency"], case["eligible_demands"], case["skills"], is_exact=case["state_match"] == "exact")

    assert case["expected"] == pytest.approx(found.total, abs=1e-15)


def test_score_weights_must_add_up_to_one():
    with pytest.raises(faults.InvalidValueError, match="add up to 1"):
        ScoreWeights(0.5, 0.5, 0.5, 0.1)


@pytest.mark.parametrize("strategy", ["v2", "optimal"])
def test_people_with_several_options_fill_what_is_lacking(strategy):
    case = CASES["fair_multi_skilled"]
    problem = Problem.build(PLAN, map(case_person, case["resources"]), map(case_demand, case["demands"]))

    allocation = allocate(problem, Options(strategy=strategy))

    assert case["expected"] == allocation.by_cn
    if strategy == "v2":
        phases = dict(zip((one.cn for one in problem.resources), allocation.phase, strict=True))
        assert case["expected_phase"] == phases


def test_the_rest_goes_to_the_largest_gap_then_fraction_then_id():
    # Domestic: 6 people. Demand 3 (another platform) has weight 60 of 90, so 1 and 2 have ideal 1 each and take
    # one person in the scored phase; 4 people are left: gaps 0 and 0, ties to the smaller id: 1, 2, 1, 2.
    people = [person(f"R{number}", skills=["a"], states=["X"]) for number in range(6)]
    demands = [work(1, "a", "X", 15), work(2, "a", "X", 15), work(3, "a", "X", 60, platform="Facets")]

    allocation = allocate(Problem.build(PLAN, people, demands), Options(strategy="v2"))

    assert (3, 3, 0) == allocation.assigned
    assert ["scored"] * 2 + ["remainder"] * 4 == list(allocation.phase)


def test_optimal_carries_people_along_a_chain():
    # R1 (a, b), R2 (b, c), R3 (c): demand a can only get R1. Ideal 1 each: everybody has exactly one seat.
    people = [
        person("R1", skills=["a", "b"], states=["X"]),
        person("R2", skills=["b", "c"], states=["X"]),
        person("R3", skills=["c"], states=["X"]),
    ]
    problem = Problem.build(PLAN, people, [work(1, "a", "X"), work(2, "b", "X"), work(3, "c", "X")])

    assert {"R1": 1, "R2": 2, "R3": 3} == allocate(problem).by_cn


def test_demands_with_nothing_to_do_come_last_and_share_evenly():
    # R0..R2 can only do 1 and 2 (both 0 cases); R3 can do 1 and 3. R3 goes to 3; the others are spread 2 : 1.
    people = [person(f"R{number}", skills=["a"], states=["X"]) for number in range(3)]
    people.append(person("R3", skills=["a", "b"], states=["X"]))
    problem = Problem.build(PLAN, people, [work(1, "a", "X", 0), work(2, "a", "X", 0), work(3, "b", "X", 5)])

    allocation = allocate(problem)

    assert (2, 1, 1) == allocation.assigned
    assert 3 == allocation.by_cn["R3"]


def test_ties_go_to_the_smaller_demand_and_within_alike_people_to_the_smaller_cn():
    people = [person(cn, skills=["a"], states=["X"]) for cn in ("R2", "R1", "R3")]
    problem = Problem.build(PLAN, people, [work(20, "a", "X"), work(3, "a", "X")])

    assert {"R1": 3, "R2": 3, "R3": 20} == allocate(problem).by_cn


def test_ids_of_digits_are_ordered_as_numbers():
    assert ["3", "20", "D1"] == sorted(["20", "D1", "3"], key=id_order)


def test_minimum_one_gives_everybody_a_first_person():
    # weights 90 and 1, 3 people: (a + 0.5) / w gives all three to the first (2.5 / 90 < 0.5 / 1); Adams gives 2 and 1
    people = [person(f"R{number}", skills=["a"], states=["X"]) for number in range(3)]
    problem = Problem.build(PLAN, people, [work(1, "a", "X", 90), work(2, "a", "X", 1)])

    assert (3, 0) == allocate(problem).assigned
    assert (2, 1) == allocate(problem, Options(minimum_one=True)).assigned


def test_stability_keeps_people_where_they_were():
    people = [person(cn, skills=["a"], states=["X"]) for cn in ("R1", "R2")]
    problem = Problem.build(PLAN, people, [work(1, "a", "X"), work(2, "a", "X")])
    last = {"R1": 2, "R2": 1}

    assert {"R1": 1, "R2": 2} == allocate(problem, previous=last).by_cn
    assert last == allocate(problem, Options(stability=True), previous=last).by_cn


def test_quality_prefers_the_state_itself_with_the_counts_fixed():
    # both may do both; R1 lists X, R2 lists Y: crossing them would cost both their exact state
    people = [
        person("R1", skills=["a"], states=["Y", "N/A"]),
        person("R2", skills=["a"], states=["X", "N/A"]),
    ]
    problem = Problem.build(PLAN, people, [work(1, "a", "X"), work(2, "a", "Y")])

    assert {"R1": 2, "R2": 1} == allocate(problem).by_cn


@pytest.mark.parametrize("switch", ["minimum_one", "stability"])
def test_v2_refuses_switches_it_does_not_have(switch):
    with pytest.raises(faults.InvalidValueError, match="belong to strategy optimal"):
        Options(strategy="v2", **{switch: True})


def test_an_unknown_strategy_is_refused():
    with pytest.raises(faults.InvalidValueError, match="optimal, v2"):
        Options(strategy="fair")


# --- judge ---------------------------------------------------------------------------------------


def test_fairness_measures_by_hand():
    # ratios 2 / 1.5 and 1 / 1.5; gap (0.5^2 + 0.5^2) / 1.5 = 1/3; unmet 0.5 / 3; Jain 2^2 / (2 (16/9 + 4/9)) = 0.9
    found = fairness([2, 1, 4], [1.5, 1.5, 0])

    assert (7, pytest.approx(1 / 6), pytest.approx(1 / 3), pytest.approx(0.9)) == (
        found.staffed,
        found.unmet_share,
        found.chi_square_gap,
        found.jain_index,
    )


def test_fairness_without_an_ideal_is_unknown_and_not_a_division_by_zero():
    found = fairness([1], [0])

    assert all(map(math.isnan, (found.unmet_share, found.chi_square_gap, found.jain_index)))


def test_the_judge_finds_every_kind_of_fault():
    people = [
        person("R1", skills=["a"], states=["X"]),
        person("R2", skills=["a"], states=["Y"]),
        person("R3", skills=["a"], states=["X"], is_active=False),
        person("R4", skills=["a"], states=["X"]),
        person("R5", skills=["a"], states=["X"]),
    ]
    problem = Problem.build(PLAN, people, [work(1, "a", "X")])
    answer = [("R1", 1), ("R1", 1), ("R2", 1), ("R3", 1), ("R4", None), ("R9", 1), ("R2", 7)]

    verdict = judge(problem, answer, ideal_fte(problem))

    assert (("R2", 1, "state"), ("R3", 1, "unavailable")) == verdict.misfits
    assert ("R1", "R2") == verdict.booked_twice
    assert ("R9", "7") == verdict.unknown
    assert ("R5",) == verdict.forgotten
    assert ("R4",) == verdict.idle
    assert not verdict.is_feasible


def test_a_move_is_another_demand_in_both_weeks():
    assert 1 == moved({"R1": 1, "R2": 1, "R3": None}, {"R1": 2, "R2": "1", "R3": 1, "R4": 1})


# --- explanations --------------------------------------------------------------------------------


def _gap_problem():
    people = [person(f"R{number}", skills=["a"], states=["X"]) for number in range(4)]
    people.append(person("S1", skills=["b"], states=["X"]))
    people.append(person("T1", skills=["a"], states=["Y"]))
    return Problem.build(PLAN, people, [work(1, "a", "X", 100), work(2, "c", "X", 50), work(3, "a", "Z", 0)])


def test_an_assignment_names_phase_parts_and_runner_up():
    case = CASES["fair_multi_skilled"]
    problem = Problem.build(PLAN, map(case_person, case["resources"]), map(case_demand, case["demands"]))

    why = Explainer(allocate(problem, Options(strategy="v2"))).assignment("R2")

    # after the exclusive phase demand 1 has 1 of 1.25 (urgency 0.2), 3 has 1 of 0.75 (0), 2 has none (1)
    # score for 2: 0.4 + 0.35 / 3 + 0.15 + 0.05; runner-up 1: 0.08 + the same
    assert (2, "scored", 1) == (why.demand_id, why.phase, why.runner_up_id)
    assert 0.6 + 0.35 / 3 == pytest.approx(why.score.total)
    assert 0.28 + 0.35 / 3 == pytest.approx(why.runner_up_score.total)
    assert "Without this person it lacks 100% of its ideal" in str(why)
    assert "Runner-up: demand 1 with 0.397" in str(why)


def test_an_exclusive_assignment_has_no_runner_up():
    assert "No other demand is open" in str(Explainer(allocate(_gap_problem())).assignment("R0"))


def test_a_gap_says_who_is_eligible_and_what_would_close_it():
    # Ideal of demand 2: 6 people x 50 / 150 = 2, nobody knows c. Everybody with X lacks only the skill c: 5 people;
    # S1 is idle, of the 4 on demand 1 (ideal 4) none is above the ideal: 1 to spare. T1 lacks state and skill.
    why = Explainer(allocate(_gap_problem())).gap(2)

    assert (2.0, 0, 0, 2.0) == (why.ideal_fte, why.assigned, why.eligible, why.structural_gap)
    assert [("skill", "c", 5, 1)] == [(one.what, one.value, one.people, one.spare) for one in why.remedies]
    assert why.closing is None
    assert "Nobody is eligible" in str(why)


def test_a_gap_that_one_state_closes_says_so():
    # R1 may do both; demand 2 in Y has only T1 by state, who is idle: adding nothing; demand 1 in X is short of T1
    people = [person("R1", skills=["a"], states=["X"]), person("T1", skills=["a"], states=["Y"])]
    problem = Problem.build(PLAN, people, [work(1, "a", "X", 100)])

    why = Explainer(allocate(problem)).gap(1)

    assert (1.0, "state", "X") == (why.gap, why.closing.what, why.closing.value)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"is_active": False}, "not active"),
        (
            {"available_from": dt.date(2025, 8, 1)},
            "not available on the working days of 2025-W28 (available from 2025-08-01)",
        ),
        ({"platform": "Xcelys"}, "no demand on platform Xcelys"),
        ({"locality": "Global"}, "no demand on platform Amisys in locality Global"),
        ({"skills": ["z"]}, "no demand for the skills z on Amisys in Domestic"),
        ({"states": ["Y"]}, "no demand for a in the states Y"),
        ({"states": []}, "no demand for a in the states (none)"),
    ],
)
def test_an_unassigned_person_is_told_why(changes, reason):
    one = person("R1", **{"skills": ["a"], "states": ["X"], **changes})

    why = Explainer(allocate(Problem.build(PLAN, [one], [work(1, "a", "X")]))).assignment("R1")

    assert (None, reason) == (why.demand_id, why.reason)


def test_the_explainer_refuses_unknown_names():
    explainer = Explainer(allocate(_gap_problem()))

    with pytest.raises(faults.UnknownValueError, match="no demand '99'"):
        explainer.gap("99")
    with pytest.raises(faults.UnknownValueError, match="no resource 'R99'"):
        explainer.assignment("R99")


# --- bad input -----------------------------------------------------------------------------------

GOOD_PERSON = {"cn": "R1", "platform": "Amisys", "locality": "Domestic", "skills": "a;b", "states": "X; N/A"}
GOOD_DEMAND = {
    "demand_id": "1",
    "platform": "Amisys",
    "locality": "Domestic",
    "case_type": "a",
    "state": "X",
    "weekly_forecast": "100",
}
GOOD_MONTH = {
    **{name: value for name, value in GOOD_DEMAND.items() if name != "weekly_forecast"},
    "year": "2025",
    "month": "7",
    "monthly_forecast": "230",
}
WEEK = IsoWeek(2025, 28)


def run(people=None, demands=None, **more):
    resources = pd.DataFrame(people if people is not None else [GOOD_PERSON])
    return allocate_frames(resources, pd.DataFrame(demands or [GOOD_DEMAND]), more.pop("week", WEEK), **more)


@pytest.mark.parametrize(
    ("people", "demands", "fault", "words"),
    [
        ([{**GOOD_PERSON, "locality": "Mars"}], None, "UnknownValueError", "got 'Mars' (resources, line 2)"),
        (None, [{**GOOD_DEMAND, "locality": "Mars"}], "UnknownValueError", "got 'Mars' (demands, line 2)"),
        ([GOOD_PERSON, GOOD_PERSON], None, "DuplicateError", "cn must be unique, got 'R1' twice"),
        (None, [GOOD_DEMAND, GOOD_DEMAND], "DuplicateError", "demand_id must be unique, got '1' twice"),
        (None, [GOOD_MONTH, GOOD_MONTH], "DuplicateError", "two rows for 2025-07 (demands, line 3)"),
        (
            None,
            [GOOD_MONTH, {**GOOD_MONTH, "month": "8", "case_type": "b"}],
            "InvalidValueError",
            "differs between its months",
        ),
        (
            [{**GOOD_PERSON, "available_from": "2025-08-01", "available_until": "2025-07-01"}],
            None,
            "InvalidValueError",
            "lies before available_from 2025-08-01 (resource 'R1')",
        ),
        (
            [{**GOOD_PERSON, "available_from": "soon"}],
            None,
            "InvalidValueError",
            "a date such as 2025-07-28, got 'soon'",
        ),
        ([{**GOOD_PERSON, "is_active": "maybe"}], None, "InvalidValueError", "true or false, got 'maybe'"),
        ([{**GOOD_PERSON, "capacity_tier_id": "T9"}], None, "UnknownValueError", "capacity tier 'T9'"),
        ([{**GOOD_PERSON, "skills": "a\x07b"}], None, "InvalidValueError", "printable words"),
        ([{**GOOD_PERSON, "cn": ""}], None, "InvalidValueError", "cn must not be empty (resources, line 2)"),
        (
            None,
            [{**GOOD_DEMAND, "weekly_forecast": "-1"}],
            "InvalidValueError",
            "weekly_forecast must be a number >= 0",
        ),
        (None, [{**GOOD_DEMAND, "weekly_forecast": "nan"}], "InvalidValueError", "must be a number, got 'nan'"),
        (None, [{**GOOD_DEMAND, "weekly_forecast": "many"}], "InvalidValueError", "must be a number, got 'many'"),
        (None, [{**GOOD_DEMAND, "state": ""}], "InvalidValueError", "state must not be empty (demands, line 2)"),
        (None, [{**GOOD_DEMAND, "handle_seconds": "0"}], "InvalidValueError", "handle_seconds must be above 0"),
        (None, [{**GOOD_MONTH, "monthly_forecast": "-3"}], "InvalidValueError", "monthly_forecast must be >= 0"),
        (None, [{**GOOD_MONTH, "month": "13"}], "InvalidValueError", "month must be 1..12"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_bad_rows_are_named_errors(people, demands, fault, words):
    with pytest.raises(getattr(faults, fault)) as caught:
        run(people, demands)

    assert words in str(caught.value)


def test_an_empty_roster_and_no_demand_are_named_errors():
    with pytest.raises(faults.EmptyRosterError):
        allocate_frames(pd.DataFrame(columns=list(GOOD_PERSON)), pd.DataFrame([GOOD_DEMAND]), WEEK)
    with pytest.raises(faults.NoDemandError):
        allocate_frames(pd.DataFrame([GOOD_PERSON]), pd.DataFrame(columns=list(GOOD_DEMAND)), WEEK)


def test_missing_columns_are_named_with_those_present():
    with pytest.raises(
        faults.MissingColumnError, match="lacks the columns platform, locality, skills, states; present: cn"
    ):
        allocate_frames(pd.DataFrame({"cn": ["R1"]}), pd.DataFrame([GOOD_DEMAND]), WEEK)


def test_a_demand_needs_a_locality_or_a_line_of_business():
    row = {name: value for name, value in GOOD_DEMAND.items() if name != "locality"}

    with pytest.raises(faults.MissingColumnError, match="locality, or main_lob and worktype"):
        run(demands=[row])


def test_a_month_without_a_working_day_names_demand_month_and_calendar():
    off = pd.DataFrame({"month": ["2025-07"], "iso_week": ["2025-W28"], "locality": ["Domestic"], "working_days": [0]})

    with pytest.raises(faults.NoWorkingDayError, match="demand '1', 2025-07, Domestic"):
        run(demands=[GOOD_MONTH], week_configuration=off)


def test_a_week_without_working_days_is_a_stated_result():
    off = pd.DataFrame({"month": [7], "iso_week": ["2025-W28"], "locality": ["Domestic"], "working_days": [0]})

    answer = run(week_configuration=off)

    assert ["no working day in Domestic in 2025-W28"] == answer.answer["reason"].tolist()
    assert 0.0 == answer.answer["weekly_capacity_hours"].iloc[0]
    assert any("no working day in Domestic" in notice for notice in answer.notices)


def test_all_forecasts_zero_is_a_stated_result():
    answer = run(demands=[{**GOOD_DEMAND, "weekly_forecast": 0}])

    assert (["1"], [0.0]) == (answer.answer["demand_id"].tolist(), answer.demands["ideal_fte"].tolist())
    assert any("all forecasts are 0" in notice for notice in answer.notices)


def test_an_unknown_platform_or_state_is_said_and_nobody_vanishes():
    answer = run([GOOD_PERSON, {**GOOD_PERSON, "cn": "R2", "platform": "Mars"}], [{**GOOD_DEMAND, "state": "ZZ"}])

    assert 2 == len(answer.answer)
    assert "no demand on platform Mars" == answer.answer["reason"].iloc[1]
    assert any("platform of resources that no demand names: Mars" in notice for notice in answer.notices)


def test_workload_without_handle_times_is_refused():
    with pytest.raises(faults.MissingHandleTimeError, match="missing for 1"):
        run(weight="workload")


def test_odd_characters_in_skills_are_taken_as_they_are():
    odd = "Réclamation/№5 (a+b) [x]"

    answer = run([{**GOOD_PERSON, "skills": odd}], [{**GOOD_DEMAND, "case_type": odd}])

    assert ["1"] == answer.answer["demand_id"].tolist()


# --- tables in and out ---------------------------------------------------------------------------


def test_further_columns_are_ignored_with_a_notice():
    answer = run([{**GOOD_PERSON, "shoe_size": 44}])

    assert "resources: ignored the columns shoe_size" in answer.notices


def test_the_answer_has_one_row_per_resource_in_the_commands_columns():
    answer = run([{**GOOD_PERSON, "cn": "R2", "platform": "Facets"}, GOOD_PERSON]).answer

    columns = "resource_cn demand_id phase score urgency_score exclusivity_score state_score skill_score"
    assert [*columns.split(), "weekly_capacity_hours", "reason"] == answer.columns.tolist()
    assert ["R1", "R2"] == answer["resource_cn"].tolist()
    assert [True, False] == answer["reason"].isna().tolist()
    assert [False, True] == answer["demand_id"].isna().tolist()


def test_the_locality_of_a_demand_comes_from_its_line_of_business():
    row = {name: value for name, value in GOOD_DEMAND.items() if name != "locality"}

    answer = run(demands=[{**row, "main_lob": "OIC Volumes", "worktype": "COB Domestic"}])

    assert ["Domestic"] == answer.demands["locality"].tolist()


def test_a_weeks_forecast_comes_from_the_month():
    # July 2025 Domestic: 22 days, week 28 has 5: 230 x 5 / 22 = 52.27; 3 : 5 : 5 : 5 : 4 -> 31.36, 52.27 x 3, 41.82
    # floors 31 + 52 x 3 + 41 = 228, two left: the largest remainders .82 (week 31) and .36 (week 27)
    assert [52.0] == run(demands=[GOOD_MONTH]).demands["weekly_forecast"].tolist()


def test_a_week_over_two_months_takes_both():
    # 2025-W31: 4 of 22 days of July, 1 of 21 of August: 220 x 4 / 22 = 40 and 210 x 1 / 21 = 10
    months = [
        {**GOOD_MONTH, "monthly_forecast": 220},
        {**GOOD_MONTH, "month": 8, "monthly_forecast": 210},
    ]

    assert [50.0] == run(demands=months, week=IsoWeek(2025, 31)).demands["weekly_forecast"].tolist()


def test_a_month_that_is_not_there_counts_nothing_and_is_said():
    answer = run(demands=[{**GOOD_MONTH, "monthly_forecast": 220}], week=IsoWeek(2025, 31))

    assert [40.0] == answer.demands["weekly_forecast"].tolist()
    assert any("no forecast for 2025-08" in notice for notice in answer.notices)


def test_weekly_settings_change_hours_and_required_people():
    settings = pd.DataFrame(
        {
            "month": [7],
            "iso_year": [2025],
            "iso_week": [28],
            "locality": ["Onshore"],
            "working_days": [4],
            "shrinkage": [0.25],
        }
    )

    answer = run(demands=[{**GOOD_DEMAND, "weekly_forecast": 54, "handle_seconds": 3600}], week_configuration=settings)

    assert 4 * 9.0 * 0.75 == answer.answer["weekly_capacity_hours"].iloc[0]  # 27 h
    assert [pytest.approx(2.0)] == answer.demands["required_fte"].tolist()  # 54 h / 27 h


def test_structural_gap_is_what_no_strategy_can_close():
    people = [{**GOOD_PERSON, "cn": f"R{number}"} for number in range(4)]
    demands = [GOOD_DEMAND, {**GOOD_DEMAND, "demand_id": "2", "case_type": "z"}]  # nobody knows z

    for strategy in ("optimal", "v2"):
        found = run(people, demands, options=Options(strategy=strategy)).demands

        assert [-2.0, 2.0] == found["gap"].tolist()
        assert [-2.0, 2.0] == found["structural_gap"].tolist()
        assert [2.0, 0.0] == found["surplus"].tolist()


def test_optimal_counts_are_those_of_the_strategy():
    problem = _gap_problem()

    assert list(allocate(problem).assigned) == optimal_counts(open_gate(problem))


# --- demand from forecasts and reports -----------------------------------------------------------


def test_month1_is_the_month_after_the_report_also_over_the_turn_of_the_year():
    report = pd.DataFrame(
        {
            "demand_id": ["1"],
            "report_year": [2025],
            "report_month": [11],
            **{f"Month{n}": [n * 10] for n in range(1, 7)},
        }
    )

    months = planner_months(report)

    assert [(2025, 12), (2026, 1), (2026, 2), (2026, 3), (2026, 4), (2026, 5)] == list(
        zip(months["year"], months["month"], strict=True)
    )
    assert [10, 20, 30, 40, 50, 60] == months["monthly_forecast"].tolist()


MAP = pd.DataFrame(
    {
        "queue_id": ["q1", "q1", "q2"],
        "demand_id": ["1", "2", "1"],
        "platform": "Amisys",
        "case_type": ["a", "b", "a"],
        "state": "X",
        "main_lob": "Amisys Domestic",
        "share": [0.25, 0.75, 1.0],
    }
)


def test_forecast_calls_become_weekly_demand_by_share():
    # Sunday 6 July is 2025-W27, Monday 7 July W28. Demand 1 in W28: 0.25 x 40 + 1 x 30 = 40 calls,
    # 10 x 360 s + 30 x 120 s = 2 h, so 180 s a call.
    forecast = pd.DataFrame(
        {
            "queue_id": ["q1", "q1", "q2"],
            "business_date": pd.to_datetime(["2025-07-06", "2025-07-07", "2025-07-08"]),
            "calls_mean": [8.0, 40.0, 30.0],
            "aht_seconds": [360.0, 360.0, 120.0],
        }
    )

    demand, notices = forecast_demand(forecast, MAP, DEFAULT_POLICY)

    first = demand[(demand["demand_id"] == "1") & (demand["iso_week"] == 28)].iloc[0]
    assert ([27, 28, 27, 28], []) == (demand["iso_week"].tolist(), notices)
    assert (40.0, 2.0, 180.0, "Domestic") == (
        first["weekly_forecast"],
        first["workload_hours"],
        first["handle_seconds"],
        first["locality"],
    )
    assert forecast["calls_mean"].sum() == pytest.approx(demand["weekly_forecast"].sum())


def test_an_unknown_handle_time_makes_the_weeks_workload_unknown():
    forecast = pd.DataFrame(
        {"queue_id": ["q2"], "business_date": ["2025-07-07"], "calls_mean": [5.0], "aht_seconds": [math.nan]}
    )

    demand, _ = forecast_demand(forecast, MAP, DEFAULT_POLICY)

    assert 5.0 == demand["weekly_forecast"].iloc[0]
    assert demand[["workload_hours", "handle_seconds"]].isna().all(axis=None)


def test_queues_the_map_does_not_know_are_said_with_their_calls():
    forecast = pd.DataFrame(
        {"queue_id": ["q9"], "business_date": ["2025-07-07"], "calls_mean": [5.0], "aht_seconds": [60.0]}
    )

    demand, notices = forecast_demand(forecast, MAP, DEFAULT_POLICY)

    assert (0, ["queue_demand_map does not know 1 queue(s) with 5 calls: q9"]) == (len(demand), notices)


def test_shares_that_do_not_add_up_are_refused():
    with pytest.raises(faults.InvalidValueError, match=r"got 0\.85 for queue 'q1'"):
        forecast_demand(pd.DataFrame(), MAP.assign(share=[0.1, 0.75, 1.0]), DEFAULT_POLICY)


def test_a_plan_is_judged_by_what_came():
    # errors |100 - 80| + |0 - 20| over 100 came; bias 0; hours short: 10 - 8 on the first, 3 - 0 on the second
    plan = pd.DataFrame({"demand_id": ["1"], "weekly_forecast": [100.0], "assigned_hours": [8.0]})
    actual = pd.DataFrame({"demand_id": ["1", "2"], "weekly_actual": [80.0, 20.0], "actual_hours": [10.0, 3.0]})

    found = evaluate_plan(plan, actual)

    assert (2, 0.4, 0.0, 5.0) == (found.demands, pytest.approx(found.wmape), found.bias, found.workload_gap_hours)
