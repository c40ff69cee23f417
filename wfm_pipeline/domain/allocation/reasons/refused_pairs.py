"""Every pair of a week that is refused, as a table: which checks refuse it, what would open it, in words.

A week of many people and demands has millions of such pairs, so a table holds at most so many, those that lack least first, and
says what it leaves out. Not here: one pair (why_not).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import pandas as pd

from wfm_pipeline.domain.allocation.pairs import NO_PAIRS
from wfm_pipeline.domain.allocation.problem import Demand, Problem, Resource
from wfm_pipeline.domain.allocation.reasons.explain import unassigned_reason
from wfm_pipeline.domain.allocation.reasons.why_not import WhyNot, refusals_of
from wfm_pipeline.domain.allocation.strategies.gate import canonical_locality
from wfm_pipeline.domain.allocation.strategies.strategy import Allocation

REFUSAL_COLUMNS: Final = ("resource_cn", "demand_id", "refused_by", "opens_with", "why")
"""Columns of the table."""
ABSENT: Final = "absent"
"""What refuses a person who is not there, before any check is asked."""


@dataclass(frozen=True)
class RefusedPairs:
    """Refused pairs of a week.

    Attributes:
        rows: `REFUSAL_COLUMNS`; checks are joined by `; `, `absent` stands for whoever is not there.
        refused: All refused pairs of the week [count].
    """

    rows: pd.DataFrame
    refused: int

    @property
    def left_out(self) -> int:
        """Refused pairs that are not in the rows [count]."""
        return self.refused - len(self.rows)


@dataclass(frozen=True, slots=True)
class _Group:
    """People alike and one demand that refuses them all alike."""

    answer: WhyNot
    people: tuple[int, ...]
    demand: int

    @property
    def lacks(self) -> int:
        """Checks that refuse; more than any number of them where the people are not there."""
        return _MOST_CHECKS if self.answer.absence is not None else len(self.answer.refusals)


_MOST_CHECKS: Final = 99
"""More than there are checks: whoever is not there comes last [count]."""


def refused_pairs(allocation: Allocation, *, most: int) -> RefusedPairs:
    """The refused pairs of a week, those that lack least first, then those of demands with the largest gap.

    Args:
        allocation: The week.
        most: Rows at most [count].

    Returns:
        The rows, and how many refused pairs there are.
    """
    problem = allocation.problem
    gap = [ideal - count for ideal, count in zip(allocation.ideal, allocation.assigned, strict=True)]
    groups = sorted(_groups(allocation), key=lambda one: (one.lacks, -gap[one.demand], one.demand, one.people))
    found = (
        (group, problem.resources[person], problem.demands[group.demand]) for group in groups for person in group.people
    )
    rows = pd.DataFrame([_row(*one) for one in islice(found, most)], columns=list(REFUSAL_COLUMNS), dtype="str")
    return RefusedPairs(rows, sum(len(one.people) for one in groups))


def _row(group: _Group, person: Resource, demand: Demand) -> tuple[str, str, str, str | None, str]:
    known = group.answer
    answer = WhyNot(person, demand, None, known.absence, known.refusals, 0.0, known.pairs)
    checks = (ABSENT,) if known.absence is not None else known.refusals
    return person.cn, str(demand.demand_id), "; ".join(checks), answer.remedy, str(answer)


def _groups(allocation: Allocation) -> Iterator[_Group]:
    """People who are alike times demands that are alike, where they refuse each other."""
    problem = allocation.problem
    demands = _demands_alike(problem)
    for people in _people_alike(allocation):
        person, absence = problem.resources[people[0]], _absence(allocation, people[0])
        pairs = problem.pairs_of(person)
        for alike in demands if pairs is NO_PAIRS else [(one,) for group in demands for one in group]:
            demand = problem.demands[alike[0]]
            refusals = refusals_of(person, demand, pairs)
            if absence is not None or refusals:
                answer = WhyNot(person, demand, None, absence, refusals, 0.0, pairs)
                yield from (_Group(answer, people, number) for number in alike)


def _absence(allocation: Allocation, position: int) -> str | None:
    is_absent = allocation.problem.days_present[position] == 0
    return unassigned_reason(allocation.eligibility, position) if is_absent else None


def _people_alike(allocation: Allocation) -> list[tuple[int, ...]]:
    found: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for position, one in enumerate(allocation.problem.resources):
        key: tuple[object, ...] = (one.platform, canonical_locality(one.locality), one.skills, one.states)
        own = allocation.problem.pairs_of(one)
        found[*key, _absence(allocation, position), None if own is NO_PAIRS else one.cn].append(position)
    return [tuple(people) for people in found.values()]


def _demands_alike(problem: Problem) -> list[tuple[int, ...]]:
    found: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, one in enumerate(problem.demands):
        found[one.platform, canonical_locality(one.locality), one.case_type, one.state].append(number)
    return [tuple(numbers) for numbers in found.values()]
