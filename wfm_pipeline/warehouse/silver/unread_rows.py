"""The rows of a source whose time could not be read, batch by batch, beside those that came in with them.

Here: finding them and stopping the run over a slip. Not here: what a slip is (domain/unread).
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Final

import ibis
import pandas as pd
from ibis.expr.types import Table as IbisTable
from ibis.expr.types import TimestampValue

from wfm_pipeline.contracts.backlog.case_events import CASE_EVENTS
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.silver import CALL_LEGS, CASES, INTERVAL_STATISTICS, REJECTED_ROWS
from wfm_pipeline.contracts.source.source_map import Role, SourceMap, TableMap
from wfm_pipeline.domain.unread import hour_in, slip_in
from wfm_pipeline.errors import DataError
from wfm_pipeline.transforms.rows.canonical import RawRows
from wfm_pipeline.transforms.rows.zones import SiteClock
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope

_MOST_ROWS: Final = 200_000
"""Unread rows that are looked at; a slip shows in far fewer."""
_PLACES: Final[Mapping[Role, tuple[Table, str]]] = {
    "call_legs": (CALL_LEGS, "started_at"),
    "intervals": (INTERVAL_STATISTICS, "interval_start"),
    "cases": (CASES, "opened_at"),
    "case_events": (CASE_EVENTS, "happened_at"),
}
"""Where rows of a role stand in silver, and the time that dates them."""
_ZERO_DATE: Final = "0000-"
"""How a database writes that it knows no date: dirt of a row, no form of a date."""


def refuse_slips(warehouse: Warehouse, source_map: SourceMap, *, highest_share: float) -> None:
    """Stop where the times of many rows, or of a band of hours or a queue, could not be read.

    Args:
        warehouse: An open warehouse whose silver rows are fresh.
        source_map: The source.
        highest_share: Share of a batch's rows that may be unread [0..1].

    Raises:
        DataError: there is a slip; the message has the column, the first three examples, and what to do.
    """
    table_map = source_map.leading
    columns = table_map.columns[_PLACES[table_map.role][1]].raw_columns
    unread = _unread(warehouse, source_map, table_map, columns)
    for batch, rows in unread.groupby("batch_id", sort=True):
        slip = slip_in(rows, _loaded(warehouse, source_map, str(batch)), highest_share=highest_share)
        if slip:
            raise DataError(
                f"{table_map.name}, column {' with '.join(columns)}: {slip}; say in the source map how it is written "
                '(types: { type = "timestamp", format = "%m/%d/%Y %H:%M" }), or raise unread_share_limit'
            )


def _unread(warehouse: Warehouse, source_map: SourceMap, table_map: TableMap, columns: tuple[str, ...]) -> pd.DataFrame:
    """Columns batch_id, hour, queue_id, text of the refused rows that hold a time that is no time."""
    ours = Scope({"source": source_map.name, "table": table_map.name, "rule": "undated"})
    refused = ours.filter(warehouse.table(REJECTED_ROWS.full_name)).select(_row_hash="row_hash")
    bronze = warehouse.table(source_map.bronze_name(table_map))
    rows = bronze.drop_null("_misfits").semi_join(refused, "_row_hash").order_by("_row_hash").limit(_MOST_ROWS)
    found = warehouse.frame(_named(rows, table_map))
    texts = [_text_of(json.loads(misfits), columns) for misfits in found["misfits"]]
    found["text"], found["hour"] = pd.Series(texts), pd.Series([hour_in(text) if text else None for text in texts])
    return found[found["text"].notna()]


def _named(rows: IbisTable, table_map: TableMap) -> IbisTable:
    queue = RawRows(rows, table_map).text("queue_id").value
    return rows.select(batch_id=rows["_batch_id"], queue_id=queue, misfits=rows["_misfits"])


def _text_of(misfits: dict[str, str], columns: Iterable[str]) -> str | None:
    """What stood in the columns of the time, where it was no zero date."""
    texts = [misfits[name] for name in columns if name in misfits]
    return " ".join(texts) if texts and not any(text.startswith(_ZERO_DATE) for text in texts) else None


def _loaded(warehouse: Warehouse, source_map: SourceMap, batch: str) -> pd.DataFrame:
    """Columns hour, queue_id, rows of what a batch brought into silver, by the clock that the source writes."""
    table, name = _PLACES[source_map.leading.role]
    rows = Scope({"source": source_map.name, "batch_id": batch}).filter(warehouse.table(table.full_name))
    clock = rows[name]
    if source_map.times_are == "local":
        clock = rows[local] if (local := f"{name}_local") in rows.columns else _local(warehouse, source_map, rows, name)
    return warehouse.frame(rows.group_by(hour=clock.hour(), queue_id=rows["queue_id"]).agg(rows=ibis._.count()))


def _local(warehouse: Warehouse, source_map: SourceMap, rows: IbisTable, name: str) -> TimestampValue:
    """The wall clock of instants of which silver keeps no local time."""
    ends = warehouse.frame(rows.aggregate(first=rows["business_date"].min(), last=rows["business_date"].max())).iloc[0]
    first, last = (dt.date.today() if pd.isna(end) else pd.Timestamp(end).date() for end in ends)
    return SiteClock.of(source_map.site, first, last).to_local(rows[name])
