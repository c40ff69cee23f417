"""The service level to expect of every service of a live centre, from the intervals of its day and what its line has just shown.

The rule that `wfm replay --score` judges, on the tables of a live centre: the projection of the interval that begins within the lead,
and the level of the newest quarter that the centre has counted. Not here: the mixture (level_ahead), alerts.
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.coverage.ahead.level_ahead import level_ahead
from wfm_pipeline.domain.coverage.required import CLOSED

CLEAR_ABOVE: Final = 0.10
"""How far above the limit a service is well again, a call of ten: so a flutter is one alert [share]."""
_OLD_AFTER: Final = 2
"""A count is news until so many intervals after its end [intervals]: sources write a quarter some minutes late."""


def reached_levels(statistics: pd.DataFrame, *, as_of: pd.Timestamp, interval_seconds: float) -> pd.Series:
    """Service level of the newest interval that is over and counted.

    Args:
        statistics: service_id, interval_start_time, service_level [0..1], null = nobody came.
        as_of: When the rows were true.
        interval_seconds: Length of an interval of these rows [s].

    Returns:
        Service -> level [0..1]; services without a recent count are left out.
    """
    step = pd.Timedelta(seconds=interval_seconds)
    ended = statistics["interval_start_time"] + step
    is_news = (ended <= as_of) & (ended > as_of - _OLD_AFTER * step) & statistics["service_level"].notna()
    rows = statistics[is_news.to_numpy(bool)].sort_values(["service_id", "interval_start_time"])
    return rows.drop_duplicates("service_id", keep="last").set_index("service_id")["service_level"].astype("float64")


def levels_ahead(intervals: pd.DataFrame, reached: pd.Series, *, until: pd.Timestamp) -> pd.DataFrame:
    """The level to expect of every service.

    Args:
        intervals: service_id, interval_start, basis, projected_service_level, service_level_target: those around now.
        reached: Service -> level just reached, see `reached_levels`.
        until: End of the lead: of each service the last interval that begins before it counts.

    Returns:
        Indexed by service_id: level [0..1], NaN where the line has shown nothing of late or closes, and target [0..1].
    """
    near = intervals[(intervals["interval_start"] < until).to_numpy(bool)].sort_values(["service_id", "interval_start"])
    last = near.drop_duplicates("service_id", keep="last").set_index("service_id")
    projected = last["projected_service_level"].to_numpy("float64")
    is_closed = (last["basis"] == CLOSED).to_numpy(bool)  # the last calls of a day say nothing of hours without any
    shown = np.where(is_closed, np.nan, reached.reindex(last.index).to_numpy("float64"))
    return pd.DataFrame(
        {"level": level_ahead(projected, shown), "target": last["service_level_target"].to_numpy("float64")},
        index=last.index,
    )
