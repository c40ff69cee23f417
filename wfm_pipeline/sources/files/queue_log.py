"""Asterisk's queue_log, a log of events, as one row per stay of a caller in a queue.

Here: which events begin, answer and end a stay, a small closed rule. A stay that has not ended is no row yet: it comes with a later
reading, or after a day without an end as one that nobody knows the end of. Not here: which files they are (folder) and what a row
means (the map). Events: "Queue Logs", Asterisk documentation (docs.asterisk.org/Operation/Logging/Queue-Logs).
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa

from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.files.packed import guarded, opened
from wfm_pipeline.units import SECONDS_PER_DAY

COLUMNS: Final = (
    "callid", "stay", "queuename", "entered", "callerid", "agent", "outcome", "waited", "talked", "last_event",
)  # fmt: skip
"""Columns of a row, all of them texts; entered is UTC, waited and talked are seconds."""
_LEAST_FIELDS: Final = 5
"""time|callid|queuename|agent|event, before the event's own data."""
_LONGEST_LINE: Final = 1 << 16
"""Bytes of a line."""
_ENDS: Final[Mapping[str, tuple[str, int | None, int | None]]] = {
    "COMPLETEAGENT": ("answered", 0, 1),
    "COMPLETECALLER": ("answered", 0, 1),
    "TRANSFER": ("transferred", 2, 3),
    "BLINDTRANSFER": ("transferred", 2, 3),
    "ATTENDEDTRANSFER": ("transferred", None, None),
    "ABANDON": ("abandoned", 2, None),
    "EXITWITHTIMEOUT": ("other", 2, None),
    "EXITEMPTY": ("other", 2, None),
    "EXITWITHKEY": ("other", 3, None),
    "AGENTDUMP": ("other", None, None),
    "SYSCOMPAT": ("other", None, None),
}
"""Event -> outcome, and which of its data are the wait and the talk time [s]; None: by the clock of the events."""


_Row = tuple[str | None, ...]


@dataclass(slots=True)
class _Stay:
    """A caller in a queue."""

    call: str
    number: int
    queue: str
    entered: int
    caller: str
    agent: str = ""
    connected: int | None = None
    waited: str | None = None

    def row(self, outcome: str, event: str, waited: str | None, talked: str | None) -> _Row:
        """The stay as it ended."""
        moment = dt.datetime.fromtimestamp(self.entered, dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
        names = (self.call, str(self.number), self.queue, moment, self.caller, self.agent, outcome)
        return (*names, self.waited if waited is None else waited, talked, event)


@dataclass(slots=True)
class _Log:
    """What is known after some lines: stays that have not ended, and how many each call had."""

    open: dict[str, _Stay] = field(default_factory=dict)
    stays: Counter[str] = field(default_factory=Counter)
    newest: int = 0

    def take(self, time: int, call: str, queue: str, agent: str, event: str, data: Sequence[str]) -> Iterator[_Row]:
        """An event; gives the rows that it ends."""
        self.newest = max(self.newest, time)
        stay = self.open.get(call)
        if event == "ENTERQUEUE":
            if stay is not None:
                yield stay.row("other", "", None, None)
            self.stays[call] += 1
            caller = data[1] if len(data) > 1 else ""
            self.open[call] = _Stay(call, self.stays[call], queue, time, caller)
        elif stay is not None and event == "CONNECT":
            stay.agent, stay.connected, stay.waited = agent, time, data[0] if data else None
        elif stay is not None and event in _ENDS:
            yield self.open.pop(call).row(*_end(stay, time, event, data))

    def unended(self) -> Iterator[_Row]:
        """Stays that should have ended long ago."""
        for stay in self.open.values():
            if self.newest - stay.entered > SECONDS_PER_DAY:
                yield stay.row("other", "", None, None)


def _end(stay: _Stay, time: int, event: str, data: Sequence[str]) -> tuple[str, str, str | None, str | None]:
    outcome, wait_place, talk_place = _ENDS[event]
    waited = _at(data, wait_place)
    if outcome in ("answered", "transferred"):
        by_clock = None if stay.connected is None else str(time - stay.connected)
        return outcome, event, waited, _at(data, talk_place) or by_clock
    return outcome, event, waited or str(time - stay.entered), None


def _at(data: Sequence[str], place: int | None) -> str | None:
    return data[place] if place is not None and place < len(data) and data[place].isdigit() else None


def read_stays(paths: Sequence[Path], *, chunk_rows: int) -> Iterator[pa.Table]:
    """Stays of some logs, in the order in which they ended.

    Args:
        paths: The log and its rotated parts, in any order: they are read in order of their first event.
        chunk_rows: Rows at a time, at most.

    Raises:
        SourceError: a line is no event; the message names file and line.
    """
    log = _Log()
    rows: list[_Row] = []
    for event in _events(sorted(paths, key=_first_time)):
        rows += log.take(*event)
        if len(rows) >= chunk_rows:
            yield _table(rows)
            rows = []
    rows += log.unended()
    yield _table(rows)


def _first_time(path: Path) -> tuple[int, str]:
    return next((event[0] for event in _events([path])), 0), path.name


def _events(paths: Sequence[Path]) -> Iterator[tuple[int, str, str, str, str, list[str]]]:
    for path in paths:
        with guarded(path), opened(path) as file:
            number = 0
            while line := file.readline(_LONGEST_LINE):
                number += 1
                if not line.endswith(b"\n"):
                    break  # the last line, which is still being written
                text = line.decode("utf-8", errors="replace").strip()
                if text:
                    yield _event(path, number, text)


def _event(path: Path, number: int, text: str) -> tuple[int, str, str, str, str, list[str]]:
    fields = text.split("|")
    time = fields[0].split(".")[0]
    if len(fields) < _LEAST_FIELDS or not time.isdigit():
        raise SourceError(
            f"{path}, line {number}, is no event of a queue_log: time|callid|queuename|agent|event|data, the time as seconds "
            "since 1970",
            path=str(path),
            line=number,
        )
    call, queue, agent, event = fields[1:_LEAST_FIELDS]
    return int(time), call, queue, agent, event, fields[_LEAST_FIELDS:]


def _table(rows: Sequence[_Row]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else ((),) * len(COLUMNS)
    return pa.table({name: pa.array(list(values), pa.string()) for name, values in zip(COLUMNS, columns, strict=True)})
