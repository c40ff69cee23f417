"""Both strategies and their judge, with figures worked out by hand."""

import math

import pytest

from wfm_pipeline.domain.allocation import faults
from wfm_pipeline.domain.allocation.problem import Problem, id_order
from wfm_pipeline.domain.allocation.reasons.judge import fairness, judge, moved
from wfm_pipeline.domain.allocation.strategies.scoring import ScoreWeights, score
from wfm_pipeline.domain.allocation.strategies.strategy import Options, allocate
from wfm_pipeline.domain.allocation.week.ideal import ideal_fte
from wfm_pipeline_tests.allocation_cases import CASES, case_demand, case_person
from wfm_pipeline_tests.allocation_instances import PLAN, person, work


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
