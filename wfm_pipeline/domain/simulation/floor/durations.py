"""Distributions of durations: handle times, patience, delays of redials. Drawn by inverse transform.

One uniform number gives one duration, so that two floors that differ in one thing meet the same
luck everywhere else (common random numbers). Not here: who draws, and from which stream (draws).
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from wfm_pipeline.errors import DataError


class Durations(Protocol):
    """A distribution of durations in seconds; infinity means that it never ends."""

    def at(self, shares: np.ndarray) -> np.ndarray:
        """Quantiles.

        Args:
            shares: Uniform numbers in [0, 1), any shape.

        Returns:
            Durations [s], same shape, never falling in the share.
        """


def _check_mean(name: str, seconds: float, *, is_zero_allowed: bool = False) -> None:
    is_good = seconds >= 0 if is_zero_allowed else seconds > 0
    if not (is_good and np.isfinite(seconds)):
        raise DataError(
            f"{name} must be {'0 or more' if is_zero_allowed else 'above 0'} and finite, got {seconds}", got=seconds
        )


@dataclass(frozen=True, slots=True)
class Exponential:
    """Memoryless durations.

    Attributes:
        mean_seconds: Mean [s], > 0.
    """

    mean_seconds: float

    def __post_init__(self) -> None:
        """Refuse a mean that is none."""
        _check_mean("the mean of an exponential duration", self.mean_seconds)

    def at(self, shares: np.ndarray) -> np.ndarray:
        """Quantiles of the law.

        Args:
            shares: Uniform numbers in [0, 1), any shape.

        Returns:
            Durations [s], same shape.
        """
        return -self.mean_seconds * np.log1p(-shares)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Log-normal durations, the usual shape of handle times.

    Attributes:
        mean_seconds: Mean [s], > 0.
        cv: Standard deviation over mean, > 0.
    """

    mean_seconds: float
    cv: float

    def __post_init__(self) -> None:
        """Refuse a mean or spread that is none."""
        _check_mean("the mean of a log-normal duration", self.mean_seconds)
        _check_mean("the coefficient of variation of a log-normal duration", self.cv)

    def at(self, shares: np.ndarray) -> np.ndarray:
        """Quantiles of the law.

        Args:
            shares: Uniform numbers in [0, 1), any shape.

        Returns:
            Durations [s], same shape.
        """
        from scipy.special import ndtri

        sigma = np.sqrt(np.log1p(self.cv**2))
        return self.mean_seconds * np.exp(sigma * ndtri(shares) - sigma**2 / 2)


@dataclass(frozen=True, slots=True)
class Constant:
    """The same duration every time; infinity for callers who never give up.

    Attributes:
        seconds: The duration [s], 0 or more, may be infinite.
    """

    seconds: float

    def __post_init__(self) -> None:
        """Refuse a negative duration."""
        if not self.seconds >= 0:
            raise DataError(f"a constant duration must be 0 s or more, got {self.seconds}", got=self.seconds)

    def at(self, shares: np.ndarray) -> np.ndarray:
        """Quantiles of the law: the same duration.

        Args:
            shares: Uniform numbers in [0, 1), any shape.

        Returns:
            Durations [s], same shape.
        """
        return np.full(np.shape(shares), float(self.seconds))


NEVER = Constant(float("inf"))
"""Callers who wait until they are answered."""


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """Durations as they were recorded, each equally likely.

    Attributes:
        seconds: The recorded durations [s], shape (n_records,), sorted on the way in.
    """

    seconds: np.ndarray

    def __post_init__(self) -> None:
        """Refuse no records and negative ones."""
        values = np.sort(np.asarray(self.seconds, dtype=np.float64))
        if not len(values) or not values[0] >= 0 or np.isnan(values[-1]):
            raise DataError(
                f"recorded durations must be at least one, known and 0 s or more, got {len(values)} of them"
            )
        object.__setattr__(self, "seconds", values)

    def at(self, shares: np.ndarray) -> np.ndarray:
        """Quantiles of the records.

        Args:
            shares: Uniform numbers in [0, 1), any shape.

        Returns:
            Durations [s], same shape; each one of those recorded.
        """
        return self.seconds[np.minimum((shares * len(self.seconds)).astype(np.int64), len(self.seconds) - 1)]


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve:
    """Durations by their survival curve, such as a Kaplan-Meier estimate of patience.

    What the curve leaves above its last step never ends: nothing is invented beyond the records.

    Attributes:
        seconds: Times of the steps [s], rising, shape (n_steps,).
        survival: Share that lasts longer than each time [0..1], falling, shape (n_steps,).
    """

    seconds: np.ndarray
    survival: np.ndarray

    def __post_init__(self) -> None:
        """Refuse a curve that rises or leaves [0, 1]."""
        times = np.asarray(self.seconds, dtype=np.float64)
        left = np.asarray(self.survival, dtype=np.float64)
        is_curve = times.shape == left.shape and bool(np.all(np.diff(times) > 0)) and bool(np.all(np.diff(left) <= 0))
        if not is_curve or np.any(times < 0) or np.any((left < 0) | (left > 1)):
            raise DataError("a survival curve needs rising times of 0 s or more and falling shares in [0, 1]")
        object.__setattr__(self, "seconds", times)
        object.__setattr__(self, "survival", left)

    def at(self, shares: np.ndarray) -> np.ndarray:
        """Quantiles of the curve.

        Args:
            shares: Uniform numbers in [0, 1), any shape.

        Returns:
            Durations [s], same shape; infinite beyond the last step.
        """
        gone = 1.0 - self.survival
        return np.append(self.seconds, np.inf)[np.searchsorted(gone, shares, side="right")]
