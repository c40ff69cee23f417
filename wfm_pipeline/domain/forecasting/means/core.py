"""The expected calls: every rung's means, learnt once and answered for the target days.

Here: learning all rungs from a desk's state, and the means the ladder ends on. Not here: bands
around the means (bands) or the public door (forecast).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.forecasting.desk.state import DeskState
from wfm_pipeline.domain.forecasting.means.effect import CalendarEffect, learn_effect, neighbour_level
from wfm_pipeline.domain.forecasting.means.ladder import Chosen, rung_for, step_down
from wfm_pipeline.domain.forecasting.means.level import LevelModel, learn_level
from wfm_pipeline.domain.forecasting.means.shape import learn_shape, pooled_means, weekday_means
from wfm_pipeline.domain.forecasting.means.special_days import SpecialDays, learn_special_days
from wfm_pipeline.domain.forecasting.options import (
    RUNG_MODEL,
    RUNG_POOLED,
    RUNG_PROFILE,
    RUNG_WEEKDAYS,
    ForecastOptions,
)

REFERENCE_DAYS = 4
"""Same weekdays whose mean is the last weeks' level in the sanity check [days]."""


@dataclass(frozen=True, slots=True)
class CoreModel:
    """Everything the means of the target days need; no history inside.

    Attributes:
        effect: Calendar effect.
        level: Day levels.
        shape: Shares of the day, shape (queues, 7, slots).
        special: Level and shape of named target days.
        weekday_means: Rung of same weekdays, shape (queues, 7, slots) [calls].
        pooled_means: Rung of the pooled profile, shape (queues, 7, slots) [calls].
        reference: Last weeks' level, shape (queues, 7) [calls].
        weeks: Weeks of usable history, shape (queues,).
        features: Target days' features, shape (queues, horizon, features).
        like: Weekday each target day behaves like, shape (queues, horizon).
        closed: Target days the queue is expected to be closed on, shape (queues, horizon).
    """

    effect: CalendarEffect
    level: LevelModel
    shape: FloatArray
    special: SpecialDays
    weekday_means: FloatArray
    pooled_means: FloatArray
    reference: FloatArray
    weeks: FloatArray
    features: FloatArray
    like: IntArray
    closed: BoolArray


def learn_core(
    state: DeskState,
    options: ForecastOptions,
    *,
    effect_seeds: int | None = None,
    effect: CalendarEffect | None = None,
) -> CoreModel:
    """Learn every rung from what is known before the origin.

    Args:
        state: What is known.
        options: The forecast's choices.
        effect_seeds: Seeds of the calendar effect, if fewer than the options ask for.
        effect: A calendar effect learnt before; None learns one.

    Returns:
        All rungs, for the target days of the state.

    Source:
        docs/methods/forecasting.md, steps 1 to 4.
    """
    neighbours = neighbour_level(state)
    effect = effect or learn_effect(state, neighbours, options, seeds=effect_seeds)
    moved = effect.of(state.features)
    shape = learn_shape(state, options)
    ahead = slice(state.known, None)
    return CoreModel(
        effect=effect,
        level=learn_level(state, moved, options),
        shape=shape,
        special=learn_special_days(state, neighbours, moved, shape),
        weekday_means=weekday_means(state),
        pooled_means=pooled_means(state),
        reference=weekday_means(state, REFERENCE_DAYS).sum(axis=2),
        weeks=state.usable_weeks(),
        features=state.features[:, ahead],
        like=state.like[:, ahead],
        closed=state.closed[:, ahead],
    )


def open_ahead(state: DeskState, core: CoreModel) -> BoolArray:
    """Slots in which each queue is expected to work on the target days.

    Args:
        state: What is known.
        core: What was learnt from it.

    Returns:
        Shape (queues, horizon, slots). A weekday on which no open slot was seen has the slots of the queue's
        other weekdays; closed days stay closed.
    """
    queues = np.arange(len(core.like))[:, None]
    seen = state.open_slots.any(axis=2, keepdims=True)
    slots = np.where(seen, state.open_slots, state.open_slots.any(axis=1, keepdims=True))
    is_open: BoolArray = slots[queues, core.like] & ~core.closed[:, :, None]
    return is_open


def profile_answer(core: CoreModel) -> FloatArray:
    """Level times shape on the target days.

    Args:
        core: The learnt rungs.

    Returns:
        Expected calls [calls], closed days 0; shape (queues, horizon, slots).
    """
    queues = np.arange(len(core.like))[:, None]
    level = core.level
    moved = core.effect.of(core.features) + level.drift + level.yearly + level.correction[:, None]
    moved += core.special.shift
    shape = core.shape[queues, core.like]
    shape[:, core.special.days] = core.special.shape
    with np.errstate(over="ignore"):
        day = level.weekday[queues, core.like] * np.exp(moved)
    return np.where(core.closed[:, :, None], 0.0, day[:, :, None] * shape)


def expected_calls(
    core: CoreModel, options: ForecastOptions, correct: Callable[[FloatArray], FloatArray] | None = None
) -> tuple[FloatArray, tuple[Chosen, ...]]:
    """Means of the target days on the rung that each queue has history for and that can be believed.

    Args:
        core: The learnt rungs.
        options: The forecast's choices.
        correct: What the top rung makes of level times shape; nothing if left out.

    Returns:
        Means of shape (queues, horizon, slots) [calls], and the rung of each queue.
    """
    queues = np.arange(len(core.like))[:, None]
    shut = core.closed[:, :, None]
    profile = profile_answer(core)
    top = correct(profile) if correct else profile
    weekdays = np.where(shut, 0.0, core.weekday_means[queues, core.like])
    pooled = np.where(shut, 0.0, core.pooled_means[queues, core.like])
    reference = np.where(core.closed, 0.0, core.reference[queues, core.like]).sum(axis=1)
    means, chosen = np.zeros(profile.shape), []
    for queue in range(len(means)):
        rung, answer = step_down(
            {
                RUNG_MODEL: top[queue],
                RUNG_PROFILE: profile[queue],
                RUNG_WEEKDAYS: weekdays[queue],
                RUNG_POOLED: pooled[queue],
            },
            first=rung_for(float(core.weeks[queue]), options),
            reference=float(reference[queue]),
            sane_ratio=options.sane_ratio,
        )
        means[queue] = answer
        chosen.append(rung)
    return means, tuple(chosen)
