"""Pairs that planners have decided: a person is pinned to a demand, or a demand is forbidden to a person, for some weeks.

A pin takes every other demand from the person, a forbidden pair one; neither opens what the gate refuses. Not here: the
gate (strategies/gate) and the planners' file (tables/sheets).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from wfm_pipeline.domain.allocation.faults import InvalidPairError
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek

PairRule = Literal["pinned", "forbidden"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A planner's word about one person and one demand.

    Attributes:
        cn: Number of the person; personal data.
        demand_id: The demand, as text.
        rule: `pinned` or `forbidden`.
        from_week: First week in which it holds.
        until_week: Last week, included; None = until it is taken out.
        reason: Why; None where it is not said.
    """

    cn: str
    demand_id: str
    rule: PairRule
    from_week: IsoWeek
    until_week: IsoWeek | None = None
    reason: str | None = None

    def __post_init__(self) -> None:
        """Refuse a stretch that ends before it begins."""
        if self.until_week is not None and self.until_week < self.from_week:
            raise InvalidPairError(
                f"until_week {self.until_week} lies before from_week {self.from_week}; swap or correct them",
                got=str(self.until_week),
            )

    def holds_in(self, week: IsoWeek) -> bool:
        """Whether it holds in a week.

        Args:
            week: The week.

        Returns:
            True from the first to the last week.
        """
        return self.from_week <= week and (self.until_week is None or week <= self.until_week)


@dataclass(frozen=True, slots=True)
class PersonPairs:
    """What planners have decided about one person in one week.

    Attributes:
        pinned: The one demand that is left to the person; None = none is pinned.
        forbidden: Demands that are not.
        reasons: Demand -> why, where it was said.
    """

    pinned: str | None = None
    forbidden: frozenset[str] = frozenset()
    reasons: Mapping[str, str] = field(default_factory=dict)

    def refuses(self, demand_id: str | int) -> bool:
        """Whether planners take a demand from the person.

        Args:
            demand_id: The demand.

        Returns:
            True where it is forbidden, or another one is pinned.
        """
        name = str(demand_id)
        return name in self.forbidden or (self.pinned is not None and self.pinned != name)

    def words(self, demand_id: str | int) -> str:
        """Which pair decides about a demand, with its reason.

        Args:
            demand_id: A demand that is pinned, or refused.

        Returns:
            Words without an end.
        """
        name = str(demand_id)
        forbidden = name in self.forbidden
        decided = name if forbidden or self.pinned is None else self.pinned
        reason = self.reasons.get(decided)
        said = "planners forbid it to the person" if forbidden else f"planners pin the person to demand {decided}"
        return said + (f": {reason}" if reason else "")


NO_PAIRS: Final = PersonPairs()


def pairs_by_person(pairs: Iterable[Pair], week: IsoWeek) -> dict[str, PersonPairs]:
    """What holds of each person in a week.

    Args:
        pairs: All pairs, of any weeks, in any order.
        week: The week.

    Returns:
        cn -> pairs of that person; nobody else.

    Raises:
        InvalidPairError: a person is pinned to two demands, or to one that is forbidden too.
    """
    found: dict[str, PersonPairs] = {}
    for pair in sorted((one for one in pairs if one.holds_in(week)), key=lambda one: (one.cn, one.demand_id, one.rule)):
        known = found.get(pair.cn, NO_PAIRS)
        reasons = {**known.reasons, **({pair.demand_id: pair.reason} if pair.reason else {})}
        if pair.rule == "forbidden":
            known = PersonPairs(known.pinned, known.forbidden | {pair.demand_id}, reasons)
        elif known.pinned in {None, pair.demand_id}:
            known = PersonPairs(pair.demand_id, known.forbidden, reasons)
        else:
            raise InvalidPairError(
                f"{pair.cn} is pinned to demands {known.pinned} and {pair.demand_id} in {week}: a person works on one demand "
                "a week; take one out of allocation_pairs, or end it with until_week",
                got=pair.cn,
            )
        if known.pinned in known.forbidden:
            raise InvalidPairError(
                f"the pair of {pair.cn} and demand {known.pinned} is pinned and forbidden in {week}; take one out of allocation_pairs",
                got=pair.cn,
            )
        found[pair.cn] = known
    return found
