"""Which business dates had not ended for the desk when they were last read.

Here: the rule that tells a whole day from a part of one. Not here: when a date was read (the ledger in
warehouse/bronze/days) or what becomes of a part of a day (warehouse/shelves/history).

A date is over for the desk when its last open interval has ended: from then on nothing comes that is
forecast. A date on which the desk is closed all day is over from its beginning.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.opening.queue_calendar import QueueCalendar

_SURELY_OVER: Final = dt.timedelta(days=2)
"""From its midnight in UTC on, a date is over in every zone."""


def unfinished_dates(calendar: QueueCalendar, read_at: Mapping[dt.date, dt.datetime]) -> frozenset[dt.date]:
    """Business dates of which only a part was there to be read.

    Args:
        calendar: When the queues of the desk are open.
        read_at: Business date -> instant at which its last reading began (naive UTC).

    Returns:
        Those that were last read before the end of their last open interval.

    Example:
        >>> from wfm_pipeline.contracts.source.site import Site
        >>> desk = QueueCalendar(Site(time_zone="Europe/Stockholm"))
        >>> noon = dt.datetime(2026, 6, 25, 10, 0)
        >>> sorted(unfinished_dates(desk, {dt.date(2026, 6, 24): noon, dt.date(2026, 6, 25): noon}))
        [datetime.date(2026, 6, 25)]
    """
    recent = {date: read for date, read in read_at.items() if read < _midnight(date) + _SURELY_OVER}
    return frozenset(date for date, read in recent.items() if _is_open_after(calendar, date, read))


def _midnight(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, dt.time())


def _is_open_after(calendar: QueueCalendar, date: dt.date, moment: dt.datetime) -> bool:
    """Whether any queue has an open interval that ends later."""
    grids = (calendar.grid(queue, date, date) for queue in (ALL, *calendar.named))
    return any(
        bool((grid["is_open"].astype(bool) & (grid["interval_end"] > pd.Timestamp(moment))).any()) for grid in grids
    )
