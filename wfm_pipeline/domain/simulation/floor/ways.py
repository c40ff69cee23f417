"""Which way the event loop runs: plain while there is little to do, compiled once there was more.

Both ways are the same code and give the same answer to the last bit. Compiling takes five seconds the first time on a
machine, and one second to load later; the plain way needs as long for the callers of `PLAIN_CALLERS`. Not here: the
loop itself (kernel), what goes in and comes out (run).
"""

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wfm_pipeline.domain.compiling import can_compile, compiled
from wfm_pipeline.domain.simulation.floor import kernel
from wfm_pipeline.domain.simulation.floor.kernel import Book, Luck, Rules

PLAIN_CALLERS: Final = 250_000
"""Callers that a process sees before it compiles; the runs of a search are not known beforehand."""

_SLOTTED: Final = {
    kind: dataclasses.make_dataclass(kind.__name__, kind._fields, slots=True) for kind in (Rules, Luck, Book)
}
"""What the plain way reads from: Python finds slots faster than the fields of a tuple, which is what numba takes."""


@dataclass
class _Tally:
    callers: int = 0


_SEEN: Final = _Tally()
"""How many callers this process has simulated. It decides how fast the next answer comes, never what it says."""


def play(rules: Rules, luck: Luck, book: Book, *, is_compiled: bool | None = None) -> float:
    """Let everything happen that happens.

    Args:
        rules: What does not change.
        luck: What chance has decided.
        book: Empty book, see `empty_book`; holds the answer afterwards.
        is_compiled: Which way; None chooses by the callers seen so far.

    Returns:
        Time of the last event [s].
    """
    _SEEN.callers += len(luck.queue)
    if is_compiled is None:
        is_compiled = _SEEN.callers > PLAIN_CALLERS and can_compile()
    if is_compiled:
        return compiled(kernel, "run_events", instead=kernel.IN_ARRAYS, _nrt=False)(rules, luck, book)
    plain = _in_lists(book)
    plain.heap = kernel.new_heap()
    last = kernel.run_events(_in_lists(rules), _in_lists(luck), plain)
    for name, array in book._asdict().items():
        if isinstance(array, np.ndarray):
            array[:] = getattr(plain, name)
    return last


def _in_lists(part: Any) -> Any:
    """The same with lists for arrays: Python reads their items five times as fast."""
    return _SLOTTED[type(part)](*(value.tolist() if isinstance(value, np.ndarray) else value for value in part))
