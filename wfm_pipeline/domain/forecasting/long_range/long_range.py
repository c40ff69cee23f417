"""The long range: days to half a year and weeks to more than a year ahead, for capacity and monthly demand.

Here: level, calendar, season and damped trend carried on, with bands that grow, at day and week grain.
Not here: what past long forecasts teach (growth), or the intervals of the next days (forecast).

A day's mean is the short forecast's level and calendar, moved by last year's season and by a damped
trend where the past shows that following it pays. Weeks are sums of days. Bands come from joint
draws: a level that wanders from week to week, days around it, and counting noise; a week's band is
read off the drawn weeks, never added up from days' bands.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.arrays import LEAST_DIVISOR, FloatArray
from wfm_pipeline.domain.forecasting.bands.walk_forward import walk_forward
from wfm_pipeline.domain.forecasting.desk.calendar_facts import day_types
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel, build_panel
from wfm_pipeline.domain.forecasting.desk.state import DeskState, observe
from wfm_pipeline.domain.forecasting.desk.stopped import stopped_queues, without_history
from wfm_pipeline.domain.forecasting.fitting import NOBODY_ENDED
from wfm_pipeline.domain.forecasting.handle_time import learn_handle_time
from wfm_pipeline.domain.forecasting.long_range.growth import LongErrors, damped, learn_long_errors, weekly_slope
from wfm_pipeline.domain.forecasting.means.core import CoreModel, expected_calls, learn_core, open_ahead
from wfm_pipeline.domain.forecasting.means.effect import CALLS_ADDED
from wfm_pipeline.domain.forecasting.means.ladder import Chosen
from wfm_pipeline.domain.forecasting.means.level import YEAR_DAYS
from wfm_pipeline.domain.forecasting.means.stated_hours import OpenAhead, laid_in
from wfm_pipeline.domain.forecasting.open_future import open_ahead_of
from wfm_pipeline.domain.forecasting.options import QUANTILE_LEVELS, RUNG_CLOSED, ForecastOptions, quantile_column
from wfm_pipeline.domain.forecasting.planners.outside import PlannersInput
from wfm_pipeline.domain.forecasting.stretches import Stretch, changes_known, stretches
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import DAYS_PER_WEEK

DAY_GRAIN_WEEKS: Final = 26
"""Weeks ahead that are forecast by the day: monthly demand looks half a year ahead [weeks]."""
WEEK_GRAIN_WEEKS: Final = 64
"""Weeks ahead that are forecast by the week: a year and a quarter, for a capacity plan of a year [weeks]."""
FARTHEST: Final = dt.timedelta(weeks=WEEK_GRAIN_WEEKS + 1)
"""After the origin, no date of a long forecast: the weeks begin on the first Monday."""
PATHS: Final = 2_000
"""Joint draws behind the bands of a queue."""
TEST_SPACING_DAYS: Final = 21
"""Days between the past origins that are tested [days]."""
MOST_TESTS: Final = 12
"""Past origins that are tested at most, the newest first [count]."""
LEAST_KNOWN_DAYS: Final = 56
"""History that a tested origin needs before it [days]."""
SEASON_WINDOW_DAYS: Final = 10
"""Days on either side that make up last year's level at a date [days]."""
SEASON_CLIP: Final = 0.5
"""Largest season that is carried over, either way [log]."""


@dataclass(frozen=True, slots=True)
class LongRange:
    """A long forecast.

    Attributes:
        days: One row per queue and date to DAY_GRAIN_WEEKS after the origin: queue_id, business_date,
            calls_mean, calls_q05 to calls_q95, aht_seconds, model_name, horizon_days, is_open.
        weeks: One row per queue and whole ISO week to WEEK_GRAIN_WEEKS: queue_id, iso_year, iso_week,
            week_start, the same values, horizon_weeks. Means are the sums of the week's days.
        notes: What a reader should know.
    """

    days: pd.DataFrame
    weeks: pd.DataFrame
    notes: tuple[str, ...]


def long_range(
    history: pd.DataFrame,
    *,
    site: Site,
    origin: dt.date,
    handle: pd.DataFrame | None = None,
    planners: PlannersInput | None = None,
    is_open_future: pd.DataFrame | None = None,
    options: ForecastOptions | None = None,
) -> LongRange:
    """Forecast days and weeks far ahead.

    Args:
        history: One row per queue and interval, see `forecast`; rows at or after the origin are not
            looked at.
        site: Calendar of the desk.
        origin: First target date.
        handle: Optional answered calls and handle seconds per interval, see `forecast`.
        planners: What planners tell; only changes of queues are looked at.
        is_open_future: Hours of queues on the target dates (see `forecast`, with queue_id and by); None: as learnt. Dates
            that it does not have are closed.
        options: Choices; the defaults hold for every desk.

    Returns:
        Days and weeks ahead [calls], and notes.

    Raises:
        DataError: history unsound, or nothing before the origin.

    Source:
        docs/methods/long_range.md.
    """
    chosen = options or ForecastOptions()
    before = history[history["interval_start"] < pd.Timestamp(origin)] if "interval_start" in history else history
    if before.empty and len(history):
        raise DataError(f"no history before the origin {origin}: choose an earlier start or load earlier days")
    panel = build_panel(before, interval_minutes=site.interval_minutes)
    panel = panel.window(panel.first_date, origin)
    skip = -origin.weekday() % DAYS_PER_WEEK
    horizon = skip + WEEK_GRAIN_WEEKS * DAYS_PER_WEEK
    told = changes_known((planners or PlannersInput()).changes, origin)
    cut = stretches(told, panel.queue_ids, origin=origin, horizon_days=horizon)
    panel, raw = cut[0].history(panel), panel
    errors = tested_errors(panel, site=site, options=chosen)
    ahead = None
    if is_open_future is not None:
        ahead = open_ahead_of(
            panel.queue_ids,
            is_open_future,
            origin=origin,
            horizon_days=horizon,
            interval_minutes=panel.interval_minutes,
        )
    mean, names = _means_of(cut, raw, errors, ahead, site=site, options=chosen)
    aht = _handle_means(cut, handle, panel, origin, chosen)
    bands = [
        _bands(mean.sum(axis=2)[queue], errors, queue, skip, _seed(name, chosen))
        for queue, name in enumerate(panel.queue_ids)
    ]
    day_rows = _Rows(panel.queue_ids, names, mean, aht)
    days = _day_frame(day_rows, np.stack([day for day, _ in bands]), origin)
    weeks = _week_frame(day_rows, np.stack([week for _, week in bands]), origin + dt.timedelta(days=skip), skip)
    moved = dict.fromkeys(note for stretch in cut for note in stretch.notes())
    return LongRange(days, weeks, (*_notes(errors, panel), *moved))


def _means_of(
    cut: Sequence[Stretch],
    panel: CallPanel,
    errors: LongErrors,
    ahead: OpenAhead | None,
    *,
    site: Site,
    options: ForecastOptions,
) -> tuple[FloatArray, tuple[str, ...]]:
    """Means of the stretches one after the other, and names; a queue that changes is called by both."""
    parts, names = [], []
    for stretch in cut:
        history = stretch.history(panel)
        mean, called = long_means(
            history,
            errors,
            site=site,
            horizon_days=cut[-1].until,
            options=options,
            ended=stretch.ownership.ended,
        )
        if ahead is not None:
            was_met = np.asarray((~np.isnan(history.calls)).any(axis=1))
            mean = laid_in(mean, ahead, was_met=was_met, can_call=np.asarray(mean.any(axis=(1, 2))))
        parts.append(mean[:, stretch.first : stretch.until])
        names.append(called)
    return np.concatenate(parts, axis=1), tuple(
        ", then ".join(dict.fromkeys(all_of)) for all_of in zip(*names, strict=True)
    )


def _handle_means(
    cut: Sequence[Stretch], handle: pd.DataFrame | None, panel: CallPanel, origin: dt.date, options: ForecastOptions
) -> FloatArray:
    """AHT per queue and slot as the last stretch has it; of a queue that ends before, as the first one has it."""
    last, first = (
        learn_handle_time(
            stretch.handle(handle),
            queue_ids=panel.queue_ids,
            interval_minutes=panel.interval_minutes,
            origin=origin,
            options=options,
        ).mean
        for stretch in (cut[-1], cut[0])
    )
    return np.where(np.isnan(last), first, last)


def tested_errors(panel: CallPanel, *, site: Site, options: ForecastOptions) -> LongErrors:
    """What forecasts from past origins of this panel say about the long range.

    Args:
        panel: The history.
        site: Calendar of the desk.
        options: The forecast's choices.

    Returns:
        How wrong forecasts from past origins of this panel were, and whether its trend pays.
    """
    dates = panel.calls.shape[1]
    origins = range(dates - 2 * DAYS_PER_WEEK, LEAST_KNOWN_DAYS, -TEST_SPACING_DAYS)[:MOST_TESTS]
    begun = np.flatnonzero(panel.has_row.any(axis=(0, 2)))
    kept = [origin for origin in origins if begun.size and origin - begun[0] >= LEAST_KNOWN_DAYS]
    horizon = min(DAY_GRAIN_WEEKS * DAYS_PER_WEEK, max((dates - min(kept, default=dates)), DAYS_PER_WEEK))
    past = walk_forward(panel, kept, site=site, horizon_days=horizon - horizon % DAYS_PER_WEEK, options=options)
    slopes = [
        weekly_slope(panel.window(panel.first_date, panel.first_date + dt.timedelta(days=int(day))))
        for day in past.origin
    ]
    return learn_long_errors(past, np.array(slopes).reshape(len(slopes), len(panel.queue_ids)))


def long_means(
    panel: CallPanel,
    errors: LongErrors,
    *,
    site: Site,
    horizon_days: int,
    options: ForecastOptions,
    ended: Mapping[str, str] = NOBODY_ENDED,
) -> tuple[FloatArray, tuple[str, ...]]:
    """Means of the target days and how each queue's were made.

    Args:
        panel: The history.
        errors: How wrong long forecasts are; says how much of the trend is followed.
        site: Calendar of the desk.
        horizon_days: Target dates [days], >= 1.
        options: The forecast's choices.
        ended: Queue that takes no calls as a planner states -> why, in words.

    Returns:
        Shape (queues, horizon, slots) [calls], closed slots 0, and one model name per queue.
    """
    known, stopped = panel.calls.shape[1], stopped_queues(panel) | np.isin(panel.queue_ids, list(ended))
    panel = without_history(panel, stopped)
    state = observe(panel, day_types(site, panel.first_date, known + horizon_days))
    core = learn_core(state, options)
    season = season_move(state, core, options)
    week = np.arange(horizon_days) // DAYS_PER_WEEK
    trend = errors.trend_gain * weekly_slope(panel)[:, None] * damped(week.astype(np.float64))[None, :]
    moved = replace(core, level=replace(core.level, yearly=season + trend))
    mean, chosen = expected_calls(moved, options)
    parts = ("+season" if season.any() else "") + ("+trend" if trend.any() else "")
    return np.where(open_ahead(state, core), mean, 0.0), tuple(
        f"long_range|{Chosen(RUNG_CLOSED, is_stated=queue in ended).model_name}"
        if shut
        else f"long_range{parts}|{rung.model_name}"
        for queue, rung, shut in zip(panel.queue_ids, chosen, stopped, strict=True)
    )


def season_move(state: DeskState, core: CoreModel, options: ForecastOptions) -> FloatArray:
    """What past years did between today's point of the year and the target's, drawn towards nothing.

    Args:
        state: What is known before the origin.
        core: The learnt means.
        options: The forecast's choices.

    Returns:
        Shape (queues, horizon) [log]; 0 with less history than the options ask for. One year counts
        half, two years two thirds. Beyond a year ahead the season repeats.
    """
    move = np.zeros((len(state.panel.queue_ids), state.horizon))
    if state.known < options.yearly_from_days:
        return move
    effect = core.effect.of(state.features)[:, : state.known]
    expected = core.level.weekday[:, state.types.weekday[: state.known]]
    freed = np.where(state.normal, state.days.total / np.exp(effect), np.nan)
    distance = np.log((freed + CALLS_ADDED) / (expected + CALLS_ADDED))
    years = max((state.known - SEASON_WINDOW_DAYS) // YEAR_DAYS, 1)
    for ahead in range(state.horizon):
        point = ahead % YEAR_DAYS
        seen = [_around(distance, state.known + point - YEAR_DAYS * year) - _around(distance, state.known - YEAR_DAYS * year)
                for year in range(1, years + 1)]  # fmt: skip
        known = ~np.isnan(np.stack(seen))
        total = np.where(known, np.nan_to_num(np.stack(seen)), 0.0).sum(axis=0)
        move[:, ahead] = total / (known.sum(axis=0) + 1)
    return np.clip(move, -SEASON_CLIP, SEASON_CLIP)


def _around(distance: FloatArray, centre: int) -> FloatArray:
    window = distance[:, max(centre - SEASON_WINDOW_DAYS, 0) : max(centre + SEASON_WINDOW_DAYS + 1, 0)]
    known = ~np.isnan(window)
    count = known.sum(axis=1)
    total = np.where(known, window, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _seed(queue_id: str, options: ForecastOptions) -> int:
    """A seed of the queue's own, so that other queues do not change its bands."""
    return options.seed + crc32(queue_id.encode())


def draw_days(mean: FloatArray, errors: LongErrors, queue: int, skip: int, *, paths: int, seed: int) -> FloatArray:
    """Joint draws of a queue's days: a wandering level, days around it, counting noise.

    Args:
        mean: Means of the days [calls]; shape (horizon,).
        errors: How wrong long forecasts are.
        queue: Which queue.
        skip: Days before the first Monday; they belong to week 0.
        paths: Draws [count].
        seed: The same seed draws the same.

    Returns:
        Shape (paths, horizon) [calls], whole numbers; their expectation is the mean.
    """
    random = np.random.default_rng(seed)
    horizon = len(mean)
    week = (np.arange(horizon) - skip) // DAYS_PER_WEEK + 1 if skip else np.arange(horizon) // DAYS_PER_WEEK
    weeks = int(week.max()) + 1
    start, growth, day = errors.start[queue], errors.growth[queue], errors.day[queue]
    steps = random.standard_normal((paths, weeks)) * np.sqrt(np.where(np.arange(weeks) == 0, start, growth))
    level = np.cumsum(steps, axis=1)[:, week] + random.standard_normal((paths, horizon)) * np.sqrt(day)
    variance = start + growth * week + day
    return random.poisson(mean * np.exp(level - variance / 2)).astype(np.float64)


def _bands(mean: FloatArray, errors: LongErrors, queue: int, skip: int, seed: int) -> tuple[FloatArray, FloatArray]:
    """Bands of days to DAY_GRAIN_WEEKS and of whole weeks, from the same draws."""
    drawn = draw_days(mean, errors, queue, skip, paths=PATHS, seed=seed)
    days = drawn[:, : skip + DAY_GRAIN_WEEKS * DAYS_PER_WEEK]
    weeks = drawn[:, skip:].reshape(len(drawn), -1, DAYS_PER_WEEK).sum(axis=2)
    return (np.quantile(days, QUANTILE_LEVELS, axis=0).T, np.quantile(weeks, QUANTILE_LEVELS, axis=0).T)


@dataclass(frozen=True, slots=True)
class _Rows:
    queue_ids: tuple[str, ...]
    names: tuple[str, ...]
    mean: FloatArray
    aht: FloatArray

    def handle_time(self, mean: FloatArray) -> FloatArray:
        """AHT weighted by expected calls; the plain mean of the slots without any; mean of (queues, n, slots)."""
        weighted = (mean * self.aht[:, None, :]).sum(axis=2)
        calls = mean.sum(axis=2)
        plain = np.broadcast_to(self.aht.mean(axis=1)[:, None], calls.shape)
        return np.where(calls > 0, weighted / np.maximum(calls, LEAST_DIVISOR), plain)


def _frame(rows: _Rows, mean: FloatArray, bands: FloatArray, keys: dict[str, object]) -> pd.DataFrame:
    """Values of (queues, n) in rows, queue by queue; `keys` are columns of one queue's n rows."""
    queues, count = mean.shape[:2]
    frame = pd.DataFrame({"queue_id": np.repeat(np.array(rows.queue_ids, dtype=object), count)}).astype(
        {"queue_id": "str"}
    )
    for name, values in keys.items():
        frame[name] = np.tile(np.asarray(values), queues)
    frame["calls_mean"] = mean.sum(axis=2).ravel()
    flat = bands.reshape(-1, bands.shape[2])
    for position, level in enumerate(QUANTILE_LEVELS):
        frame[quantile_column(level)] = flat[:, position]
    frame["aht_seconds"] = rows.handle_time(mean).ravel()
    frame["model_name"] = np.repeat(np.array(rows.names, dtype=object), count)
    return frame.astype({"model_name": "str"})


def _day_frame(rows: _Rows, bands: FloatArray, origin: dt.date) -> pd.DataFrame:
    count = bands.shape[1]
    dates = pd.date_range(origin, periods=count, freq="D", unit="us")
    frame = _frame(rows, rows.mean[:, :count], bands, {"business_date": dates, "horizon_days": np.arange(count) + 1})
    return frame.assign(is_open=frame["calls_mean"] > 0)


def _week_frame(rows: _Rows, bands: FloatArray, monday: dt.date, skip: int) -> pd.DataFrame:
    queues, _, slots = rows.mean.shape
    mean = rows.mean[:, skip:].reshape(queues, -1, DAYS_PER_WEEK, slots).sum(axis=2)
    starts = pd.date_range(monday, periods=mean.shape[1], freq="7D", unit="us")
    iso = starts.isocalendar()
    keys: dict[str, object] = {
        "iso_year": iso["year"].to_numpy(np.int64),
        "iso_week": iso["week"].to_numpy(np.int64),
        "week_start": starts,
        "horizon_weeks": np.arange(mean.shape[1]) + 1,
    }
    return _frame(rows, mean, bands, keys)


def _notes(errors: LongErrors, panel: CallPanel) -> tuple[str, ...]:
    first = f"trained on {panel.first_date} to {panel.first_date + dt.timedelta(days=panel.calls.shape[1] - 1)}"
    if not errors.origins:
        return first, "history too short to test long forecasts: bands grow by the documented default"
    tested = f"bands from {errors.origins} past origins, tested to {errors.tested_weeks} weeks ahead"
    return first, tested, f"trend followed by {errors.trend_gain:.0%}"
