"""Random weeks for the allocation tests and benchmark: made up, seeded, in several densities."""

from collections.abc import Iterable

import numpy as np

from wfm_pipeline.domain.allocation.pairs import Pair
from wfm_pipeline.domain.allocation.problem import Demand, Problem, Resource, Weight
from wfm_pipeline.domain.allocation.strategies.gate import first_refusal
from wfm_pipeline.domain.allocation.week.week_hours import WeekTable
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek

WEEK = IsoWeek(2025, 28)  # five working days in both localities
PLAN = WeekTable().hours_of(WEEK)
PLATFORMS = ("Amisys", "Facets", "Xcelys", "Qnxt")
CASE_TYPES = tuple(f"case-{number:02d}" for number in range(12))
STATES = tuple(f"S{number:02d}" for number in range(30))
LOCALITIES = ("Domestic", "Global")


def random_week(
    resources: int,
    demands: int,
    seed: int,
    *,
    any_state_share: float = 0.3,
    most_skills: int = 3,
    most_states: int = 4,
    kinds: tuple[int, int, int, int] = (4, 12, 30, 2),
) -> tuple[list[Resource], list[Demand]]:
    """A roster and its work.

    Args:
        resources, demands: How many.
        seed: Seed of chance.
        any_state_share: Share of people who list `N/A` beside named states; half as many list nothing else.
        most_skills, most_states: Skills and states of a person: 1 up to so many.
        kinds: How many platforms, case types, states and localities occur.
    """
    rng = np.random.default_rng(seed)
    platforms, case_types = PLATFORMS[: kinds[0]], CASE_TYPES[: kinds[1]]
    states, localities = STATES[: kinds[2]], LOCALITIES[: kinds[3]]

    def some(words: tuple[str, ...], most: int) -> list[str]:
        size = int(rng.integers(1, min(most, len(words)) + 1))
        return [words[position] for position in rng.choice(len(words), size, replace=False)]

    roster = []
    for number in range(resources):
        listed = some(states, most_states)
        if rng.random() < any_state_share:
            listed = ["N/A", *listed] if rng.random() < 2 / 3 else ["N/A"]
        roster.append(
            Resource(
                cn=f"R{number:05d}",
                platform=platforms[rng.integers(len(platforms))],
                locality=localities[rng.integers(len(localities))],
                skills=frozenset(some(case_types, most_skills)),
                states=frozenset(listed),
            )
        )
    work = [
        Demand(
            demand_id=number + 1,
            platform=platforms[rng.integers(len(platforms))],
            locality=localities[rng.integers(len(localities))],
            case_type=case_types[rng.integers(len(case_types))],
            state=(*states, "N/A")[rng.integers(len(states) + 1)],
            weekly_forecast=int(rng.lognormal(6, 1)) if rng.random() > 0.05 else 0,
            handle_seconds=float(rng.integers(200, 2000)),
        )
        for number in range(demands)
    ]
    return roster, work


def random_problem(resources: int, demands: int, seed: int, *, weight: Weight = "volume", **shape) -> Problem:
    """The validated instance of such a week."""
    roster, work = random_week(resources, demands, seed, **shape)
    return Problem.build(PLAN, roster, work, weight=weight)


def with_pairs(problem: Problem, seed: int, *, share: float = 0.3) -> Problem:
    """The same week in which planners have decided about some people: half are pinned to what they may do, half barred from it."""
    rng, pairs = np.random.default_rng(seed), []
    for one, days in zip(problem.resources, problem.days_present, strict=True):
        open_to = [demand for demand in problem.demands if first_refusal(one, demand) is None]
        if days and open_to and rng.random() < share:
            rule = "pinned" if rng.random() < 0.5 else "forbidden"
            chosen = rng.choice(
                len(open_to), 1 if rule == "pinned" else int(rng.integers(1, len(open_to) + 1)), replace=False
            )
            pairs += [Pair(one.cn, str(open_to[number].demand_id), rule, WEEK, reason="as told") for number in chosen]
    return Problem.build(
        problem.week_hours, problem.resources, problem.demands, tiers=problem.tiers.values(), weight=problem.weight,
        pairs=pairs,
    )  # fmt: skip


def person(cn: str, *, skills: Iterable[str], states: Iterable[str], platform="Amisys", locality="Domestic", **more):
    """A resource in one line."""
    return Resource(cn, platform, locality, frozenset(skills), frozenset(states), **more)


def work(
    demand_id, case_type: str, state: str, forecast: float = 100, *, platform="Amisys", locality="Domestic", **more
):
    """A demand in one line."""
    return Demand(demand_id, platform, locality, case_type, state, forecast, **more)
