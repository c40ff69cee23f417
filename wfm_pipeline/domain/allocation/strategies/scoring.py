"""The score of a person for a demand, in its four parts."""

from dataclasses import dataclass
from typing import Final

from wfm_pipeline.domain.allocation.faults import InvalidValueError
from wfm_pipeline.domain.arrays import ROUNDING

NOT_EXACT_QUALITY: Final = 0.5
"""Quality of a state served through `N/A`, and of a person with several skills; exact and single are 1."""
TIE_DIGITS: Final = 12
"""Scores that agree to this many digits are equal: sums in another order differ in the 16th."""


@dataclass(frozen=True, slots=True)
class ScoreWeights:
    """How much each part counts; together 1. The defaults are those of the planners' own procedure `v2`."""

    urgency: float = 0.40
    exclusivity: float = 0.35
    state: float = 0.15
    skill: float = 0.10

    def __post_init__(self) -> None:
        """Refuse weights that are negative or do not add up to 1."""
        parts = (self.urgency, self.exclusivity, self.state, self.skill)
        if min(parts) < 0 or abs(sum(parts) - 1) > ROUNDING:
            raise InvalidValueError(f"score weights must be >= 0 and add up to 1, got {parts}", got=parts)


DEFAULT_WEIGHTS: Final = ScoreWeights()


@dataclass(frozen=True, slots=True)
class Score:
    """The weighted parts of a score; `total` is their sum, 0..1, higher is better."""

    urgency: float
    exclusivity: float
    state: float
    skill: float

    @property
    def total(self) -> float:
        """Sum of the parts."""
        return self.urgency + self.exclusivity + self.state + self.skill


def urgency_of(ideal: float, assigned: float) -> float:
    """How much of its ideal a demand still lacks.

    Args:
        ideal: Ideal FTE, >= 0.
        assigned: People it has [count].

    Returns:
        Share of the ideal [0..1]; 0 where the ideal is 0.

    Example:
        >>> urgency_of(4.0, 3), urgency_of(0.0, 0)
        (0.25, 0.0)
    """
    return max(0.0, min(1.0, (ideal - assigned) / ideal)) if ideal > 0 else 0.0


def score(
    urgency: float, eligible_demands: int, skills: int, *, is_exact: bool, weights: ScoreWeights = DEFAULT_WEIGHTS
) -> Score:
    """Score of one person for one demand.

    Args:
        urgency: What the demand lacks of its ideal [0..1].
        eligible_demands: Demands open to the person [count], >= 1.
        skills: Skills of the person [count].
        is_exact: The person lists the demand's state itself, not only `N/A`.
        weights: Weights of the parts.

    Returns:
        The weighted parts; higher is better.

    Source:
        docs/methods/allocation.md, strategy `v2`.

    Example:
        >>> round(score(0.25, 3, 2, is_exact=True).total, 4)
        0.4167
    """
    return Score(
        weights.urgency * urgency,
        weights.exclusivity / eligible_demands,
        weights.state * (1.0 if is_exact else NOT_EXACT_QUALITY),
        weights.skill * (1.0 if skills == 1 else NOT_EXACT_QUALITY),
    )
