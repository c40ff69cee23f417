"""The table of refused pairs agrees with every pair asked by itself, and says what it leaves out."""

import pytest

from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.reasons.refused_pairs import ABSENT, REFUSAL_COLUMNS, refused_pairs
from wfm_pipeline.domain.allocation.reasons.why_not import why_not
from wfm_pipeline.domain.allocation.strategies.gate import first_refusal
from wfm_pipeline.domain.allocation.strategies.strategy import Options, allocate
from wfm_pipeline_tests.allocation_claims import learnt
from wfm_pipeline_tests.allocation_instances import PLAN, person, random_problem, with_pairs, work

ALL = 1_000_000


def week(seed, options=Options()):  # noqa: B008  (frozen)
    problem = with_pairs(random_problem(40, 12, seed, kinds=(2, 4, 6, 2)), seed)
    away = person("Z1", skills=["case-00"], states=["S00"], is_active=False)
    people = [*problem.resources, away]
    found = Problem.build(PLAN, people, problem.demands, weight="volume")
    return allocate(found, options) if seed % 2 else allocate(problem, options)


@pytest.mark.parametrize("seed", range(12))
def test_every_refused_pair_is_in_it_once_as_why_not_says_it(seed):
    allocation = week(seed, Options("v2") if seed % 3 == 0 else Options())
    problem = allocation.problem

    found = refused_pairs(allocation, most=ALL)

    rows = {(row["resource_cn"], row["demand_id"]): row for row in found.rows.to_dict("records")}
    expected = {}
    for one, days in zip(problem.resources, problem.days_present, strict=True):
        for demand in problem.demands:
            check = ABSENT if days == 0 else first_refusal(one, demand, problem.pairs_of(one))
            if check is not None:
                expected[one.cn, str(demand.demand_id)] = check
    assert list(REFUSAL_COLUMNS) == list(found.rows.columns)
    assert expected == {pair: row["refused_by"].split("; ")[0] for pair, row in rows.items()}
    assert (len(expected), 0) == (found.refused, found.left_out)
    assert len(rows) == len(found.rows)
    for (cn, demand), row in list(rows.items())[:: max(1, len(rows) // 60)]:
        assert str(why_not(allocation, cn, demand)) == row["why"]


def test_what_opens_a_pair_opens_it():
    problem = week(4).problem
    found = refused_pairs(week(4), most=ALL).rows
    people = {one.cn: one for one in problem.resources}
    demands = {str(one.demand_id): one for one in problem.demands}
    opened = found[found["opens_with"].notna()]

    assert len(opened) > 50
    for row in opened.to_dict("records"):
        one, demand = people[row["resource_cn"]], demands[row["demand_id"]]
        taught = one
        for check in row["refused_by"].split("; "):
            taught = learnt(taught, check, demand.case_type if check == "skill" else demand.state)
        assert first_refusal(one, demand) is not None
        assert first_refusal(taught, demand, problem.pairs_of(one)) is None
    refused_otherwise = found[found["opens_with"].isna()]
    assert refused_otherwise["refused_by"].str.contains("platform|locality|pair|absent").all()


def test_a_table_that_is_too_long_keeps_those_that_lack_least_and_counts_the_others():
    allocation = week(3)
    whole = refused_pairs(allocation, most=ALL)

    found = refused_pairs(allocation, most=25)

    assert 25 == len(found.rows)
    assert whole.refused == found.refused == 25 + found.left_out
    assert found.rows.equals(whole.rows.head(25))
    lacks = [99 if row == ABSENT else len(row.split("; ")) for row in whole.rows["refused_by"]]
    assert lacks == sorted(lacks)


def test_a_week_in_which_everybody_may_do_everything_refuses_nobody():
    allocation = allocate(Problem.build(PLAN, [person("1", skills=["a"], states=["X"])], [work(1, "a", "X")]))

    found = refused_pairs(allocation, most=10)

    assert (0, 0, list(REFUSAL_COLUMNS)) == (len(found.rows), found.refused, list(found.rows.columns))
