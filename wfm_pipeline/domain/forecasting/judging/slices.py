"""Scores by horizon day, weekday, day type, queue and hour: where a forecast is strong and where weak.

Here: how scored rows add up inside a slice. Not here: scores of the whole (scores), which keep the
benchmark's definitions, or pictures (reports).

Slices of one kind add up to the whole: the mean of `wmape`, `bias` and `pinball_loss`, weighted by
`calls`, and of `band_coverage_*`, weighted by `busy_points`, is the score of all rows.
"""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from wfm_pipeline.domain.forecasting.judging.day_types import DAY_KINDS
from wfm_pipeline.domain.forecasting.judging.scored_rows import BANDS, inside_column
from wfm_pipeline.units import WEEKDAYS

SLICES: Final[Mapping[str, str]] = {
    "horizon_day": "horizon_day",
    "weekday": "weekday",
    "day_type": "day_type",
    "queue": "queue_id",
    "hour": "hour",
}
"""Kind of slice -> column of the scored rows that names the slice."""
_ORDER: Final = {
    "weekday": {name: place for place, name in enumerate(WEEKDAYS)},
    "day_type": {name: place for place, name in enumerate(DAY_KINDS)},
}
SLICE_COLUMNS: Final = (
    "slice",
    "value",
    "method",
    "points",
    "busy_points",
    "calls",
    "calls_share",
    "wmape",
    "wmape_day",
    "bias",
    "pinball_loss",
    *(f"band_coverage_{round(band * 100)}" for band in BANDS),
    "wmape_floor",
)


def score_slices(rows: pd.DataFrame) -> pd.DataFrame:
    """Scores of every method inside every slice.

    Args:
        rows: From `scored_rows`.

    Returns:
        One row per kind of slice, slice and method, kinds and slices in reading order, columns
        SLICE_COLUMNS. `wmape` takes the median per queue and interval; `wmape_day` the mean per
        day, queues added up (NaN by hour, where a day is not whole); `calls_share` is of the
        method's calls; `wmape_floor` is the Poisson floor of the slice, weighted by its rate.
        Scores without calls, busy points or quantiles are NaN.
    """
    parts = [_one_kind(rows, kind, column) for kind, column in SLICES.items()]
    return pd.concat(parts, ignore_index=True)[list(SLICE_COLUMNS)]


def _one_kind(rows: pd.DataFrame, kind: str, column: str) -> pd.DataFrame:
    keys = ["method", column]
    inside = [inside_column(band) for band in BANDS]
    summed = ["calls", "abs_error", "error", "pinball", "rate", "poisson_deviation", *inside]
    grouped = rows.groupby(keys, sort=False)
    sums = grouped[summed].sum(min_count=1)
    calls = sums["calls"].where(sums["calls"] > 0)
    table = pd.DataFrame(
        {
            "points": grouped.size(),
            "busy_points": grouped["is_busy"].sum(),
            "calls": sums["calls"],
            "calls_share": sums["calls"] / sums.groupby("method")["calls"].transform("sum"),
            "wmape": sums["abs_error"] / calls,
            "wmape_day": _day_error(rows, keys) / calls if kind != "hour" else float("nan"),
            "bias": sums["error"] / calls,
            "pinball_loss": sums["pinball"] / calls,
            "wmape_floor": sums["poisson_deviation"] / sums["rate"].where(sums["rate"] > 0),
        }
    )
    for band, name in zip(BANDS, inside, strict=True):
        table[f"band_coverage_{round(band * 100)}"] = grouped[name].mean()
    table = table.reset_index().rename(columns={column: "value"})
    return _in_order(table, kind, list(rows["method"].unique()))


def _day_error(rows: pd.DataFrame, keys: list[str]) -> pd.Series:
    days = rows.groupby([*keys, "origin", "target_date"], sort=False)["error"].sum().abs()
    return days.groupby(level=keys, sort=False).sum()


def _in_order(table: pd.DataFrame, kind: str, methods: list[str]) -> pd.DataFrame:
    """Slices in reading order, methods as they came; the slice's name becomes text."""
    place = table["value"].map(_ORDER[kind]) if kind in _ORDER else table["value"]
    method = table["method"].map({name: number for number, name in enumerate(methods)})
    order = pd.DataFrame({"place": place, "method": method}).sort_values(["place", "method"], kind="stable").index
    return table.loc[order].assign(slice=kind, value=lambda frame: frame["value"].astype("str"))
