"""Backtest of the intraday reforecast: what a day's update would have been worth, hour by hour.

Here: forecasts at the start of past days, their updates after some hours of opening, and the scores.
Not here: the update (intraday) or the backtest of whole horizons (backtest).

Every scored day is forecast at its start from all that came before it, and the update's model is
learnt from days before it. Scored are the intervals still to come at the time of the update.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain import metrics
from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.forecasting.bands.walk_forward import PastForecasts, walk_forward
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel, build_panel, desk_closed_dates
from wfm_pipeline.domain.forecasting.fitting import answer, fit_panel
from wfm_pipeline.domain.forecasting.intraday.update import (
    LEARN_DATES,
    IntradayModel,
    IssuedDay,
    UpdatedDay,
    learn_from_days,
    update_day,
)
from wfm_pipeline.domain.forecasting.judging.scores import BUSY_CALLS
from wfm_pipeline.domain.forecasting.options import MEDIAN, METHOD, QUANTILE_LEVELS, ForecastOptions
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import MINUTES_PER_HOUR

AS_ISSUED: Final = "as_issued"
PLAIN_RATIO: Final = "plain_ratio"
UPDATED: Final = METHOD
ISSUE_HORIZON_DAYS: Final = 14
"""Horizon of the issued forecasts whose first day is updated, as in the product [days]."""
LOW80, MIDDLE, HIGH80 = (QUANTILE_LEVELS.index(level) for level in (0.1, MEDIAN, 0.9))
"""Places of the 80 % band's ends and of the median among a forecast's quantiles."""


@dataclass(frozen=True, slots=True)
class _Day:
    """A scored day: its index, its forecast, what came, and the update's model."""

    issued: IssuedDay
    came: FloatArray
    model: IntradayModel


def run_intraday_backtest(
    panel: pd.DataFrame,
    *,
    site: Site,
    first: dt.date,
    days: int,
    after_hours: Sequence[float],
    options: ForecastOptions | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Score updates of past days beside the issued forecast and the plain ratio.

    Args:
        panel: Interval file: queue_id, interval_start (local, no zone), calls, optional is_open.
        site: Calendar of the desk.
        first: First scored date.
        days: Open days to score, >= 1; fewer where the panel ends earlier.
        after_hours: Hours after the desk's first open slot of the day at which is updated [h], >= 0.
        options: Choices of the forecast.
        on_progress: Told one line per day.

    Returns:
        One row per hours and method (as_issued, plain_ratio, wfm): days, wmape (median per queue and
        interval; the plain ratio has one point for both), wmape_mean, wmape_rest (calls of the
        remaining day per queue), cov80 (busy slots) and cov80_rest; NaN where a method has no band.

    Raises:
        DataError: panel unsound, or no open day to score.
    """
    chosen = options or ForecastOptions()
    cube = build_panel(panel, interval_minutes=site.interval_minutes)
    scored = list(_days(cube, site, first, days, chosen, on_progress))
    if not scored:
        raise DataError(f"no open day from {first} on that has history before it: choose an earlier first date")
    came = np.stack([day.came for day in scored])
    busy = np.nansum(came, axis=0) >= BUSY_CALLS * np.maximum((~np.isnan(came)).sum(axis=0), 1)
    rows = [row for hours in after_hours for row in _scores(scored, hours, cube.interval_minutes, busy)]
    return pd.DataFrame(rows)


def _days(
    cube: CallPanel,
    site: Site,
    first: dt.date,
    days: int,
    options: ForecastOptions,
    on_progress: Callable[[str], None] | None,
) -> Iterator[_Day]:
    closed = desk_closed_dates(cube)
    start = max((first - cube.first_date).days, 1)
    open_days = [
        day for day in range(start, cube.calls.shape[1]) if not closed[day] and not np.isnan(cube.calls[:, day]).all()
    ][:days]
    learnt_from = range(max(min(open_days, default=0) - LEARN_DATES, 0), max(open_days, default=0))
    past = walk_forward(cube, learnt_from, site=site, horizon_days=1, options=options)
    for day in open_days:
        origin = cube.first_date + dt.timedelta(days=day)
        model = fit_panel(
            cube.window(cube.first_date, origin), site=site, horizon_days=ISSUE_HORIZON_DAYS, options=options
        )
        values = answer(model)
        issued = IssuedDay(values.mean[:, 0], values.quantiles[:, 0], values.day_quantiles[:, 0])
        yield _Day(issued, cube.calls[:, day], _model_before(past, day, cube.interval_minutes, options))
        if on_progress:
            on_progress(f"{origin}")


def _model_before(past: PastForecasts, day: int, interval_minutes: int, options: ForecastOptions) -> IntradayModel:
    inside = (past.origin >= day - LEARN_DATES) & (past.origin < day)
    return learn_from_days(
        past.mean[inside, :, 0],
        past.actual[inside, :, 0],
        interval_minutes=interval_minutes,
        dispersion=options.dispersion_default,
    )


def _scores(days: list[_Day], hours: float, interval_minutes: int, busy: np.ndarray) -> Iterator[dict[str, object]]:
    """One row per method, all days together."""
    parts: dict[str, list[tuple[FloatArray, ...]]] = {AS_ISSUED: [], PLAIN_RATIO: [], UPDATED: []}
    for day in days:
        opens = int(np.argmax((day.issued.mean > 0).any(axis=0)))
        elapsed = min(opens + round(hours * MINUTES_PER_HOUR / interval_minutes), day.came.shape[1])
        so_far = np.where(np.arange(day.came.shape[1]) < elapsed, day.came, np.nan)
        updated = update_day(day.issued, so_far, elapsed=elapsed, model=day.model)
        untold = update_day(day.issued, np.full_like(so_far, np.nan), elapsed=elapsed, model=day.model)
        is_scored = ~np.isnan(day.came) & (np.arange(day.came.shape[1]) >= elapsed)
        parts[AS_ISSUED].append(_compared(untold, day.came, is_scored, busy))
        parts[UPDATED].append(_compared(updated, day.came, is_scored, busy))
        parts[PLAIN_RATIO].append(_plain_ratio(day.issued.mean, so_far, day.came, is_scored))
    for method, found in parts.items():
        came, median, mean, hit, rest_came, rest, rest_hit = (
            np.concatenate(column) for column in zip(*found, strict=True)
        )
        yield {
            "after_hours": float(hours),
            "method": method,
            "days": len(days),
            "wmape": metrics.wmape(came, median),
            "wmape_mean": metrics.wmape(came, mean),
            "wmape_rest": metrics.wmape(rest_came, rest),
            "cov80": float(np.mean(hit)) if hit.size else float("nan"),
            "cov80_rest": float(np.mean(rest_hit)) if rest_hit.size else float("nan"),
        }


def _compared(updated: UpdatedDay, came: FloatArray, is_scored: np.ndarray, busy: np.ndarray) -> tuple[FloatArray, ...]:
    low, high = updated.quantiles[..., LOW80], updated.quantiles[..., HIGH80]
    hit = ((came >= low) & (came <= high))[is_scored & busy]
    queue = is_scored.any(axis=1)
    rest = np.where(is_scored, came, 0.0).sum(axis=1)[queue]
    expected = np.where(is_scored, updated.mean, 0.0).sum(axis=1)[queue]
    band = updated.remaining_quantiles[queue]
    rest_hit = (rest >= band[:, LOW80]) & (rest <= band[:, HIGH80])
    values = (came[is_scored], updated.quantiles[..., MIDDLE][is_scored], updated.mean[is_scored])
    return (*values, hit.astype(float), rest, expected, rest_hit.astype(float))


def _plain_ratio(
    mean: FloatArray, so_far: FloatArray, came: FloatArray, is_scored: np.ndarray
) -> tuple[FloatArray, ...]:
    """The rest scaled by calls so far over forecast so far; unchanged where nothing was forecast so far."""
    known = ~np.isnan(so_far)
    forecast, calls = np.where(known, mean, 0.0).sum(axis=1), np.where(known, so_far, 0.0).sum(axis=1)
    ratio = np.divide(calls, forecast, out=np.ones(len(mean)), where=forecast > 0)
    scaled = mean * ratio[:, None]
    queue = is_scored.any(axis=1)
    rest, expected = (np.where(is_scored, part, 0.0).sum(axis=1)[queue] for part in (came, scaled))
    return came[is_scored], scaled[is_scored], scaled[is_scored], np.empty(0), rest, expected, np.empty(0)
