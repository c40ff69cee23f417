"""Who may do what, where work belongs and what its fair share is, rule by rule."""

import pandas as pd
import pytest

from wfm_pipeline.domain.allocation import faults
from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.strategies.gate import bits_of, first_refusal, open_gate
from wfm_pipeline.domain.allocation.tables.locality import DEFAULT_POLICY, LocalityPolicy, LocalityRule, locality_name
from wfm_pipeline.domain.allocation.tables.sheets import read_rules
from wfm_pipeline.domain.allocation.week.ideal import ideal_fte, ideal_shares, required_fte
from wfm_pipeline_tests.allocation_cases import CASES, case_demand, case_person
from wfm_pipeline_tests.allocation_instances import PLAN, person, work


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


def test_a_demand_without_cases_needs_no_handle_time_for_shares_by_workload():
    one = person("R1", skills=["a"], states=["X"])
    work_of_week = [work(1, "a", "X", 200, handle_seconds=600), work(2, "a", "X", 0)]

    problem = Problem.build(PLAN, [one], work_of_week)

    assert "workload" == problem.weight
    assert [0.0] == required_fte(problem)[1:]


@pytest.mark.parametrize("field", ["work_type", "volume"])
def test_a_rule_may_only_look_in_fields_a_demand_has(field):
    with pytest.raises(faults.InvalidRuleError, match="fallback_field must be one of main_lob, worktype, platform"):
        LocalityRule(1, "r", "x", "contains", None, field, "domestic")


def test_a_rule_may_look_in_any_field_of_the_demand():
    policy = LocalityPolicy((LocalityRule(1, "r", "x", "contains", None, "case_type", "domestic"),))

    assert "Domestic" == policy.locality("x", case_type="Domestic claims")
