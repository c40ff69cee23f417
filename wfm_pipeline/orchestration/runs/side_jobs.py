"""What the jobs beside the main one are about: a request for each, from what was asked.

Not here: running them (running.py), and reading back what a run has stored (warehouse/shelves).
"""

import datetime as dt
from collections.abc import Sequence

from wfm_pipeline.asset_keys import UNTIL_TAG
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.orchestration.jobs import (
    ALLOCATION,
    BACKLOG_HOURLY,
    CAPACITY,
    COVERAGE_HOURLY,
    INTRADAY,
    LONG_RANGE,
    MODEL_FIT,
    OVERRIDES,
    PLANNERS,
    REFORECAST,
    allocation_config,
    forecast_config,
    long_range_config,
    reforecast_config,
)
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.shelves.history import call_dates

CAPACITY_REQUEST = JobRequest(CAPACITY)
"""The capacity plan of the newest long range."""


def weeks_request(weeks: Sequence[IsoWeek], *, reason: str = "") -> JobRequest:
    """The allocation of weeks that follow each other, in order of time; `reason` is kept with their versions."""
    return JobRequest(ALLOCATION, Dates.between(weeks[0].dates[0], weeks[-1].dates[-1]), allocation_config(reason))


def long_range_request(as_of: dt.date | None) -> JobRequest:
    """The long range from a first target day on; None takes the day after the last date known to its end."""
    return JobRequest(LONG_RANGE, config=long_range_config(as_of))


def planners_request(as_of: dt.date | None, *, is_reissue: bool, is_overrides_only: bool) -> JobRequest:
    """Planners' tables into the forecast; or their overrides alone, on the newest issue."""
    if is_overrides_only:
        return JobRequest(OVERRIDES)
    return JobRequest(PLANNERS, config=forecast_config(as_of, is_reissue=is_reissue))


def reforecast_request(house: House, at: dt.datetime | None, *, is_refreshed: bool) -> JobRequest:
    """The rest of a day.

    Args:
        house: The house; with `is_refreshed` the source is asked what is stale, so hold the writer's lock.
        at: Local time of the update; None takes the end of what silver holds.
        is_refreshed: Read the source's new calls first.
    """
    if not is_refreshed:
        return JobRequest(REFORECAST, config=reforecast_config(at))
    return JobRequest(INTRADAY, find_stale_dates(house).dates, reforecast_config(at))


def coverage_request(dates: Dates) -> JobRequest:
    """Coverage's history of every hour of some business dates."""
    return JobRequest(COVERAGE_HOURLY, dates)


def backlog_request(dates: Dates, until: dt.datetime) -> JobRequest:
    """The backlog of the hours of some business dates, those that end after an instant (naive UTC) left out."""
    return JobRequest(BACKLOG_HOURLY, dates, tags={UNTIL_TAG: until.isoformat(timespec="seconds")})


def model_fit_request(house: House) -> JobRequest:
    """The models' honesty over the whole history.

    Raises:
        WarehouseError: silver holds no call of this source yet.
    """
    with house.open_warehouse() as warehouse:
        dates = call_dates(warehouse, house.source_map)
    if dates is None:
        raise WarehouseError(f"silver holds no call of {house.source_map.name} yet; `wfm run` reads them")
    return JobRequest(MODEL_FIT, dates)
