"""Several weeks, one after the other: each is compared with the one before, and judged by both strategies.

Not here: one week (frames.py) and what a week is planned from (warehouse/shelves/allocation_inputs).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

import pandas as pd

from wfm_pipeline.domain.allocation.faults import NoDemandError
from wfm_pipeline.domain.allocation.strategies.strategy import Options, allocate, optimal_counts
from wfm_pipeline.domain.allocation.tables.frames import WeekAnswer, quality_frame
from wfm_pipeline.domain.allocation.tables.week_inputs import WeekInputs
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek

Previous = Mapping[str, str | None] | None
"""Demand of each person in the plan of the week before, None for a person without; None where there is no plan."""


@dataclass(frozen=True)
class AssignedWeeks:
    """What the weeks of a run have to say.

    Attributes:
        demands, assignments: Rows of all weeks, as `WeekAnswer` has them.
        quality: One row per week and strategy, the chosen one first (`is_chosen`).
        notices: What the user should know, each once.
        without_demand: Weeks that are left empty, with the reason.
        inputs: What each week was made from.
    """

    demands: pd.DataFrame
    assignments: pd.DataFrame
    quality: pd.DataFrame
    notices: tuple[str, ...]
    without_demand: Mapping[IsoWeek, str] = field(default_factory=dict)
    inputs: Mapping[IsoWeek, WeekInputs] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Any]:
        """How the chosen strategy did: people without work [count], mean chi-square gap of the weeks; weeks left empty."""
        chosen = self.quality[self.quality["is_chosen"]]
        left = ", ".join(map(str, self.without_demand))
        return {
            "unassigned": int(chosen["unassigned"].sum()),
            "chi_square_gap": float(chosen["chi_square_gap"].fillna(0).mean()),
            **({"weeks_without_demand": left} if left else {}),
        }

    @property
    def last_week(self) -> IsoWeek:
        """The last week that has a plan."""
        last = self.quality.iloc[-1]
        return IsoWeek(int(last["iso_year"]), int(last["iso_week"]))

    def demands_of(self, week: IsoWeek) -> pd.DataFrame:
        """The demands of one week.

        Args:
            week: One of the weeks.

        Returns:
            Its rows of `demands`.
        """
        return self.demands[(self.demands["iso_year"] == week.iso_year) & (self.demands["iso_week"] == week.iso_week)]


def assign_weeks(
    weeks: Sequence[IsoWeek],
    answer: Callable[[IsoWeek, Previous], WeekAnswer],
    *,
    others: Sequence[Options],
    previous: Previous,
    standing: Mapping[IsoWeek, Previous] = MappingProxyType({}),
) -> AssignedWeeks:
    """Plan weeks in order of time; each one is compared with the plan of the week before.

    Args:
        weeks: The weeks, in order.
        answer: Assigns one week, given the assignment of the week before.
        others: Options of the strategies that are judged beside the chosen one.
        previous: Plan of the week before the first.
        standing: Weeks of which a former plan stands whatever comes out now: the week after is compared with that.

    Returns:
        The rows of all weeks, in order. A week without demand has none, and is named with the reason; the week after it
        is compared with no plan.

    Raises:
        NoDemandError: not one of the weeks has any demand.
    """
    demands, assignments, quality = [], [], []
    notices: dict[str, None] = {}
    empty: dict[IsoWeek, str] = {}
    inputs: dict[IsoWeek, WeekInputs] = {}
    for week in weeks:
        try:
            found = answer(week, previous)
        except NoDemandError as error:
            empty[week], previous = str(error), standing.get(week)
            continue
        demands.append(found.demands)
        assignments.append(found.assignments)
        quality += [found.quality.assign(is_chosen=True), *_judged_beside(found, others, previous)]
        notices |= dict.fromkeys(found.notices)
        inputs[week] = found.inputs
        previous = standing.get(week) or _demand_of(found)
    if not quality:
        raise NoDemandError("; ".join(empty.values()))
    notices |= dict.fromkeys(f"{reason}: it is left empty" for reason in empty.values())
    together = partial(pd.concat, ignore_index=True)
    return AssignedWeeks(together(demands), together(assignments), together(quality), tuple(notices), empty, inputs)


def _demand_of(answer: WeekAnswer) -> Previous:
    return {cn: None if demand is None else str(demand) for cn, demand in answer.allocation.by_cn.items()}


def _judged_beside(answer: WeekAnswer, others: Sequence[Options], previous: Previous) -> list[pd.DataFrame]:
    """Quality of the other strategies on the same problem."""
    frames = []
    for options in others:
        other = allocate(answer.allocation.problem, options, previous=previous)
        optimum = optimal_counts(other.eligibility)
        frames.append(quality_frame(other, optimum, previous=previous).assign(is_chosen=False))
    return frames
