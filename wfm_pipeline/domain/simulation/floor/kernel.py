"""The event loop: calls come, wait, are answered or give up, come again; agents come and go.

Numbers in, numbers out: no chance, no units but seconds, no names. The decisions:

* Equal times go in this order: an agent finishes, a stint ends, a stint starts, a call comes, a
  caller gives up. So whoever is free at that very moment answers, and stints are `[starts, ends)`.
* A call goes to an idle agent of the lowest level; of those to the one idle longest; then to the
  group and agent that come first.
* A free agent takes the queue of the smallest priority, then of the agent's lowest level, then the
  caller who came first; then the queue that comes first. Inside a queue: first come, first served.
* An agent who is on a call when a stint ends finishes it and then leaves; a break or shift end cut
  short that way is not made up for. Nobody is interrupted.
* A caller who gives up may come again as a new attempt of the same queue, at the end of the line.

Written in the part of Python that numba compiles, so that the compiled and the plain run are the same code; `run.py`
chooses between them. Compiled, it works on arrays; plain on lists, which Python reads much faster, and with Python's
own heap. Nothing compiled allocates memory, so reference counting may be switched off. Everything that is compiled
stands in this one file (domain/compiling.py says why).
"""

import heapq
from typing import Any, NamedTuple

import numpy as np

WAITING, ANSWERED, ABANDONED = 0, 1, 2
"""What has become of an attempt; `WAITING` at the end: no agent came and the caller never gave up."""
_OFF, _IDLE, _BUSY = 0, 1, 2
"""States of an agent."""
_FINISHES, _STINT_ENDS, _STINT_STARTS, _COMES, _GIVES_UP = range(5)
"""Kinds of events, in the order in which equal times are taken."""
_RANK = 1 << 48
"""A rank is kind times this plus agent or slot: beyond every number of slots, and the kinds still fit into 64 bits."""
_NOBODY = -1
"""Stands for no agent, slot or queue in a list."""


class Rules(NamedTuple):
    """What does not change during a run.

    Attributes:
        level: Level of each group for each queue, 0 without skill, group by group, shape (n_groups * n_queues,).
        priority: Priority of each queue, shape (n_queues,).
        group: Group of each agent, shape (n_agents,).
        first_stint: Position of each agent's first stint, and the end, shape (n_agents + 1,).
        stint_starts: Starts of the stints, agent by agent [s], shape (n_stints,).
        stint_ends: Ends of the stints [s], shape (n_stints,).
        groups: Groups of agents [count].
        queues: Queues [count].
        attempts: Slots per caller: attempt k of caller i has slot i * attempts + k.
    """

    level: np.ndarray
    priority: np.ndarray
    group: np.ndarray
    first_stint: np.ndarray
    stint_starts: np.ndarray
    stint_ends: np.ndarray
    groups: int
    queues: int
    attempts: int


class Luck(NamedTuple):
    """What chance has decided, by caller or by slot (see `draws.Callers`), and what is known to come.

    Attributes:
        queue, handle, patience, delay: As in `draws.Callers`, patience and delay by slot.
        known_time: When stints start and end and callers come first, in order, and at last an infinite time [s].
        known_rank: Kind of each of these events, and its agent or slot.
    """

    queue: np.ndarray
    handle: np.ndarray
    patience: np.ndarray
    delay: np.ndarray
    known_time: np.ndarray
    known_rank: np.ndarray


class Book(NamedTuple):
    """What changes during a run: by slot, by agent, by queue, and the heap of events."""

    came: np.ndarray
    outcome: np.ndarray
    started: np.ndarray
    left: np.ndarray
    agent: np.ndarray
    line_head: np.ndarray
    line_tail: np.ndarray
    line_after: np.ndarray
    line_before: np.ndarray
    idle_head: np.ndarray
    idle_tail: np.ndarray
    idle_after: np.ndarray
    idle_before: np.ndarray
    idle_since: np.ndarray
    state: np.ndarray
    stint: np.ndarray
    line_length: np.ndarray
    line_seconds: np.ndarray
    line_changed: np.ndarray
    heap: Any


def _is_before(time: float, rank: int, other_time: float, other_rank: int) -> bool:
    """Whether one event comes before another."""
    return time < other_time or (time == other_time and rank < other_rank)


def new_heap() -> list[tuple[float, int]]:
    """A heap without events, for the plain run."""
    return [(np.inf, 0)]


def _push(heap: Any, time: float, rank: int) -> None:
    """Put an event on the heap."""
    heapq.heappush(heap, (time, rank))


def _drop_first(heap: Any) -> None:
    """Take the earliest event off the heap."""
    heapq.heappop(heap)


def _first(heap: Any) -> tuple[float, int]:
    """The earliest event of the heap; at the bottom of every heap lies one at an infinite time."""
    return heap[0]


def _push_in_arrays(heap: Any, time: float, rank: int) -> None:
    """The same where the heap is arrays.

    Args:
        heap: Times [s] and ranks, shape (capacity,), and the number of events, shape (1,).
        time: When the new event is due [s].
        rank: Its place among events of the same time.
    """
    times, ranks, size = heap
    here = size[0]
    size[0] += 1
    while here > 0:
        above = (here - 1) // 2
        if not _is_before(time, rank, times[above], ranks[above]):
            break
        times[here], ranks[here] = times[above], ranks[above]
        here = above
    times[here], ranks[here] = time, rank


def _drop_first_in_arrays(heap: Any) -> None:
    times, ranks, size = heap
    size[0] -= 1
    last = size[0]
    time, rank = times[last], ranks[last]
    here = 0
    while True:
        below = 2 * here + 1
        if below >= last:
            break
        if below + 1 < last and _is_before(times[below + 1], ranks[below + 1], times[below], ranks[below]):
            below += 1
        if not _is_before(times[below], ranks[below], time, rank):
            break
        times[here], ranks[here] = times[below], ranks[below]
        here = below
    times[here], ranks[here] = time, rank


def _first_in_arrays(heap: Any) -> tuple[float, int]:
    return heap[0][0], heap[1][0]


IN_ARRAYS = (
    (_push, _push_in_arrays),
    (_drop_first, _drop_first_in_arrays),
    (_first, _first_in_arrays),
)
"""What the compiled code calls in the place of Python's own heap. Events differ, so every heap gives the same order."""


def _append(head: np.ndarray, tail: np.ndarray, after: np.ndarray, before: np.ndarray, line: int, item: int) -> None:
    last = tail[line]
    before[item], after[item] = last, _NOBODY
    if last == _NOBODY:
        head[line] = item
    else:
        after[last] = item
    tail[line] = item


def _remove(head: np.ndarray, tail: np.ndarray, after: np.ndarray, before: np.ndarray, line: int, item: int) -> None:
    last, following = before[item], after[item]
    if last == _NOBODY:
        head[line] = following
    else:
        after[last] = following
    if following == _NOBODY:
        tail[line] = last
    else:
        before[following] = last


def _change_line(book: Book, now: float, queue: int, by: int) -> None:
    """Keep the time integral of the queue's length: the other side of Little's law."""
    book.line_seconds[queue] += book.line_length[queue] * (now - book.line_changed[queue])
    book.line_changed[queue] = now
    book.line_length[queue] += by


def _best_agent(rules: Rules, book: Book, queue: int) -> int:
    best, best_level, best_since = _NOBODY, 0, 0.0
    for group in range(rules.groups):
        level, agent = rules.level[group * rules.queues + queue], book.idle_head[group]
        if level == 0 or agent == _NOBODY:
            continue
        since = book.idle_since[agent]
        if best == _NOBODY or level < best_level or (level == best_level and since < best_since):
            best, best_level, best_since = agent, level, since
    return best


def _best_queue(rules: Rules, book: Book, group: int) -> int:
    best, best_level, best_came = _NOBODY, 0, 0.0
    for queue in range(rules.queues):
        level, slot = rules.level[group * rules.queues + queue], book.line_head[queue]
        if level == 0 or slot == _NOBODY:
            continue
        came = book.came[slot]
        if best != _NOBODY:
            if rules.priority[queue] > rules.priority[best]:
                continue
            if rules.priority[queue] == rules.priority[best] and (
                level > best_level or (level == best_level and came >= best_came)
            ):
                continue
        best, best_level, best_came = queue, level, came
    return best


def _serve(rules: Rules, luck: Luck, book: Book, now: float, slot: int, agent: int) -> None:
    book.outcome[slot], book.agent[slot], book.started[slot] = ANSWERED, agent, now
    left = now + luck.handle[slot // rules.attempts]
    book.left[slot], book.state[agent] = left, _BUSY
    _push(book.heap, left, _FINISHES * _RANK + agent)


def _come(rules: Rules, luck: Luck, book: Book, now: float, slot: int) -> None:
    """A call comes: it is answered at once or joins the line."""
    queue = luck.queue[slot // rules.attempts]
    book.came[slot] = now
    agent = _best_agent(rules, book, queue)
    if agent != _NOBODY:
        line = rules.group[agent]
        _remove(book.idle_head, book.idle_tail, book.idle_after, book.idle_before, line, agent)
        _serve(rules, luck, book, now, slot, agent)
        return
    _append(book.line_head, book.line_tail, book.line_after, book.line_before, queue, slot)
    _change_line(book, now, queue, 1)
    if luck.patience[slot] < np.inf:
        _push(book.heap, now + luck.patience[slot], _GIVES_UP * _RANK + slot)


def _give_up(rules: Rules, luck: Luck, book: Book, now: float, slot: int) -> None:
    """A caller gives up, unless answered by now; perhaps to come again."""
    if book.outcome[slot] != WAITING:
        return
    queue = luck.queue[slot // rules.attempts]
    _remove(book.line_head, book.line_tail, book.line_after, book.line_before, queue, slot)
    _change_line(book, now, queue, -1)
    book.outcome[slot], book.left[slot] = ABANDONED, now
    if luck.delay[slot] < np.inf:
        _push(book.heap, now + luck.delay[slot], _COMES * _RANK + slot + 1)


def _is_on_stint(rules: Rules, book: Book, now: float, agent: int) -> bool:
    stint, last = book.stint[agent], rules.first_stint[agent + 1]
    while stint < last and rules.stint_ends[stint] <= now:
        stint += 1
    book.stint[agent] = stint
    return stint < last and rules.stint_starts[stint] <= now


def _be_free(rules: Rules, luck: Luck, book: Book, now: float, agent: int) -> None:
    """An agent finishes or begins a stint: leaves, takes the next caller, or idles."""
    if not _is_on_stint(rules, book, now, agent):
        book.state[agent] = _OFF
        return
    group = rules.group[agent]
    queue = _best_queue(rules, book, group)
    if queue == _NOBODY:
        book.state[agent], book.idle_since[agent] = _IDLE, now
        _append(book.idle_head, book.idle_tail, book.idle_after, book.idle_before, group, agent)
        return
    slot = book.line_head[queue]
    _remove(book.line_head, book.line_tail, book.line_after, book.line_before, queue, slot)
    _change_line(book, now, queue, -1)
    _serve(rules, luck, book, now, slot, agent)


def _happen(rules: Rules, luck: Luck, book: Book, now: float, rank: int) -> None:
    """Whatever is due now."""
    kind, item = rank // _RANK, rank % _RANK
    if kind == _FINISHES:
        _be_free(rules, luck, book, now, item)
    elif kind == _STINT_STARTS:
        if book.state[item] == _OFF:
            _be_free(rules, luck, book, now, item)
    elif kind == _STINT_ENDS:
        if book.state[item] == _IDLE:
            line = rules.group[item]
            _remove(book.idle_head, book.idle_tail, book.idle_after, book.idle_before, line, item)
            book.state[item] = _OFF
    elif kind == _COMES:
        _come(rules, luck, book, now, item)
    else:
        _give_up(rules, luck, book, now, item)


def run_events(rules: Rules, luck: Luck, book: Book) -> float:
    """Everything that happens, from the first event to the last.

    Args:
        rules: What does not change.
        luck: What chance has decided.
        book: Empty book, see `empty_book`; holds the answer afterwards.

    Returns:
        Time of the last event [s].
    """
    known, now = 0, 0.0
    known_time, known_rank, heap = luck.known_time, luck.known_rank, book.heap
    while True:
        time, rank = _first(heap)
        comes = known_time[known]
        if comes < time or (comes == time and known_rank[known] < rank):
            time, rank = comes, known_rank[known]
            known += 1
        elif time < np.inf:
            _drop_first(heap)
        else:
            return now
        now = time
        _happen(rules, luck, book, now, rank)


def known_events(
    starts: np.ndarray, ends: np.ndarray, agent: np.ndarray, arrived: np.ndarray, attempts: int
) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of stints and first attempts as events, in order, with the end of all times behind them.

    Args:
        starts: Starts of the stints [s], shape (n_stints,).
        ends: Their ends [s], shape (n_stints,).
        agent: Agent of each stint, shape (n_stints,).
        arrived: When callers come first [s], shape (n_callers,).
        attempts: Slots per caller.

    Returns:
        Times and ranks, shape (2 * n_stints + n_callers + 1,).
    """
    slot = np.arange(len(arrived)) * attempts
    times = np.concatenate([starts, ends, arrived])
    ranks = np.concatenate([_STINT_STARTS * _RANK + agent, _STINT_ENDS * _RANK + agent, _COMES * _RANK + slot])
    order = np.lexsort((ranks, times))
    return np.append(times[order], np.inf), np.append(ranks[order], 0)


def empty_book(rules: Rules, n_callers: int) -> Book:
    """A book in which nothing has happened yet, in arrays.

    The heap holds at most one finish per agent and one give-up or return per slot.

    Args:
        rules: What stays the same throughout the run.
        n_callers: Callers [count].

    Returns:
        The book, one slot per attempt of a caller.
    """
    n_slots, n_agents = n_callers * rules.attempts, len(rules.group)
    n_groups, n_queues = rules.groups, rules.queues
    room = n_slots + n_agents + 1

    def nobody(size: int) -> np.ndarray:
        return np.full(size, _NOBODY, dtype=np.int64)

    return Book(
        came=np.full(n_slots, np.nan),
        outcome=np.zeros(n_slots, dtype=np.int8),
        started=np.full(n_slots, np.nan),
        left=np.full(n_slots, np.nan),
        agent=nobody(n_slots),
        line_head=nobody(n_queues),
        line_tail=nobody(n_queues),
        line_after=nobody(n_slots),
        line_before=nobody(n_slots),
        idle_head=nobody(n_groups),
        idle_tail=nobody(n_groups),
        idle_after=nobody(n_agents),
        idle_before=nobody(n_agents),
        idle_since=np.zeros(n_agents),
        state=np.zeros(n_agents, dtype=np.int8),
        stint=rules.first_stint[:-1].copy(),
        line_length=np.zeros(n_queues, dtype=np.int64),
        line_seconds=np.zeros(n_queues),
        line_changed=np.zeros(n_queues),
        heap=(np.full(room, np.inf), np.zeros(room, dtype=np.int64), np.ones(1, dtype=np.int64)),
    )
