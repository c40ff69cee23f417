"""How forecast errors of days hang together: from day to day of one forecast, and from queue to queue.

Here: the correlation of whole days' errors, learnt from past forecasts, with small queues leaning on
all. Not here: errors of whole weeks (week_errors), errors inside a day (day_errors), or the paths
that are drawn with all of them (domain/forecasting/long_range/sample_paths).

No command reaches it yet: it is learnt for sample paths, and whoever asks for those asks for it.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.arrays import LEAST_DIVISOR, BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.forecasting.bands.walk_forward import PastForecasts, walk_forward
from wfm_pipeline.domain.forecasting.bands.week_errors import MOST_CORRELATION, WeekErrors, learn_week_errors
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel
from wfm_pipeline.domain.forecasting.options import ForecastOptions

DECAY_DAYS: Final = (1.0, 3.0, 10.0)
"""Times in which the correlation of two days of a forecast falls to 1/e [days]; a constant beside them."""
HORIZON_DAYS: Final = 14
"""Target days of a past forecast [days]."""
SPACING_DAYS: Final = 3
"""Days between past origins; not a week, so that every horizon meets every weekday [days]."""
MOST_ORIGINS: Final = 40
"""Past origins at most: they reach back four months [count]."""
LEARN_HISTORY_DATES: Final = 420
"""Dates before the origin that the learning looks at [days]."""
HALF_DAYS: Final = 60.0
"""Day forecasts at which a queue's own correlation weighs half beside everybody's [count]."""
HALF_ORIGINS: Final = 10.0
"""Past origins at which the seen correlation weighs half beside the default: days of one origin err together."""
DEFAULT_DAY_WEIGHTS: Final = (0.3, 0.0, 0.3, 0.0)
"""Correlation of days before anything is seen: 0.3 for ever and 0.3 that fades with 3 days."""
DEFAULT_QUEUE_CORRELATION: Final = 0.3
"""Correlation of two queues on one day before anything is seen."""
SCALE_CALLS: Final = 50.0
"""Calls of a day at which its error is taken to be half counting noise, half a share of the calls [calls]."""
LEAST_EIGENVALUE: Final = 1e-9
"""Eigenvalue that negative ones are lifted to, so that the matrix still has a root."""


@dataclass(frozen=True, slots=True)
class Dependence:
    """Correlations of the errors of whole days.

    Attributes:
        day_weights: Weights of the parts of the correlation of days, constant first; shape
            (queues, 1 + decays), >= 0, sum at most MOST_CORRELATION.
        queues: Correlation of queues on one day; shape (queues, queues), a correlation matrix.
        origins: Past forecasts behind it; 0 means defaults.
        weeks: Errors of whole weeks of the same forecasts; None: nothing seen.
    """

    day_weights: FloatArray
    queues: FloatArray
    origins: int
    weeks: WeekErrors | None = None

    def days(self, queue: int, horizon: int) -> FloatArray:
        """How the errors of the target days go together in one queue.

        Args:
            queue: Which queue.
            horizon: Target days [days].

        Returns:
            Correlation of the errors of its target days; shape (horizon, horizon).
        """
        lag = np.abs(np.subtract.outer(np.arange(horizon), np.arange(horizon)))
        correlation = (_parts(np.arange(horizon)) @ self.day_weights[queue])[lag]
        np.fill_diagonal(correlation, 1.0)
        return np.asarray(correlation, dtype=np.float64)


def default_dependence(queues: int) -> Dependence:
    """Before any past forecast exists.

    Args:
        queues: Queues [count].

    Returns:
        Correlations before any past forecast exists.
    """
    between = np.full((queues, queues), DEFAULT_QUEUE_CORRELATION)
    np.fill_diagonal(between, 1.0)
    return Dependence(np.tile(np.array(DEFAULT_DAY_WEIGHTS), (queues, 1)), between, 0)


def learn_dependence(panel: CallPanel, *, site: Site, options: ForecastOptions) -> Dependence:
    """Learn from forecasts of past origins; the default one where the history is too short.

    Args:
        panel: The history before the origin.
        site: Calendar of the desk.
        options: The forecast's choices.

    Returns:
        Correlations of days and queues, and errors of weeks.

    Source:
        docs/methods/sample_paths.md, step 1; Ibrahim, Ye, L'Ecuyer & Shen (2016), Modeling and forecasting call center
        arrivals.
    """
    end = panel.first_date + dt.timedelta(days=panel.calls.shape[1])
    recent = panel.window(end - dt.timedelta(days=LEARN_HISTORY_DATES), end)
    dates = recent.calls.shape[1]
    origins = range(dates - HORIZON_DAYS, max(dates - HORIZON_DAYS - SPACING_DAYS * MOST_ORIGINS, 0), -SPACING_DAYS)
    past = walk_forward(recent, origins, site=site, horizon_days=HORIZON_DAYS, options=options)
    return dependence_of(past)


def dependence_of(past: PastForecasts) -> Dependence:
    """The correlations of past forecasts' errors.

    Args:
        past: Forecasts and outcomes; days without an outcome are left out.

    Returns:
        Correlations of days and queues, and errors of weeks; the default without any past forecast.
    """
    queues = past.mean.shape[1]
    if not past.origin.size:
        return default_dependence(queues)
    said, came, known = _day_totals(past)
    scores = _scores(said, came, known)
    seen = known.sum(axis=(0, 2))
    trust = seen / (seen + HALF_DAYS)
    belief = len(past.origin) / (len(past.origin) + HALF_ORIGINS)
    default = default_dependence(queues)
    days = belief * _day_weights(scores, known, trust) + (1 - belief) * default.day_weights
    days *= np.minimum(MOST_CORRELATION / np.maximum(days.sum(axis=1, keepdims=True), LEAST_DIVISOR), 1.0)
    between = belief * _queue_correlation(scores, known, trust) + (1 - belief) * default.queues
    return Dependence(days, between, len(past.origin), learn_week_errors(said, came, known, past.origin))


def _parts(lag: IntArray) -> FloatArray:
    distance = lag[:, None].astype(np.float64)
    return np.hstack([np.ones_like(distance), np.exp(-distance / np.array(DECAY_DAYS))])


def _day_totals(past: PastForecasts) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Totals of days forecast and come [calls], over intervals with an outcome, and which are known.

    A day without any outcome keeps its whole forecast, so that one sees that it is missing.
    """
    cells: BoolArray = ~np.isnan(past.actual)
    some: BoolArray = np.asarray(cells.any(axis=3))
    said = np.where(cells | ~some[..., None], past.mean, 0.0).sum(axis=3)
    return said, np.where(cells, past.actual, 0.0).sum(axis=3), some & (said > 0)


def _scores(said: FloatArray, came: FloatArray, known: BoolArray) -> FloatArray:
    """Relative errors of days as normal scores of their rank in their queue."""
    from scipy.stats import norm, rankdata

    error = np.divide(
        came - said,
        np.sqrt(np.maximum(said, 1.0)) * np.sqrt(1 + said / SCALE_CALLS),
        out=np.zeros_like(said),
        where=known,
    )
    scores = np.zeros_like(error)
    for queue in range(error.shape[1]):
        some = known[:, queue]
        if some.any():
            rank = rankdata(error[:, queue][some])
            scores[:, queue][some] = norm.ppf((rank - 0.5) / rank.size)
    return scores


def _day_weights(scores: FloatArray, known: BoolArray, trust: FloatArray) -> FloatArray:
    """Weights of the parts of the day-to-day correlation, from products of one origin's scores by distance."""
    from scipy.optimize import nnls

    horizon = scores.shape[2]
    lag = np.subtract.outer(np.arange(horizon), np.arange(horizon))
    below = lag > 0

    def by_lag(products: FloatArray) -> FloatArray:
        return np.stack([np.bincount(lag[below], weights=row[below], minlength=horizon)[1:] for row in products])

    seen = by_lag(np.einsum("oqd,oqe->qde", scores, scores))
    pairs = by_lag(np.einsum("oqd,oqe->qde", known.astype(float), known.astype(float)))
    pooled = seen.sum(axis=0) / np.maximum(pairs.sum(axis=0), LEAST_DIVISOR)
    own = seen / np.maximum(pairs, LEAST_DIVISOR)
    joint = trust[:, None] * own + (1 - trust[:, None]) * pooled
    parts = _parts(np.arange(1, horizon, dtype=np.int64))
    root = np.sqrt(pairs.sum(axis=0))
    return np.stack([nnls(parts * root[:, None], row * root)[0] for row in joint])


def _queue_correlation(scores: FloatArray, known: BoolArray, trust: FloatArray) -> FloatArray:
    """Correlation of queues on the same day, drawn towards its own mean; always a correlation matrix."""
    both = np.einsum("oqd,ord->qr", known.astype(float), known.astype(float))
    raw = np.einsum("oqd,ord->qr", scores, scores) / np.maximum(both, LEAST_DIVISOR)
    queues = len(raw)
    apart = ~np.eye(queues, dtype=bool)
    usual = float((raw * both)[apart].sum() / max(both[apart].sum(), LEAST_DIVISOR)) if queues > 1 else 0.0
    share = np.sqrt(np.outer(trust, trust))
    drawn = share * np.clip(raw, -1, 1) + (1 - share) * usual
    np.fill_diagonal(drawn, 1.0)
    return nearest_correlation(drawn)


def nearest_correlation(matrix: FloatArray) -> FloatArray:
    """A correlation matrix near to a symmetric one: negative eigenvalues are lifted, the diagonal is put back to 1.

    Args:
        matrix: Shape (n, n).

    Returns:
        Same shape; symmetric, positive definite, 1 on the diagonal.

    Example:
        >>> nearest_correlation(np.array([[1.0, 0.5], [0.5, 1.0]])).round(6).tolist()
        [[1.0, 0.5], [0.5, 1.0]]
    """
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    whole = (vectors * np.maximum(values, LEAST_EIGENVALUE)) @ vectors.T
    scale = 1 / np.sqrt(np.diag(whole))
    return np.asarray(whole * np.outer(scale, scale), dtype=np.float64)
