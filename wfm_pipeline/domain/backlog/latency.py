"""Latency of cases: the age at which half, or nine in ten, of them are done, with cases that still wait counted as such.

Here: which cycles are seen over the last days, and the product-limit estimate of their quantiles. Not here: the cycles themselves
(cycles), and the age of whoever is open (stock).

The clock of a cycle runs from the opening, or the re-open, to the end; pauses are part of it. Over a window of days:

1. Seen are cycles that ended in the window, and cycles that are open at its end. One that is open is censored at its age: it was
   not done up to then. Left out, quick cases alone would be counted, and latency would look best when the backlog grows.
2. A cycle that began before the window is seen from the age that it had at the window's start on (left truncation): had it been
   done sooner, it would not be seen at all. Counted from age 0 it would make latency look worse than it is.
3. At every age at which cycles ended, the share `ended / at risk` of those seen at that age leaves. The product of what stays is the
   share not done yet (Kaplan and Meier).
"""

from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import ROUNDING, BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.backlog.working_time import MICROSECONDS_PER_SECOND
from wfm_pipeline.units import SECONDS_PER_DAY

LATENCY_SHARES: Final = {"latency_q50_seconds": 0.5, "latency_q90_seconds": 0.9}
"""Column -> share of cases done by that age [0..1]."""


def latency_by(
    group: IntArray, began_at: IntArray, done_at: IntArray, *, n_groups: int, now: int, days: float
) -> dict[str, FloatArray]:
    """Quantiles of latency of each group over the days before an instant.

    Args:
        group: Group of each cycle, 0 to n_groups - 1, shape (n_cycles,).
        began_at: Beginning of each cycle [us since 1970], before `now`.
        done_at: Its end [us since 1970]; at or after `now`: open. Those that ended before the window count for nothing.
        n_groups: How many groups there are [count].
        now: End of the window [us since 1970]; what happens at it has not happened yet.
        days: Length of the window [d], > 0.

    Returns:
        Column -> ages [s], shape (n_groups,); NaN where fewer are known to be done, or nobody was seen at a younger age.
    """
    start = now - round(days * SECONDS_PER_DAY * MICROSECONDS_PER_SECOND)
    is_seen = done_at >= start
    group, began_at, done_at = group[is_seen], began_at[is_seen], done_at[is_seen]
    order = np.argsort(group.astype(np.int32), kind="stable")
    seen_from = np.maximum(start - began_at, 0)[order]
    seen_to = (np.minimum(done_at, now) - began_at)[order]
    is_done = (done_at < now)[order]
    edges = np.searchsorted(group[order], np.arange(n_groups + 1))
    shares = np.array(list(LATENCY_SHARES.values()))
    found = np.full((n_groups, len(shares)), np.nan)
    for number in range(n_groups):
        mine = slice(edges[number], edges[number + 1])
        found[number] = age_quantiles(seen_from[mine], seen_to[mine], is_done[mine], shares)
    return dict(zip(LATENCY_SHARES, found.T / MICROSECONDS_PER_SECOND, strict=True))


def age_quantiles(seen_from: IntArray, seen_to: IntArray, is_done: BoolArray, shares: FloatArray) -> FloatArray:
    """Ages by which shares of cases are done, of cases seen over a part of their lives.

    A case is at risk at an age `t` where seen_from <= t <= seen_to.

    Args:
        seen_from: Age from which on a case is seen, shape (n,).
        seen_to: Age at which it was done, or up to which it was not, in the same unit, shape (n,).
        is_done: It was done at `seen_to`, shape (n,).
        shares: Shares of cases [0..1], shape (n_shares,).

    Returns:
        The smallest age by which at least each share is done, shape (n_shares,); NaN where that is not known: fewer were done, or at
        a younger age nobody was seen.

    Source:
        Kaplan & Meier (1958), Nonparametric Estimation from Incomplete Observations; Tsai, Jewell & Wang (1987), A note on the
        product-limit estimator under right censoring and left truncation.

    Example:
        Of three cases one was done at 2, one at 4; the third was seen open at 3:

        >>> age_quantiles(np.zeros(3, int), np.array([2, 3, 4]), np.array([True, False, True]), np.array([0.3, 0.5, 0.9])).tolist()
        [2.0, 4.0, 4.0]
    """
    unknown = np.full(len(shares), np.nan)
    if not is_done.any() or seen_from.min() > 0:
        return unknown
    entries, exits = np.sort(seen_from), np.sort(seen_to)
    ages, ended = np.unique(seen_to[is_done], return_counts=True)
    at_risk = np.searchsorted(entries, ages, side="right") - np.searchsorted(exits, ages, side="left")
    left = np.multiply.accumulate(1.0 - ended / at_risk)
    nobody_after = exits[np.searchsorted(entries, exits, side="right") == np.searchsorted(exits, exits, side="right")]
    place = np.searchsorted(-left, -(1.0 - shares + ROUNDING), side="left")
    age = np.append(ages.astype(np.float64), np.nan)[place]
    return np.where(age <= nobody_after[0], age, np.nan)
