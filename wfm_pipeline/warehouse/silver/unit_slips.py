"""Handle times of interval statistics that came in another unit than the map says: the run stops.

Here: the daily means of each queue, and the words. Not here: what a jump is (domain/operational).
"""

import datetime as dt
from typing import Final

import ibis
import pandas as pd

from wfm_pipeline.contracts.silver import INTERVAL_STATISTICS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.operational.unit_slips import JUMP_FACTOR, find_mean_jumps
from wfm_pipeline.errors import MOST_NAMED, DataError
from wfm_pipeline.warehouse.engines.engine import Warehouse

_LOOKED_BACK: Final = dt.timedelta(days=400)
"""How far back days are compared: a year and a month, so that the cost of a night does not grow with the history."""
_SHORTEST_MEAN_SECONDS: Final = 1.0
"""Mean handle time below which nobody has spoken [s]."""
_FEWEST_CONTACTS: Final = 20
"""Answered calls from which a queue's mean is judged without a past [count]."""
_HANDLE: Final = ("handle_seconds", "talk_seconds", "aht_seconds", "mean_talk_seconds")
"""Columns of a map that tell handle times."""


def refuse_unit_slips(warehouse: Warehouse, source_map: SourceMap) -> None:
    """Stop where handle times are a hundredfold of a queue's own recent ones, or a hundredth, or below a second.

    Args:
        warehouse: An open warehouse whose silver rows are fresh.
        source_map: The source; one that is not led by intervals is not looked at.

    Raises:
        DataError: handle times came in another unit; the message has table, column, queue, value, what is usual and what to do.
    """
    if source_map.leading.role != "intervals":
        return
    days = _daily_means(warehouse, source_map.name)
    jumps = find_mean_jumps(days["queue_id"], days["answered"], days["mean"])
    told = [
        f"queue {jump.service_id}: {jump.value:,.6g} s after {jump.usual:,.6g} s, allowed {jump.usual / JUMP_FACTOR:,.6g} to "
        f"{jump.usual * JUMP_FACTOR:,.6g} s"
        for jump in jumps
    ] or _without_a_past(days)
    if told:
        columns = source_map.leading.columns
        named = ", ".join(raw for name in _HANDLE if name in columns for raw in columns[name].raw_columns)
        more = f" and {len(told) - MOST_NAMED} queues more" if len(told) > MOST_NAMED else ""
        raise DataError(
            f"{source_map.leading.name}, column {named}: mean handle times came in another unit than the map says "
            f"({'; '.join(told[:MOST_NAMED])}{more}); say the unit in the map (unit), or have the rows written since mended"
        )


def _daily_means(warehouse: Warehouse, source: str) -> pd.DataFrame:
    """Columns queue_id, business_date, answered [count], mean [s], in order of queue and date; days with handled calls only."""
    rows = warehouse.table(INTERVAL_STATISTICS.full_name)
    rows = rows.filter(rows["source"] == source, rows["answered_handle_known"] > 0)
    newest = warehouse.frame(rows.aggregate(last=rows["business_date"].max()))["last"].iloc[0]
    if pd.isna(newest):
        return pd.DataFrame({"queue_id": [], "business_date": [], "answered": [], "mean": []})
    rows = rows.filter(rows["business_date"] >= ibis.literal(pd.Timestamp(newest).date() - _LOOKED_BACK))
    days = warehouse.frame(
        rows.group_by(["queue_id", "business_date"]).agg(
            answered=rows["answered_handle_known"].sum(), handle=rows["handle_seconds"].sum()
        )
    ).sort_values(["queue_id", "business_date"], ignore_index=True)
    return days.assign(mean=days["handle"].astype("float64") / days["answered"].astype("float64"))


def _without_a_past(days: pd.DataFrame) -> list[str]:
    """Queues whose handle times are no handle times, whatever they were before."""
    whole = days.assign(handle=days["mean"] * days["answered"]).groupby("queue_id")[["handle", "answered"]].sum()
    mean = whole["handle"] / whole["answered"]
    is_short = (mean > 0) & (mean < _SHORTEST_MEAN_SECONDS) & (whole["answered"] >= _FEWEST_CONTACTS)
    return [f"queue {queue}: {mean[queue]:,.6g} s, allowed 1 s and more" for queue in mean.index[is_short]]
