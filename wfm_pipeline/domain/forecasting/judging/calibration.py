"""Do the bands tell the truth? Coverage, reliability of quantiles, and PIT histograms.

Here: judgements of quantile forecasts of counts, on busy cells only: elsewhere hits are free. Not
here: how bands are made (bands), or the pictures (reports).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.forecasting.judging.scored_rows import BANDS, inside_column
from wfm_pipeline.domain.forecasting.options import MEDIAN, QUANTILE_LEVELS, quantile_column

PIT_BINS: Final = 10
"""Bins of a PIT histogram; each should hold a tenth."""
PIT_SEED: Final = 20_240_101
"""Seed of the randomised histogram's draws; any does, a fixed one makes reruns agree."""
HALF_COUNT: Final = 0.5
"""A count k stands for the stretch from k - 1/2 to k + 1/2."""
SMALLEST_SCALE: Final = 0.5
"""Scale of a tail whose end is the median itself [calls]."""
_COLUMNS: Final = [quantile_column(level) for level in QUANTILE_LEVELS]


def band_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Coverage of the 50, 80 and 90 % bands on busy cells.

    Args:
        rows: From `scored_rows`.

    Returns:
        One row per method, queue (`(all)` first) and band: method, queue_id, band (nominal [0..1]),
        band_coverage [0..1], below and above (shares that fell under and over the band), width (mean
        width over mean calls), busy_points. NaN without quantiles or without a busy point.
    """
    records = [
        {"method": method, "queue_id": queue_id, "band": band, **_band_coverage(part, band)}
        for method, queue_id, part in _groups(rows)
        for band in BANDS
    ]
    columns = ["method", "queue_id", "band", "band_coverage", "below", "above", "width", "busy_points"]
    return pd.DataFrame(records, columns=columns)


def _groups(rows: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Busy rows per method, first all queues together, then one by one in order of name."""
    for method, own in rows[rows["is_busy"]].groupby("method", sort=False):
        yield str(method), ALL, own
        for queue_id, part in own.groupby("queue_id", sort=True):
            yield str(method), str(queue_id), part


def _band_coverage(part: pd.DataFrame, band: float) -> dict[str, float]:
    low, high = (part[name] for name in BANDS[band])
    known = part[inside_column(band)].notna()
    if not known.any():
        return dict.fromkeys(("band_coverage", "below", "above", "width"), float("nan")) | {"busy_points": len(part)}
    calls = part["calls"]
    return {
        "band_coverage": float(part[inside_column(band)].mean()),
        "below": float((calls < low)[known].mean()),
        "above": float((calls > high)[known].mean()),
        "width": float((high - low)[known].mean() / calls[known].mean()),
        "busy_points": len(part),
    }


def reliability_table(rows: pd.DataFrame) -> pd.DataFrame:
    """How often the actuals fell below each quantile, on busy cells.

    Counts sit on quantiles, so there are two answers: strictly below, and at or below. A calibrated
    quantile has its level between the two.

    Args:
        rows: From `scored_rows`.

    Returns:
        One row per method, queue and level: method, queue_id, level, share_below, share_at_or_below
        [0..1]. Methods without quantiles have NaN.

    Source:
        docs/methods/backtesting.md.
    """
    records = []
    for method, queue_id, part in _groups(rows):
        for level, name in zip(QUANTILE_LEVELS, _COLUMNS, strict=True):
            known = part[part[name].notna()]
            records.append(
                {
                    "method": method,
                    "queue_id": queue_id,
                    "level": level,
                    "share_below": float((known["calls"] < known[name]).mean()),
                    "share_at_or_below": float((known["calls"] <= known[name]).mean()),
                }
            )
    return pd.DataFrame(records, columns=["method", "queue_id", "level", "share_below", "share_at_or_below"])


def pit_table(rows: pd.DataFrame, *, seed: int = PIT_SEED) -> pd.DataFrame:
    """PIT histograms on busy cells, of methods that give all quantiles.

    Two kinds side by side: `share` is the non-randomised histogram, which spreads every count over
    the stretch of probability it takes up; `share_randomised` draws one point of that stretch per
    count. The first is the expectation of the second and needs no seed.

    Args:
        rows: From `scored_rows`.
        seed: Seed of the draws; one stream per method and queue, in order.

    Returns:
        One row per method, queue and bin: method, queue_id, bin_low, bin_high, share,
        share_randomised [0..1], points. Flat (all 1 / PIT_BINS) is calibrated; a hump says the
        bands are too wide, a bowl too narrow, a slope a bias.

    Source:
        Czado, Gneiting & Held (2009), Predictive Model Assessment for Count Data.
    """
    edges = np.linspace(0.0, 1.0, PIT_BINS + 1)
    parts = []
    for method, queue_id, part in _groups(rows):
        known = part[part[_COLUMNS].notna().all(axis=1)]
        if known.empty:
            continue
        low, high = pit_stretch(known["calls"].to_numpy(float), known[_COLUMNS].to_numpy(float))
        draw = low + np.random.default_rng(seed).random(low.size) * (high - low)
        parts.append(
            pd.DataFrame(
                {
                    "method": method,
                    "queue_id": queue_id,
                    "bin_low": edges[:-1],
                    "bin_high": edges[1:],
                    "share": pit_shares(low, high, edges),
                    "share_randomised": np.histogram(draw, edges)[0] / draw.size,
                    "points": draw.size,
                }
            )
        )
    columns = ["method", "queue_id", "bin_low", "bin_high", "share", "share_randomised", "points"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def pit_stretch(counts: FloatArray, quantiles: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The stretch of probability that each count takes up under its quantile forecast.

    Between two quantiles the distribution function is a straight line on normal paper (the normal
    score of the level over the count), and beyond the last one it goes on as the line from the
    median to it; levels that share a value count with their mean. Nothing lies below -1/2. Straight
    lines in the level itself would bend the histogram of a perfect forecast by a point per bin.

    Args:
        counts: What came [calls]; shape (n,).
        quantiles: Quantiles at QUANTILE_LEVELS, not falling [calls]; shape (n, n_levels).

    Returns:
        Probability up to count - 1/2 and up to count + 1/2; shape (n,) each, in [0, 1].
    """
    from scipy.special import ndtri

    same = quantiles[:, :, None] == quantiles[:, None, :]
    level = (same * np.array(QUANTILE_LEVELS)).sum(axis=2) / same.sum(axis=2)
    score = ndtri(level)
    return _probability(counts - HALF_COUNT, quantiles, score), _probability(counts + HALF_COUNT, quantiles, score)


def _probability(at: FloatArray, knots: FloatArray, score: FloatArray) -> FloatArray:
    from scipy.special import ndtr

    row = np.arange(len(at))
    passed = (knots <= at[:, None]).sum(axis=1)
    left, right = np.maximum(passed - 1, 0), np.minimum(passed, knots.shape[1] - 1)
    run = knots[row, right] - knots[row, left]
    share = np.clip((at - knots[row, left]) / np.where(run > 0, run, 1.0), 0.0, 1.0)
    inside = score[row, left] + share * (score[row, right] - score[row, left])
    below = score[:, 0] + (at - knots[:, 0]) * _slope(knots, score, 0)
    above = score[:, -1] + (at - knots[:, -1]) * _slope(knots, score, -1)
    reached = np.where(passed == 0, below, np.where(passed == knots.shape[1], above, inside))
    return np.where(at <= -HALF_COUNT, 0.0, ndtr(reached))


def _slope(knots: FloatArray, score: FloatArray, end: int) -> FloatArray:
    """Normal score per call between the median and an end; steep where the two are one."""
    middle = QUANTILE_LEVELS.index(MEDIAN)
    run, rise = knots[:, end] - knots[:, middle], score[:, end] - score[:, middle]
    return np.where(run != 0, rise / np.where(run != 0, run, 1.0), 1 / SMALLEST_SCALE)


def pit_shares(low: FloatArray, high: FloatArray, edges: FloatArray) -> FloatArray:
    """The non-randomised histogram: mean share of the stretches in each bin.

    Args:
        low: Start of each stretch, from `pit_stretch`; shape (n,).
        high: Its end; a stretch without length falls into one bin; shape (n,).
        edges: Edges of the bins, from 0 to 1; shape (n_bins + 1,).

    Returns:
        Shares that add up to 1; shape (n_bins,).
    """
    length = (high - low)[:, None]
    reached = np.where(
        length > 0,
        np.clip((edges - low[:, None]) / np.where(length > 0, length, 1.0), 0.0, 1.0),
        (edges > low[:, None]).astype(float),
    )
    reached[:, -1] = 1.0
    return np.diff(reached.mean(axis=0))


def pit_misplaced(shares: FloatArray) -> float:
    """How far a PIT histogram is from flat.

    Args:
        shares: Share of the counts in each bin, adding up to 1; shape (n_bins,).

    Returns:
        Share of the counts that would have to move to another bin [0..1].

    Example:
        >>> pit_misplaced(np.array([0.5, 0.3, 0.2, 0.0]))
        0.3
    """
    return float(np.abs(shares - 1 / len(shares)).sum() / 2)
