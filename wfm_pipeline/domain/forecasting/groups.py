"""Training groups: which queues learn together where all of them are too many for one machine.

Here: dealing queues to groups by their ids and by how much history they have. Not here: what a group learns from
(training.py) and where it is trained (assets).

A queue's place is a hash of its id, so nobody's coming or going moves another. All queues are one group while their
history is small enough. A group that is too large is cut in two by the next bit of its queues' places, as often as
needed. So a queue that is added changes the group it falls into, which may be cut by that, and no other.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from wfm_pipeline.errors import DataError

ALL_QUEUES: Final = "all"
"""Name of the one group that is not cut."""
_CUT: Final = "g"
"""Begins the name of a group that is cut; the bits of its queues' places follow."""


@dataclass(frozen=True, slots=True)
class TrainingGroup:
    """Queues that learn together.

    Attributes:
        name: `all`, or g and the bits that its queues' places have in common: g0, g10.
        queue_ids: Its queues, sorted.
        rows: Intervals of their history [count].
    """

    name: str
    queue_ids: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class _Family:
    """Queues that planners' statements bind together, with their place as bits."""

    place: str
    queue_ids: tuple[str, ...]
    rows: int


def deal_queues(
    rows: Mapping[str, int], *, most_rows: int, bound: Iterable[tuple[str, str]] = ()
) -> tuple[TrainingGroup, ...]:
    """Deal queues to groups.

    Args:
        rows: Queue -> intervals of its history [count], >= 0.
        most_rows: Intervals from above which a group is cut [count], >= 1.
        bound: Pairs of queues that hand calls on to each other; they learn together, also through a queue without history.

    Returns:
        Groups in order of their names; every queue is in exactly one. None is larger than `most_rows`, unless it is a
        single queue or queues that are bound. The same for any order of queues and pairs.

    Raises:
        DataError: most_rows below 1.

    Source:
        docs/methods/forecasting.md, training groups; Fredkin (1960), Trie memory.

    Example:
        >>> [(group.name, group.queue_ids) for group in deal_queues({"a": 60, "b": 50, "c": 10}, most_rows=100)]
        [('g0', ('b', 'c')), ('g1', ('a',))]
    """
    if most_rows < 1:
        raise DataError(f"training groups hold at least 1 row, got most_rows {most_rows}", got=most_rows)
    families = _families(rows, bound)
    return tuple(sorted(_cut(families, 0, most_rows), key=lambda group: group.name)) if families else ()


def _families(rows: Mapping[str, int], bound: Iterable[tuple[str, str]]) -> list[_Family]:
    """Queues that are bound, each family in the place of its first name."""
    head = {name: name for name in rows}

    def head_of(name: str) -> str:
        while head.setdefault(name, name) != name:
            name = head[name]
        return name

    for one, other in bound:
        first, second = sorted((head_of(one), head_of(other)))
        head[second] = first
    members: dict[str, list[str]] = {}
    for name in sorted(rows):
        members.setdefault(head_of(name), []).append(name)
    return [_Family(_place(first), tuple(own), sum(rows[name] for name in own)) for first, own in members.items()]


def _place(name: str) -> str:
    digest = hashlib.sha256(name.encode()).digest()
    return "".join(f"{byte:08b}" for byte in digest)


def _cut(families: list[_Family], depth: int, most_rows: int) -> Iterator[TrainingGroup]:
    """One group, or the groups of both halves."""
    total = sum(family.rows for family in families)
    if total <= most_rows or len({family.place for family in families}) == 1:
        names = tuple(sorted(name for family in families for name in family.queue_ids))
        yield TrainingGroup(_CUT + families[0].place[:depth] if depth else ALL_QUEUES, names, total)
        return
    for bit in "01":
        half = [family for family in families if family.place[depth] == bit]
        if half:
            yield from _cut(half, depth + 1, most_rows)
