"""Is one forecast better than another, or was it luck? Diebold-Mariano test and block bootstrap over days.

Here: losses per target date, and two judgements of their difference. Not here: scores (scores) or
words about them (reports).

Intervals of a day share the day's error, so the day is the smallest piece that counts; and days of
one origin share the origin's level, so neither judgement takes days as independent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import CONFIDENCE, FloatArray
from wfm_pipeline.domain.forecasting.options import METHOD
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import DAYS_PER_WEEK

RESAMPLES: Final = 2_000
"""Draws of the bootstrap: of a normal law the ends then move by one or two hundredths of its width from seed to seed."""
BOOTSTRAP_SEED: Final = 20_240_101
"""Seed of the draws; any does, a fixed one makes reruns agree."""
FEWEST_BLOCKS: Final = 3
"""Blocks below which a bootstrap says nothing: every resample would look alike."""
DIFFERENCE_COLUMNS: Final = (
    "score",
    "peer",
    "ours",
    "peer_score",
    "difference",
    "difference_low",
    "difference_high",
    "relative",
    "better_share",
    "dm_statistic",
    "dm_p_value",
    "dm_lags",
    "block_days",
    "days",
)


@dataclass(frozen=True, slots=True)
class DieboldMariano:
    """A Diebold-Mariano test.

    Attributes:
        statistic: Negative: the first forecast loses less. NaN where the test says nothing.
        p_value: Two-sided, from Student's t with n - 1 degrees of freedom.
    """

    statistic: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Interval:
    """A bootstrap interval of a difference of two scores.

    Attributes:
        low, high: Ends of the interval [unit of the score]; NaN with too few blocks.
        better_share: Share of resamples in which the first forecast is strictly better.
    """

    low: float
    high: float
    better_share: float


def diebold_mariano(differences: FloatArray, *, lags: int) -> DieboldMariano:
    """Test that two forecasts lose the same on average.

    The variance of the mean is the Newey-West one (Bartlett weights: never negative); the statistic
    has the small-sample factor of Harvey, Leybourne & Newbold for a horizon of lags + 1.

    Args:
        differences: Loss of the first forecast minus loss of the second, in order of time; shape (n,).
        lags: Days over which differences may hang together, >= 0.

    Returns:
        The test. Differences that are all 0 give 0 and p = 1. NaN where fewer than two days are
        known, where the days are not more than the lags allow, or where all differ by one constant.

    Raises:
        DataError: lags below 0.

    Source:
        Diebold & Mariano (1995), Comparing Predictive Accuracy; Harvey, Leybourne & Newbold (1997),
        Testing the Equality of Prediction Mean Squared Errors; Newey & West (1987).
    """
    from scipy.stats import t

    if lags < 0:
        raise DataError(f"lags must be at least 0, got {lags}", got=lags)
    days, horizon = differences.size, lags + 1
    if days and not differences.any():
        return DieboldMariano(0.0, 1.0)
    factor = (days + 1 - 2 * horizon + horizon * (horizon - 1) / days) / days if days else 0.0
    if days <= horizon or factor <= 0:
        return DieboldMariano(float("nan"), float("nan"))
    around = differences - differences.mean()
    products = np.array([around[lag:] @ around[: days - lag] for lag in range(horizon)]) / days
    weights = np.where(np.arange(horizon) == 0, 1.0, 2 * (1 - np.arange(horizon) / horizon))
    variance = float(weights @ products) / days
    if variance <= np.finfo(float).eps * float(differences @ differences):
        return DieboldMariano(float("nan"), float("nan"))
    statistic = float(differences.mean()) / np.sqrt(variance) * np.sqrt(factor)
    return DieboldMariano(float(statistic), float(2 * t.sf(abs(statistic), days - 1)))


def bootstrap_interval(
    differences: FloatArray,
    weights: FloatArray,
    *,
    block_days: int,
    resamples: int = RESAMPLES,
    seed: int = BOOTSTRAP_SEED,
) -> Interval:
    """Interval of sum(differences) / sum(weights), by blocks of days that stay together.

    Circular blocks; the ends are the expanded percentiles, which widen the plain percentiles for
    the few blocks there are.

    Args:
        differences: Loss differences per day, in order of time [calls]; shape (n,).
        weights: What the score divides by, per day [calls], >= 0; shape (n,).
        block_days: Length of a block [days], >= 1.
        resamples: Draws.
        seed: Seed of the draws.

    Returns:
        The 95 % interval; all NaN with fewer than FEWEST_BLOCKS blocks.

    Raises:
        DataError: block_days below 1, or different lengths.

    Source:
        Politis & Romano (1992), A Circular Block-Resampling Procedure; Hesterberg (2015), What
        Teachers Should Know About the Bootstrap (expanded percentiles).
    """
    from scipy.stats import norm, t

    days = differences.size
    if block_days < 1 or weights.size != days:
        raise DataError(f"blocks of {block_days} days over {days} differences and {weights.size} weights do not fit")
    blocks = days / block_days
    if blocks < FEWEST_BLOCKS or weights.sum() <= 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    starts = np.random.default_rng(seed).integers(0, days, (resamples, -(-days // block_days)))
    chosen = ((starts[:, :, None] + np.arange(block_days)) % days).reshape(resamples, -1)[:, :days]
    total = weights[chosen].sum(axis=1)
    values = differences[chosen].sum(axis=1)[total > 0] / total[total > 0]
    outside = (1 - CONFIDENCE) / 2
    expanded = norm.cdf(-np.sqrt(blocks / (blocks - 1)) * t.isf(outside, blocks - 1))
    low, high = np.quantile(values, [expanded, 1 - expanded])
    return Interval(float(low), float(high), float((values < 0).mean()))


def difference_table(rows: pd.DataFrame, *, ours: str = METHOD) -> pd.DataFrame:
    """Our scores against every peer's, with both judgements.

    Args:
        rows: From `scored_rows`.
        ours: The method the others are compared with.

    Returns:
        One row per score (int_q, day_tot, pinball) and peer, columns DIFFERENCE_COLUMNS:
        difference = ours - peer (negative: ours is better), its bootstrap interval, relative =
        difference / peer, better_share, and the test. Lags and blocks follow from the most days
        that one origin scores; blocks are at least a week. Empty where ours or every peer is
        missing; a peer without quantiles has no pinball row.
    """
    losses = _daily_losses(rows)
    lags = _days_of_an_origin(rows) - 1
    records = [
        _record(score, str(peer), own, other, lags)
        for score in dict.fromkeys(losses["score"])
        for peer, own, other in _pairs(losses[losses["score"] == score], ours)
    ]
    return pd.DataFrame(records, columns=list(DIFFERENCE_COLUMNS))


def _pairs(losses: pd.DataFrame, ours: str) -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
    by_method = {str(name): part.set_index("target_date") for name, part in losses.groupby("method", sort=False)}
    own = by_method.pop(ours, None)
    if own is not None:
        yield from ((peer, own, part.reindex(own.index)) for peer, part in by_method.items())


def _record(score: str, peer: str, own: pd.DataFrame, other: pd.DataFrame, lags: int) -> dict[str, object]:
    difference, calls = (own["loss"] - other["loss"]).to_numpy(float), own["calls"].to_numpy(float)
    block = max(lags + 1, DAYS_PER_WEEK)
    test = diebold_mariano(difference, lags=lags)
    interval = bootstrap_interval(difference, calls, block_days=block)
    total = calls.sum() if calls.sum() > 0 else float("nan")
    our_score, peer_score = own["loss"].sum() / total, other["loss"].sum() / total
    return {
        "score": score,
        "peer": peer,
        "ours": our_score,
        "peer_score": peer_score,
        "difference": our_score - peer_score,
        "difference_low": interval.low,
        "difference_high": interval.high,
        "relative": (our_score - peer_score) / peer_score if peer_score > 0 else float("nan"),
        "better_share": interval.better_share,
        "dm_statistic": test.statistic,
        "dm_p_value": test.p_value,
        "dm_lags": lags,
        "block_days": block,
        "days": difference.size,
    }


def _days_of_an_origin(rows: pd.DataFrame) -> int:
    days = rows.groupby("origin")["target_date"].nunique()
    return int(days.max()) if len(days) else 1


def _daily_losses(rows: pd.DataFrame) -> pd.DataFrame:
    """Loss and calls per score, method and target date; origins that share a date are added up."""
    keys = ["method", "target_date"]
    frames = {"int_q": _summed(rows.assign(loss=rows["abs_error"]), keys), "day_tot": _day_losses(rows)}
    with_quantiles = rows[rows["pinball"].notna()]
    frames["pinball"] = _summed(with_quantiles.assign(loss=with_quantiles["pinball"]), keys)
    return pd.concat([frame.assign(score=score) for score, frame in frames.items()], ignore_index=True)


def _day_losses(rows: pd.DataFrame) -> pd.DataFrame:
    days = rows.groupby(["method", "origin", "target_date"], sort=False)[["error", "calls"]].sum().reset_index()
    return _summed(days.assign(loss=days["error"].abs()), ["method", "target_date"])


def _summed(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    order = {name: place for place, name in enumerate(rows["method"].unique())}
    sums = rows.groupby(keys, sort=False)[["loss", "calls"]].sum().reset_index()
    place = pd.DataFrame({"method": sums["method"].map(order), "date": sums["target_date"]})
    return sums.loc[place.sort_values(["method", "date"], kind="stable").index]
