"""What came late, and whether a run for it may start now: what the late-data sensor asks.

Late is what changes a day that bronze has read to its end. New days and the rest of a day that is
not over are no late data: they belong to the nightly and the hourly run.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Final

import dagster as dg

from wfm_pipeline.asset_keys import DATES_TAG, UNREAD_TAG
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.domain.whole_days import unfinished_dates
from wfm_pipeline.orchestration.partitions.stale_dates import StaleDates, find_stale_dates
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.shelves.history import read_moments
from wfm_pipeline.warehouse.shelves.queue_hours import read_queue_calendar

TICKS_A_DAY: Final = 24
"""The sensor looks every hour: so many parts the older days of a night are divided into."""
_AT_WORK: Final = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True, slots=True)
class LateData:
    """What a tick found.

    Attributes:
        dates: Business dates to read again.
        is_anything_waiting: Silver has dates to refresh that bronze has already, or a table without dates has changed.
        newest: Newest date that bronze has.
        stale: All that was found.
        key: Name of just this finding on this day: the same rows are not asked for twice.
    """

    dates: Dates
    is_anything_waiting: bool
    newest: dt.date
    stale: StaleDates
    key: str


def run_at_work(instance: dg.DagsterInstance) -> dg.DagsterRun | None:
    """A run that waits, starts or writes: late data wait until it is over."""
    found = instance.get_runs(filters=dg.RunsFilter(statuses=_AT_WORK), limit=1)
    return found[0] if found else None


def find_late_data(house: House, today: dt.date) -> LateData:
    """Ask the source what came late.

    Args:
        house: The house.
        today: Date of the tick: what was asked for and failed is asked for again the next day.

    Raises:
        WfmError: source or warehouse cannot be asked.
    """
    stale = find_stale_dates(house, check_days=-(-house.settings.check_days_per_night // TICKS_A_DAY))
    with house.open_warehouse() as warehouse:
        moments = read_moments(warehouse, house.source_map)
        calendar = read_queue_calendar(warehouse, house.source_map)
    late = late_dates(stale.dates, known=set(moments), unfinished=unfinished_dates(calendar, moments))
    words = f"{late};{stale.waiting};{sorted(stale.changed_tables)};{sorted(stale.contents)}"
    key = f"{today}:{hashlib.md5(words.encode(), usedforsecurity=False).hexdigest()}"
    is_waiting = bool(moments and (stale.waiting or stale.changed_tables))
    return LateData(late, is_waiting, max(moments, default=today), stale, key)


def tags_of(late: LateData, *, first_partition: dt.date) -> dict[str, str]:
    """Run tags for what a tick found: the dates to read, and the partitions that are up to date afterwards.

    Dagster wants one range of partitions. It holds every date between the first and the last late one: those
    between were found to be as bronze has them, so that their partitions are rightly green.

    Args:
        late: What was found; at least something.
        first_partition: Where the daily partitions start.
    """
    touched = (late.dates | late.stale.waiting).hull if late.dates or late.stale.waiting else None
    first, last = (touched.first, touched.last) if touched else (late.newest, late.newest)
    return {
        DATES_TAG: str(late.dates),
        **({UNREAD_TAG: ",".join(late.stale.unread)} if late.stale.unread else {}),
        "dagster/asset_partition_range_start": max(first, first_partition).isoformat(),
        "dagster/asset_partition_range_end": max(last, first_partition).isoformat(),
    }


def late_dates(stale: Dates, *, known: set[dt.date], unfinished: frozenset[dt.date]) -> Dates:
    """Of stale dates those that are late.

    Args:
        stale: Dates to read.
        known: Dates that were read.
        unfinished: Those of them that were last read before they were over.

    Returns:
        Stale dates up to the newest that was read to its end, without those that are not over.
    """
    newest = max(known - unfinished, default=dt.date.min)
    return Dates.of(date for date in stale if date <= newest and date not in unfinished)
