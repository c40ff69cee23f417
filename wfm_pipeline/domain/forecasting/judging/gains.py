"""How much could still be gained: the Poisson floor, and the error if each day's total were known.

Here: floors per grain, the oracle, and the share of a peer's removable error that is left. Not
here: the formula of the floor (domain/metrics) or the rate behind it (scores).
"""

from typing import Final

import pandas as pd

from wfm_pipeline.domain import metrics
from wfm_pipeline.domain.forecasting.options import METHOD

GRAINS: Final[dict[str, tuple[str, ...]]] = {
    "int_q": ("origin", "queue_id", "interval_start"),
    "int_tot": ("origin", "interval_start"),
    "day_q": ("origin", "queue_id", "target_date"),
    "day_tot": ("origin", "target_date"),
}
"""Score -> what its calls are added up by."""
GAIN_COLUMNS: Final = (
    "score",
    "peer",
    "ours",
    "peer_score",
    "floor",
    "oracle_day_total",
    "share_left",
    "is_best_peer",
)


def gain_table(rows: pd.DataFrame, *, ours: str = METHOD) -> pd.DataFrame:
    """What is left to gain, per score and peer.

    Args:
        rows: From `scored_rows`.
        ours: The method that is judged.

    Returns:
        One row per score (int_q, int_tot, day_q, day_tot) and peer, columns GAIN_COLUMNS: `floor` is
        the Poisson floor of the grain; `oracle_day_total` our error if every queue's day were scaled
        to the calls that came (0 for days); `share_left` = (ours - floor) / (peer_score - floor):
        1 is no better than the peer, 0 is perfect, NaN where the peer is at the floor or below;
        `is_best_peer` marks the peer with the lowest score, the first of equals. Empty where ours
        or every peer is missing.

    Source:
        docs/methods/backtesting.md.
    """
    methods = list(rows["method"].unique())
    peers = [name for name in methods if name != ours]
    if ours not in methods or not peers:
        return pd.DataFrame(columns=list(GAIN_COLUMNS))
    by_method = {name: rows[rows["method"] == name] for name in methods}
    own = by_method[ours]
    oracle = _scaled_to_day(own)
    records: list[dict[str, object]] = []
    for score, grain in GRAINS.items():
        scores = {name: _score(part, score, grain) for name, part in by_method.items()}
        best = min(peers, key=lambda name: scores[name])
        floor = metrics.poisson_floor(own.groupby(list(grain))["rate"].sum())
        records += [
            {
                "score": score,
                "peer": peer,
                "ours": scores[ours],
                "peer_score": scores[peer],
                "floor": floor,
                "oracle_day_total": _score(oracle, score, grain),
                "share_left": share_left(scores[ours], scores[peer], floor),
                "is_best_peer": peer == best,
            }
            for peer in peers
        ]
    return pd.DataFrame(records, columns=list(GAIN_COLUMNS))


def share_left(ours: float, peer: float, floor: float) -> float:
    """Share of a peer's removable error that ours still has: (ours - floor) / (peer - floor).

    Args:
        ours: Our score [0..inf).
        peer: The peer's score.
        floor: The score of a forecast that knows the rate.

    Returns:
        1 is no better than the peer, 0 as good as can be; NaN where the peer is at the floor or below.

    Example:
        >>> share_left(0.30, 0.40, 0.20)
        0.4999999999999999
    """
    return (ours - floor) / (peer - floor) if peer > floor else float("nan")


def _score(rows: pd.DataFrame, score: str, grain: tuple[str, ...]) -> float:
    """The benchmark's wMAPE: the median per queue and interval, the mean wherever calls add up."""
    point = "calls_q50" if score == "int_q" else "calls_mean"
    sums = rows.groupby(list(grain), sort=False)[["calls", point]].sum()
    return metrics.wmape(sums["calls"], sums[point])


def _scaled_to_day(rows: pd.DataFrame) -> pd.DataFrame:
    """Our forecast with every queue's day scaled to the calls that came; a day forecast as 0 stays."""
    day = rows.groupby(["origin", "queue_id", "target_date"], sort=False)
    forecast = day["calls_mean"].transform("sum")
    factor = (day["calls"].transform("sum") / forecast.where(forecast > 0)).fillna(1.0)
    return rows.assign(calls_mean=rows["calls_mean"] * factor, calls_q50=rows["calls_q50"] * factor)
