"""What happened between two readings of a counter that starts again at midnight or after a restart.

Here: flow from readings. Not here: who reads the counters and when.

No command reaches it yet: the live cycle will read the counters of its centre with it.

A counter only grows until it starts again. A reading below the one before is a restart where it is at most half of it,
or where a restart is known to lie between the two; then what it shows has come since, and what came before the restart
and was never read is lost: the flow is a lower bound. A smaller fall is a correction of the counter: nothing came, and
nothing counts again until the counter is above where it was. So no flow is negative and none is counted twice.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.coverage.grid import need_columns

RESTART_SHARE: Final = 0.5
"""Share of the reading before, at or below which a lower reading is a restart [0..1]; corrections are far smaller."""


def flow_between(readings: pd.DataFrame, *, restarts: Sequence[pd.Timestamp] = ()) -> pd.DataFrame:
    """Growth of counters from each reading to the next.

    Args:
        readings: counter_id, read_at (naive UTC), reading (>= 0, null = not read); one row per reading, in any order. Of
            several readings of one instant the largest counts.
        restarts: Instants at which all counters start again, such as local midnights; one that lies in
            `(earlier reading, later reading]` makes the later one a restart whatever it shows.

    Returns:
        counter_id, since_at, read_at, flow (>= 0), is_lower_bound: one row per known reading but each counter's first,
        of which nobody knows since when it counts. In order of counter and time.

    Raises:
        DataError: a column is missing.

    Example:
        >>> at = pd.date_range("2026-03-02 23:30", periods=4, freq="15min")
        >>> flow_between(pd.DataFrame({"counter_id": "ann", "read_at": at, "reading": [40, 44, 2, 5]}))["flow"].tolist()
        [4.0, 2.0, 3.0]
    """
    need_columns(readings, ("counter_id", "read_at", "reading"), of="readings")
    rows = readings.dropna(subset=["counter_id", "read_at", "reading"])
    rows = rows.groupby(["counter_id", "read_at"], sort=True)[["reading"]].max().reset_index()
    rows = rows.assign(reading=rows["reading"].astype(np.float64))
    by_counter = rows.groupby("counter_id", sort=False)
    before, since = by_counter["reading"].shift(), by_counter["read_at"].shift()
    is_first = since.isna().to_numpy()
    has_fallen = ((rows["reading"] < before) & (rows["reading"] <= RESTART_SHARE * before)).to_numpy()
    is_known = _restarts_until(rows["read_at"], restarts) > _restarts_until(since, restarts)
    is_restart = ~is_first & (has_fallen | is_known)
    stretch = np.cumsum(is_first | is_restart)
    highest = rows["reading"].groupby(stretch, sort=False).cummax()
    grown = highest - highest.groupby(stretch, sort=False).shift()
    flow = np.where(is_restart, rows["reading"], grown)
    found = rows[["counter_id"]].assign(since_at=since, read_at=rows["read_at"], flow=flow, is_lower_bound=is_restart)
    return found[~is_first].reset_index(drop=True)


def _restarts_until(instants: pd.Series, restarts: Sequence[pd.Timestamp]) -> np.ndarray:
    """Restarts at or before each instant [count]."""
    known = np.sort(pd.DatetimeIndex(list(restarts)).to_numpy(dtype="datetime64[us]"))
    return np.searchsorted(known, instants.to_numpy(dtype="datetime64[us]"), side="right")
