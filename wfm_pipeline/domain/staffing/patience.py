"""How long callers wait before they give up, from records that mostly do not show it.

An answered call says only that its caller would have waited longer (censored); an abandoned one
shows the patience itself. Here: the exponential estimate that Erlang A takes, and the Kaplan-Meier
curve that the simulation takes. Not here: which calls count (domain/simulation/model_fit/records.py decides
that) and waiting itself (the queueing models).
"""

from dataclasses import dataclass

import numpy as np

from wfm_pipeline.domain.arrays import CONFIDENCE
from wfm_pipeline.errors import DataError


@dataclass(frozen=True, slots=True)
class PatienceEstimate:
    """Mean patience, if it is exponential.

    Attributes:
        patience_seconds: Total wait of all callers over abandonments [s]; infinite where nobody gave up.
        low: Lower end of its confidence interval [s].
        high: Upper end [s]; infinite where nobody gave up.
        abandonments: Callers who gave up [count].
        callers: Callers in all [count].
    """

    patience_seconds: float
    low: float
    high: float
    abandonments: int
    callers: int


def exponential_patience(
    wait_seconds: np.ndarray, is_abandoned: np.ndarray, *, confidence: float = CONFIDENCE
) -> PatienceEstimate:
    """Maximum-likelihood mean of exponential patience from censored waits.

    A caller answered after `w` seconds has shown `w` seconds of patience and no end of it, so every wait counts
    above the line and only abandonments below. A caller answered at once adds nothing to either. The interval
    treats the number of abandonments as gamma given the total wait, which holds for exponential patience and
    callers who do not depend on each other; callers who ring again make it too narrow.

    Args:
        wait_seconds: Wait of each caller, answered or not [s], 0 or more, shape (n_callers,).
        is_abandoned: True where the caller gave up, shape (n_callers,).
        confidence: Level of the interval (0, 1).

    Returns:
        The estimate. Without an abandonment the mean is infinite and the interval has a lower end alone;
        without any waiting nothing is known and the lower end is 0.

    Raises:
        DataError: arrays of different lengths, unknown or negative waits, or a level outside (0, 1).

    Source:
        Gans, Koole & Mandelbaum (2003), section 5.1; Brown et al. (2005), Statistical Analysis of a Telephone
        Call Center, section 5 (total wait over abandonments).

    Example:
        >>> found = exponential_patience(np.array([0.0, 30.0, 60.0]), np.array([False, False, True]))
        >>> found.patience_seconds
        90.0
    """
    from scipy.special import gammaincinv

    waits, gave_up = _checked(wait_seconds, is_abandoned)
    if not 0 < confidence < 1:
        raise DataError(f"confidence must be in (0, 1), got {confidence}", got=confidence)
    total, events = float(waits.sum()), int(gave_up.sum())
    tail = (1 - confidence) / 2
    low = total / float(gammaincinv(events + 1, 1 - tail))
    high = total / float(gammaincinv(events, tail)) if events else np.inf
    return PatienceEstimate(total / events if events else np.inf, low, high, events, len(waits))


@dataclass(frozen=True, slots=True, eq=False)
class PatienceCurve:
    """Share of callers still patient after each time, by Kaplan and Meier.

    Attributes:
        seconds: Times at which somebody gave up [s], rising, shape (n_times,).
        survival: Share more patient than that [0..1], falling, shape (n_times,).
        low: Lower end of its confidence interval [0..1], shape (n_times,).
        high: Upper end [0..1], shape (n_times,).
        at_risk: Callers who had waited at least that long [count], shape (n_times,).
    """

    seconds: np.ndarray
    survival: np.ndarray
    low: np.ndarray
    high: np.ndarray
    at_risk: np.ndarray


def patience_curve(
    wait_seconds: np.ndarray, is_abandoned: np.ndarray, *, confidence: float = CONFIDENCE
) -> PatienceCurve:
    """Kaplan-Meier curve of patience, without any assumption about its shape.

    At a time at which some give up and others are answered, those who are answered count as still waiting.

    Args:
        wait_seconds: Wait of each caller, answered or not [s], 0 or more, shape (n_callers,).
        is_abandoned: True where the caller gave up, shape (n_callers,).
        confidence: Level of the pointwise interval (0, 1): log(-log) with Greenwood's variance.

    Returns:
        The curve; without an abandonment it has no step. Beyond the last step nothing is known.

    Raises:
        DataError: arrays of different lengths, or unknown or negative waits.

    Source:
        Kaplan & Meier (1958), Nonparametric estimation from incomplete observations; Kalbfleisch & Prentice
        (2002), The Statistical Analysis of Failure Time Data, section 1.4 (log(-log) interval).
    """
    from scipy.special import ndtri

    waits, gave_up = _checked(wait_seconds, is_abandoned)
    times, events = np.unique(waits[gave_up], return_counts=True)
    at_risk = len(waits) - np.searchsorted(np.sort(waits), times, side="left")
    survival = np.cumprod(1 - events / np.maximum(at_risk, 1))
    left = np.maximum(at_risk - events, 0)
    spread = np.cumsum(np.divide(events, at_risk * left, out=np.full(len(times), np.inf), where=left > 0))
    with np.errstate(divide="ignore", invalid="ignore"):
        half = ndtri((1 + confidence) / 2) * np.sqrt(spread) / np.abs(np.log(survival))
        low, high = survival ** np.exp(half), survival ** np.exp(-half)
    is_known = (survival > 0) & (survival < 1)
    return PatienceCurve(times, survival, np.where(is_known, low, 0.0), np.where(is_known, high, 1.0), at_risk)


def _checked(wait_seconds: np.ndarray, is_abandoned: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    waits, gave_up = np.asarray(wait_seconds, dtype=np.float64), np.asarray(is_abandoned, dtype=bool)
    if waits.ndim != 1 or waits.shape != gave_up.shape:
        raise DataError(f"waits and abandonments must be two lists of one length, got {waits.shape}, {gave_up.shape}")
    wrong = ~(waits >= 0) | np.isinf(waits)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"wait_seconds must be known and 0 or more, got {waits[first]} at position {first} and {int(wrong.sum())} "
            "such values in all; leave those calls out",
            got=float(waits[first]),
        )
    return waits, gave_up
