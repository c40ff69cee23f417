"""Moments of today: up to when calls are known, the issue that held then, and the update that was stored.

Not here: the update (domain/forecasting/intraday) and writing it (assets/forecasting/intraday).
"""

import datetime as dt
from dataclasses import dataclass

import ibis
import pandas as pd

from wfm_pipeline.contracts.gold import QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.intraday import INTRADAY_TABLES
from wfm_pipeline.contracts.silver import CALLS, INTERVAL_STATISTICS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.errors import DataError, shown
from wfm_pipeline.units import sensible_date
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_parts, of_source


@dataclass(frozen=True, slots=True)
class Moment:
    """When an update is made.

    Attributes:
        instant: Start of the first interval still to come (naive UTC).
        local: The same by wall clock.
        known_until: Wall clock up to which calls are known; never after the last call in silver.
    """

    instant: dt.datetime
    local: dt.datetime
    known_until: dt.datetime


def find_moment(warehouse: Warehouse, source_map: SourceMap, at: str) -> Moment:
    """The moment a person means, on the site's interval grid, and up to when calls are known.

    The full grid of silver has zeros after the last call that was read; so nothing after the interval
    of that call is taken as known.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        at: Local time as YYYY-MM-DDTHH:MM; empty takes the end of what silver holds.

    Raises:
        DataError: `at` is no time, or silver holds no call.
    """
    told, name = (INTERVAL_STATISTICS, "interval_start") if source_map.playing("intervals") else (CALLS, "arrived_at")
    rows = of_parts(source_map).filter(warehouse.table(told.full_name))
    last = warehouse.frame(rows.aggregate(last=ibis._[name].max()))["last"].iloc[0]
    if pd.isna(last):
        raise DataError(f"{told.full_name} holds no call; run `wfm run` first")
    site = source_map.site
    zone, step = site.time_zone, f"{site.interval_minutes}min"
    seen = pd.Timestamp(last).tz_localize("UTC").tz_convert(zone).tz_localize(None).floor(step)
    local = local_time(at).floor(step) if at else seen
    is_earlier = site.ambiguous_times == "earlier"
    instant = local.tz_localize(zone, ambiguous=is_earlier, nonexistent="shift_forward").tz_convert("UTC")
    return Moment(instant.tz_localize(None).to_pydatetime(), local.to_pydatetime(), min(seen, local).to_pydatetime())


def local_time(text: str) -> pd.Timestamp:
    """A local time that a person gave.

    Raises:
        DataError: it is none.
    """
    try:
        moment = dt.datetime.fromisoformat(text).replace(tzinfo=None)
        sensible_date(moment.date())
    except ValueError as error:
        raise DataError(f"at must be a local time as YYYY-MM-DDTHH:MM, got {shown(text)}", got=text) from error
    return pd.Timestamp(moment)


def issue_of_day(warehouse: Warehouse, source_map: SourceMap, moment: Moment) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of today, of intervals and of days, from the newest issue made at or before the update.

    Raises:
        DataError: there is none.
    """
    of_day = of_source(source_map, business_date=moment.local.date())
    stored = of_day.filter(warehouse.table(QUEUE_DAY_FORECAST.full_name))
    made = stored.filter(stored.issued_at <= moment.instant)
    days = warehouse.frame(made.filter(made.issued_at == made.issued_at.max()))
    if days.empty:
        day = moment.local.date()
        raise DataError(
            f"no forecast of {day} was issued at or before {moment.local}; issue one with `wfm run --as-of {day}`",
            date=day,
        )
    issued_at = pd.Timestamp(days["issued_at"].iloc[0]).to_pydatetime()
    same = of_source(source_map, business_date=moment.local.date(), issued_at=issued_at)
    return warehouse.frame(same.filter(warehouse.table(QUEUE_INTERVAL_FORECAST.full_name))), days


def stored_update(
    warehouse: Warehouse, source_map: SourceMap, at: dt.datetime | None
) -> tuple[Moment, dict[str, pd.DataFrame]]:
    """The moment of an update and its rows of both tables, in order.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        at: Local time of the update; None takes the end of what silver holds.
    """
    moment = find_moment(warehouse, source_map, at.isoformat() if at else "")
    scope = of_source(source_map, reforecast_at=moment.instant)
    frames = {}
    for table in INTRADAY_TABLES:
        rows = warehouse.frame(scope.filter(warehouse.table(table.full_name)))
        frames[table.name] = rows.sort_values(list(table.key), ignore_index=True)
    return moment, frames
