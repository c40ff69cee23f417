"""Probability of a breach with the people there, with a factor of them, and with any others: on the same futures.

Here: questions about one queue after the other. Not here: drawing (draws), the loop (breach).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.backlog.ahead.breach import late_futures
from wfm_pipeline.domain.backlog.ahead.draws import Futures
from wfm_pipeline.domain.backlog.ahead.queue_ahead import QueueAhead
from wfm_pipeline.domain.backlog.ahead.request import AheadRequest
from wfm_pipeline.domain.compiling import can_compile
from wfm_pipeline.errors import DataError

_COMPILED_FROM: Final = 500_000
"""Steps of all futures of all queues from which the loop is compiled: so many take seconds plainly [count]."""
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
            request: Futures, seed and calibration.
        """
        self._queues, self._request = queues, request
        steps = sum(queue.work.steps for queue in queues.values() if queue.work is not None)
        self._is_compiled = steps * request.paths >= _COMPILED_FROM and can_compile()
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

    def raw_with_factor(self, queue_id: str, factor: float) -> float:
        """Share of futures with a breach, with a factor of the capacity that is expected.

        Args:
            queue_id: The queue.
            factor: >= 0.

        Returns:
            Share [0..1]; NaN where it is not known.
        """
        return self._raw(queue_id, self._queues[queue_id].capacity * factor)

    def with_factor(self, queue_id: str, factor: float) -> float:
        """Probability of a breach with a factor of the capacity that is expected.

        Args:
            queue_id: The queue.
            factor: >= 0.

        Returns:
            Probability [0..1]; NaN where it is not known.
        """
        return self.calibrated(queue_id, self.raw_with_factor(queue_id, factor))

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
        capacity = np.where(people == 0, 0.0, people * queue.rate)
        return self.calibrated(queue_id, self._raw(queue_id, capacity))

    def calibrated(self, queue_id: str, raw: float) -> float:
        """What a share of futures is worth as a probability.

        Args:
            queue_id: The queue.
            raw: Share of futures [0..1]; NaN stays NaN.

        Returns:
            Probability [0..1].
        """
        calibrate = self._request.calibrate
        return raw if calibrate is None or np.isnan(raw) else float(calibrate(queue_id, raw))

    @property
    def _hours(self) -> int:
        return len(next(iter(self._queues.values())).day)

    def _raw(self, queue_id: str, capacity: FloatArray) -> float:
        queue = self._queues[queue_id]
        if queue.work is None or np.isnan(capacity[: queue.hours_asked]).any():
            return _UNKNOWN
        if queue.work.steps == 0:
            return 0.0
        late = late_futures(queue.work, self.futures(queue_id), np.nan_to_num(capacity), is_compiled=self._is_compiled)
        return float(late.mean())
