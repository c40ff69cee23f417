"""How many people each demand of a block would get if some people had other skills or states.

Here: one block, with the ideals it has; blocks share nobody, so the others stay as they are. Not here: which change is
worth trying (domain/allocation/reasons/trials).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property

from wfm_pipeline.domain.allocation.problem import Resource
from wfm_pipeline.domain.allocation.strategies.gate import Eligibility
from wfm_pipeline.domain.allocation.strategies.heuristic import Known, allocate_v2
from wfm_pipeline.domain.allocation.strategies.optimum import ADAMS, WEBSTER, Flow, best_counts, rebalanced
from wfm_pipeline.domain.allocation.strategies.strategy import Options, kinds_by_block, positive


class Recount(ABC):
    """One block of a week whose people may change, by one strategy."""

    def __init__(self, eligibility: Eligibility, ideal: Sequence[float], options: Options) -> None:
        """Take a week of one block.

        Args:
            eligibility: The gate's answer for its people and demands.
            ideal: Ideal FTE of its demands.
            options: How the week is allocated.
        """
        self.eligibility, self.ideal, self.options = eligibility, list(ideal), options

    @property
    @abstractmethod
    def cost(self) -> int:
        """What one answer costs: people or demands that are looked at, whose costs are much alike [count]."""

    def counts(self, changed: Mapping[int, Resource]) -> list[int]:
        """People per demand.

        Args:
            changed: Position of a person who is there -> what that person would be, with at least one open demand.

        Returns:
            What the strategy gives to the changed week [count].
        """
        return self._counts(changed)

    @abstractmethod
    def _counts(self, changed: Mapping[int, Resource]) -> list[int]: ...


class V2Recount(Recount):
    """`v2` follows turns, so it is run again."""

    @property
    def cost(self) -> int:
        """People of the block [count]."""
        return len(self.eligibility.eligible)

    def _counts(self, changed: Mapping[int, Resource]) -> list[int]:
        week = self.eligibility.with_people(changed)
        return allocate_v2(week, self.ideal, self.options.score_weights, self._known).assigned

    @cached_property
    def _known(self) -> Known:
        return Known()


class OptimalRecount(Recount):
    """The best counts are one vector, so they are found from those of before."""

    @property
    def cost(self) -> int:
        """Demands of the block [count]."""
        return len(self.ideal)

    def _counts(self, changed: Mapping[int, Resource]) -> list[int]:
        return rebalanced(self._flow, [self._change(position, person) for position, person in changed.items()]).assigned

    def _change(self, position: int, person: Resource) -> tuple[int | None, int]:
        mask = self.eligibility.masks_if(position, person)[0]
        return self._kind_of.get(position), mask & self._busy or mask

    @cached_property
    def _busy(self) -> int:
        weights = self.eligibility.problem.weights
        return sum(1 << bit for bit, demand in enumerate(self.eligibility.blocks[0].demands) if weights[demand] > 0)

    @cached_property
    def _flow(self) -> Flow:
        weights = self.eligibility.problem.weights
        kinds = kinds_by_block(self.eligibility, weights, {}, is_quality=False).get(0, [])
        shift = ADAMS if self.options.minimum_one else WEBSTER
        return best_counts(kinds, positive(weights, self.eligibility.blocks[0].demands), shift=shift)

    @cached_property
    def _kind_of(self) -> dict[int, int]:
        return {position: number for number, kind in enumerate(self._flow.kinds) for position in kind.members}


def recount(eligibility: Eligibility, ideal: Sequence[float], options: Options) -> Recount:
    """Recounts of a block by the strategy of the options.

    Args:
        eligibility: The gate's answer for the people and demands of one block.
        ideal: Ideal FTE of its demands.
        options: How the week is allocated.

    Returns:
        What answers with the strategy's own counts.
    """
    return (V2Recount if options.strategy == "v2" else OptimalRecount)(eligibility, ideal, options)
