"""When the queues of a model are open on its target days: a caller's frame as arrays, and which cells are open in the end.

Not here: which hours hold (domain/opening) and what they do to the means (means/stated_hours.py).
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.arrays import BoolArray
from wfm_pipeline.domain.calendar import minute_of_day
from wfm_pipeline.domain.forecasting.fitting import Answer, ForecastModel
from wfm_pipeline.domain.forecasting.means.stated_hours import BY_SITE, EXCEPTION, STANDING, OpenAhead
from wfm_pipeline.units import MINUTES_PER_DAY

_BY = {"site": BY_SITE, "holiday": BY_SITE, "standing": STANDING, "exception": EXCEPTION}


def open_ahead_of(
    queue_ids: Sequence[str], future: pd.DataFrame, *, origin: dt.date, horizon_days: int, interval_minutes: int
) -> OpenAhead:
    """A caller's opening hours laid on target days.

    Args:
        queue_ids: Queues of the answer.
        future: interval_start (naive local) and is_open; with queue_id and by where queues have hours of their own, the rows
            of `(all)` being of every other queue.
        origin: First target date.
        horizon_days: Target dates [days].
        interval_minutes: Length of an interval [min].

    Returns:
        The hours of every queue.
    """
    shape = (horizon_days, MINUTES_PER_DAY // interval_minutes)
    queues = len(queue_ids)
    rows = future if "queue_id" in future else future.assign(queue_id=ALL, by="site")
    parts = {str(name): part for name, part in rows.groupby("queue_id", sort=False)}
    grid, allowed = np.zeros(shape, bool), np.zeros((queues, *shape), bool)
    by = np.zeros((queues, shape[0]), np.int64)
    for queue, name in enumerate(queue_ids):
        part = parts.get(name, parts[ALL])
        start = part["interval_start"]
        day = ((start.dt.normalize() - pd.Timestamp(origin)) // pd.Timedelta(days=1)).to_numpy()
        slot = (minute_of_day(start) // interval_minutes).to_numpy()
        inside = (day >= 0) & (day < horizon_days)
        grid[day[inside], slot[inside]] = True
        allowed[queue, day[inside], slot[inside]] = part["is_open"].to_numpy(bool)[inside]
        by[queue, day[inside]] = part["by"].map(_BY).to_numpy()[inside]
    return OpenAhead(grid, allowed, by)


def open_cells(model: ForecastModel, values: Answer, ahead: OpenAhead) -> BoolArray:
    """Which cells of an answer are open: allowed, and on a day on which the queue works as far as is known.

    Args:
        model: The model.
        values: Its answer.
        ahead: When queues are open.

    Returns:
        Shape (queues, horizon, slots).
    """
    works = ~model.core.closed | (ahead.is_stated & (values.day_mean > 0))
    cells: BoolArray = ahead.allowed & works[:, :, None]
    return cells
