"""How much a day's calendar moves its calls: trees and a month curve, shrunk by out-of-sample fit.

Here: the target, the models and the shrinkage. Not here: the features themselves (calendar_facts), nor
the level they correct (level).

Learnt in sample, calendar effects explode. So trees and curve are learnt five times, each without
some ten-day blocks, and their strength is what their mean explains of the left-out blocks.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.forecasting.desk.calendar_facts import FEATURES
from wfm_pipeline.domain.forecasting.desk.state import DeskState
from wfm_pipeline.domain.forecasting.means import boosting
from wfm_pipeline.domain.forecasting.means.month import DAYS, month_curve, on_curve
from wfm_pipeline.domain.forecasting.options import ForecastOptions
from wfm_pipeline.units import DAYS_PER_WEEK

NEIGHBOURS: Final = 8
"""Normal same weekdays, on both sides, that say what a day would be without its calendar."""
CALLS_ADDED: Final = 2.0
"""Added to both sides of a ratio so that small days do not shout [calls]."""
HALF_WEIGHT_CALLS: Final = 50.0
"""Calls per day at which a day counts half."""
BLOCK_DAYS: Final = 10
"""Consecutive days that are left out together: neighbours in time would give the answer away [days]."""
FOLDS: Final = 5
"""Parts of the blocks, each left out once [count]."""
BACKLOG_PRIOR: Final = 0.25
"""Gain of one lost day before anything is seen [log]."""
BACKLOG_PRIOR_DAYS: Final = 10.0
"""Weight of that belief [days]."""
LEAF_ROWS_PER_QUEUE: Final = 6
"""Days of every queue that a leaf of the trees holds at the least [days]: queues share their calendar."""
MOST_TEACHERS: Final = 12
"""Queues, or groups of queues of like size, that teach one by one."""
STRENGTH_HALF_DATES: Final = 20.0
"""Dates at which half of the strength is believed: left-out days have neighbours on both sides, and
a forecast has none ahead [days]."""
LEAST_DAYS: Final = 40
"""Usable days below which no calendar effect is learnt."""
TREE_SETTINGS: Final = {
    "objective": "huber",
    "alpha": 0.15,
    "learning_rate": 0.05,
    "num_leaves": 5,
    "lambda_l2": 5.0,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
}
"""LightGBM's settings of the calendar effect (docs/methods/forecasting.md, step 2)."""
BACKLOG: Final = FEATURES.index("backlog")


@dataclass(frozen=True, slots=True)
class CalendarEffect:
    """A learnt calendar effect.

    Attributes:
        models: LightGBM text dumps; empty where nothing was learnt.
        curve: Month curve, shape (31,) [log].
        centre: Mean of the two on each queue's own history; shape (queues,) [log].
        strength: Share of their mean that is believed, 0..1.
        backlog_gain: Log gain per lost day.
    """

    models: tuple[str, ...]
    curve: FloatArray
    centre: FloatArray
    strength: float
    backlog_gain: float

    def of(self, features: FloatArray) -> FloatArray:
        """What the calendar does to days.

        Args:
            features: Day features; shape (queues, dates, features).

        Returns:
            Effect [log]; shape (queues, dates).
        """
        effect = self.backlog_gain * features[:, :, BACKLOG]
        if not self.models or self.strength == 0:
            return effect
        flat = features.reshape(-1, features.shape[2])
        distinct, inverse = np.unique(flat, axis=0, return_inverse=True)
        answer = _joint(self.models, self.curve, distinct)[inverse].reshape(features.shape[:2])
        return effect + self.strength * (answer - self.centre[:, None])


def neighbour_level(state: DeskState) -> FloatArray:
    """Median day total of the nearest normal same weekdays, the day itself left out.

    Args:
        state: What is known before the origin.

    Returns:
        Shape (queues, known dates) [calls]; NaN where no such day exists.
    """
    totals = np.where(state.normal, state.days.total, np.nan)
    weekday = state.types.weekday[: state.known]
    level = np.full(totals.shape, np.nan)
    like = state.like[:, : state.known]
    for day in range(DAYS_PER_WEEK):
        pool = np.flatnonzero(state.normal.any(axis=0) & (weekday == day))
        dates = np.flatnonzero((like == day).any(axis=0))
        if pool.size:
            near, is_there = _nearest(pool, dates)
            found = nan_median(np.where(is_there, totals[:, near], np.nan))
            level[:, dates] = np.where(like[:, dates] == day, found, level[:, dates])
    return level


def _nearest(pool: IntArray, dates: IntArray) -> tuple[IntArray, BoolArray]:
    """Of each date its nearest other dates in a rising pool, of two as near the earlier first, and which there are.

    Returns:
        Two arrays of shape (dates, at most NEIGHBOURS).
    """
    window = np.searchsorted(pool, dates)[:, None] + np.arange(-NEIGHBOURS, NEIGHBOURS + 1)
    near = pool[np.clip(window, 0, pool.size - 1)]
    is_other = (window >= 0) & (window < pool.size) & (near != dates[:, None])
    far = np.iinfo(pool.dtype).max
    order = np.argsort(np.where(is_other, np.abs(near - dates[:, None]), far), axis=1, kind="stable")[:, :NEIGHBOURS]
    return np.take_along_axis(near, order, axis=1), np.take_along_axis(is_other, order, axis=1)


def nan_median(values: FloatArray) -> FloatArray:
    """Median along the last axis of what is known.

    Args:
        values: Shape (..., n), NaN = unknown.

    Returns:
        Medians, NaN where nothing is known; shape (...).
    """
    ordered = np.sort(values, axis=-1)  # NaN goes last
    count = (~np.isnan(values)).sum(axis=-1)
    low, high = np.maximum((count - 1) // 2, 0), count // 2
    high = np.where(count == 0, 0, np.minimum(high, values.shape[-1] - 1))
    pick = np.take_along_axis
    return (pick(ordered, low[..., None], -1) + pick(ordered, high[..., None], -1))[..., 0] / 2


def learn_effect(
    state: DeskState, level: FloatArray, options: ForecastOptions, *, seeds: int | None = None
) -> CalendarEffect:
    """Learn the calendar effect from normal days of all queues together.

    Holidays and eves do not teach: what they do is their own (kinds).

    Args:
        state: What is known before the origin.
        level: From `neighbour_level`.
        options: The forecast's choices.
        seeds: Seeds to average over, if fewer than the options ask for.

    Returns:
        The effect; of strength 0 where the calendar explains nothing out of sample.

    Source:
        docs/methods/forecasting.md, step 2; Ke et al. (2017), LightGBM.
    """
    target = np.log((state.days.total + CALLS_ADDED) / (level + CALLS_ADDED))
    queue, date = np.nonzero(state.normal & ~np.isnan(target))
    nothing = np.zeros(len(state.panel.queue_ids))
    if np.unique(date).size < LEAST_DAYS:
        return CalendarEffect((), np.zeros(DAYS), nothing, 0.0, _backlog_gain(np.empty(0), np.empty(0), np.empty(0)))
    goal = np.clip(target[queue, date], -options.effect_clip, options.effect_clip)
    weight = level[queue, date] / (level[queue, date] + HALF_WEIGHT_CALLS)
    rows = state.features[queue, date]
    gain = _backlog_gain(rows[:, BACKLOG], goal, weight)
    goal = goal - gain * rows[:, BACKLOG]
    goal = goal - _queue_means(goal, weight, queue, len(nothing))[queue]
    lessons = _gathered(_Lessons(rows, goal, weight, date, queue), level)
    models, curve, strength = _learn_shrunk(lessons, options, seeds)
    if strength == 0:
        return CalendarEffect((), curve, nothing, 0.0, gain)
    distinct, inverse = np.unique(rows, axis=0, return_inverse=True)
    centre = _queue_means(_joint(models, curve, distinct)[inverse], weight, queue, len(nothing))
    return CalendarEffect(models, curve, centre, strength, gain)


@dataclass(frozen=True, slots=True)
class _Lessons:
    """Days that teach: features, goal [log], weight, date number, and queue or group; one row each."""

    rows: FloatArray
    goal: FloatArray
    weight: FloatArray
    date: IntArray
    group: IntArray

    @property
    def groups(self) -> int:
        """Number of queues or groups."""
        return int(self.group.max()) + 1


def _gathered(lessons: _Lessons, level: FloatArray) -> _Lessons:
    """Many queues teach as MOST_TEACHERS groups of like size: the mean of each group's goal per day.

    Queues share their calendar, so beyond a few their days only repeat each other; the time to learn
    then no longer grows with the number of queues.
    """
    queues = len(level)
    if queues <= MOST_TEACHERS:
        return lessons
    known = ~np.isnan(level)
    size = np.where(known, level, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    group_of = np.argsort(np.argsort(size, kind="stable"), kind="stable") * MOST_TEACHERS // queues
    group = group_of[lessons.group]
    key = np.column_stack([lessons.date, group, lessons.rows[:, BACKLOG]])
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    weight = np.bincount(inverse, weights=lessons.weight)
    goal = np.bincount(inverse, weights=lessons.weight * lessons.goal) / np.maximum(weight, LEAST_DIVISOR)
    return _Lessons(lessons.rows[first], goal, weight / np.bincount(inverse), lessons.date[first], group[first])


def _learn_shrunk(
    lessons: _Lessons, options: ForecastOptions, seeds: int | None
) -> tuple[tuple[str, ...], FloatArray, float]:
    """Models, month curve, and the strength that left-out days grant them."""
    models, left_out = _cross_train(lessons, options, seeds)
    left_out = left_out - _queue_means(left_out, lessons.weight, lessons.group, lessons.groups)[lessons.group]
    shared = float((lessons.weight * left_out * lessons.goal).sum())
    explained = min(max(shared / max(float((lessons.weight * left_out**2).sum()), LEAST_DIVISOR), 0.0), 1.0)
    dates = np.unique(lessons.date).size
    strength = explained * dates / (dates + STRENGTH_HALF_DATES)
    return models, month_curve(lessons.rows, lessons.goal, lessons.weight), strength


def _joint(models: tuple[str, ...], curve: FloatArray, rows: FloatArray) -> FloatArray:
    """Mean of what the trees and the month curve say."""
    return (boosting.predict(models, rows) + on_curve(curve, rows)) / 2


def _backlog_gain(backlog: FloatArray, goal: FloatArray, weight: FloatArray) -> float:
    """Ridge regression on the backlog alone, towards the prior."""
    share = (weight * backlog * goal).sum() + BACKLOG_PRIOR_DAYS * BACKLOG_PRIOR
    return float(share / ((weight * backlog**2).sum() + BACKLOG_PRIOR_DAYS))


def _queue_means(values: FloatArray, weight: FloatArray, queue: np.ndarray, queues: int) -> FloatArray:
    total = np.bincount(queue, weights=weight * values, minlength=queues)
    return total / np.maximum(np.bincount(queue, weights=weight, minlength=queues), LEAST_DIVISOR)


def _cross_train(lessons: _Lessons, options: ForecastOptions, seeds: int | None) -> tuple[tuple[str, ...], FloatArray]:
    """Train without each fold's blocks in turn; the models, and what they say of the left-out rows."""
    fold = (lessons.date // BLOCK_DAYS) % FOLDS
    settings = {**TREE_SETTINGS, "min_data_in_leaf": LEAF_ROWS_PER_QUEUE * lessons.groups}
    models: list[str] = []
    left_out = np.zeros(len(lessons.goal))
    for number in np.unique(fold):
        inside = fold != number
        rows, goal, weight = lessons.rows[inside], lessons.goal[inside], lessons.weight[inside]
        own = tuple(
            boosting.train(
                rows,
                goal,
                weights=weight,
                parameters=settings,
                trees=options.effect_trees,
                seed=options.seed + seed,
                num_threads=options.num_threads,
            )
            for seed in range(seeds or options.effect_seeds)
        )
        left_out[~inside] = _joint(own, month_curve(rows, goal, weight), lessons.rows[~inside])
        models.extend(own)
    return tuple(models), left_out
