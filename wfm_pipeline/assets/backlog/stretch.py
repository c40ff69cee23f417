"""Which hours a run of the backlog is about: those of its partitions, or those of the dates that its tag names, as far as they are over.

Not here: which hours were missed (orchestration/hourly.py).
"""

import datetime as dt
from dataclasses import dataclass

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import DATES_TAG, UNTIL_TAG
from wfm_pipeline.assets.step import dates_of
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.calendar import start_of_day
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import SECONDS_PER_HOUR

_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hours one after the other.

    Attributes:
        start: Start of the first (naive UTC).
        end: End of the last, exclusive.
    """

    start: pd.Timestamp
    end: pd.Timestamp

    @property
    def hours(self) -> pd.DataFrame:
        """hour_start, hour_end of each."""
        edges = pd.date_range(self.start, self.end, freq="h", unit="us")
        return pd.DataFrame({"hour_start": edges[:-1], "hour_end": edges[1:]})

    def dates(self, site: Site) -> Dates:
        """Business dates that it touches."""
        first, last = (
            at.tz_localize("UTC").tz_convert(site.time_zone).date() for at in (self.start, self.end - pd.Timedelta(1))
        )
        return Dates.between(first, last)


def stretch_of(context: dg.AssetExecutionContext, site: Site, now: dt.datetime) -> Stretch:
    """The hours of a run.

    Args:
        context: The step's context.
        site: Whose dates.
        now: No hour that ends later (naive UTC).

    Returns:
        The stretch.

    Raises:
        DataError: none of the hours is over.
    """
    start, end = _edges(context, site)
    until = min(end, pd.Timestamp(now), pd.Timestamp(_until(context) or now))
    whole = int((until - start).total_seconds() // SECONDS_PER_HOUR)
    if whole < 1:
        raise DataError(f"no hour from {start} UTC on is over by {until}: choose hours that are")
    return Stretch(start, start + pd.Timedelta(hours=whole))


def _edges(context: dg.AssetExecutionContext, site: Site) -> tuple[pd.Timestamp, pd.Timestamp]:
    if DATES_TAG not in context.run.tags and (context.has_partition_key_range or context.has_partition_key):
        window = context.partition_time_window
        found = [moment.astimezone(dt.UTC).replace(tzinfo=None) for moment in (window.start, window.end)]
    else:
        hull = dates_of(context).hull
        found = [start_of_day(site, day) for day in (hull.first, hull.last + _ONE_DAY)]
    start, end = (pd.Timestamp(moment).as_unit("us") for moment in found)
    return start, end


def _until(context: dg.AssetExecutionContext) -> dt.datetime | None:
    """The run's own last instant, naive UTC; None where it names none."""
    told = context.run.tags.get(UNTIL_TAG)
    return dt.datetime.fromisoformat(told) if told else None
