"""Records of dates: legs out of the warehouse where it has the date, else out of the source by its map.

A date that the warehouse lacks takes the same way, bronze and silver, through a warehouse in memory: what is a contact is
decided in one place. Not here: what legs mean as contacts (domain/replay/contacts).
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import ibis
import pandas as pd

from wfm_pipeline.contracts.silver import CALL_LEGS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.dates import Dates, Days
from wfm_pipeline.domain.replay.contacts import LEG_COLUMNS
from wfm_pipeline.errors import DataError, WarehouseError
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import silver_rules
from wfm_pipeline.transforms.several_legs import answering_legs
from wfm_pipeline.warehouse.bronze.versions import append_versions
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.registry import engine_of
from wfm_pipeline.warehouse.engines.scope import of_source
from wfm_pipeline.warehouse.ops.writing import utc_now
from wfm_pipeline.warehouse.silver.refresh import refresh_legs

_IN_MEMORY: Final = "duckdb://"
_BATCH: Final = "replay"


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """Legs of a date.

    Attributes:
        legs: `contacts.LEG_COLUMNS`.
        origin: Where they were read, in words.
    """

    legs: pd.DataFrame
    origin: str


def read_day(house: House, date: dt.date) -> Recorded:
    """All legs that began on a local date; of phones that rang at once the one that counts.

    Args:
        house: The house; every source of its site is read.
        date: Business date.

    Returns:
        The legs, out of the warehouse if it has any of the date.

    Raises:
        DataError: neither has one, or the source has no call records.
        SourceError: the source cannot be read.
        WarehouseError: the warehouse is there and cannot be read.
    """
    legs = _in_warehouse(house, Days(date, date))
    if legs is not None and len(legs):
        return Recorded(legs, "the warehouse")
    legs = pd.concat([_in_source(house, part, Days(date, date)) for part in _parts(house)], ignore_index=True)
    if legs.empty:
        raise DataError(
            f"no call of source {house.source_map.name} began on {date}, neither in the warehouse nor in the source; "
            "name a date with calls (--date)",
            date=date,
        )
    return Recorded(legs, "the source")


def read_days(house: House, dates: Days) -> Recorded:
    """All legs that began on many local dates, out of the warehouse alone if it has any of them, else out of the source.

    Args:
        house: The house; every source of its site is read.
        dates: First and last business date.

    Returns:
        The legs. Dates without one are simply not there.

    Raises:
        DataError: neither has one, or the source has no call records.
        SourceError: the source cannot be read.
        WarehouseError: the warehouse is there and cannot be read.
    """
    legs = _in_warehouse(house, dates)
    if legs is not None and len(legs):
        return Recorded(legs, "the warehouse")
    legs = pd.concat([_in_source(house, part, dates) for part in _parts(house)], ignore_index=True)
    if legs.empty:
        raise DataError(
            f"no call of source {house.source_map.name} began from {dates.first} to {dates.last}, neither in the "
            "warehouse nor in the source; name dates with calls (--from-date)",
            dates=dates,
        )
    return Recorded(legs, "the source")


def _parts(house: House) -> tuple[SourceMap, ...]:
    parts = tuple(part for part in house.read_parts if part.table("call_legs"))
    if not parts:
        raise DataError(f"source {house.source_map.name} has no call records, so there is nothing to replay")
    return parts


def _in_warehouse(house: House, days: Days) -> pd.DataFrame | None:
    """None where there is no warehouse, or none with legs."""
    try:
        opened = open_warehouse(house.warehouse_url, house.settings.home, is_read_only=True)
    except WarehouseError:
        if _is_made(house):
            raise
        return None
    with opened as warehouse:
        if not warehouse.has(CALL_LEGS.full_name):
            return None
        return pd.concat([_legs(warehouse, part, days) for part in _parts(house)], ignore_index=True)


def _is_made(house: House) -> bool:
    """Whether there is a warehouse at all; one on a server always counts as made."""
    file = engine_of(house.warehouse_url, house.settings.home).file
    return file is None or file.exists()


def _in_source(house: House, part: SourceMap, days: Days) -> pd.DataFrame:
    dates = Dates.between(days.first, days.last)
    tables = [part.table(role) for role in ("call_legs", "queues")]
    with open_warehouse(_IN_MEMORY, Path()) as warehouse, house.open_source(part) as reader:
        for table_map in [table for table in tables if table is not None]:
            chosen = dates if table_map.load == "incremental" else None
            append_versions(
                warehouse,
                source_map=part,
                table_map=table_map,
                read=lambda table=table_map, chosen=chosen: reader.read(table, chosen, is_undated_included=False),  # type: ignore[misc]
                batch_id=_BATCH,
                ingested_at=utc_now(),
            )
        refresh_legs(warehouse, part, silver_rules(house.settings), dates)
        return _legs(warehouse, part, days)


def _legs(warehouse: Warehouse, part: SourceMap, days: Days) -> pd.DataFrame:
    stored = of_source(part).filter(warehouse.table(CALL_LEGS.full_name))
    legs = stored.filter(stored.business_date.between(ibis.literal(days.first), ibis.literal(days.last)))
    legs = answering_legs(legs) if part.has_legs_at_once else legs
    caller = "customer_id" if part.caller_is == "customer" else "caller_number"
    return warehouse.frame(legs.mutate(caller_key=legs[caller]).select(*LEG_COLUMNS))
