"""Past dates of a live centre's statistics, as the need of today is taken from them where no forecast stands.

Not here: what is made of them (domain/coverage/required), the day itself (reader).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.operational.foreign_columns import INTERVAL_SECONDS
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.calendar import start_of_day
from wfm_pipeline.errors import DataError, SettingsError
from wfm_pipeline.units import SECONDS_PER_MINUTE

HISTORY_COLUMNS: Final = ("queue_id", "interval_start", "interval_start_local", "calls_offered", "aht_seconds")
Window = tuple[dt.datetime, dt.datetime]
"""[start, end), naive UTC."""


def windows_of(dates: Sequence[dt.date], site: Site) -> dict[dt.date, Window]:
    """First instant and end of local dates.

    Args:
        dates: Local dates; a date twice is one.
        site: Its time zone.

    Returns:
        Date -> [start, end), naive UTC, in order of time.

    Raises:
        DataError: there is no date.
    """
    if not dates:
        raise DataError("history needs at least one date, got none", got=0)
    return {
        date: (start_of_day(site, date), start_of_day(site, date + dt.timedelta(days=1))) for date in sorted(set(dates))
    }


def history_of(
    statistics: Mapping[dt.date, pd.DataFrame],
    windows: Mapping[dt.date, Window],
    site: Site,
    *,
    is_absent_zero: bool,
) -> pd.DataFrame:
    """What each service had in each interval of the site.

    Args:
        statistics: Date -> rows of contact_statistics in the house's units.
        windows: Of `windows_of`.
        site: Its time zone and intervals.
        is_absent_zero: A quarter without a row had no contacts, on dates of which the service has any row; otherwise it is not
            known and adds nothing.

    Returns:
        Columns `HISTORY_COLUMNS`, by queue and time. The queue is the service; calls_offered are its received callers [calls],
        aht_seconds the mean over those treated [s], null where nobody was.

    Raises:
        SettingsError: the site's intervals are shorter than those of the statistics.
    """
    if site.interval_minutes * SECONDS_PER_MINUTE < INTERVAL_SECONDS:
        raise SettingsError(
            f"interval_minutes is {site.interval_minutes}, and a live centre's statistics are of "
            f"{INTERVAL_SECONDS // SECONDS_PER_MINUTE} minutes: they cannot be told apart; take 15, 30 or 60",
            got=site.interval_minutes,
        )
    parts = [_of_date(statistics[date], window, site.interval_minutes) for date, window in windows.items()]
    if is_absent_zero:
        parts = [
            _filled(part, window, site.interval_minutes) for part, window in zip(parts, windows.values(), strict=True)
        ]
    found = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    local = found["interval_start"].dt.tz_localize("UTC").dt.tz_convert(site.time_zone).dt.tz_localize(None)
    found = found.assign(interval_start_local=local)[list(HISTORY_COLUMNS)]
    return found.sort_values(["queue_id", "interval_start"], ignore_index=True)


def _of_date(rows: pd.DataFrame, window: Window, minutes: int) -> pd.DataFrame:
    """Quarters of a date put together to the site's intervals, which begin with the date."""
    begins, step = pd.Timestamp(window[0]), pd.Timedelta(minutes=minutes)
    known = rows["treated_calls"].where(rows["aht_seconds"].notna(), 0.0)
    told = pd.DataFrame(
        {
            "queue_id": rows["service_id"].astype(object),
            "interval_start": begins + (rows["interval_start_time"] - begins).dt.floor(step),
            "calls_offered": rows["received_calls"],
            "treated": known,
            "handled": known * rows["aht_seconds"].fillna(0.0),
        }
    )
    sums = told.groupby(["queue_id", "interval_start"], as_index=False).sum()
    aht = sums["handled"] / sums["treated"].where(sums["treated"] > 0)
    return sums[["queue_id", "interval_start", "calls_offered"]].assign(aht_seconds=aht)


def _filled(told: pd.DataFrame, window: Window, minutes: int) -> pd.DataFrame:
    """Every interval of every service that has one: absent ones had no contacts."""
    starts = pd.date_range(*window, freq=f"{minutes}min", inclusive="left", unit="us")
    keys = ["queue_id", "interval_start"]
    every = pd.MultiIndex.from_product([told["queue_id"].unique(), starts], names=keys)
    full = told.set_index(keys).reindex(every).reset_index()
    return full.assign(queue_id=full["queue_id"].astype(object), calls_offered=full["calls_offered"].fillna(0.0))
