"""Why a person has a demand and why a demand is short, with figures worked out by hand."""

import datetime as dt

import pandas as pd
import pytest

from wfm_pipeline.domain.allocation import faults
from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.reasons.explain import Explainer
from wfm_pipeline.domain.allocation.reasons.gaps import GapExplainer
from wfm_pipeline.domain.allocation.strategies.strategy import Options, allocate
from wfm_pipeline.domain.allocation.tables.frames import allocate_frames
from wfm_pipeline_tests.allocation_cases import (
    CASES,
    GOOD_DEMAND,
    GOOD_PERSON,
    case_demand,
    case_person,
    gap_problem,
)
from wfm_pipeline_tests.allocation_instances import PLAN, WEEK, person, work


def test_an_assignment_names_phase_parts_and_runner_up():
    case = CASES["fair_multi_skilled"]
    problem = Problem.build(PLAN, map(case_person, case["resources"]), map(case_demand, case["demands"]))

    why = Explainer(allocate(problem, Options(strategy="v2"))).assignment("R2")

    # after the exclusive phase demand 1 has 1 of 1.25 (urgency 0.2), 3 has 1 of 0.75 (0), 2 has none (1)
    # score for 2: 0.4 + 0.35 / 3 + 0.15 + 0.05; runner-up 1: 0.08 + the same
    assert (2, "scored", 1) == (why.demand_id, why.phase, why.runner_up_id)
    assert 0.6 + 0.35 / 3 == pytest.approx(why.score.total)
    assert 0.28 + 0.35 / 3 == pytest.approx(why.runner_up_score.total)
    assert "Just before this person it lacked 100% of its ideal" in str(why)
    assert "Runner-up: demand 1 with 0.397" in str(why)


def test_an_exclusive_assignment_has_no_runner_up():
    assert "No other demand is open" in str(Explainer(allocate(gap_problem())).assignment("R0"))


def test_a_gap_says_who_is_eligible_and_what_would_close_it():
    # Ideal of demand 2: 6 people x 50 / 150 = 2, nobody knows c. Everybody with X lacks only the skill c: 5 people;
    # S1 is idle, of the 4 on demand 1 (ideal 4) none is above the ideal: 1 to spare. T1 lacks state and skill.
    why = GapExplainer(allocate(gap_problem())).gap(2)

    assert (2.0, 0, 0, 2.0) == (why.ideal_fte, why.assigned, why.eligible, why.structural_gap)
    assert [("skill", "c", 5, 1)] == [(one.what, one.value, one.people, one.spare) for one in why.remedies]
    assert why.closing is None
    assert "Nobody is eligible" in str(why)


def test_a_gap_that_one_state_closes_says_so():
    # R1 may do both; demand 2 in Y has only T1 by state, who is idle: adding nothing; demand 1 in X is short of T1
    people = [person("R1", skills=["a"], states=["X"]), person("T1", skills=["a"], states=["Y"])]
    problem = Problem.build(PLAN, people, [work(1, "a", "X", 100)])

    why = GapExplainer(allocate(problem)).gap(1)

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
    allocation = allocate(gap_problem())

    with pytest.raises(faults.UnknownValueError, match="no demand '99'"):
        GapExplainer(allocation).gap("99")
    with pytest.raises(faults.UnknownValueError, match="no resource 'R99'"):
        Explainer(allocation).assignment("R99")


def test_a_table_of_demands_says_why_each_one_is_short():
    demands = allocate_frames(
        pd.DataFrame([GOOD_PERSON, {**GOOD_PERSON, "cn": "R2", "states": "Y"}]),
        pd.DataFrame([GOOD_DEMAND]),
        WEEK,
    ).demands

    # R2 lacks only the state X and has nothing else to do: ideal 2, assigned 1
    assert "state X for 1 person" == demands["closed_by"].item()
    assert "Eligible: 1; none elsewhere. With state 'X', 1 more would be eligible, 1 of them spare." in (
        demands["gap_reason"].item()
    )


def test_a_demand_without_a_gap_needs_no_reason():
    demands = allocate_frames(pd.DataFrame([GOOD_PERSON]), pd.DataFrame([GOOD_DEMAND]), WEEK).demands

    assert demands[["gap_reason", "closed_by"]].isna().all(axis=None)


def test_a_gap_of_half_a_person_is_said_to_be_rounding():
    people = [person(f"R{number}", skills=["a", "b"], states=["X"]) for number in range(3)]
    problem = Problem.build(PLAN, people, [work(1, "a", "X", 100), work(2, "b", "X", 100)])

    # ideal 1.5 each: one demand gets 2, the other 1
    assert "one more would be as far above the ideal or further" in str(GapExplainer(allocate(problem)).gap(2))


def test_work_where_nobody_is_available_is_said_and_has_a_reason():
    far = {**GOOD_DEMAND, "demand_id": "2", "locality": "Global"}
    answer = allocate_frames(pd.DataFrame([GOOD_PERSON]), pd.DataFrame([GOOD_DEMAND, far]), WEEK)

    assert any("work in Global, and nobody of Global is available" in notice for notice in answer.notices)
    assert "Nobody of Global is available: every ideal share there is 0." == answer.demands["gap_reason"][1]


def test_a_surplus_is_said_and_nothing_is_proposed_to_make_it_larger():
    people = [person(f"R{number}", skills=["a"], states=["X"]) for number in range(3)]
    people.append(person("S1", skills=["b"], states=["X"]))
    problem = Problem.build(PLAN, people, [work(1, "a", "X", 100), work(2, "b", "X", 100)])

    # ideal 2 each; three people can only do the first
    words = str(GapExplainer(allocate(problem)).gap(1))

    assert "1.00 above its ideal" in words
    assert "would be eligible" not in words


def test_a_runner_up_with_a_higher_score_says_why_it_was_passed_over():
    # Five people, ideals 2.5 and 2.5: A1 (X itself at 1, N/A at 2) may have to leave its better state
    case = CASES["fair_multi_skilled"]
    problem = Problem.build(PLAN, map(case_person, case["resources"]), map(case_demand, case["demands"]))
    explainer = Explainer(allocate(problem))

    for one in problem.resources:
        why = explainer.assignment(one.cn)
        is_passed_over = why.runner_up_score is not None and why.runner_up_score.total > why.score.total
        assert is_passed_over is ("It scores higher, but" in str(why))
