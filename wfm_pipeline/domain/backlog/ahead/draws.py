"""Futures of one queue: cases to come and how fast people are, drawn once and used for every question about the queue.

Here: the draws. Not here: what is done with them (breach, clearing), where means and spread come from (the caller).

A count is Poisson around mean x a factor of the day x a factor of the hour; factors are gamma with mean 1, so that Var = m + f m^2 of each
level. Work is the same: its factors scale the pace, and cases are done at the epochs of a Poisson stream of rate 1 per case of pace. More
people pass the same epochs earlier: a future is never worse with more people (common random numbers).
"""

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray, IntArray

EPOCHS: Final = 256
"""Cases done whose instants are drawn; what comes after is done evenly: a spread of 6 % by then, less than people's own [count]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Over-dispersion f of Var = m + f m^2, >= 0.

    Attributes:
        inflow_day, inflow_hour: Of cases to come: shared by the hours of a day; of each hour by itself.
        done_day, done_hour: Of the pace of work, the same.
    """

    inflow_day: float = 0.0
    inflow_hour: float = 0.0
    done_day: float = 0.0
    done_hour: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Futures:
    """Draws of one queue.

    Attributes:
        arrivals: Cases to come, shape (paths, hours, classes) [count].
        pace_factor: Pace over expected pace, mean 1, shape (paths, hours).
        epochs: Work at which cases are done, shape (paths, EPOCHS) [cases].
    """

    arrivals: IntArray
    pace_factor: FloatArray
    epochs: FloatArray


def draw_futures(queue_id: str, means: FloatArray, day: IntArray, spread: Spread, *, paths: int, seed: int) -> Futures:
    """Draw the futures of a queue.

    Args:
        queue_id: The queue: with the seed it settles the draws, whatever other queues are asked.
        means: Expected cases to come by class of due time, shape (hours, classes) [cases].
        day: Day of each hour, 0, 1, ..., shape (hours,).
        spread: How much counts and pace scatter.
        paths: Futures [count], >= 1.
        seed: The same seed draws the same.

    Returns:
        The futures.
    """
    random = np.random.default_rng([seed, zlib.crc32(queue_id.encode())])
    hours = len(day)
    epochs = np.cumsum(random.standard_exponential((paths, EPOCHS)), axis=1)
    pace = _factors(random, spread.done_day, spread.done_hour, day, paths)
    inflow = _factors(random, spread.inflow_day, spread.inflow_hour, day, paths)
    arrivals = random.poisson(inflow[:, :, None] * means[None]) if means.size else np.zeros((paths, hours, 0))
    return Futures(arrivals.astype(np.int64), pace, epochs)


def _factors(random: np.random.Generator, of_day: float, of_hour: float, day: IntArray, paths: int) -> FloatArray:
    """Gamma factors of mean 1, shape (paths, hours)."""
    days = int(day.max(initial=-1)) + 1
    return _gamma(random, of_day, (paths, days))[:, day] * _gamma(random, of_hour, (paths, len(day)))


def _gamma(random: np.random.Generator, dispersion: float, shape: tuple[int, int]) -> FloatArray:
    if dispersion <= 0:
        return np.ones(shape)
    return random.gamma(1 / dispersion, dispersion, shape)
