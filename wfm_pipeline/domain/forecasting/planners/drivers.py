"""Numeric drivers, such as degrees or letters sent: a standardised column each, known ahead or left out.

Here: what value a driver has on each queue and date. Not here: what it is worth (regressors).
A driver counts by its distance from its own mean, so a day without a value is like a mean one.
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.forecasting.planners.regressors import Grid, Regressor

DRIVER_COLUMNS = ("driver", "queue_id", "business_date", "value", "known_on")
DRIVER_BLOCK_DAYS: Final = 10
"""Consecutive days that may rise and fall together [days]."""
LEAST_DRIVER_DAYS: Final = 21
"""Days with a value below which a driver is not learnt [days]."""


def driver_regressors(drivers: pd.DataFrame, grid: Grid) -> tuple[list[Regressor], list[str]]:
    """One column per driver: distance from its mean in its standard deviations, inside the range it had.

    Args:
        drivers: Columns DRIVER_COLUMNS; a row of a queue's own goes before one of `(all)`.
        grid: Queues and dates of the answer.

    Returns:
        Columns in order of the driver's name, and notices: too few days, a constant, target days
        without a value.
    """
    found: list[Regressor] = []
    notices: list[str] = []
    blocks = np.broadcast_to(np.arange(grid.dates) // DRIVER_BLOCK_DAYS, (len(grid.queue_ids), grid.dates))
    for name, rows in drivers.groupby("driver", sort=True):
        table = _table(rows, grid)
        past = table[:, : grid.known]
        has_value = ~np.isnan(past)
        if has_value.any(axis=0).sum() < LEAST_DRIVER_DAYS:
            notices.append(
                f"driver {name!r} has a value on fewer than {LEAST_DRIVER_DAYS} days of the history: left out"
            )
            continue
        spread = float(np.nanstd(past))
        if spread == 0:
            notices.append(f"driver {name!r} has always had the same value: nothing can be learnt from it")
            continue
        # Outside the range it had nothing was learnt: a record frost counts as the coldest day so far.
        tame = np.clip(table, np.nanmin(past), np.nanmax(past))
        values = np.nan_to_num((tame - np.nanmean(past)) / spread)
        absent = int(np.isnan(table[:, grid.known :]).all(axis=0).sum())
        if absent:
            notices.append(
                f"driver {name!r} is unknown on {absent} of {grid.dates - grid.known} target days: left out there"
            )
        found.append(Regressor(f"driver {name!r}", values, blocks.astype(np.int64)))
    return found, notices


def _table(rows: pd.DataFrame, grid: Grid) -> FloatArray:
    """Values by queue and date, NaN where unknown; a queue's own row goes before the desk's."""
    table = np.full((len(grid.queue_ids), grid.dates), np.nan)
    day = ((rows["business_date"] - pd.Timestamp(grid.first_date)) // pd.Timedelta(days=1)).to_numpy()
    told = np.array([grid.is_known(on) for on in rows["known_on"]], dtype=bool)
    inside = (day >= 0) & (day < grid.dates) & ((day < grid.known) | told)
    queue = pd.Index(grid.queue_ids).get_indexer(pd.Index(rows["queue_id"]))
    everybody = (rows["queue_id"] == ALL).to_numpy()
    value = rows["value"].to_numpy(float)
    table[:, day[inside & everybody]] = value[inside & everybody]
    own = inside & (queue >= 0)
    table[queue[own], day[own]] = value[own]
    return table
