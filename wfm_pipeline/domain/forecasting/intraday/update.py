"""The rest of today, once part of it is known: the issued forecast moved by what the errors so far say.

Here: the update of one day on arrays, and learning its law from the history. Not here: the law
itself (domain/forecasting/bands/day_errors), frames of the outside world (reforecast.py), or its scores (backtest.py).

The plain ratio (calls so far over forecast so far) is worse than nothing in the morning: it takes
counting noise for news. Here the errors of the slots so far are weighed by how much such errors have
told about the later slots on past days. Errors that told nothing move nothing.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.forecasting.bands.day_errors import CLIP_SIGMAS, LEAST_CALLS, ErrorLaw, learn_law
from wfm_pipeline.domain.forecasting.bands.walk_forward import walk_forward
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel
from wfm_pipeline.domain.forecasting.intraday.bands import BentLevels, learn_levels
from wfm_pipeline.domain.forecasting.options import QUANTILE_LEVELS, ForecastOptions

LEARN_DATES: Final = 84
"""Dates before today whose errors teach the law: 60 working days of a weekday desk [days]."""
LEARN_HISTORY_DATES: Final = 280
"""Dates before today that the learning looks at: enough for every part of those forecasts [days]."""
MOST_QUEUE_DAYS: Final = 3_000
"""Queue days the law is learnt from; with many queues fewer dates do, spread evenly [count]."""
RATIO_LIMITS: Final = (1 / 3, 3.0)
"""Smallest and largest factor by which a slot's issued mean may be moved."""
SURPRISE_SLOTS: Final = 4
"""Known slots from which a day may be called surprising [count]."""
SURPRISE_SQUARE: Final = 9.0
"""Median squared error, in variances, above which the whole day is taken to be unlike the past ones."""
REPLAY_SHARES: Final = (0.03, 0.08, 0.15, 0.3, 0.5, 0.7, 0.85)
"""Shares of a day's forecast at which past days are replayed."""
STRENGTH_PRIOR: Final = 10.0
"""Weight of the belief that an update is worth what the law says, against what replays say; in variances."""
MOST_REPLAYS: Final = 1_000
"""Replays (queue, day and share) at most; more are thinned evenly [count]."""


@dataclass(frozen=True, slots=True)
class IssuedDay:
    """Today as it was forecast.

    Attributes:
        mean: Shape (queues, slots) [calls]; 0 where closed.
        quantiles: Shape (queues, slots, levels) [calls].
        day_quantiles: Shape (queues, levels) [calls].
    """

    mean: FloatArray
    quantiles: FloatArray
    day_quantiles: FloatArray


@dataclass(frozen=True, slots=True)
class IntradayModel:
    """What updates a day.

    Attributes:
        law: How the errors of a day's slots hang together.
        strength: Part of an update that past days have earned, per share of REPLAY_SHARES, 0..1.
        slot_levels: Levels behind the bands of slots.
        rest_levels: Levels behind the bands of the remaining day.
    """

    law: ErrorLaw
    strength: FloatArray
    slot_levels: BentLevels
    rest_levels: BentLevels


@dataclass(frozen=True, slots=True)
class UpdatedDay:
    """Today's forecast after what is known so far.

    Attributes:
        mean: Shape (queues, slots) [calls]; elapsed slots hold what came, or the updated forecast
            where that is missing.
        quantiles: Shape (queues, slots, levels) [calls]; of elapsed slots they are no forecast.
        remaining_mean: Calls still to come, the sum over the slots not yet elapsed; shape (queues,) [calls].
        remaining_quantiles: Quantiles of that sum, not sums of quantiles; shape (queues, levels) [calls].
        ratio: Remaining calls now over remaining calls as issued, 1 where none were; shape (queues,).
        slots_known: Slots that told something; shape (queues,) [count].
    """

    mean: FloatArray
    quantiles: FloatArray
    remaining_mean: FloatArray
    remaining_quantiles: FloatArray
    ratio: FloatArray
    slots_known: IntArray


def learn_intraday(panel: CallPanel, *, site: Site, options: ForecastOptions) -> IntradayModel:
    """Learn from one-day-ahead forecasts of the last LEARN_DATES dates.

    Args:
        panel: The history up to yesterday.
        site: Calendar of the desk.
        options: The forecast's choices.

    Returns:
        The model; the default one where the history is too short.

    Source:
        docs/methods/intraday.md, steps 1, 2 and 4.
    """
    end = panel.first_date + dt.timedelta(days=panel.calls.shape[1])
    recent = panel.window(end - dt.timedelta(days=LEARN_HISTORY_DATES), end)
    queues, dates, _ = recent.calls.shape
    thinning = max(-(-queues * LEARN_DATES // MOST_QUEUE_DAYS), 1)
    origins = range(max(dates - LEARN_DATES, 0), dates, thinning)
    past = walk_forward(recent, origins, site=site, horizon_days=1, options=options)
    return learn_from_days(
        past.mean[:, :, 0],
        past.actual[:, :, 0],
        interval_minutes=panel.interval_minutes,
        dispersion=options.dispersion_default,
    )


def learn_from_days(mean: FloatArray, actual: FloatArray, *, interval_minutes: int, dispersion: float) -> IntradayModel:
    """Learn from past days whose forecast and outcome are given.

    Args:
        mean: What was forecast [calls], >= 0; shape (days, queues, slots).
        actual: What came [calls], NaN where closed or missing; same shape.
        interval_minutes: Length of a slot [min].
        dispersion: Noise where there is nothing to learn from.

    Returns:
        The model; the default one where nothing is known.
    """
    law = learn_law(mean, actual, interval_minutes=interval_minutes, dispersion=dispersion)
    cases = _cases(mean, actual)
    strength = _strength(mean, actual, law, cases)
    slots, rests = _outcomes(mean, actual, law, cases, strength)
    return IntradayModel(law, strength, learn_levels(*slots), learn_levels(*rests))


@dataclass(frozen=True, slots=True)
class _Case:
    """A past day of a queue, cut at some share of its forecast."""

    day: int
    queue: int
    share: int
    told: BoolArray
    ahead: BoolArray


def _cases(mean: FloatArray, actual: FloatArray) -> list[_Case]:
    """Replays of past days that have something known and something to come."""
    days, queues = np.nonzero((~np.isnan(actual) & (mean >= LEAST_CALLS)).any(axis=2))
    every = [(d, q, s) for d, q in zip(days, queues, strict=True) for s in range(len(REPLAY_SHARES))]
    cases = []
    for day, queue, share in every[:: max(-(-len(every) // MOST_REPLAYS), 1)]:
        before = mean[day, queue]
        elapsed = np.searchsorted(np.cumsum(before), REPLAY_SHARES[share] * before.sum()) + 1
        known, past = ~np.isnan(actual[day, queue]) & (before >= LEAST_CALLS), np.arange(len(before)) < elapsed
        if (known & past).any() and (known & ~past).any():
            cases.append(_Case(int(day), int(queue), share, known & past, known & ~past))
    return cases


def _strength(mean: FloatArray, actual: FloatArray, law: ErrorLaw, cases: list[_Case]) -> FloatArray:
    """What past updates were worth at each share: regression of what came on what they said."""
    agreed, said = np.full(len(REPLAY_SHARES), STRENGTH_PRIOR), np.full(len(REPLAY_SHARES), STRENGTH_PRIOR)
    for case in cases:
        before, came = mean[case.day, case.queue], actual[case.day, case.queue]
        covariance, noise = law.covariance(case.queue), law.dispersion[case.queue]
        after, _ = _updated(before, came, case.told, covariance, noise)
        move, miss = (after - before)[case.ahead], (came - before)[case.ahead]
        variance = (before + (noise + np.diag(covariance)) * before**2)[case.ahead]
        limit = CLIP_SIGMAS * np.sqrt(variance)
        agreed[case.share] += (move * np.clip(miss, -limit, limit) / variance).sum()
        said[case.share] += (move**2 / variance).sum()
    return np.clip(agreed / said, 0.0, 1.0)


def _outcomes(
    mean: FloatArray, actual: FloatArray, law: ErrorLaw, cases: list[_Case], strength: FloatArray
) -> tuple[tuple[FloatArray, ...], tuple[FloatArray, ...]]:
    """Replayed slots and rests: means, dispersions, what came, and the day."""
    slots: list[FloatArray] = [np.empty((4, 0))]
    rests: list[FloatArray] = [np.empty((4, 0))]
    for case in cases:
        before, came = mean[case.day, case.queue], actual[case.day, case.queue]
        covariance, noise = law.covariance(case.queue), law.dispersion[case.queue]
        after, left = _updated(before, came, case.told, covariance, noise, strength=float(strength[case.share]))
        day = np.full(len(after), float(case.day))
        slots.append(np.stack([after, np.diag(left) + noise, came, day])[:, case.ahead])
        rest = np.where(case.ahead, after, 0.0)
        whole = [rest.sum(), _rest_dispersion(rest, left, noise), came[case.ahead].sum(), float(case.day)]
        rests.append(np.array(whole)[:, None])
    return tuple(np.concatenate(slots, axis=1)), tuple(np.concatenate(rests, axis=1))


def update_day(issued: IssuedDay, so_far: FloatArray, *, elapsed: int, model: IntradayModel) -> UpdatedDay:
    """Update the rest of a day.

    Args:
        issued: The day as it was forecast.
        so_far: What came [calls], NaN where nothing is known; shape (queues, slots). Slots from
            `elapsed` on are not looked at.
        elapsed: Slots of the day that are over, 0 to slots.
        model: What was learnt from past days.

    Returns:
        The update. Without a known slot of a queue its forecast stays as issued, bit for bit.
        Slots forecast as 0 (closed) stay 0 and tell nothing.

    Source:
        docs/methods/intraday.md, steps 3 to 7; Shen & Huang (2008), Interday Forecasting and Intraday Updating of Call
        Center Arrivals.
    """
    queues, slots = issued.mean.shape
    law = model.law
    known: BoolArray = ~np.isnan(so_far) & (np.arange(slots) < elapsed)
    ahead = np.arange(slots) >= elapsed
    told = known & (issued.mean >= LEAST_CALLS)
    mean, quantiles = issued.mean.copy(), issued.quantiles.copy()
    remaining = np.zeros((queues, len(QUANTILE_LEVELS)))
    for queue in range(queues):
        covariance, noise = law.covariance(queue), law.dispersion[queue]
        if not told[queue].any():
            band, before = issued.day_quantiles[queue], issued.mean[queue]
            remaining[queue] = band if not elapsed else _untold_rest(band, before, ahead, covariance, noise)
            continue
        after, left = _moved(issued.mean[queue], so_far[queue], told[queue], elapsed, model, queue)
        mean[queue] = after
        quantiles[queue] = model.slot_levels.quantiles(after, np.diag(left) + noise)
        rest = np.where(ahead, after, 0.0)
        spread = np.array(_rest_dispersion(rest, left, noise))
        remaining[queue] = model.rest_levels.quantiles(np.array(rest.sum()), spread)
    mean = np.where(known, so_far, mean)
    now, then = mean[:, elapsed:].sum(axis=1), issued.mean[:, elapsed:].sum(axis=1)
    ratio = np.divide(now, then, out=np.ones(queues), where=then > 0)
    return UpdatedDay(mean, quantiles, now, remaining, ratio, told.sum(axis=1))


def update_means(issued_mean: FloatArray, so_far: FloatArray, *, elapsed: int, model: IntradayModel) -> FloatArray:
    """The means of `update_day` without its bands, for whoever updates a day a hundred times.

    Args:
        issued_mean: The day as it was forecast [calls], shape (queues, slots).
        so_far: See `update_day`.
        elapsed: See `update_day`.
        model: See `update_day`.

    Returns:
        `UpdatedDay.mean`.
    """
    known: BoolArray = ~np.isnan(so_far) & (np.arange(issued_mean.shape[1]) < elapsed)
    told, mean = known & (issued_mean >= LEAST_CALLS), issued_mean.copy()
    for queue in np.flatnonzero(told.any(axis=1)):
        mean[queue], _ = _moved(issued_mean[queue], so_far[queue], told[queue], elapsed, model, int(queue))
    return np.where(known, so_far, mean)


def _moved(
    before: FloatArray, came: FloatArray, told: BoolArray, elapsed: int, model: IntradayModel, queue: int
) -> tuple[FloatArray, FloatArray]:
    """Means of a queue after what came, and the covariance that stays.

    How far an update is believed was learnt by the share of the day's calls that has come, not by the clock.
    """
    gone = float(before[:elapsed].sum() / before.sum())
    strength = float(np.interp(gone, REPLAY_SHARES, model.strength))
    covariance, noise = model.law.covariance(queue), model.law.dispersion[queue]
    return _updated(before, came, told, covariance, noise, strength=strength)


def _updated(
    before: FloatArray,
    came: FloatArray,
    told: BoolArray,
    covariance: FloatArray,
    dispersion: FloatArray,
    *,
    strength: float = 1.0,
) -> tuple[FloatArray, FloatArray]:
    """Updated means of all slots, and the covariance of their relative errors that stays.

    The best linear guess of all errors from the known ones. One wild slot counts no more than
    CLIP_SIGMAS; a day of which half the slots are wild is taken to be another kind of day, and its
    slots are believed more.

    Source:
        Best linear unbiased prediction; for call centres: Shen & Huang (2008), Interday Forecasting
        and Intraday Updating of Call Center Arrivals.
    """
    size = before[told]
    error = came[told] - size
    noise = size + dispersion[told] * size**2
    level = size**2 * np.diag(covariance)[told]
    square = error**2 / (noise + level)
    surprise = max(float(np.median(square)) / SURPRISE_SQUARE, 1.0) if told.sum() >= SURPRISE_SLOTS else 1.0
    prior = surprise * covariance
    limit = CLIP_SIGMAS * np.sqrt(noise + surprise * level)
    towards = prior[:, told] * size
    seen = prior[np.ix_(told, told)] * np.outer(size, size) + np.diag(noise)
    gain = np.linalg.solve(seen, towards.T).T
    shift = strength * gain @ np.clip(error, -limit, limit)
    left = prior - strength * (2 - strength) * gain @ towards.T  # variance of an error of which a part is taken off
    return before * np.clip(1 + shift, *RATIO_LIMITS), left


def _rest_dispersion(rest: FloatArray, left: FloatArray, dispersion: FloatArray) -> float:
    """Relative variance of the rate of a sum of slots, beyond its Poisson noise."""
    total = float(rest.sum())
    beyond = float((dispersion * rest**2).sum() + rest @ left @ rest)
    return max(beyond, 0.0) / total**2 if total > 0 else 0.0


def _untold_rest(
    day: FloatArray, before: FloatArray, ahead: BoolArray, covariance: FloatArray, dispersion: FloatArray
) -> FloatArray:
    """Band of the rest of a day of which nothing is known: the day's issued band, scaled to the rest."""
    rest = np.where(ahead, before, 0.0)
    whole, part = before.sum(), rest.sum()
    if part <= 0:
        return np.zeros_like(day)
    variance = whole + _rest_dispersion(before, covariance, dispersion) * whole**2
    scale = np.sqrt((part + _rest_dispersion(rest, covariance, dispersion) * part**2) / variance)
    return np.maximum(part + (day - whole) * scale, 0.0)
