"""What an action gains, tried out: a gap as it is against the gap with the action.

Here: what is tried, what comes back, and the order in which actions are offered. Not here: who simulates. The law of
rooms keeps domain siblings apart, so the simulator is handed in by a calculator above (calculators). Not here either:
which actions are possible (actions).
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, FloatArray
from wfm_pipeline.units import PERCENT

OVERTIME, MOVE_BREAK, MOVE_OFF_PRODUCT, LEND, CALL_BACK = (
    "overtime", "move_break", "move_off_product", "lend_skill", "call_back",
)  # fmt: skip
ACTION_KINDS: Final = (MOVE_BREAK, MOVE_OFF_PRODUCT, LEND, CALL_BACK, OVERTIME)
"""In the order in which they are offered where nothing else tells them apart: what disturbs people least comes first."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One service over a stretch of intervals.

    Attributes:
        calls: Expected calls of each interval [calls], shape (n_intervals,).
        aht_seconds: Mean handle time of each interval [s], > 0, shape (n_intervals,).
        people: People there, parts of people for parts of an interval [agents], shape (n_intervals,).
        is_counted: Intervals whose service level is asked; those before warm the floor up, shape (n_intervals,).
        interval_seconds: Length of an interval [s].
        answer_target_seconds: Answer-time target [s].
        patience_seconds: Mean patience [s]; infinite where nobody leaves.
    """

    calls: FloatArray
    aht_seconds: FloatArray
    people: FloatArray
    is_counted: BoolArray
    interval_seconds: float
    answer_target_seconds: float
    patience_seconds: float


@dataclass(frozen=True, slots=True)
class Gain:
    """Service level won, with its confidence interval.

    Attributes:
        value: Service level with the action - without [-1..1].
        low: Lower end.
        high: Upper end.
    """

    value: float
    low: float
    high: float


Simulator = Callable[[Trial, Trial], Gain]
"""Tries a gap without and with an action on the same callers."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that could be done about a gap.

    Attributes:
        gap_id: The gap.
        kind: One of `ACTION_KINDS`.
        agents: People it moves [count]; 0 for a call-back offer.
        agent_hours: Their time that it brings to the gap [h].
        calls: Calls it takes out of the gap [calls]; 0 but for a call-back offer.
        cost: What it costs [currency]; NaN where the rate is not known.
        currency: Of the cost; None where it is not known.
        gain: What it gains.
        who: Ids of the people; personal, and in no table of gold.
        from_service: Service that lends, None for other kinds.
    """

    gap_id: str
    kind: str
    agents: int
    agent_hours: float
    calls: float
    cost: float
    currency: str | None
    gain: Gain
    who: tuple[str, ...] = ()
    from_service: str | None = None

    @property
    def cost_per_point(self) -> float:
        """Cost of a hundredth of service level [currency]; NaN where the cost is not known."""
        return self.cost / (self.gain.value * PERCENT)


def ranked(actions: Sequence[Action]) -> tuple[Action, ...]:
    """Actions that gain something, cheapest per point of service level first.

    Args:
        actions: Actions of one gap.

    Returns:
        Those with a gain above 0. Equal costs per point go by the larger gain, then as `ACTION_KINDS` stand, then by the
        lending service; an unknown cost stands last.
    """
    useful = [one for one in actions if one.gain.value > 0]
    return tuple(
        sorted(
            useful,
            key=lambda one: (
                bool(np.isnan(one.cost)),
                0.0 if np.isnan(one.cost) else one.cost_per_point,
                -one.gain.value,
                ACTION_KINDS.index(one.kind),
                one.from_service or "",
            ),
        )
    )


def actions_json(actions: Sequence[Action]) -> str:
    """Actions as the text of a column; people are counted and not named.

    Args:
        actions: In the order in which they are offered.

    Returns:
        A JSON list of objects: kind, agents, agent_hours, calls, cost, currency, cost_per_point, gain, gain_low, gain_high,
        from_service; null for what is not known.
    """
    return json.dumps(
        [
            {
                "kind": one.kind,
                "agents": one.agents,
                "agent_hours": _number(one.agent_hours),
                "calls": _number(one.calls),
                "cost": _number(one.cost),
                "currency": one.currency,
                "cost_per_point": _number(one.cost_per_point),
                "gain": _number(one.gain.value),
                "gain_low": _number(one.gain.low),
                "gain_high": _number(one.gain.high),
                "from_service": one.from_service,
            }
            for one in actions
        ]
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
