"""From the sample's wall clock to the instants of operational tables, and stretches of time to seconds of quarters.

Not here: what is counted in them (contacts, agents).
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.operational.foreign_columns import INTERVAL_SECONDS
from wfm_pipeline.contracts.source.site import Site

SECOND: Final = np.timedelta64(1, "s")


def to_utc(local: pd.Series, site: Site) -> pd.Series:
    """Instants of wall-clock times.

    Args:
        local: Wall-clock times of the site, without a zone.
        site: Whose clock; an hour that comes twice is the one it says, one that does not exist is the next that does.

    Returns:
        Instants, UTC without a zone, in the same order.
    """
    is_earlier = np.full(len(local), fill_value=site.ambiguous_times == "earlier")
    zoned = pd.Series(local).dt.tz_localize(site.time_zone, ambiguous=is_earlier, nonexistent="shift_forward")
    return zoned.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")


def quarter_of(local: pd.Series) -> pd.Series:
    """Start of the quarter of an hour in which a time lies.

    Args:
        local: Times.

    Returns:
        Starts of quarters, the same order and kind.
    """
    return local.dt.floor(f"{INTERVAL_SECONDS}s")


def seconds_of_quarters(stretches: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Cut stretches of time at the quarters of the hour and add up their seconds.

    Args:
        stretches: Columns of the key, starts and ends (times, half-open; an end at or before the start is no time).
        key: Columns by which seconds are added up.

    Returns:
        One row per key and quarter with time in it: the key, quarter (its start), seconds [s]. In order of both.
    """
    starts = stretches["starts"].to_numpy().astype("datetime64[s]").astype(np.int64)
    ends = stretches["ends"].to_numpy().astype("datetime64[s]").astype(np.int64)
    first = starts // INTERVAL_SECONDS
    pieces = np.where(ends > starts, (ends - 1) // INTERVAL_SECONDS - first + 1, 0)
    row = np.repeat(np.arange(len(stretches)), pieces)
    number = np.arange(len(row)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    opens = (first[row] + number) * INTERVAL_SECONDS
    seconds = np.minimum(ends[row], opens + INTERVAL_SECONDS) - np.maximum(starts[row], opens)
    cut = (
        stretches[key].iloc[row].assign(quarter=opens.astype("datetime64[s]").astype("datetime64[us]"), seconds=seconds)
    )
    return cut.groupby([*key, "quarter"], sort=True)["seconds"].sum().reset_index()
