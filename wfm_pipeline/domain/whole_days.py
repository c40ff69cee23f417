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

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.calendar import interval_grid

_SURELY_OVER: Final = dt.timedelta(days=2)
"""From its midnight in UTC on, a date is over in every zone."""


def unfinished_dates(site: Site, read_at: Mapping[dt.date, dt.datetime]) -> frozenset[dt.date]:
    """Business dates of which only a part was there to be read.

    Args:
        site: Time zone, opening hours and holidays of the desk.
        read_at: Business date -> instant at which its last reading began (naive UTC).

    Returns:
        Those that were last read before the end of their last open interval.

    Example:
        >>> desk = Site(time_zone="Europe/Stockholm")
        >>> noon = dt.datetime(2026, 6, 25, 10, 0)
        >>> sorted(unfinished_dates(desk, {dt.date(2026, 6, 24): noon, dt.date(2026, 6, 25): noon}))
        [datetime.date(2026, 6, 25)]
    """
    recent = {date: read for date, read in read_at.items() if read < _midnight(date) + _SURELY_OVER}
    return frozenset(date for date, read in recent.items() if _is_open_after(site, date, read))


def _midnight(date: dt.date) -> dt.datetime:
    return dt.datetime.combine(date, dt.time())


def _is_open_after(site: Site, date: dt.date, moment: dt.datetime) -> bool:
    grid = interval_grid(site, date, date)
    ends = grid.loc[grid["is_open"].astype(bool), "interval_end"]
    return bool((ends > pd.Timestamp(moment)).any())
