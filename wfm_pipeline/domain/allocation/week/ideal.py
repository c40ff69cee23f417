"""How many people each demand should get: its share of the heads of its locality, and its need."""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import fsum

from wfm_pipeline.domain.allocation.problem import Demand, Problem
from wfm_pipeline.domain.allocation.strategies.gate import canonical_locality


def ideal_shares(localities: Sequence[str], weights: Sequence[float], heads: Mapping[str, int]) -> list[float]:
    """Heads of each locality in proportion to the weights of its demands.

    Args:
        localities: Locality of each demand.
        weights: Cases or workload of each demand, >= 0.
        heads: Available people per locality [count].

    Returns:
        Ideal FTE of each demand; per locality they add up to its heads, or are all 0 where its weights are.

    Example:
        >>> ideal_shares(["Domestic", "Domestic"], [1412, 1059], {"Domestic": 35})
        [20.0, 15.0]
    """
    totals = {
        name: fsum(weight for locality, weight in zip(localities, weights, strict=True) if locality == name)
        for name in dict.fromkeys(localities)
    }
    return [
        heads.get(locality, 0) * weight / totals[locality] if totals[locality] > 0 else 0.0
        for locality, weight in zip(localities, weights, strict=True)
    ]


def heads_by_locality(problem: Problem) -> Counter[str]:
    """Available people of the week per locality.

    Args:
        problem: The week.

    Returns:
        Locality -> people who are there at least one day [count].
    """
    return Counter(
        canonical_locality(resource.locality)
        for resource, days in zip(problem.resources, problem.days_present, strict=True)
        if days > 0
    )


def ideal_fte(problem: Problem) -> list[float]:
    """Ideal FTE of each demand of the week.

    Args:
        problem: The week.

    Returns:
        Ideal FTE of each demand, in the problem's order; per locality they add up to its heads.

    Source:
        docs/methods/allocation.md, step 5.
    """
    localities = [canonical_locality(demand.locality) for demand in problem.demands]
    return ideal_shares(localities, problem.weights, heads_by_locality(problem))


def required_fte(problem: Problem) -> list[float | None]:
    """People each demand needs: workload hours over the hours of a full week of one person.

    Args:
        problem: The week.

    Returns:
        Required FTE of each demand; None where the handle time is unknown, or where there is work but no working day.
    """
    needs: list[float | None] = []
    for demand in problem.demands:
        settings = problem.week_hours.locality(canonical_locality(demand.locality))
        hours = full_week_hours(problem, demand) * settings.occupancy
        workload = demand.workload_hours
        if workload is None:
            needs.append(None)
        elif workload == 0:
            needs.append(0.0)
        else:
            needs.append(workload / hours if hours > 0 else None)
    return needs


def full_week_hours(problem: Problem, demand: Demand) -> float:
    """Hours that one person of full productivity can handle in a whole week of the demand's locality.

    Args:
        problem: The week.
        demand: A demand of the week.

    Returns:
        Hours [h]; 0 where the week has no working day there.
    """
    settings = problem.week_hours.locality(canonical_locality(demand.locality))
    return settings.capacity_hours(settings.working_days)


def ideal_hours(problem: Problem, ideal: Sequence[float]) -> list[float]:
    """Fair share of the hours of each locality's available people: as `ideal_fte`, but two beginners are not one expert.

    Args:
        problem: The week.
        ideal: Ideal FTE per demand, in the problem's order.

    Returns:
        Ideal hours of each demand [h]; per locality they add up to its people's hours, or are all 0 where its weights are.

    Source:
        docs/methods/allocation.md, step 5.
    """
    heads, hours = heads_by_locality(problem), Counter[str]()
    for position, resource in enumerate(problem.resources):
        hours[canonical_locality(resource.locality)] += problem.capacity_hours(position)  # type: ignore[assignment]
    places = [canonical_locality(demand.locality) for demand in problem.demands]
    return [
        share * hours[place] / heads[place] if heads[place] else 0.0 for share, place in zip(ideal, places, strict=True)
    ]
