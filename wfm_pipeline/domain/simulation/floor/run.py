"""One run of a floor: callers and agents into the kernel, attempts out.

Here: turning a floor into the kernel's arrays, and its answer into attempts. Not here: counts per
interval (measures), more than one run (replications).
"""

from dataclasses import dataclass

import numpy as np

from wfm_pipeline.domain.simulation.floor.centre import Floor
from wfm_pipeline.domain.simulation.floor.draws import Callers, draw_callers
from wfm_pipeline.domain.simulation.floor.kernel import (
    ABANDONED,
    ANSWERED,
    WAITING,
    Luck,
    Rules,
    empty_book,
    known_events,
)
from wfm_pipeline.domain.simulation.floor.ways import play

__all__ = ["ABANDONED", "ANSWERED", "WAITING", "Attempts", "Crew", "crew_of", "run_callers", "run_floor"]


@dataclass(frozen=True, slots=True, eq=False)
class Crew:
    """All agents of a floor, numbered group by group.

    Attributes:
        group: Group of each agent, shape (n_agents,).
        first_stint: Position of each agent's first stint, and the end, shape (n_agents + 1,).
        starts: Starts of the stints, agent by agent [s], shape (n_stints,).
        ends: Ends of the stints [s], shape (n_stints,).
    """

    group: np.ndarray
    first_stint: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Attempts:
    """Every attempt of a run in order of arrival, and what the floor looked like at the end.

    Attributes:
        caller: Number of the caller, shape (n_attempts,).
        attempt: 1 for the first attempt, 2 for the first redial, and so on, shape (n_attempts,).
        queue: Position of the queue, shape (n_attempts,).
        arrived: When it came [s], shape (n_attempts,).
        outcome: `ANSWERED`, `ABANDONED` or `WAITING`, shape (n_attempts,).
        wait: Time in the line, up to the last event for those who still wait [s], shape (n_attempts,).
        agent: Who answered, -1 for nobody, shape (n_attempts,).
        started: When the service began, NaN where none did [s], shape (n_attempts,).
        ended: When the service ended, NaN where there was none [s], shape (n_attempts,).
        queue_seconds: Time integral of each queue's length, kept event by event [s], shape (n_queues,).
        ends: Time of the last event [s].
    """

    caller: np.ndarray
    attempt: np.ndarray
    queue: np.ndarray
    arrived: np.ndarray
    outcome: np.ndarray
    wait: np.ndarray
    agent: np.ndarray
    started: np.ndarray
    ended: np.ndarray
    queue_seconds: np.ndarray
    ends: float


def crew_of(floor: Floor) -> Crew:
    """All agents of the floor; stints that touch become one, empty ones vanish.

    Args:
        floor: The floor.

    Returns:
        Its agents, group by group; stints that touch are one, empty ones are gone.
    """
    group: list[int] = []
    first, starts, ends = [0], list[float](), list[float]()
    for position, one in enumerate(floor.groups):
        for stints in one.agents:
            group.append(position)
            begin = len(starts)
            for stint in stints:
                if len(ends) > begin and ends[-1] == stint.starts:
                    ends[-1] = stint.ends
                elif stint.ends > stint.starts:
                    starts.append(stint.starts)
                    ends.append(stint.ends)
            first.append(len(starts))
    return Crew(
        np.array(group, dtype=np.int64),
        np.array(first, dtype=np.int64),
        np.array(starts, dtype=np.float64),
        np.array(ends, dtype=np.float64),
    )


def run_floor(floor: Floor, *, seed: int, replication: int = 0) -> Attempts:
    """One run with callers drawn as the floor says.

    Args:
        floor: The floor.
        seed: Same floor, seed and replication give the same run.
        replication: Number of the run.

    Returns:
        The attempts of the run.
    """
    return run_callers(floor, crew_of(floor), draw_callers(floor, seed=seed, replication=replication))


def run_callers(floor: Floor, crew: Crew, callers: Callers, *, is_compiled: bool | None = None) -> Attempts:
    """One run with given callers.

    Args:
        floor: The floor.
        crew: Its agents, see `crew_of`.
        callers: Everything chance has decided.
        is_compiled: How it is worked out; None chooses (ways). The answer is the same.

    Returns:
        The attempts of the run, in order of arrival.

    Source:
        docs/methods/simulation.md, steps 2 to 7.
    """
    rules = _rules(floor, crew, attempts=callers.patience.shape[1])
    agent = np.repeat(np.arange(len(crew.group)), np.diff(crew.first_stint))
    luck = Luck(
        callers.queue,
        callers.handle,
        np.ascontiguousarray(callers.patience).ravel(),
        np.ascontiguousarray(callers.delay).ravel(),
        *known_events(crew.starts, crew.ends, agent, callers.arrived, rules.attempts),
    )
    book = empty_book(rules, len(callers.arrived))
    last = float(play(rules, luck, book, is_compiled=is_compiled))
    # A slot is one attempt of one caller; those that never came to pass stay NaN.
    slot = np.flatnonzero(~np.isnan(book.came))
    slot = slot[np.lexsort((slot, book.came[slot]))]
    outcome, came, started, left = book.outcome[slot], book.came[slot], book.started[slot], book.left[slot]
    until = np.where(outcome == ANSWERED, started, np.where(outcome == ABANDONED, left, last))
    # The lines' lengths are added up when they change, so the stretch from the last change on is still missing.
    still = book.line_length * (last - book.line_changed)
    return Attempts(
        caller=slot // rules.attempts,
        attempt=slot % rules.attempts + 1,
        queue=callers.queue[slot // rules.attempts],
        arrived=came,
        outcome=outcome,
        wait=until - came,
        agent=book.agent[slot],
        started=started,
        ended=np.where(outcome == ANSWERED, left, np.nan),
        queue_seconds=book.line_seconds + still,
        ends=last,
    )


def _rules(floor: Floor, crew: Crew, *, attempts: int) -> Rules:
    """What stays the same throughout a run, as the kernel takes it."""
    return Rules(
        level=floor.level_matrix().ravel(),
        priority=np.array([queue.priority for queue in floor.queues], dtype=np.int64),
        group=crew.group,
        first_stint=crew.first_stint,
        stint_starts=crew.starts,
        stint_ends=crew.ends,
        groups=len(floor.groups),
        queues=len(floor.queues),
        attempts=attempts,
    )
