"""What must hold for every week: no misfit, nobody twice, everybody staffed who can be, order is nothing."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.reasons.judge import fairness, judge
from wfm_pipeline.domain.allocation.strategies.gate import bits_of, first_refusal, open_gate
from wfm_pipeline.domain.allocation.strategies.strategy import Options, allocate
from wfm_pipeline.domain.allocation.tables.frames import allocate_week
from wfm_pipeline.domain.allocation.week.apportionment import largest_remainder, split_month
from wfm_pipeline.domain.allocation.week.week_hours import WeekTable
from wfm_pipeline_tests.allocation_instances import PLAN, WEEK, person, random_week, work

WAYS = (
    Options("optimal"),
    Options("v2"),
    Options("optimal", minimum_one=True),
    Options("optimal", stability=True),
)
words = st.sampled_from(["a", "b", "c"])
states = st.sampled_from(["X", "Y", "N/A"])
places = st.sampled_from(["Domestic", "Global"])
people = st.lists(
    st.builds(
        lambda skills, listed, platform, locality, is_active: (skills, listed, platform, locality, is_active),
        st.sets(words, max_size=3),
        st.sets(states, max_size=3),
        st.sampled_from(["P", "Q"]),
        places,
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)
demands = st.lists(
    st.tuples(words, states, st.integers(0, 50), st.sampled_from(["P", "Q"]), places), min_size=1, max_size=8
)


@st.composite
def weeks(draw):
    """A small week of any shape."""
    roster = [
        person(f"R{number}", skills=skills, states=listed, platform=platform, locality=locality, is_active=is_active)
        for number, (skills, listed, platform, locality, is_active) in enumerate(draw(people))
    ]
    tasks = [
        work(number, skill, state, forecast, platform=platform, locality=locality)
        for number, (skill, state, forecast, platform, locality) in enumerate(draw(demands))
    ]
    return Problem.build(PLAN, roster, tasks)


@pytest.mark.parametrize("options", WAYS, ids=["optimal", "v2", "minimum_one", "stability"])
@settings(max_examples=150)
@given(problem=weeks())
def test_no_misfit_nobody_twice_and_everybody_staffed_who_can_be(options, problem):
    previous = {one.cn: problem.demands[0].demand_id for one in problem.resources}

    allocation = allocate(problem, options, previous=previous)

    verdict = judge(problem, allocation.by_cn.items(), allocation.ideal)
    assert verdict.is_feasible, verdict
    assert sum(allocation.assigned) == verdict.fairness.staffed


@settings(max_examples=150)
@given(problem=weeks())
def test_optimal_is_never_worse_than_v2(problem):
    best, other = allocate(problem), allocate(problem, Options("v2"))
    ideal = best.ideal
    idle = [position for position, share in enumerate(ideal) if share == 0]

    if sum(best.assigned[one] for one in idle) == sum(other.assigned[one] for one in idle):
        gaps = [fairness(found.assigned, ideal).chi_square_gap for found in (best, other)]
        assert not gaps[0] > gaps[1] + 1e-9  # NaN where there is no ideal at all
    else:
        assert sum(best.assigned[one] for one in idle) < sum(other.assigned[one] for one in idle)


@settings(max_examples=150)
@given(problem=weeks())
def test_the_gate_agrees_with_every_pair_asked_one_by_one(problem):
    expected = [
        (row, column)
        for row, (one, days) in enumerate(zip(problem.resources, problem.days_present, strict=True))
        for column, demand in enumerate(problem.demands)
        if days and first_refusal(one, demand) is None
    ]

    assert expected == list(open_gate(problem).pairs())


@settings(max_examples=100)
@given(problem=weeks())
def test_names_that_keep_the_order_change_nothing(problem):
    renamed = Problem.build(
        PLAN,
        [
            person(
                f"Z{number:03d}",
                skills=one.skills,
                states=one.states,
                platform=one.platform,
                locality=one.locality,
                is_active=one.is_active,
            )
            for number, one in enumerate(problem.resources)
        ],
        problem.demands,
    )

    assert allocate(problem).choice == allocate(renamed).choice


@pytest.mark.parametrize("options", WAYS, ids=["optimal", "v2", "minimum_one", "stability"])
@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_input_changes_nothing(options, seed):
    roster, tasks = random_week(300, 60, seed)
    chance = random.Random(seed)
    previous = {one.cn: chance.randint(1, 60) for one in roster}
    mixed_roster, mixed_tasks = roster[:], tasks[:]
    chance.shuffle(mixed_roster)
    chance.shuffle(mixed_tasks)

    straight = allocate_week(roster, tasks, WEEK, WeekTable(), options=options, previous=previous)
    mixed = allocate_week(mixed_roster, mixed_tasks, WEEK, WeekTable(), options=options, previous=previous)

    assert straight.assignments.equals(mixed.assignments)
    assert straight.demands.equals(mixed.demands)
    assert straight.quality.equals(mixed.quality)


@given(seats=st.integers(0, 10**6), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_shares_add_up_and_stay_within_one_of_the_quota(seats, weights):
    if not any(weights):
        weights[0] = 1

    shares = largest_remainder(seats, weights)

    assert seats == sum(shares)
    assert all(
        abs(share * sum(weights) - seats * weight) < sum(weights) for share, weight in zip(shares, weights, strict=True)
    )


@given(
    forecast=st.floats(0, 1e6, allow_nan=False),
    days=st.lists(st.integers(0, 5), min_size=1, max_size=6).filter(any),
)
def test_a_month_is_conserved(forecast, days):
    weekly = split_month(forecast, dict(enumerate(days)))

    assert forecast == pytest.approx(sum(weekly.values()), rel=1e-12)
    assert all(weekly[week] == 0 for week, count in enumerate(days) if count == 0)


@given(positions=st.sets(st.integers(0, 300)))
def test_bits_round_trip(positions):
    assert tuple(sorted(positions)) == bits_of(sum(1 << position for position in positions))
