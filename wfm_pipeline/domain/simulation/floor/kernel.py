"""The event loop, compiled: calls come, wait, are answered or give up, come again; agents come and go.

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
"""

from typing import NamedTuple

import numba
import numpy as np

WAITING, ANSWERED, ABANDONED = 0, 1, 2
"""What has become of an attempt; `WAITING` at the end: no agent came and the caller never gave up."""
_OFF, _IDLE, _BUSY = 0, 1, 2
_FINISHES, _STINT_ENDS, _STINT_STARTS, _COMES, _GIVES_UP = range(5)
_RANK = 1 << 48
_NOBODY = -1

_compiled = numba.njit(cache=True, _nrt=False)
"""Compiles where numba may; `NUMBA_DISABLE_JIT=1` leaves plain Python, with the same result.

Nothing compiled allocates memory, so reference counting is switched off: it took six of seven parts of
the time. Everything compiled stands in this one file: numba's cache on disk looks at the file of the
outermost function alone, and would keep old inner ones of another file.
"""


class Rules(NamedTuple):
    """What does not change during a run.

    Attributes:
        level: Level of each group for each queue, 0 without skill, shape (n_groups, n_queues).
        priority: Priority of each queue, shape (n_queues,).
        group: Group of each agent, shape (n_agents,).
        first_stint: Position of each agent's first stint, and the end, shape (n_agents + 1,).
        stint_starts: Starts of the stints, agent by agent [s], shape (n_stints,).
        stint_ends: Ends of the stints [s], shape (n_stints,).
        edge_time: Starts and ends of all stints in order of time [s], shape (2 * n_stints,).
        edge_rank: Their ranks: kind and agent, shape (2 * n_stints,).
        attempts: Slots per caller: attempt k of caller i has slot i * attempts + k.
    """

    level: np.ndarray
    priority: np.ndarray
    group: np.ndarray
    first_stint: np.ndarray
    stint_starts: np.ndarray
    stint_ends: np.ndarray
    edge_time: np.ndarray
    edge_rank: np.ndarray
    attempts: int


class Luck(NamedTuple):
    """What chance has decided, by caller or by slot; see `draws.Callers`."""

    arrived: np.ndarray
    queue: np.ndarray
    handle: np.ndarray
    patience: np.ndarray
    delay: np.ndarray


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
    heap_time: np.ndarray
    heap_rank: np.ndarray
    heap_size: np.ndarray


@_compiled
def _is_before(time: float, rank: int, other_time: float, other_rank: int) -> bool:
    """Whether one event comes before another."""
    return time < other_time or (time == other_time and rank < other_rank)


@_compiled
def _push(times: np.ndarray, ranks: np.ndarray, size: np.ndarray, time: float, rank: int) -> None:
    """Put an event on the heap.

    Args:
        times: Times of the heap [s], shape (capacity,).
        ranks: Ranks, shape (capacity,).
        size: Events on the heap, shape (1,); grows by one.
        time: When the new event is due [s].
        rank: Its place among events of the same time.
    """
    here = size[0]
    size[0] += 1
    while here > 0:
        above = (here - 1) // 2
        if not _is_before(time, rank, times[above], ranks[above]):
            break
        times[here], ranks[here] = times[above], ranks[above]
        here = above
    times[here], ranks[here] = time, rank


@_compiled
def _drop_first(times: np.ndarray, ranks: np.ndarray, size: np.ndarray) -> None:
    """Take the earliest event off the heap; it must hold one."""
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


@_compiled
def _append(head: np.ndarray, tail: np.ndarray, after: np.ndarray, before: np.ndarray, line: int, item: int) -> None:
    before[item], after[item] = tail[line], _NOBODY
    if tail[line] == _NOBODY:
        head[line] = item
    else:
        after[tail[line]] = item
    tail[line] = item


@_compiled
def _remove(head: np.ndarray, tail: np.ndarray, after: np.ndarray, before: np.ndarray, line: int, item: int) -> None:
    if before[item] == _NOBODY:
        head[line] = after[item]
    else:
        after[before[item]] = after[item]
    if after[item] == _NOBODY:
        tail[line] = before[item]
    else:
        before[after[item]] = before[item]


@_compiled
def _change_line(book: Book, now: float, queue: int, by: int) -> None:
    """Keep the time integral of the queue's length: the other side of Little's law."""
    book.line_seconds[queue] += book.line_length[queue] * (now - book.line_changed[queue])
    book.line_changed[queue] = now
    book.line_length[queue] += by


@_compiled
def _best_agent(rules: Rules, book: Book, queue: int) -> int:
    best, best_level, best_since = _NOBODY, 0, 0.0
    for group in range(rules.level.shape[0]):
        level, agent = rules.level[group, queue], book.idle_head[group]
        if level == 0 or agent == _NOBODY:
            continue
        since = book.idle_since[agent]
        if best == _NOBODY or level < best_level or (level == best_level and since < best_since):
            best, best_level, best_since = agent, level, since
    return best


@_compiled
def _best_queue(rules: Rules, book: Book, group: int) -> int:
    best, best_level, best_came = _NOBODY, 0, 0.0
    for queue in range(rules.level.shape[1]):
        level, slot = rules.level[group, queue], book.line_head[queue]
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


@_compiled
def _serve(rules: Rules, luck: Luck, book: Book, now: float, slot: int, agent: int) -> None:
    book.outcome[slot], book.agent[slot], book.started[slot] = ANSWERED, agent, now
    book.left[slot] = now + luck.handle[slot // rules.attempts]
    book.state[agent] = _BUSY
    _push(book.heap_time, book.heap_rank, book.heap_size, book.left[slot], _FINISHES * _RANK + agent)


@_compiled
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
        _push(book.heap_time, book.heap_rank, book.heap_size, now + luck.patience[slot], _GIVES_UP * _RANK + slot)


@_compiled
def _give_up(rules: Rules, luck: Luck, book: Book, now: float, slot: int) -> None:
    """A caller gives up, unless answered by now; perhaps to come again."""
    if book.outcome[slot] != WAITING:
        return
    queue = luck.queue[slot // rules.attempts]
    _remove(book.line_head, book.line_tail, book.line_after, book.line_before, queue, slot)
    _change_line(book, now, queue, -1)
    book.outcome[slot], book.left[slot] = ABANDONED, now
    if luck.delay[slot] < np.inf:
        _push(book.heap_time, book.heap_rank, book.heap_size, now + luck.delay[slot], _COMES * _RANK + slot + 1)


@_compiled
def _is_on_stint(rules: Rules, book: Book, now: float, agent: int) -> bool:
    last = rules.first_stint[agent + 1]
    while book.stint[agent] < last and rules.stint_ends[book.stint[agent]] <= now:
        book.stint[agent] += 1
    return book.stint[agent] < last and rules.stint_starts[book.stint[agent]] <= now


@_compiled
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


@_compiled
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


@_compiled
def run_events(rules: Rules, luck: Luck, book: Book) -> float:
    """Everything that happens, from the first event to the last.

    Args:
        rules: What does not change.
        luck: What chance has decided.
        book: Empty book, see `empty_book`; holds the answer afterwards.

    Returns:
        Time of the last event [s].
    """
    caller, edge, now = 0, 0, 0.0
    while True:
        time, rank, origin = np.inf, 0, _NOBODY
        if book.heap_size[0] > 0:
            time, rank, origin = book.heap_time[0], book.heap_rank[0], 0
        if edge < len(rules.edge_time) and (
            origin == _NOBODY or _is_before(rules.edge_time[edge], rules.edge_rank[edge], time, rank)
        ):
            time, rank, origin = rules.edge_time[edge], rules.edge_rank[edge], 1
        if caller < len(luck.arrived):
            comes = _COMES * _RANK + caller * rules.attempts
            if origin == _NOBODY or _is_before(luck.arrived[caller], comes, time, rank):
                time, rank, origin = luck.arrived[caller], comes, 2
        if origin == _NOBODY:
            return now
        if origin == 0:
            _drop_first(book.heap_time, book.heap_rank, book.heap_size)
        elif origin == 1:
            edge += 1
        else:
            caller += 1
        now = time
        _happen(rules, luck, book, now, rank)


def edges_of(starts: np.ndarray, ends: np.ndarray, agent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of stints as events, in order.

    Args:
        starts: Starts [s], shape (n_stints,).
        ends: Ends [s], shape (n_stints,).
        agent: Agent of each stint, shape (n_stints,).

    Returns:
        Times and ranks, shape (2 * n_stints,).
    """
    times = np.concatenate([starts, ends])
    ranks = np.concatenate([_STINT_STARTS * _RANK + agent, _STINT_ENDS * _RANK + agent])
    order = np.lexsort((ranks, times))
    return times[order], ranks[order]


def empty_book(rules: Rules, n_callers: int) -> Book:
    """A book in which nothing has happened yet.

    The heap holds at most one finish per agent and one give-up or return per slot.

    Args:
        rules: What stays the same throughout the run.
        n_callers: Callers [count].

    Returns:
        The book, one slot per attempt of a caller.
    """
    n_slots, n_agents = n_callers * rules.attempts, len(rules.group)
    n_groups, n_queues = rules.level.shape
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
        heap_time=np.empty(room),
        heap_rank=np.empty(room, dtype=np.int64),
        heap_size=np.zeros(1, dtype=np.int64),
    )
