"""Probability of a breach with the people there, with a factor of them, and with any others: on the same futures.

Here: questions about one queue after the other. Not here: drawing (draws), the loop (breach).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, FloatArray
from wfm_pipeline.domain.backlog.ahead.breach import late_futures
from wfm_pipeline.domain.backlog.ahead.draws import Futures
from wfm_pipeline.domain.backlog.ahead.queue_ahead import QueueAhead
from wfm_pipeline.domain.backlog.ahead.request import AheadRequest
from wfm_pipeline.domain.compiling import can_compile
from wfm_pipeline.errors import DataError

_COMPILED_FROM: Final = 500_000
"""Steps of futures asked for so far from which the loop is compiled: so many take seconds plainly [count]. All queues count once
from the beginning; whoever asks again and again, as the search for changes of people's time does, comes to it later."""
_KEPT_FUTURES: Final = 8
"""Queues whose futures are kept [count]: whoever asks goes queue by queue, and drawing again takes milliseconds."""
NO_DUE: Final = "no due time of the queue is known, or its working day has no end"
NO_CAPACITY: Final = "people or throughput are not known"
_UNKNOWN = float("nan")


class Risk:
    """Probabilities of queues."""

    def __init__(self, queues: Mapping[str, QueueAhead], request: AheadRequest) -> None:
        """Nothing is drawn before it is asked for.

        Args:
            queues: Queues by name.
            request: Futures, seed, what was learnt of queues and calibration.
        """
        self._queues, self._request = queues, request
        steps = sum(queue.work.steps for queue in queues.values() if queue.work is not None)
        self._steps_asked = steps * request.paths
        self._drawn = lru_cache(_KEPT_FUTURES)(self._draw)

    def _draw(self, queue_id: str) -> Futures:
        return self._queues[queue_id].futures(paths=self._request.paths, seed=self._request.seed)

    def futures(self, queue_id: str) -> Futures:
        """Draws of a queue.

        Args:
            queue_id: The queue.

        Returns:
            The same draws whenever asked.
        """
        return self._drawn(queue_id)

    def reason(self, queue_id: str) -> str | None:
        """Why the probability of a queue is not known.

        Args:
            queue_id: The queue.

        Returns:
            Words; None where it is known.
        """
        queue = self._queues[queue_id]
        if queue.work is None:
            return NO_DUE
        return NO_CAPACITY if np.isnan(queue.capacity[: queue.hours_asked]).any() else None

    def basis(self, queue_id: str) -> str | None:
        """What the probability of a queue is.

        Args:
            queue_id: The queue.

        Returns:
            `calibrated`, `as_before` or `in_order`; None where it is not known.
        """
        if self.reason(queue_id) is not None:
            return None
        if queue_id not in self._request.as_before:
            return "in_order"
        return "as_before" if self._request.calibration is None else "calibrated"

    def in_order(self, queue_id: str, capacity: FloatArray) -> float:
        """Share of futures with a breach where the earliest due is served first.

        Args:
            queue_id: The queue.
            capacity: Cases that people are expected to do, shape (hours,) [cases].

        Returns:
            Share [0..1]; NaN where it is not known.
        """
        queue = self._queues[queue_id]
        if queue.work is None or np.isnan(capacity[: queue.hours_asked]).any():
            return _UNKNOWN
        if queue.work.steps == 0:
            return 0.0
        self._steps_asked += queue.work.steps * self._request.paths
        is_compiled = self._steps_asked >= _COMPILED_FROM and can_compile()
        late = late_futures(queue.work, self.futures(queue_id), np.nan_to_num(capacity), is_compiled=is_compiled)
        return float(late.mean())

    def as_before(self, queue_id: str, capacity: FloatArray) -> float:
        """Probability of a breach if the queue goes on as it did, its cases ending faster with more people.

        Args:
            queue_id: The queue.
            capacity: Cases that people are expected to do, shape (hours,) [cases].

        Returns:
            Probability [0..1]; NaN where nothing was learnt of the queue or it is not known.
        """
        queue, before = self._queues[queue_id], self._request.as_before.get(queue_id)
        if before is None or self.reason(queue_id) is not None:
            return _UNKNOWN
        asked = slice(len(before.begun))
        planned, wanted = queue.capacity[asked], capacity[asked]
        expected = np.where(np.isnan(queue.usual[asked]), planned, queue.usual[asked])
        factor = np.where(expected > 0, wanted / np.maximum(expected, LEAST_DIVISOR), np.where(wanted > 0, 1.0, 0.0))
        return before.probability(factor)

    def with_capacity(self, queue_id: str, capacity: FloatArray) -> float:
        """Probability of a breach with some capacity.

        Args:
            queue_id: The queue.
            capacity: Cases that people are expected to do, shape (hours,) [cases].

        Returns:
            Probability [0..1]; NaN where it is not known. More capacity never raises it.
        """
        basis = self.basis(queue_id)
        if basis == "in_order" or basis is None:
            return self.in_order(queue_id, capacity)
        before = self.as_before(queue_id, capacity)
        calibration = self._request.calibration
        if calibration is None:
            return before
        return float(calibration.apply([self.in_order(queue_id, capacity)], [before])[0])

    def with_people(self, queue_id: str, on_product: FloatArray) -> float:
        """Probability of a breach with other people.

        Args:
            queue_id: A queue of the request.
            on_product: People of each hour ahead [agents], shape (hours,).

        Returns:
            Probability [0..1]; NaN where due times or throughput of a person are not known. More people never raise it.

        Raises:
            DataError: no such queue, or another number of hours.
        """
        queue = self._queues.get(queue_id)
        people = np.asarray(on_product, dtype=np.float64)
        if queue is None or people.shape != queue.rate.shape:
            raise DataError(
                f"risk wants a queue of the request and its people in {self._hours} hours, got {queue_id!r} and {people.shape}"
            )
        return self.with_capacity(queue_id, np.where(people == 0, 0.0, people * queue.rate))

    @property
    def _hours(self) -> int:
        return len(next(iter(self._queues.values())).day)
