"""A judged backtest from made predictions: fast, no model, the truth known."""

import numpy as np
import pandas as pd
from scipy.stats import nbinom

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting.bands.counts import middle_quantile
from wfm_pipeline.domain.forecasting.judging.analysis import analyse
from wfm_pipeline.domain.forecasting.judging.backtest import BacktestResult
from wfm_pipeline.domain.forecasting.judging.scores import score_backtest
from wfm_pipeline.domain.forecasting.options import QUANTILE_LEVELS, quantile_column

SITE = Site(country="US")


def negative_binomial(random, mean, dispersion):
    size = 1 / dispersion
    return nbinom.rvs(size, size / (size + mean), random_state=random).astype(float)


def quantile_frame(mean, dispersion):
    """Quantiles as the product makes them for counts, at the stated dispersion."""
    mean = np.asarray(mean, dtype=float)
    made = [middle_quantile(np.array(level), mean, np.full(mean.shape, dispersion)) for level in QUANTILE_LEVELS]
    return pd.DataFrame(dict(zip(map(quantile_column, QUANTILE_LEVELS), made, strict=True)))


def judged_frame(
    *, origins=("2024-01-08", "2024-01-22"), days=14, queues=("a", "b"), sizes=(6.0, 25.0), dispersion=0.1,
    stated=0.1, methods=(("wfm", 1.0), ("median_6", 1.25)), seed=1,
):  # fmt: skip
    """Counts of a law, and methods that state that law with their own mean factor and dispersion."""
    random, parts = np.random.default_rng(seed), []
    for origin in origins:
        starts = pd.date_range(origin, periods=days * 24, freq="60min", unit="us")
        starts = starts[(starts.hour >= 8) & (starts.hour < 20)]
        for queue, size in zip(queues, sizes, strict=True):
            mean = size * (1 + 0.5 * np.sin(starts.hour.to_numpy())) * np.where(starts.day_of_week < 5, 1.0, 0.4)
            calls = negative_binomial(random, mean, dispersion)
            for method, factor in methods:
                frame = pd.DataFrame({"interval_start": starts}).assign(
                    method=method, origin=pd.Timestamp(origin).as_unit("us"), queue_id=queue, calls_mean=mean * factor
                )
                parts.append(
                    pd.concat([frame, quantile_frame(mean * factor, stated)], axis=1).assign(
                        calls=calls, is_scored=True
                    )
                )
    frame = pd.concat(parts, ignore_index=True)
    place = frame["method"].map({name: number for number, (name, _) in enumerate(methods)})
    order = frame.assign(place=place).sort_values(["place", "origin", "queue_id", "interval_start"]).index
    return frame.loc[order].reset_index(drop=True).astype({"method": "str", "queue_id": "str"})


def made_result(judged, notes=()):
    scores, folds = score_backtest(judged)
    return BacktestResult(judged.drop(columns=["calls", "is_scored"]), scores, folds, tuple(notes), judged)


def made_analysis(judged, *, history=None, site=SITE, notes=()):
    """A result and its analysis; the history is the targets themselves unless given."""
    result = made_result(judged, notes)
    own = judged[judged["method"] == judged["method"].iloc[0]]
    rows = own[["queue_id", "interval_start", "calls"]] if history is None else history
    return result, analyse(result, rows, site=site)
