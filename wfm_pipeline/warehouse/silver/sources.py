"""Facts about a source that silver needs beside the rows: its dates, its queues, its customers."""

import datetime as dt

from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.transforms.legs import KnownQueues
from wfm_pipeline.transforms.reference import (
    customers_by_landing_number,
    latest_rows,
    source_queues,
)
from wfm_pipeline.warehouse.engines.engine import Warehouse


def known_queues(warehouse: Warehouse, source_map: SourceMap) -> KnownQueues:
    """What the source's own table of queues says, if it has one."""
    table_map = source_map.table("queues")
    if table_map is None or not warehouse.has(source_map.bronze_name(table_map)):
        return KnownQueues()
    raw = latest_rows(warehouse.table(source_map.bronze_name(table_map)), table_map)
    found = warehouse.frame(source_queues(raw).order_by("queue_id"))
    excluded = found.loc[found["is_excluded"].astype(bool), "queue_id"]
    return KnownQueues(tuple(found["queue_id"]), tuple(excluded))


def source_dates(warehouse: Warehouse, source_map: SourceMap) -> list[dt.date]:
    """Business dates the source, or any of a site's, has rows for, refused ones too, in order."""
    dates: set[dt.date] = set()
    for part in source_map.leading_parts:
        name = part.bronze_name(part.leading)
        if warehouse.has(name):
            bronze = warehouse.table(name)
            dated = bronze.filter(bronze["_business_date"].notnull()).select("_business_date").distinct()
            dates |= set(warehouse.arrow(dated)["_business_date"].to_pylist())
    return sorted(dates)


def customers_of_source(warehouse: Warehouse, source_map: SourceMap) -> IbisTable | None:
    """Customer of each landing number; None where the source has no customers."""
    table_map = source_map.table("customers")
    if table_map is None or not warehouse.has(source_map.bronze_name(table_map)):
        return None
    return customers_by_landing_number(latest_rows(warehouse.table(source_map.bronze_name(table_map)), table_map))
