"""Simple averages beside the model: where one clearly won the inner backtest, it takes half.

Here: the share of the best simple peer per queue and week of the horizon, and the blend. Not here: the
peers themselves (peers) or the backtest they are compared on (inner_backtest).

A queue without habits, or with habits the model does not know, may be met best by a plain average.
The share is earned by queue and by horizon days 1 to 7 and from 8 on, by intervals and whole days
together; named days keep the model.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.forecasting.bands.inner_backtest import InnerForecasts
from wfm_pipeline.domain.forecasting.bands.weights import best_weight
from wfm_pipeline.units import DAYS_PER_WEEK

SHARES: Final = (0.0, 0.5)
"""Shares a peer may have: none or half; taking over entirely is worse (docs/methods/forecasting.md)."""
SURE_ERRORS: Final = 3.0
"""Standard errors a peer must win by: several peers and queues try, and one of many wins by luck."""
LEAST_DATES: Final = 10
"""Distinct dates below which no peer takes part [days]."""


@dataclass(frozen=True, slots=True)
class PeerShare:
    """What simple peers add to each queue.

    Attributes:
        names: Peer of each queue with a share, empty for the others.
        share: Shape (queues, 2): share on horizon days 1 to 7, and from 8 on; one of SHARES.
        week: The peers' week, shape (queues, 7, slots) [calls].
    """

    names: tuple[str, ...]
    share: FloatArray
    week: FloatArray

    def blend(self, mean: FloatArray, ahead: IntArray, weekday: IntArray, plain: BoolArray) -> FloatArray:
        """Means with the peers' part in them.

        Args:
            mean: The model's means [calls]; same shape.
            ahead: Horizon day of each day, from 1; shape (days,).
            weekday: Weekday of each day, Monday 0; shape (days,).
            plain: Shape (queues, days): neither closed nor a day with a name.

        Returns:
            Same shape [calls].
        """
        if not self.share.any():
            return mean
        part = np.where(plain, self.share[:, (ahead > DAYS_PER_WEEK).astype(int)], 0.0)[:, :, None]
        return (1 - part) * mean + part * self.week[:, weekday]


def learn_peer_share(inner: InnerForecasts, plain: BoolArray, weeks: dict[str, FloatArray]) -> PeerShare:
    """The best peer of each queue, and the share it earned.

    Args:
        inner: The inner backtest with its peers.
        plain: Shape (queues, inner days): neither closed nor a day with a name.
        weeks: Peer -> its week as of today, shape (queues, 7, slots) [calls].

    Returns:
        Peer, share and the peer's week; the share is 0 where none was earned.

    Source:
        docs/methods/forecasting.md, step 7.
    """
    queues, _, slots = inner.mean.shape
    share, names = np.zeros((queues, 2)), [""] * queues
    week = np.zeros((queues, DAYS_PER_WEEK, slots))
    known = ~np.isnan(inner.actual)
    actual = np.nan_to_num(inner.actual)
    own, others = (np.where(known, values, 0.0) for values in (inner.mean, np.stack(list(inner.peers.values()))))
    losses = _losses(np.stack([actual - (1 - part) * own - part * others for part in SHARES], axis=1))
    far = inner.ahead > DAYS_PER_WEEK
    for queue in range(queues):
        days = plain[queue] & known[queue].any(axis=1)
        best = int(np.argmin(losses[:, -1, queue, days].sum(axis=1)))
        for group, inside in enumerate((days & ~far, days & far)):
            dates, number = np.unique(inner.date[inside], return_inverse=True)
            if dates.size >= LEAST_DATES:
                by_date = [np.bincount(number, weights=loss) for loss in losses[best, :, queue, inside].T]
                share[queue, group] = best_weight(np.array(by_date), SHARES, errors=SURE_ERRORS)
        if share[queue].any():
            names[queue] = list(weeks)[best]
            week[queue] = weeks[names[queue]][queue]
    return PeerShare(tuple(names), share, week)


def _losses(miss: FloatArray) -> FloatArray:
    """Loss of each day: what its intervals miss, and what its sum misses; a median may win one and lose the other.

    Args:
        miss: Shape (..., days, slots) [calls].
    """
    loss: FloatArray = np.abs(miss).sum(axis=-1) + np.abs(miss.sum(axis=-1))
    return loss
