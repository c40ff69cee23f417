"""Days of alerts added up: a row per rule and limit, the limit of a rule by a budget of false alarms, and two rules compared.

Uncertainty is of days: they are drawn anew with replacement, all quarters of a day together, for hours of a day hang together and
days hardly do. Not here: the counts of one day (alert_scores).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import CONFIDENCE, FloatArray
from wfm_pipeline.domain.coverage.ahead.alert_scores import DayCounts

DRAWS: Final = 2_000
"""Times that days are drawn anew [count]."""


@dataclass(frozen=True, slots=True, eq=False)
class RuleDays:
    """One rule over days and limits.

    Attributes:
        limits: The limits, rising, shape (n_limits,).
        days: Counts of each day.
    """

    limits: FloatArray
    days: tuple[DayCounts, ...]

    def of_days(self, name: str) -> FloatArray:
        """One count of all days.

        Args:
            name: Its name in `alert_scores.DayCounts`.

        Returns:
            Counts, shape (n_days, n_limits).
        """
        return np.stack([getattr(day, name) for day in self.days]).astype(np.float64)


@dataclass(frozen=True, slots=True)
class RuleScore:
    """A rule at a limit over some days.

    Attributes:
        limit: The limit.
        precision: Of the intervals told to be short and judged, those that were [0..1]; NaN where none was told.
        recall: Of the intervals that were short, those told in time [0..1].
        false_alarms: Intervals told to be short that were not, per day.
        alerts: Alerts per day.
        false_alerts: Alerts per day none of whose intervals was short.
        shortages_warned: Of the shortages, those told in time [0..1].
        lead_minutes: Median from the opening of an alert to the beginning of its shortage [min]; NaN where none was told before.
    """

    limit: float
    precision: float
    recall: float
    false_alarms: float
    alerts: float
    false_alerts: float
    shortages_warned: float
    lead_minutes: float


@dataclass(frozen=True, slots=True)
class Difference:
    """Ours - the peer's recall at equal false alarms a day, with its interval from days drawn anew."""

    value: float
    low: float
    high: float


def score_at(rule: RuleDays, limit: float) -> RuleScore:
    """A rule at one of its limits.

    Args:
        rule: The days.
        limit: One of its limits.

    Returns:
        The score.
    """
    place = int(np.flatnonzero(rule.limits == limit)[0])
    names = ("told_short", "told_well", "short", "alerts", "false_alerts", "shortages", "warned")
    right, wrong, short, alerts, false, shortages, warned = (float(rule.of_days(n)[:, place].sum()) for n in names)
    leads = np.concatenate([day.leads[place] for day in rule.days])
    days = len(rule.days)
    return RuleScore(
        limit=limit,
        precision=_share(right, right + wrong),
        recall=_share(right, short),
        false_alarms=wrong / days,
        alerts=alerts / days,
        false_alerts=false / days,
        shortages_warned=_share(warned, shortages),
        lead_minutes=float(np.median(leads)) if len(leads) else float("nan"),
    )


def limit_for(rule: RuleDays, false_alarms: float) -> float:
    """The limit with the greatest recall whose false alarms a day stay within a budget; the smallest where none does.

    Args:
        rule: Days on which limits are chosen.
        false_alarms: The budget, per day.

    Returns:
        The limit; of several as good the smallest.
    """
    wrong, right = rule.of_days("told_well").mean(axis=0), rule.of_days("told_short").mean(axis=0)
    allowed = np.flatnonzero(wrong <= false_alarms)
    return float(rule.limits[allowed[np.argmax(right[allowed])]] if len(allowed) else rule.limits[0])


def recall_at(rule: RuleDays, false_alarms: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Recall of a rule at so many false alarms a day, straight between its limits.

    Args:
        rule: The days.
        false_alarms: Budgets per day, shape (n_budgets,).
        weights: How often each day counts, shape (n_days,); None: once.

    Returns:
        The greatest recall to be had within each budget [0..1], shape (n_budgets,).
    """
    drawn = np.ones(len(rule.days)) if weights is None else weights
    wrong, right, short = (drawn @ rule.of_days(name) for name in ("told_well", "told_short", "short"))
    order = np.argsort(wrong, kind="stable")
    best = np.maximum.accumulate(right[order] / max(float(short[0]), 1.0))
    xs, ys = (np.concatenate([[0.0], part]) for part in (wrong[order] / drawn.sum(), best))
    return np.interp(false_alarms, xs, ys)


def difference(ours: RuleDays, peer: RuleDays, false_alarms: float, *, seed: int = 1) -> Difference:
    """How much more ours tells in time at equal false alarms a day.

    Args:
        ours: Our days.
        peer: The peer's, the same days in the same order.
        false_alarms: Per day, of both.
        seed: Of the draws.

    Returns:
        The difference of recalls and its 95 % interval.
    """
    budget, days = np.array([false_alarms]), len(ours.days)
    draws = np.random.default_rng(seed).multinomial(days, np.full(days, 1 / days), size=DRAWS).astype(np.float64)
    apart = [float((recall_at(ours, budget, one) - recall_at(peer, budget, one))[0]) for one in draws]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(apart, [tail, 1 - tail])
    return Difference(float((recall_at(ours, budget) - recall_at(peer, budget))[0]), float(low), float(high))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
