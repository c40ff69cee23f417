"""Erlang B, C and A over arrays: what a queue with a given number of agents does.

Here: the measures of a stationary queue, element by element. Not here: how many agents are needed
(requirement.py), the arithmetic (kernels.py), or queues whose load changes with time (transient.py).

No command reaches `erlang_b_capacity` and `answer_time_quantile` yet: they are the same curves read
backwards, for what-if questions about lines and waits.

Every function takes scalars or arrays that broadcast and gives arrays of that shape. The number of
agents may be fractional: B is the continued Erlang B function (an integral over the incomplete gamma
function), C and A follow from it, and all three pass through the values at whole numbers.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.staffing.faults import StaffingError
from wfm_pipeline.domain.staffing.in_bulk import run_rows

_BISECTIONS: Final = 100
"""Halvings of a bracket: more than the 53 bits of a double and the range of its exponent need here."""


_FOR_EVER_SECONDS: Final = 1e15
"""Wait after which whoever is ever answered has been: thirty million years [s]."""
_MEASURES: Final = 5
"""Columns of the kernel's answer: wait, abandonment, service level, ASA and mean wait of all [count]."""


@dataclass(frozen=True, slots=True)
class QueueMeasures:
    """What callers and agents of a stationary queue see; arrays of one shape.

    Attributes:
        wait_probability: Share of offered callers who wait at all [0..1].
        abandon_share: Share of offered callers who leave before an answer [0..1]; 0 without abandonment.
        service_level: Answered within the target over **offered** [0..1].
        asa_seconds: Mean wait of the answered [s]; infinite where the queue grows without end.
        mean_wait_seconds: Mean wait of all offered callers, those who leave included [s].
        queue_length: Mean number of callers waiting [calls]; arrival rate x mean wait (Little).
        occupancy: Busy time over staffed time [0..1].
    """

    wait_probability: FloatArray
    abandon_share: FloatArray
    service_level: FloatArray
    asa_seconds: FloatArray
    mean_wait_seconds: FloatArray
    queue_length: FloatArray
    occupancy: FloatArray


def erlang_b(offered_load_erlangs: ArrayLike, lines: ArrayLike) -> FloatArray:
    """Share of calls that find all lines busy and are lost (M/G/n/n).

    Args:
        offered_load_erlangs: Arrival rate times holding time [erlangs], >= 0.
        lines: Lines [count], >= 0; may be fractional (continued Erlang B).

    Returns:
        Blocking probability [0..1]; falls as lines are added.

    Raises:
        StaffingError: a negative or unknown value.

    Source:
        Jagerman (1974), Some Properties of the Erlang Loss Function.

    Example:
        >>> round(float(erlang_b(25.0, 30)), 6)
        0.052603
    """
    load, agents = _broadcast(offered_load_erlangs=offered_load_erlangs, lines=lines)
    return run_rows("fill_blocking", [load.ravel(), agents.ravel()], 1)[:, 0].reshape(load.shape)


def erlang_b_capacity(lines: ArrayLike, blocking_target: ArrayLike) -> FloatArray:
    """The largest load of which the lines lose no more than the target.

    Args:
        lines: Lines [count], > 0.
        blocking_target: Share that may be lost, in (0, 1).

    Returns:
        Offered load [erlangs]; 0 <= load <= lines / (1 - target).

    Raises:
        StaffingError: lines <= 0, or a target outside (0, 1).
    """
    count, target = _broadcast(lines=lines, blocking_target=blocking_target)
    if (count <= 0).any() or ((target <= 0) | (target >= 1)).any():
        raise StaffingError("erlang_b_capacity needs lines > 0 and blocking_target in (0, 1); write 1 % as 0.01")
    low, high = np.zeros(count.shape), count / (1 - target)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        is_too_much = erlang_b(middle, count) > target
        low, high = np.where(is_too_much, low, middle), np.where(is_too_much, middle, high)
    return low


def erlang_c(
    offered_load_erlangs: ArrayLike,
    agents: ArrayLike,
    *,
    aht_seconds: ArrayLike,
    answer_target_seconds: ArrayLike = 0.0,
) -> QueueMeasures:
    """A queue in which nobody hangs up (M/M/n).

    Args:
        offered_load_erlangs: Arrival rate times AHT [erlangs], >= 0.
        agents: Agents on the phones, >= 0; may be fractional.
        aht_seconds: Mean handle time [s], > 0.
        answer_target_seconds: Answer-time target [s], >= 0.

    Returns:
        The measures. With agents <= load the queue grows without end: everybody waits for ever, the
        service level is 0 and waits and queue are infinite.

    Raises:
        StaffingError: a negative or unknown value.

    Source:
        Gans, Koole & Mandelbaum (2003), Telephone Call Centers: Tutorial, Review, and Research Prospects.

    Example:
        >>> queue = erlang_c(10.0, 14, aht_seconds=180, answer_target_seconds=20)
        >>> round(float(queue.service_level), 6), round(float(queue.asa_seconds), 4)
        (0.88835, 7.8359)
    """
    return _measures(offered_load_erlangs, agents, aht_seconds, answer_target_seconds, np.inf)


def erlang_a(
    offered_load_erlangs: ArrayLike,
    agents: ArrayLike,
    *,
    aht_seconds: ArrayLike,
    patience_seconds: ArrayLike,
    answer_target_seconds: ArrayLike = 0.0,
) -> QueueMeasures:
    """A queue in which waiting callers leave after an exponential time (M/M/n+M, Palm's Erlang A).

    Args:
        offered_load_erlangs: Arrival rate times AHT [erlangs], >= 0; may exceed the agents.
        agents: Agents on the phones, >= 0; may be fractional.
        aht_seconds: Mean handle time [s], > 0.
        patience_seconds: Mean patience [s], > 0; infinity is Erlang C.
        answer_target_seconds: Answer-time target [s], >= 0.

    Returns:
        The measures; `service_level` counts those who left as missed.

    Raises:
        StaffingError: a negative or unknown value.

    Source:
        Mandelbaum & Zeltyn (2007), Service Engineering in Action: The Palm/Erlang-A Queue.

    Example:
        >>> queue = erlang_a(10.0, 13, aht_seconds=180, patience_seconds=300, answer_target_seconds=20)
        >>> round(float(queue.service_level), 6), round(float(queue.abandon_share), 6)
        (0.858178, 0.024963)
    """
    return _measures(offered_load_erlangs, agents, aht_seconds, answer_target_seconds, patience_seconds)


def answer_time_quantile(
    level: ArrayLike,
    offered_load_erlangs: ArrayLike,
    agents: ArrayLike,
    *,
    aht_seconds: ArrayLike,
    patience_seconds: ArrayLike = np.inf,
) -> FloatArray:
    """The time within which a share of the offered callers is answered: the service level read backwards.

    Args:
        level: Share of the offered callers, in (0, 1).
        offered_load_erlangs: Arrival rate times AHT [erlangs], >= 0.
        agents: Agents on the phones, >= 0; may be fractional.
        aht_seconds: Mean handle time [s], > 0.
        patience_seconds: Mean patience [s], > 0; infinity is Erlang C.

    Returns:
        Time [s]; 0 where that share does not wait, infinite where it is never answered.

    Raises:
        StaffingError: a level outside (0, 1), or a negative or unknown value.
    """
    share, load, count, aht, patience = _broadcast(
        level=level,
        offered_load_erlangs=offered_load_erlangs,
        agents=agents,
        aht_seconds=aht_seconds,
        patience_seconds=patience_seconds,
    )
    if ((share <= 0) | (share >= 1)).any():
        raise StaffingError("level must be in (0, 1); write 80 % as 0.8")

    def reached(seconds: FloatArray) -> FloatArray:
        return _measures(load, count, aht, seconds, patience).service_level

    low, high = np.zeros(share.shape), aht.copy()
    never = reached(np.full(share.shape, _FOR_EVER_SECONDS)) < share
    for _ in range(_BISECTIONS):
        high = np.where(~never & (reached(high) < share), 2 * high, high)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        is_late = reached(middle) < share
        low, high = np.where(is_late, middle, low), np.where(is_late, high, middle)
    return np.where(never, np.inf, np.where(reached(np.zeros(share.shape)) >= share, 0.0, high))


def _measures(
    load: ArrayLike, agents: ArrayLike, aht: ArrayLike, target: ArrayLike, patience: ArrayLike
) -> QueueMeasures:
    offered, count, handle, within, patient = _broadcast(
        offered_load_erlangs=load,
        agents=agents,
        aht_seconds=aht,
        answer_target_seconds=target,
        patience_seconds=patience,
    )
    if (handle <= 0).any() or (patient <= 0).any():
        raise StaffingError("aht_seconds and patience_seconds must be above 0")
    columns = [offered, count, within / handle, handle / patient]
    answers = run_rows("fill_measures", [column.ravel() for column in columns], _MEASURES)
    wait, gone, service, answer, mean = (answers[:, place].reshape(offered.shape) for place in range(_MEASURES))
    with np.errstate(divide="ignore", invalid="ignore"):
        busy = np.where(count > 0, np.minimum(offered * (1 - gone) / count, 1.0), 0.0)
    return QueueMeasures(wait, gone, service, answer * handle, mean * handle, offered * mean, busy)


def _broadcast(**values: ArrayLike) -> list[FloatArray]:
    """The values as float arrays of one shape.

    Raises:
        StaffingError: a value is NaN or negative; the message names the first such column.
    """
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in values.items()}
    for name, array in arrays.items():
        bad = array[np.isnan(array) | (array < 0)]
        if bad.size:
            raise StaffingError(f"{name} must be 0 or more, got {bad.flat[0]}", column=name, got=float(bad.flat[0]))
    return [np.array(array) for array in np.broadcast_arrays(*arrays.values())]
