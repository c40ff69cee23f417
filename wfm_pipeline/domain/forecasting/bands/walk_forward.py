"""Past days as they would have been forecast: cheap rolling origins for what looks at errors.

Here: level times shape from many origins, each knowing only what was before it. Not here: what is
learnt from the errors (day_errors, intraday, long_range), or the forecast's own inner backtest, which
goes through every part of the model (inner_backtest).

Training the trees of the calendar effect costs most of a forecast. They are trained once per block
of dates, on what was known at the block's start; level, drift and shape are learnt at every origin.
Blocks are anchored to the calendar, so a past day gets the same forecast whoever asks, and when.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.arrays import FloatArray, IntArray
from wfm_pipeline.domain.forecasting.desk.calendar_facts import DayTypes, day_types
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel, desk_closed_dates
from wfm_pipeline.domain.forecasting.desk.state import head, observe
from wfm_pipeline.domain.forecasting.means.core import expected_calls, learn_core
from wfm_pipeline.domain.forecasting.means.effect import CalendarEffect, learn_effect, neighbour_level
from wfm_pipeline.domain.forecasting.options import ForecastOptions

EFFECT_BLOCK_DAYS: Final = 28
"""Dates that share one training of the calendar effect [days]."""
LEAST_KNOWN_DAYS: Final = 14
"""History an origin needs before it [days]."""


@dataclass(frozen=True, slots=True)
class PastForecasts:
    """Forecasts of past days from several origins, with what came.

    Attributes:
        origin: Date index of each origin in the panel, rising; shape (origins,).
        mean: Shape (origins, queues, horizon, slots) [calls].
        actual: Same shape [calls]; NaN where closed, missing or after the panel's end.
    """

    origin: IntArray
    mean: FloatArray
    actual: FloatArray


def walk_forward(
    panel: CallPanel, origins: Sequence[int], *, site: Site, horizon_days: int, options: ForecastOptions
) -> PastForecasts:
    """Forecast again from past origins.

    Args:
        panel: The history.
        origins: Date indices in the panel, in any order; the target days of an origin are the
            `horizon_days` dates from it on. Origins with less than LEAST_KNOWN_DAYS before them, or
            without a single row before them, are left out.
        site: Calendar of the desk.
        horizon_days: Target days per origin [days], >= 1.
        options: The forecast's choices.

    Returns:
        Forecasts and outcomes. Nothing at or after an origin touches its forecast.
    """
    dates = panel.calls.shape[1]
    types = day_types(site, panel.first_date, dates + horizon_days)
    begun = np.flatnonzero(panel.has_row.any(axis=(0, 2)))
    first = int(begun[0]) if begun.size else dates
    asked = sorted({int(day) for day in origins if LEAST_KNOWN_DAYS + first <= day <= dates})
    effects: dict[int, CalendarEffect] = {}
    means = []
    for origin in asked:
        block = _block_start(panel, origin, first)
        if block not in effects:
            effects[block] = _effect(panel, types, block, options)
        past = panel.window(panel.first_date, _date(panel, origin))
        state = observe(past, head(types, origin + horizon_days))
        core = learn_core(state, options, effect=effects[block])
        means.append(expected_calls(core, options)[0])
    queues, _, slots = panel.calls.shape
    shape = (len(asked), queues, horizon_days, slots)
    mean = np.stack(means) if means else np.empty(shape)
    return PastForecasts(np.array(asked, dtype=np.int64), mean, _outcomes(panel, asked, horizon_days))


def _date(panel: CallPanel, index: int) -> dt.date:
    return panel.first_date + dt.timedelta(days=index)


def _block_start(panel: CallPanel, origin: int, first: int) -> int:
    """Date index at which the effect of an origin's block is trained; never after the origin."""
    start = origin - _date(panel, origin).toordinal() % EFFECT_BLOCK_DAYS
    return max(start, first + LEAST_KNOWN_DAYS)


def _effect(panel: CallPanel, types: DayTypes, block: int, options: ForecastOptions) -> CalendarEffect:
    past = panel.window(panel.first_date, _date(panel, block))
    state = observe(past, head(types, block))
    return learn_effect(state, neighbour_level(state), options, seeds=1)


def _outcomes(panel: CallPanel, origins: list[int], horizon_days: int) -> FloatArray:
    """What came; NaN on days on which the whole desk was closed although calls were to be expected."""
    known = np.where(desk_closed_dates(panel)[None, :, None], np.nan, panel.calls)
    wide = np.pad(known, ((0, 0), (0, horizon_days), (0, 0)), constant_values=np.nan)
    queues, _, slots = panel.calls.shape
    found = np.full((len(origins), queues, horizon_days, slots), np.nan)
    for number, origin in enumerate(origins):
        found[number] = wide[:, origin : origin + horizon_days]
    return found
