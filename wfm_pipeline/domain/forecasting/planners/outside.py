"""What the calendar does not know: events, drivers and accidents, taken out before anything is learnt.

Here: the one step before learning (free the history of planned effects, leave wrong days out) and
what is put on the target days afterwards. Not here: the estimates (events, drivers, regressors,
anomalies) or the forecast itself (core).

Nothing at or after the origin is looked at, but for what was known of it: events and drivers ahead.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import BoolArray, FloatArray
from wfm_pipeline.domain.forecasting.desk.calendar_facts import FEATURES, DayTypes
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel
from wfm_pipeline.domain.forecasting.desk.state import DeskState, observe
from wfm_pipeline.domain.forecasting.means.effect import CALLS_ADDED, HALF_WEIGHT_CALLS, learn_effect, neighbour_level
from wfm_pipeline.domain.forecasting.options import ForecastOptions
from wfm_pipeline.domain.forecasting.planners.anomalies import (
    ANOMALY_COLUMNS,
    DECISION_COLUMNS,
    anomaly_rows,
    deviations,
    wrong_days,
)
from wfm_pipeline.domain.forecasting.planners.day_noise import measure_noise
from wfm_pipeline.domain.forecasting.planners.drivers import DRIVER_COLUMNS, driver_regressors
from wfm_pipeline.domain.forecasting.planners.events import EVENT_COLUMNS, event_regressors, marked_days
from wfm_pipeline.domain.forecasting.planners.regressors import (
    Grid,
    Learnt,
    Regressor,
    doubt_of,
    learn_regressors,
    lift_of,
)
from wfm_pipeline.domain.forecasting.stretches import CHANGE_COLUMNS

LEAST_EFFECT: Final = 1e-6
"""Effect below which a regressor is said to do nothing [log]."""
_BRIDGE, _OTHER = FEATURES.index("bridge_day"), FEATURES.index("other_category")


def _none(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})


@dataclass(frozen=True, slots=True)
class PlannersInput:
    """What planners tell the forecast; empty tables tell nothing.

    Attributes:
        events: Columns of `events.EVENT_COLUMNS`.
        drivers: Columns of `drivers.DRIVER_COLUMNS`.
        decisions: Columns of `anomalies.DECISION_COLUMNS`.
        changes: Columns of `stretches.CHANGE_COLUMNS`: queues that open, close or hand their calls on.
    """

    events: pd.DataFrame = field(default_factory=lambda: _none(EVENT_COLUMNS))
    drivers: pd.DataFrame = field(default_factory=lambda: _none(DRIVER_COLUMNS))
    decisions: pd.DataFrame = field(default_factory=lambda: _none(DECISION_COLUMNS))
    changes: pd.DataFrame = field(default_factory=lambda: _none(CHANGE_COLUMNS))


@dataclass(frozen=True, slots=True)
class Outside:
    """The history freed of what the calendar does not know, and what comes back on the target days.

    Attributes:
        panel: Calls over planned effects, NaN on days left out; the very panel where there are none.
        lift: Shape (queues, horizon): effect of events and drivers on the target days [log].
        doubt: Same shape: variance of that effect, which widens the bands of those days [log²].
        anomalies: Columns of `anomalies.ANOMALY_COLUMNS`.
        notes: What a reader should know.
    """

    panel: CallPanel
    lift: FloatArray
    doubt: FloatArray
    anomalies: pd.DataFrame
    notes: tuple[str, ...]


def look_outside(panel: CallPanel, types: DayTypes, planners: PlannersInput, options: ForecastOptions) -> Outside:
    """Learn events and drivers, find wrong days, and free the history of both.

    Args:
        panel: All calls before the origin.
        types: Calendar facts of its dates and of the target dates.
        planners: What planners tell.
        options: The forecast's choices.

    Returns:
        The freed history, and what comes back on the target days.

    Source:
        docs/methods/planners_input.md.
    """
    state = observe(panel, types)
    regressors, notes = _regressors(state, planners)
    events = [one for one in regressors if one.name.startswith("event")]
    planned = marked_days(events, state.known) if events else np.zeros(state.normal.shape, bool)
    expected = _expected(_without(state, planned), options)
    residual = np.where(state.days.usable, np.log((state.days.total + CALLS_ADDED) / (expected + CALLS_ADDED)), np.nan)
    learnt = _learn(residual, expected, planned, regressors, notes)
    if any(one.slopes.any() for one in learnt):
        lift, doubt = lift_of(regressors, learnt), doubt_of(regressors, learnt)
        panel = replace(panel, calls=panel.calls / np.exp(lift[:, : state.known, None]))
    else:
        lift = doubt = np.zeros((len(panel.queue_ids), len(types.dates)))
    known_lift = lift[:, : state.known]
    rows, left_out = _accidents(state, residual - known_lift, expected * np.exp(known_lift), planned, planners, options)
    if left_out.any():
        panel = replace(panel, calls=np.where(left_out[:, :, None], np.nan, panel.calls))
    if len(rows):
        notes.append(f"{len(rows)} days look wrong, {int(rows['is_left_out'].sum())} of them were not learnt from")
    return Outside(panel, lift[:, state.known :], doubt[:, state.known :], rows, tuple(notes))


def _regressors(state: DeskState, planners: PlannersInput) -> tuple[list[Regressor], list[str]]:
    grid = Grid(state.panel.queue_ids, state.panel.first_date, state.known, len(state.types.dates))
    events, said = event_regressors(planners.events, grid)
    drivers, told = driver_regressors(planners.drivers, grid)
    return [*events, *drivers], [*said, *told]


def _without(state: DeskState, planned: BoolArray) -> DeskState:
    """The state without days on which something was planned: they say nothing of the ordinary."""
    if not planned.any():
        return state
    usable = state.days.usable & ~planned
    days = replace(state.days, usable=usable, total=np.where(usable, state.days.total, np.nan))
    return replace(state, days=days, normal=state.normal & ~planned)


def _expected(calm: DeskState, options: ForecastOptions) -> FloatArray:
    """Calls of every known day by its neighbours and its calendar alone; NaN where nobody can say."""
    level = neighbour_level(calm)
    effect = learn_effect(calm, level, options, seeds=1)
    return level * np.exp(effect.of(calm.features)[:, : calm.known])


def _learn(
    residual: FloatArray, expected: FloatArray, planned: BoolArray, regressors: list[Regressor], notes: list[str]
) -> tuple[Learnt, ...]:
    if not regressors:
        return ()
    weight = np.nan_to_num(expected / (expected + HALF_WEIGHT_CALLS))
    noise = measure_noise(residual, weight, ~planned)
    if noise is None:
        notes.append("too few ordinary days to learn events and drivers from: they do nothing")
        return ()
    learnt = learn_regressors(residual, weight, regressors, noise)
    for one in learnt:
        if not one.days:
            continue
        most = one.slopes[np.argmax(np.abs(one.slopes))]
        does = f"up to x {np.exp(most):.2f}" if abs(most) > LEAST_EFFECT else "nothing that can be told from noise"
        notes.append(f"{one.name}, {one.days} days: {does}")
    return learnt


def _accidents(
    state: DeskState,
    residual: FloatArray,
    expected: FloatArray,
    planned: BoolArray,
    planners: PlannersInput,
    options: ForecastOptions,
) -> tuple[pd.DataFrame, BoolArray]:
    features = state.types.features[: state.known]
    quiet = (features[:, _BRIDGE] == 0) & (features[:, _OTHER] == 0)
    off = deviations(residual, expected, state.normal & quiet[None, :])
    rows = anomaly_rows(
        wrong_days(residual, off, spreads=options.anomaly_spreads),
        actual=state.days.total,
        expected=expected,
        off=off,
        queue_ids=state.panel.queue_ids,
        dates=state.types.dates[: state.known],
        planned=planned,
        decisions=planners.decisions,
        is_left_out=options.leave_out_anomalies,
    )
    left_out = np.zeros(state.normal.shape, bool)
    out = rows[rows["is_left_out"]]
    day = (out["business_date"] - pd.Timestamp(state.panel.first_date)) // pd.Timedelta(days=1)
    left_out[pd.Index(state.panel.queue_ids).get_indexer(pd.Index(out["queue_id"])), day.to_numpy(int)] = True
    return rows[list(ANOMALY_COLUMNS)], left_out
