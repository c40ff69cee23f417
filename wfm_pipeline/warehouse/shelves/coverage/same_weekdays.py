"""What the same weekdays before a date had: known intervals of silver, for a need where no forecast stands.

Not here: the mean over them (domain/coverage/required).
"""

import datetime as dt
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.silver import QUEUE_INTERVALS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.coverage.required import WEEKDAYS_BACK
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.units import DAYS_PER_WEEK
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope, of_source

_COLUMNS: Final = ("queue_id", "interval_start_local", "calls_offered", "aht_seconds")


def same_weekdays(date: dt.date) -> tuple[dt.date, ...]:
    """The dates whose calls stand for those of a date without a forecast, oldest first.

    Args:
        date: The date.

    Returns:
        The last four same weekdays before it.

    Example:
        >>> [f"{day:%d.%m.}" for day in same_weekdays(dt.date(2026, 3, 2))]
        ['02.02.', '09.02.', '16.02.', '23.02.']
    """
    return tuple(date - dt.timedelta(days=DAYS_PER_WEEK * weeks) for weeks in range(WEEKDAYS_BACK, 0, -1))


def read_same_weekdays(warehouse: Warehouse, source_map: SourceMap, date: dt.date) -> pd.DataFrame:
    """Intervals of the same weekdays before a date.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        date: The date.

    Returns:
        queue_id, interval_start_local, calls_offered (null = not known), aht_seconds; no row where silver is not made yet.
    """
    if not warehouse.has(QUEUE_INTERVALS.full_name):
        return pd.DataFrame(columns=list(_COLUMNS))
    of_days = Scope(column="business_date", dates=Dates.of(same_weekdays(date)))
    rows = of_days.filter(of_source(source_map).filter(warehouse.table(QUEUE_INTERVALS.full_name)))
    return warehouse.frame(rows.select(*_COLUMNS))
