"""The ladder: which way of forecasting a queue has history for, and when its answer is not believed.

Here: the choice of a rung by weeks of usable history, the sanity checks, and stepping down. Not
here: what the rungs compute (core).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.forecasting.options import (
    RUNG_MODEL,
    RUNG_NONE,
    RUNG_POOLED,
    RUNG_PROFILE,
    RUNG_WEEKDAYS,
    RUNGS,
    ForecastOptions,
)

SPARE_CALLS = 10.0
"""Calls of the whole horizon that may come or go before a ratio means anything [calls]."""
STATED = "|stated"
"""Ends the name of a rung that a planner's statement chose."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rung a queue ended on.

    Attributes:
        rung: Name of the rung whose answer is used.
        reasons: Why higher rungs were not believed, in order; empty where none failed.
        beside: Simple peer that has a share in the answer; empty where none has.
        is_stated: A planner says so, and no rule found it.
    """

    rung: str
    reasons: tuple[str, ...] = ()
    beside: str = ""
    is_stated: bool = False

    @property
    def model_name(self) -> str:
        """The rung, `+` a peer with a share, `|stated`, and `|stepped_down:` with the reasons where it healed itself."""
        shared = f"+{self.beside}" if self.beside else ""
        said = STATED if self.is_stated else ""
        return self.rung + shared + said + (f"|stepped_down:{'; '.join(self.reasons)}" if self.reasons else "")


def rung_for(weeks: float, options: ForecastOptions) -> str:
    """The rung for so many weeks of usable history.

    Args:
        weeks: Weeks of usable history of a queue, >= 0.
        options: Where the rungs begin.

    Returns:
        Name of the rung.
    """
    if weeks >= options.model_from_weeks:
        return RUNG_MODEL
    if weeks >= options.profile_from_weeks:
        return RUNG_PROFILE
    if weeks >= options.weekdays_from_weeks:
        return RUNG_WEEKDAYS
    return RUNG_POOLED if weeks > 0 else RUNG_NONE


def problem(forecast: FloatArray, reference: float, *, sane_ratio: float) -> str | None:
    """What is wrong with a forecast, in a word; None if it can be believed.

    Args:
        forecast: Means of the horizon [calls]; any shape.
        reference: What the last weeks' level would bring over the same days [calls].
        sane_ratio: Factor from the reference, either way, that is no longer believed.

    Returns:
        The fault, in words that follow the rung's name.
    """
    if np.isnan(forecast).any():
        return "has NaN"
    if np.isinf(forecast).any():
        return "exploded"
    if (forecast < 0).any():
        return "is negative"
    total = float(forecast.sum())
    if total > sane_ratio * reference + SPARE_CALLS:
        return "exploded"
    if total * sane_ratio + SPARE_CALLS < reference:
        return "collapsed"
    return None


def step_down(
    answers: Mapping[str, FloatArray], *, first: str, reference: float, sane_ratio: float
) -> tuple[Chosen, FloatArray]:
    """Take the first believable answer from rung `first` downwards.

    Args:
        answers: Rung -> means of the horizon [calls], all of one shape. Rungs left out are skipped.
        first: Rung to begin with.
        reference: See `problem`.
        sane_ratio: See `problem`.

    Returns:
        The rung with the reasons of those above it, and its answer. Below the last rung there is
        zero, named `no_history`.
    """
    reasons: list[str] = []
    for rung in RUNGS[RUNGS.index(first) :]:
        if rung in answers:
            wrong = problem(answers[rung], reference, sane_ratio=sane_ratio)
            if wrong is None:
                return Chosen(rung, tuple(reasons)), answers[rung]
            reasons.append(f"{rung} {wrong}")
    shape = next(iter(answers.values())).shape
    return Chosen(RUNG_NONE, tuple(reasons)), np.zeros(shape)
