"""The strategies against slow, independent ways: the Hungarian method, brute force, an LP, a plain `v2`."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment, linprog
from scipy.sparse import coo_array

from wfm_pipeline.domain.allocation.problem import Problem
from wfm_pipeline.domain.allocation.reasons.remedies import AlmostEligible
from wfm_pipeline.domain.allocation.strategies.gate import first_refusal, is_exact_state
from wfm_pipeline.domain.allocation.strategies.scoring import score, urgency_of
from wfm_pipeline.domain.allocation.strategies.strategy import Options, allocate
from wfm_pipeline_tests.allocation_instances import PLAN, person, random_problem, with_pairs, work

NEVER = 1e9


def eligible_matrix(problem: Problem) -> np.ndarray:
    """All pairs, asked one by one: shape (resources, demands)."""
    asked = [
        [first_refusal(one, demand, problem.pairs_of(one)) is None for demand in problem.demands]
        for one in problem.resources
    ]
    return np.array(asked)


def seat_costs(ideal: np.ndarray, people: int, first: float) -> np.ndarray:
    """Cost of the k-th person at each demand, k = 1..people: ((k - i)^2 - (k - 1 - i)^2) / i, up to a constant.

    `first` is 0.5 for the chi-square gap. A demand with ideal 0 costs a fortune, and more the fuller it is.
    """
    seats = np.arange(people)[None, :] + first
    with np.errstate(divide="ignore", invalid="ignore"):
        costs = 2 * seats / ideal[:, None]
    return np.where(ideal[:, None] > 0, costs, 1e5 * (1 + 1e-3 * seats))


def hungarian_counts(problem: Problem, ideal: np.ndarray, first: float = 0.5) -> np.ndarray:
    """Best counts with one column for each possible seat."""
    eligible = eligible_matrix(problem)
    staffable = eligible.any(axis=1)
    people = int(staffable.sum())
    if people == 0:
        return np.zeros(len(ideal), dtype=int)
    costs = seat_costs(ideal, people, first)
    matrix = np.where(np.repeat(eligible[staffable], people, axis=1), costs.ravel()[None, :], NEVER)
    _, columns = linear_sum_assignment(matrix)
    return np.bincount(columns // people, minlength=len(ideal))


def chi_square(assigned: np.ndarray, ideal: np.ndarray) -> float:
    at = ideal > 0
    return float(((assigned[at] - ideal[at]) ** 2 / ideal[at]).sum())


def best_gain(problem: Problem, counts: np.ndarray, gains: np.ndarray) -> float:
    """Largest sum of gains with the counts fixed: one column for each seat."""
    eligible = eligible_matrix(problem)
    staffable = eligible.any(axis=1)
    seats = np.repeat(np.arange(len(counts)), counts)
    matrix = np.where(eligible[staffable][:, seats], gains[staffable][:, seats], -NEVER)
    rows, columns = linear_sum_assignment(matrix, maximize=True)
    return float(matrix[rows, columns].sum())


def state_gains(problem: Problem) -> np.ndarray:
    """State quality of every pair: exact 1, through N/A 0.5."""
    return np.array(
        [[1.0 if is_exact_state(one, demand) else 0.5 for demand in problem.demands] for one in problem.resources]
    )


def small_instance(seed: int, *, has_pairs: bool = False) -> Problem:
    """All sizes up to 60 x 20, sparse and dense, volume and workload; perhaps with pinned and forbidden pairs."""
    rng = np.random.default_rng(seed)
    problem = random_problem(
        int(rng.integers(1, 61)),
        int(rng.integers(1, 21)),
        seed,
        any_state_share=float(rng.random()),
        kinds=(int(rng.integers(1, 3)), int(rng.integers(1, 5)), int(rng.integers(1, 6)), int(rng.integers(1, 3))),
        weight="volume" if seed % 2 else "workload",
    )
    return with_pairs(problem, seed) if has_pairs else problem


@pytest.mark.parametrize(("hundred", "has_pairs"), [(0, False), (1, False), (2, False), (0, True), (1, True)])
def test_optimal_has_the_smallest_chi_square_gap_on_500_small_weeks(hundred, has_pairs):
    for seed in range(100 * hundred, 100 * hundred + 100):
        problem = small_instance(seed, has_pairs=has_pairs)

        allocation = allocate(problem)

        ideal, assigned = np.array(allocation.ideal), np.array(allocation.assigned)
        best = hungarian_counts(problem, ideal)
        assert chi_square(best, ideal) == pytest.approx(chi_square(assigned, ideal), rel=1e-9, abs=1e-9), seed
        idle = ideal == 0
        assert best[idle].sum() == assigned[idle].sum(), seed
        assert (best[idle] ** 2).sum() == (assigned[idle] ** 2).sum(), seed


def test_minimum_one_follows_adams_on_100_small_weeks():
    for seed in range(100):
        problem = small_instance(seed)

        allocation = allocate(problem, Options(minimum_one=True))

        ideal, assigned = np.array(allocation.ideal), np.array(allocation.assigned)
        best = hungarian_counts(problem, ideal, first=0.0)

        def adams(counts, ideal=ideal):
            at = ideal > 0
            return float((counts[at] * (counts[at] - 1) / ideal[at]).sum())

        assert adams(best) == pytest.approx(adams(assigned), rel=1e-9, abs=1e-9), seed


@pytest.mark.parametrize("has_pairs", [False, True])
def test_quality_is_as_large_as_it_can_be_with_the_counts_fixed(has_pairs):
    mixed = 0
    for seed in range(200):
        problem = small_instance(seed, has_pairs=has_pairs)

        allocation = allocate(problem)

        gains = state_gains(problem)
        got = sum(gains[row, column] for row, column in enumerate(allocation.choice) if column >= 0)
        assert best_gain(problem, np.array(allocation.assigned), gains) == pytest.approx(got), seed
        mixed += (
            len(set(gains[allocation.choice.index(column)].tolist())) if (column := max(allocation.choice)) >= 0 else 0
        )
    assert mixed > 200  # otherwise quality never was a choice


def test_stability_makes_the_fewest_moves_among_the_best():
    for seed in range(100):
        problem = small_instance(seed)
        rng = np.random.default_rng(seed)
        previous = {one.cn: int(rng.integers(1, len(problem.demands) + 1)) for one in problem.resources}

        steady = allocate(problem, Options(stability=True), previous=previous)

        stays = np.array(
            [[float(previous[one.cn] == demand.demand_id) for demand in problem.demands] for one in problem.resources]
        )
        gains = 1000 * state_gains(problem) + stays
        got = sum(gains[row, column] for row, column in enumerate(steady.choice) if column >= 0)
        assert allocate(problem).assigned == steady.assigned, seed
        assert best_gain(problem, np.array(steady.assigned), gains) == pytest.approx(got), seed


def every_answer(problem: Problem):
    """All ways to give everybody who can be staffed one demand."""
    eligible = eligible_matrix(problem)
    return product(*[np.flatnonzero(row).tolist() or [-1] for row in eligible])


@pytest.mark.parametrize("has_pairs", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_brute_force_on_six_people_finds_the_same_counts_and_quality(seed, has_pairs):
    rng = np.random.default_rng(seed)
    problem = Problem.build(
        PLAN,
        [
            person(
                f"R{number}",
                skills=[("a", "b", "c")[rng.integers(3)], "a"],
                states=[("X", "Y", "N/A")[rng.integers(3)], "X"],
            )
            for number in range(6)
        ],
        [
            work(number, ("a", "b", "c")[number % 3], ("X", "Y", "N/A")[rng.integers(3)], int(rng.integers(1, 4)))
            for number in range(1, 5)
        ],
    )
    problem = with_pairs(problem, seed, share=0.5) if has_pairs else problem
    weights = [Fraction(demand.weekly_forecast) for demand in problem.demands]
    ideal = [6 * weight / sum(weights) for weight in weights]

    def rank(choice):
        counts = [choice.count(demand) for demand in range(4)]
        gap = sum((count - share) ** 2 / share for count, share in zip(counts, ideal, strict=True))
        pairs = [(problem.resources[row], problem.demands[column]) for row, column in enumerate(choice) if column >= 0]
        return gap, [-count for count in counts], -sum(2 if is_exact_state(*pair) else 1 for pair in pairs)

    best = min(map(rank, every_answer(problem)))

    assert best == rank(allocate(problem).choice)


def lp_counts(problem: Problem, eligible: list[tuple[int, int]], ideal: np.ndarray) -> np.ndarray:
    """Best counts from an LP on people x demands with convex seat costs; its vertices are whole numbers."""
    people = np.array([pair[0] for pair in eligible])
    demands = np.array([pair[1] for pair in eligible])
    room = np.bincount(demands, minlength=len(ideal))  # nobody can need more seats than there are eligible people
    seat_demand = np.repeat(np.arange(len(ideal)), room)
    seat = np.arange(len(seat_demand)) - np.repeat(np.cumsum(room) - room, room)
    costs = np.where(ideal[seat_demand] > 0, 2 * (seat + 0.5) / np.maximum(ideal[seat_demand], 1e-300), 1e4 + seat)
    staffed = np.unique(people)
    pairs, seats = len(people), len(seat)
    rows = np.concatenate([np.searchsorted(staffed, people), len(staffed) + demands, len(staffed) + seat_demand])
    columns = np.concatenate([np.arange(pairs), np.arange(pairs), pairs + np.arange(seats)])
    values = np.concatenate([np.ones(pairs), np.ones(pairs), -np.ones(seats)])
    matrix = coo_array((values, (rows, columns)), shape=(len(staffed) + len(ideal), pairs + seats)).tocsr()
    right = np.concatenate([np.ones(len(staffed)), np.zeros(len(ideal))])
    found = linprog(
        np.concatenate([np.zeros(pairs), costs]),
        A_eq=matrix,
        b_eq=right,
        bounds=np.stack([np.zeros(pairs + seats), np.r_[np.full(pairs, np.inf), np.ones(seats)]], axis=1),
        method="highs-ds",
    )
    assert found.success, found.message
    return np.rint(np.bincount(seat_demand, found.x[pairs:], minlength=len(ideal))).astype(int)


@pytest.mark.parametrize("seed", range(10))
def test_optimal_equals_a_linear_programme_at_5000_by_500(seed):
    problem = random_problem(5000, 500, seed, any_state_share=0.1 * seed)

    allocation = allocate(problem)

    ideal, assigned = np.array(allocation.ideal), np.array(allocation.assigned)
    best = lp_counts(problem, list(allocation.eligibility.pairs()), ideal)
    assert best.sum() == assigned.sum()
    assert chi_square(best, ideal) == pytest.approx(chi_square(assigned, ideal), rel=1e-9)


def plain_v2(problem: Problem, ideal: tuple[float, ...]) -> list[int]:
    """The three phases as they are told: before every step all free pairs are scored again."""
    eligible = eligible_matrix(problem)
    choice, assigned = [-1] * len(eligible), [0] * len(ideal)

    def give(row, column):
        choice[row] = column
        assigned[column] += 1

    def total(row, column):
        one, demand = problem.resources[row], problem.demands[column]
        urgency, exact = urgency_of(ideal[column], assigned[column]), is_exact_state(one, demand)
        return round(score(urgency, int(eligible[row].sum()), len(one.skills), is_exact=exact).total, 10)

    for row in np.flatnonzero(eligible.sum(axis=1) == 1):
        give(row, int(eligible[row].argmax()))
    while True:
        free = [
            (row, column)
            for row, column in np.argwhere(eligible)
            if choice[row] < 0 and assigned[column] < ideal[column]
        ]
        if not free:
            break
        give(*min(free, key=lambda pair: (-total(*pair), pair[1], pair[0])))
    for row in range(len(choice)):
        if choice[row] < 0 and eligible[row].any():
            options = np.flatnonzero(eligible[row])
            give(
                row,
                min(options, key=lambda one: (round(assigned[one] - ideal[one], 10), -round(ideal[one] % 1, 10), one)),
            )
    return [int(column) for column in choice]


@pytest.mark.parametrize("has_pairs", [False, True])
def test_v2_with_its_queue_equals_v2_told_plainly(has_pairs):
    for seed in range(60):
        problem = small_instance(seed, has_pairs=has_pairs)

        allocation = allocate(problem, Options(strategy="v2"))

        assert plain_v2(problem, allocation.ideal) == list(allocation.choice), seed


@pytest.mark.parametrize("has_pairs", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_those_who_lack_one_thing_are_found_as_by_asking_everybody(seed, has_pairs):
    problem = random_problem(40, 12, seed)
    problem = with_pairs(problem, seed) if has_pairs else problem
    almost = AlmostEligible(problem)

    for demand in problem.demands:
        found = {"skill": set(), "state": set()}
        for position, (one, days) in enumerate(zip(problem.resources, problem.days_present, strict=True)):
            has_state = demand.state in one.states or "N/A" in one.states
            is_kept_off = problem.pairs_of(one).refuses(demand.demand_id)
            check = first_refusal(one, demand) if days > 0 and not is_kept_off else None
            if check == "state" or (check == "skill" and has_state):
                found[check].add(position)
        assert found == {"skill": almost.lacking_skill(demand), "state": almost.lacking_state(demand)}
