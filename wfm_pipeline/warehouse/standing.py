"""Noting which sources of a site were read, and putting what stands on a change of that on silver's to-do list.

While a source is not read, what it feeds is unknown from the day after the date it stands at; when it is read again, those
dates are made anew. Not here: the notes themselves (source_states.py) and what unknown means (silver/intervals.py).
"""

import datetime as dt
from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from wfm_pipeline.contracts.silver import QUEUE_INTERVALS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.domain.whole_days import unfinished_dates
from wfm_pipeline.errors import DataError, SourceError
from wfm_pipeline.urls import masked
from wfm_pipeline.warehouse.bronze.days import ledger
from wfm_pipeline.warehouse.bronze.pending import note_silver
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.ops.writing import utc_now
from wfm_pipeline.warehouse.shelves.history import leading_moments
from wfm_pipeline.warehouse.shelves.queue_hours import read_queue_calendar
from wfm_pipeline.warehouse.source_states import NOT_ASKED, SourceState, keep_state, known_states


def refuse_own_intervals(warehouse: Warehouse, source_map: SourceMap) -> None:
    """Refuse a site of which a later source has intervals of its own in the warehouse: its queues would count twice.

    Raises:
        DataError: there are some; the message says what to do.
    """
    later = [part.name for part in source_map.parts if part.name != source_map.name]
    if not later or not warehouse.has(QUEUE_INTERVALS.full_name):
        return
    own = Scope({"source": tuple(later)}).filter(warehouse.table(QUEUE_INTERVALS.full_name))
    names = warehouse.frame(own.select("source").distinct().order_by("source"))["source"].tolist()
    if names:
        raise DataError(
            f"source {names[0]} was run by itself in this warehouse, and has intervals and gold of its own there, beside those "
            f"of site {source_map.name}: put it first in the list of sources, or begin with an empty warehouse",
            sources=names,
        )


def note_site(
    warehouse: Warehouse,
    source_map: SourceMap,
    *,
    read: AbstractSet[str],
    in_use: AbstractSet[str],
    faults: Mapping[str, SourceError],
) -> Mapping[str, str]:
    """Note how a run has found each source of a site.

    Args:
        warehouse: An open warehouse.
        source_map: The site.
        read: Names of the sources that answered.
        in_use: Names of those that have not ended.
        faults: Name -> why it could not be asked.

    Returns:
        Name of each source that the run does not read -> the reason; empty for one that has ended, or was not asked.

    Raises:
        DataError: one of them is a site of its own in the warehouse.
    """
    refuse_own_intervals(warehouse, source_map)
    now, unread = utc_now(), dict[str, str]()
    for part in source_map.parts:
        fault = masked(str(faults[part.name])) if part.name in faults else ""
        if part.name in read or part.name not in in_use:
            note_read(warehouse, source_map, part, now=now)
        else:
            note_unread(warehouse, source_map, part, reason=fault or NOT_ASKED, now=now)
        if part.name not in read:
            unread[part.name] = fault
    return unread


def note_read(warehouse: Warehouse, source_map: SourceMap, part: SourceMap, *, now: dt.datetime) -> None:
    """A part was read, or is in use no more."""
    if not source_map.members:
        return
    before = known_states(warehouse, source_map).get(part.name)
    with warehouse.transaction():
        keep_state(warehouse, SourceState(part.name, True, now))
        if before and not before.is_read:
            _make_again(warehouse, source_map, part, before.stands_at)


def note_unread(
    warehouse: Warehouse, source_map: SourceMap, part: SourceMap, *, reason: str, now: dt.datetime
) -> SourceState:
    """A part was not read: it stands at the last date that was read to its end, and stays there until it is read.

    Returns:
        What was noted.
    """
    before = known_states(warehouse, source_map).get(part.name)
    is_known = before is not None and not before.is_read
    stands_at = before.stands_at if before and is_known else last_whole_date(warehouse, source_map, part)
    state = SourceState(part.name, False, now, stands_at, reason)
    with warehouse.transaction():
        keep_state(warehouse, state)
        if not is_known:
            _make_again(warehouse, source_map, part, stands_at)
    return state


def last_whole_date(warehouse: Warehouse, source_map: SourceMap, part: SourceMap) -> dt.date | None:
    """The last business date of a site's source that was read to its end, by the site's hours; None where none was."""
    moments = leading_moments(warehouse, part)
    return max(moments.keys() - unfinished_dates(read_queue_calendar(warehouse, source_map), moments), default=None)


def last_dates(warehouse: Warehouse, source_map: SourceMap) -> Mapping[str, dt.date]:
    """Leading part -> the last business date it has rows of."""
    ends = {part.name: max(ledger(warehouse, part, part.leading), default=None) for part in source_map.leading_parts}
    return {name: date for name, date in ends.items() if date}


def _make_again(warehouse: Warehouse, source_map: SourceMap, part: SourceMap, stands_at: dt.date | None) -> None:
    """The intervals after the date a part stands at become unknown, or known again."""
    last = max(last_dates(warehouse, source_map).values(), default=None)
    if stands_at and last and stands_at < last:
        after = Dates.between(stands_at + dt.timedelta(days=1), last)
        note_silver(warehouse, part, [QUEUE_INTERVALS.full_name], after)
