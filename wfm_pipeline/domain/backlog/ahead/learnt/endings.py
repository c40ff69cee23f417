"""How fast cases have ended so far: the probability of a breach if a desk goes on as it did, whatever order it serves in.

Here: learning it from spells, and the probability of a queue. Not here: spells (spells), serving the earliest due first (breach, one
room up).

1. A spell ends at a rate per hour of work that depends on the age of its case and, as a factor, on its queue: ended spells over hours
   at risk in steps of age (Nelson-Aalen), the queue's factor drawn to 1 by as much as it has seen few.
2. A case that waits is still there at its due time with the probability exp(-rate added up until then).
3. Of spells that begin, as many pass their due time within so many hours as did in the past, again drawn to the whole desk's share.
4. Nobody breaches with the probability that none of the waiting and none of the coming does; cases do not know each other.
More people end cases faster in proportion: their rates are multiplied.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.backlog.working_time import MICROSECONDS_PER_SECOND, WorkingTime
from wfm_pipeline.units import SECONDS_PER_HOUR

AGE_STEPS_HOURS: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 11.0, 16.0, 22.0, 33.0, 50.0, 66.0, 99.0, 150.0)
"""Ages from which on another rate holds [hours of work]: finer where most cases end; the last holds for ever."""
REACH_HOURS: Final = 24
"""Hours after its beginning in which a spell is looked at for its due time [h]: a working day is no longer."""
DRAWN_BY_ENDS: Final = 5.0
"""Ended spells that a queue's own rate must have to count as much as the desk's [count]."""
DRAWN_BY_SPELLS: Final = 20.0
"""Spells that a queue's own share of breaches must have to count as much as the desk's [count]."""
LEAST_SPELLS: Final = 100
"""Ended spells of a desk below which nothing is learnt [count]: rates of 14 ages need some each."""
_LEAST_CHANCE: Final = 1e-9
"""A case is never sure to stay: the logarithm of no chance would be infinite."""
_HOUR: Final = SECONDS_PER_HOUR * MICROSECONDS_PER_SECOND


@dataclass(frozen=True, slots=True, eq=False)
class Endings:
    """What was learnt.

    Attributes:
        queues: Queues in order of their names.
        rate: Spells that end per hour of work by age, shape (ages,).
        factor: Of each queue, shape (queues,).
        due_share: Of spells that begin: due within 1, 2, ... hours, shape (queues, REACH_HOURS).
        late_share: Of them: passed their due time, the same shape.
        begun_per_hour: Spells that begin in an hour of work, shape (queues,).
        spells: Ended spells it stands on [count].
    """

    queues: tuple[str, ...]
    rate: FloatArray
    factor: FloatArray
    due_share: FloatArray
    late_share: FloatArray
    begun_per_hour: FloatArray
    spells: int

    def rate_so_far(self, age_hours: FloatArray) -> FloatArray:
        """Rate added up from age 0, without the queue's factor.

        Args:
            age_hours: Ages [hours of work], any shape.

        Returns:
            The same shape.
        """
        steps = np.array(AGE_STEPS_HOURS)
        so_far = np.concatenate([[0.0], np.cumsum(self.rate[:-1] * np.diff(steps))])
        place = np.clip(np.searchsorted(steps, age_hours, side="right") - 1, 0, len(steps) - 1)
        return so_far[place] + self.rate[place] * (np.maximum(age_hours, 0.0) - steps[place])


def learn_endings(
    spells: pd.DataFrame, *, since: pd.Timestamp, until: pd.Timestamp, working: WorkingTime | None
) -> Endings | None:
    """Learn how spells end.

    Args:
        spells: See `spells.case_spells`; ends at or after `until` are not looked at.
        since: Beginning of the weeks that are learnt from.
        until: Their end: the instant of knowledge.
        working: Windows of work from the oldest opening on; None where every hour is one.

    Returns:
        What was learnt; None with fewer than `LEAST_SPELLS` ended spells.
    """
    known = spells[(spells["since"] < until) & ~(spells["until"] < since)]
    is_ended = (known["until"] < until).to_numpy(bool)
    if is_ended.sum() < LEAST_SPELLS:
        return None
    queues = tuple(sorted(known["queue_id"].unique()))
    place = pd.Index(queues).get_indexer(pd.Index(known["queue_id"])).astype(np.int64)
    rate, factor = _rates(known, place, is_ended, span=(since, until), working=working, n_queues=len(queues))
    is_begun = (known["since"] >= since).to_numpy(bool) & _is_at_work(working, known["since"].to_numpy())
    due, late = _shares(known[is_begun], place[is_begun], until, len(queues))
    first, last = hours_of_work(working, np.array([since, until], "datetime64[us]"))
    begun = np.bincount(place[is_begun], minlength=len(queues)) / max(float(last - first), 1.0)
    return Endings(queues, rate, factor, due, late, begun, int(is_ended.sum()))


def _rates(
    known: pd.DataFrame,
    place: IntArray,
    is_ended: BoolArray,
    *,
    span: tuple[pd.Timestamp, pd.Timestamp],
    working: WorkingTime | None,
    n_queues: int,
) -> tuple[FloatArray, FloatArray]:
    """Rates by age, and factors of queues."""
    opened = hours_of_work(working, known["opened_at"].to_numpy())
    begins = (
        hours_of_work(working, np.maximum(known["since"].to_numpy("datetime64[us]"), np.datetime64(span[0], "us")))
        - opened
    )
    ends = (
        hours_of_work(working, np.fmin(known["until"].to_numpy("datetime64[us]"), np.datetime64(span[1], "us")))
        - opened
    )
    steps = np.array([*AGE_STEPS_HOURS, np.inf])
    at_risk = np.clip(np.minimum(ends[:, None], steps[1:]) - np.maximum(begins[:, None], steps[:-1]), 0.0, None)
    step = np.clip(np.searchsorted(steps, ends[is_ended], side="right") - 1, 0, len(AGE_STEPS_HOURS) - 1)
    ended = np.bincount(step, minlength=len(AGE_STEPS_HOURS))
    rate = ended / np.maximum(at_risk.sum(axis=0), 1.0)
    expected = np.bincount(place, weights=at_risk @ rate, minlength=n_queues)
    seen = np.bincount(place[is_ended], minlength=n_queues)
    return rate, (seen + DRAWN_BY_ENDS) / (expected + DRAWN_BY_ENDS)


def _shares(begun: pd.DataFrame, place: IntArray, until: pd.Timestamp, n_queues: int) -> tuple[FloatArray, FloatArray]:
    """Shares of spells that are due, and late, within 1, 2, ... hours; those that could be watched so long."""
    since, due_at = begun["since"].to_numpy("datetime64[us]"), begun["due_at"].to_numpy("datetime64[us]")
    is_watched = since < np.datetime64(until) - np.timedelta64(REACH_HOURS, "h")
    left = begun["until"].to_numpy("datetime64[us]")
    hours = (due_at - since) / np.timedelta64(1, "h")
    is_due = is_watched & (hours >= 0)
    watched = np.bincount(place[is_watched], minlength=n_queues)[:, None]

    def share(mask: BoolArray) -> FloatArray:
        step = np.ceil(np.where(mask, hours, np.inf))
        counts = [np.bincount(place[step <= within], minlength=n_queues) for within in range(1, REACH_HOURS + 1)]
        found = np.stack(counts, axis=1)
        desk = found.sum(axis=0) / max(int(watched.sum()), 1)
        return (found + DRAWN_BY_SPELLS * desk) / (watched + DRAWN_BY_SPELLS)

    return share(is_due), share(is_due & ~(due_at >= left))


def _is_at_work(working: WorkingTime | None, instants: np.ndarray) -> BoolArray:
    """Inside a window of work."""
    minute = np.timedelta64(1, "m")
    return hours_of_work(working, instants + minute) > hours_of_work(working, instants)


def hours_of_work(working: WorkingTime | None, instants: np.ndarray) -> FloatArray:
    """Hours of work up to instants; differences are what counts.

    Args:
        working: Windows; None where every hour is one.
        instants: datetime64, any shape.

    Returns:
        Hours, the same shape.
    """
    at = instants.astype("datetime64[us]").astype(np.int64)
    return (at if working is None else working.until(at)) / _HOUR


@dataclass(frozen=True, slots=True, eq=False)
class AsBefore:
    """A queue that goes on as it did.

    Attributes:
        rates: Rate of each case that comes due, added up over each hour until its due time, shape (n_due, hours).
        begun: Spells that begin in each hour and come due before the end, shape (hours,).
        late_of_due: Of them, the share that passes its due time, shape (hours,).
    """

    rates: FloatArray
    begun: FloatArray
    late_of_due: FloatArray

    def probability(self, factor: FloatArray) -> float:
        """Probability that some case passes its due time.

        Args:
            factor: People of each hour over those that are usual, shape (hours,), >= 0.

        Returns:
            Probability [0..1]; more people never raise it.

        Example:
            >>> queue = AsBefore(np.array([[0.5, 0.5]]), np.zeros(2), np.ones(2))
            >>> round(queue.probability(np.ones(2)), 4), queue.probability(np.zeros(2)) > 0.999
            (0.3679, True)
        """
        stays = np.exp(-(self.rates @ factor))
        none_waiting = np.log(np.maximum(1.0 - stays, _LEAST_CHANCE)).sum()
        ahead = np.cumsum(factor[::-1])[::-1] / np.arange(len(factor), 0, -1)
        coming = (self.begun * self.late_of_due**ahead).sum()
        return float(1.0 - np.exp(none_waiting - coming))


def as_before(
    endings: Endings, queue_id: str, cases: pd.DataFrame, edges: np.ndarray, *, working: WorkingTime | None
) -> AsBefore:
    """A queue's next hours as past ones went.

    Args:
        endings: What was learnt.
        queue_id: The queue; one that was not seen is as the whole desk, and nothing begins in it.
        cases: Its open cases that are not paused: opened_at, due_at (NaT unknown), is_over_due.
        edges: Ends of hours from now to the end of the question, the first is now, shape (hours + 1,).
        working: Windows of work; None where every hour is one.

    Returns:
        The queue. Cases that are over due already, and those due later, are not in it.
    """
    hours = len(edges) - 1
    edges = edges.astype("datetime64[us]")
    is_asked = ~cases["is_over_due"].to_numpy(bool) & (cases["due_at"] <= pd.Timestamp(edges[-1])).to_numpy(bool)
    opened = hours_of_work(working, cases["opened_at"].to_numpy("datetime64[us]")[is_asked])[:, None]
    due_at = cases["due_at"].to_numpy("datetime64[us]")[is_asked][:, None]
    ages = hours_of_work(working, np.minimum(edges[None, :], due_at)) - opened
    place = endings.queues.index(queue_id) if queue_id in endings.queues else -1
    factor = endings.factor[place] if place >= 0 else 1.0
    rates = factor * np.diff(endings.rate_so_far(ages), axis=1)
    worked = np.diff(hours_of_work(working, edges))
    if place < 0 or not hours:
        return AsBefore(rates, np.zeros(hours), np.zeros(hours))
    left = np.minimum(np.arange(hours, 0, -1), REACH_HOURS)
    due, late = (_middle(share[place])[left] for share in (endings.due_share, endings.late_share))
    begun = endings.begun_per_hour[place] * worked * due
    return AsBefore(rates, begun, late / np.maximum(due, LEAST_DIVISOR))


def _middle(share: FloatArray) -> FloatArray:
    """Share within 0, 1, 2, ... hours for spells that begin somewhere in the first of them."""
    whole = np.concatenate([[0.0], share])
    return np.concatenate([[0.0], (whole[1:] + whole[:-1]) / 2])
