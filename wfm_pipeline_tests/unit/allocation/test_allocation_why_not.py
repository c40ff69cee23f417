"""Why a person does not have a demand: every refusal is true, and what would open the pair opens it."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from wfm_pipeline.calculators.allocation import explain
from wfm_pipeline.domain.allocation import faults
from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.reasons.why_not import why_not
from wfm_pipeline.domain.allocation.strategies.gate import first_refusal
from wfm_pipeline.domain.allocation.strategies.strategy import Options, allocate
from wfm_pipeline_tests.allocation_claims import chi_square, learnt
from wfm_pipeline_tests.allocation_instances import PLAN, person, random_problem, work


def prove(allocation, position, number):
    """What is said of a pair, carried out."""
    problem = allocation.problem
    one, demand = problem.resources[position], problem.demands[number]
    found = why_not(allocation, one.cn, demand.demand_id)
    text = str(found)
    if text == f"{one.cn} works on demand {demand.demand_id}.":
        assert allocation.choice[position] == number
        return "works"
    if " is open to " in text:
        assert first_refusal(one, demand) is None
        counts = list(allocation.assigned)
        counts[allocation.choice[position]] -= 1
        counts[number] += 1
        change = chi_square(counts, allocation.ideal) - chi_square(allocation.assigned, allocation.ideal)
        said = re.search(r"would be ([\d.]+) (larger|smaller)", text)
        told = float(said[1]) * (1 if said[2] == "larger" else -1) if said else 0.0
        assert abs(told - change) < 0.0006
        assert ("It has no work." in text) == (demand.weekly_forecast == 0)
        if demand.weekly_forecast == 0:
            return "no_work"
        return said[2] if said else "same"
    assert first_refusal(one, demand) == found.refusals[0]
    assert all(f"{check} (" in text for check in found.refusals)
    if found.remedy is None:
        assert {"platform", "locality"} & set(found.refusals)
        return "refused"
    taught = one
    for what, value in re.findall(r"(skill|state) '([^']+)'(?= and| it)", text.split(" With ")[1]):
        taught = learnt(taught, what, value)
    assert first_refusal(taught, demand) is None
    return "remedy"


@pytest.mark.parametrize("options", [Options(), Options("v2")], ids=["optimal", "v2"])
def test_what_is_said_of_a_pair_is_true(options):
    said = Counter()
    for seed in range(25):
        allocation = allocate(random_problem(20, 8, seed, kinds=(2, 3, 3, 2)), options)
        pairs = [(position, number) for position in range(20) for number in range(8)]
        said.update(prove(allocation, *pair) for pair in pairs)

    assert {"works", "larger", "refused", "remedy"} <= set(said)
    assert options.strategy == "v2" or not said["smaller"]  # to a demand with work, no move makes the best week better


def test_all_checks_that_refuse_are_named_and_what_would_open_the_pair():
    one = person("R1", skills=["b"], states=["Y"])
    allocation = allocate(Problem.build(PLAN, [one], [work(1, "a", "X"), work(2, "a", "X", platform="Facets")]))

    assert (
        "Demand 1 refuses R1: skill (it needs skill 'a', the person has b); state (it is of state 'X', the person lists Y). "
        "With skill 'a' and state 'X' it would be open to R1."
    ) == str(why_not(allocation, "R1", 1))
    far = str(why_not(allocation, "R1", "2"))
    assert "platform (it is on platform Facets, the person on Amisys); skill" in far
    assert "would be open" not in far


def test_who_is_not_there_is_told_so_first():
    one = replace(person("R1", skills=["a"], states=["X"]), is_active=False)
    allocation = allocate(Problem.build(PLAN, [one], [work(1, "a", "X")]))

    assert "R1 is not given demand 1: not active." == str(why_not(allocation, "R1", 1))


def test_the_command_answers_for_a_pair_and_refuses_unknown_names():
    allocation = allocate(Problem.build(PLAN, [person("R1", skills=["a"], states=["X"])], [work(1, "a", "X")]))

    assert {"R1 1": "R1 works on demand 1."} == explain(allocation, [], ("R1", "1"))
    with pytest.raises(faults.UnknownValueError, match="no demand '9'"):
        explain(allocation, [], ("R1", "9"))
    with pytest.raises(faults.UnknownValueError, match="no resource 'R9'"):
        explain(allocation, [], ("R9", "1"))
