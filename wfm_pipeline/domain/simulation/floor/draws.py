"""Chance of one run: when calls come, how long they take, how patient callers are, who calls again.

All of it is drawn before the first event, each purpose and queue from a stream of its own. So the
kernel holds no source of chance, gives the same answer compiled or not, and a floor with one agent
more meets the very same callers.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.simulation.floor.centre import Floor, Queue
from wfm_pipeline.errors import DataError

CALLS_MAX: Final = 50_000_000
"""Calls of one run that fit into memory; more is a wrong unit."""
_PURPOSES: Final = 5
_ARRIVALS, _HANDLE, _PATIENCE, _REDIAL, _DELAY = range(_PURPOSES)
"""What chance is drawn for, a stream each; a new purpose comes last, or all runs change."""


@dataclass(frozen=True, slots=True, eq=False)
class Callers:
    """First attempts in order of time, with everything chance decides about them.

    Attributes:
        arrived: When the first attempt comes [s], shape (n_callers,), rising.
        queue: Position of its queue, shape (n_callers,).
        handle: Handle time once answered, the same for every attempt [s], shape (n_callers,).
        patience: Patience of each attempt [s], shape (n_callers, attempts_max).
        delay: Time from giving up to the next attempt, infinite where there is none [s], same shape.
    """

    arrived: np.ndarray
    queue: np.ndarray
    handle: np.ndarray
    patience: np.ndarray
    delay: np.ndarray


def draw_callers(floor: Floor, *, seed: int, replication: int = 0) -> Callers:
    """Everything chance decides in one run.

    Args:
        floor: The floor.
        seed: Same floor, seed and replication give the same callers.
        replication: Number of the run.

    Returns:
        Callers of all queues, in order of time.

    Raises:
        DataError: more calls than `CALLS_MAX` are expected.

    Source:
        docs/methods/simulation.md, step 1.
    """
    expected = sum(float(queue.calls.sum()) for queue in floor.queues)
    if expected > CALLS_MAX:
        raise DataError(
            f"{expected:,.0f} calls in one run are more than {CALLS_MAX:,}; is it another unit?", got=expected
        )
    parts = [_queue_callers(floor, position, seed, replication) for position in range(len(floor.queues))]
    return _in_order(
        np.concatenate([part.arrived for part in parts]),
        np.concatenate([part.queue for part in parts]),
        np.concatenate([part.handle for part in parts]),
        np.concatenate([part.patience for part in parts]),
        np.concatenate([part.delay for part in parts]),
    )


def callers_from_records(
    floor: Floor,
    arrived: np.ndarray,
    queue: np.ndarray,
    *,
    seed: int,
    replication: int = 0,
    handle: np.ndarray | None = None,
    patience: np.ndarray | None = None,
) -> Callers:
    """Callers whose arrivals are given; what the records do not say is drawn as the floor says.

    Args:
        floor: The floor; its `calls` are not used.
        arrived: When each call came [s], shape (n_calls,).
        queue: Position of its queue, shape (n_calls,).
        seed: Seed of what is drawn.
        replication: Number of the run.
        handle: Handle times [s], NaN where unknown; None: all are drawn.
        patience: Patience of the first attempt [s], NaN where unknown; None: all are drawn.

    Returns:
        Callers in order of time.

    Raises:
        DataError: arrays of different lengths, or arrivals before the first second.
    """
    arrived, queue = np.asarray(arrived, dtype=np.float64), np.asarray(queue, dtype=np.int64)
    if arrived.shape != queue.shape or np.any(arrived < 0) or np.any((queue < 0) | (queue >= len(floor.queues))):
        raise DataError("given calls need one queue each, known to the floor, and arrivals at 0 s or later")
    attempts = _attempts_max(floor)
    drawn_handle = np.empty(len(arrived))
    drawn_patience, delay = np.empty((len(arrived), attempts)), np.empty((len(arrived), attempts))
    for position, one in enumerate(floor.queues):
        rows = np.flatnonzero(queue == position)
        streams = _streams(seed, replication, position)
        drawn_handle[rows] = _handle_seconds(floor, one, arrived[rows], streams)
        drawn_patience[rows], delay[rows] = _patience_and_delay(one, len(rows), attempts, streams)
    if handle is not None:
        drawn_handle = np.where(np.isnan(handle), drawn_handle, handle)
    if patience is not None:
        drawn_patience[:, 0] = np.where(np.isnan(patience), drawn_patience[:, 0], patience)
    return _in_order(arrived, queue, drawn_handle, drawn_patience, delay)


def _in_order(
    arrived: np.ndarray, queue: np.ndarray, handle: np.ndarray, patience: np.ndarray, delay: np.ndarray
) -> Callers:
    """By time; equal times by queue and then as they were."""
    order = np.lexsort((np.arange(len(arrived)), queue, arrived))
    return Callers(arrived[order], queue[order], handle[order], patience[order], delay[order])


def _streams(seed: int, replication: int, position: int) -> list[np.random.Generator]:
    return [
        np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(replication, position, purpose)))
        for purpose in range(_PURPOSES)
    ]


def _attempts_max(floor: Floor) -> int:
    return max(queue.redials.attempts_max if queue.redials else 1 for queue in floor.queues)


def _queue_callers(floor: Floor, position: int, seed: int, replication: int) -> Callers:
    queue, streams = floor.queues[position], _streams(seed, replication, position)
    counts = streams[_ARRIVALS].poisson(queue.calls)
    interval = np.repeat(np.arange(floor.n_intervals), counts)
    arrived = np.sort((interval + streams[_ARRIVALS].random(len(interval))) * floor.interval_seconds)
    patience, delay = _patience_and_delay(queue, len(arrived), _attempts_max(floor), streams)
    return Callers(
        arrived,
        np.full(len(arrived), position, dtype=np.int64),
        _handle_seconds(floor, queue, arrived, streams),
        patience,
        delay,
    )


def _handle_seconds(floor: Floor, queue: Queue, arrived: np.ndarray, streams: list[np.random.Generator]) -> np.ndarray:
    seconds = queue.handle.at(streams[_HANDLE].random(len(arrived)))
    if queue.handle_factors is None:
        return seconds
    interval = np.minimum((arrived // floor.interval_seconds).astype(np.int64), floor.n_intervals - 1)
    return seconds * queue.handle_factors[interval]


def _patience_and_delay(
    queue: Queue, n_callers: int, attempts: int, streams: list[np.random.Generator]
) -> tuple[np.ndarray, np.ndarray]:
    shape = (n_callers, attempts)
    patience = queue.patience.at(streams[_PATIENCE].random(shape))
    delay = np.full(shape, np.inf)
    if queue.redials is not None:
        again = streams[_REDIAL].random(shape) < queue.redials.probability
        delay = np.where(again, queue.redials.delay.at(streams[_DELAY].random(shape)), np.inf)
        delay[:, queue.redials.attempts_max - 1 :] = np.inf
    return patience, delay
