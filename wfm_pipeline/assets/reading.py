"""Reading one table of a source into bronze within a step: its new versions of rows, counted.

Of a site with several sources one that cannot be read is noted, and what stands on it stands as it is. Not here: which
assets there are (bronze.py, backlog), and what a row version is (warehouse/bronze/versions.py).
"""

from functools import partial

import dagster as dg

from wfm_pipeline.asset_keys import UNREAD_TAG
from wfm_pipeline.assets.step import Flow, again_later
from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import SourceError
from wfm_pipeline.resources import House
from wfm_pipeline.sources.rows.rehash import hashed_anew
from wfm_pipeline.urls import masked
from wfm_pipeline.warehouse.bronze.hash_versions import renew_hashes
from wfm_pipeline.warehouse.bronze.versions import append_versions, ensure_bronze
from wfm_pipeline.warehouse.ops.writing import utc_now
from wfm_pipeline.warehouse.shelves.history import batch_id
from wfm_pipeline.warehouse.source_card import note_source
from wfm_pipeline.warehouse.standing import note_unread


def read_table(
    context: dg.AssetExecutionContext, house: House, source_map: SourceMap, table_map: TableMap, dates: Dates | None
) -> Flow:
    """Read the table; where others of the site go on, a source that cannot be read is noted and stands as it is.

    Args:
        context: The step's context: its run names sources that are not read, and batches.
        house: The house.
        source_map: The source.
        table_map: Its table.
        dates: Business dates to read; None for all.

    Returns:
        Rows in and what became of them.

    Raises:
        SourceError: the only source, or every try of it, failed.
    """
    unread = context.run.tags.get(UNREAD_TAG, "").split(",")
    if source_map.name in unread or source_map.name not in {part.name for part in house.read_parts}:
        return _leave_as_it_stands(house, source_map, table_map)
    try:
        with again_later(context, house, is_last_fatal=not house.source_map.members):
            return _read_and_append(house, source_map, table_map, dates, batch_id(context.run.run_id))
    except SourceError as error:
        if not house.source_map.members:
            raise
        _note_unread(context, house, source_map, error)
        return _leave_as_it_stands(house, source_map, table_map)


def _note_unread(context: dg.AssetExecutionContext, house: House, source_map: SourceMap, error: SourceError) -> None:
    """Say and write down that a source of the site could not be read, and up to when it stands."""
    reason = masked(str(error))
    with house.open_warehouse() as warehouse:
        state = note_unread(warehouse, house.source_map, source_map, reason=reason, now=utc_now())
    context.log.warning(f"source {source_map.name} could not be read and stands at {state.stands_at}: {reason}")


def _leave_as_it_stands(house: House, source_map: SourceMap, table_map: TableMap) -> Flow:
    """Nothing is read; what stands on the table finds it, be it empty."""
    with house.open_warehouse() as warehouse:
        ensure_bronze(warehouse, source_map, table_map)
    return Flow(0, 0, notes={"not read": "as it stood"})


def _read_and_append(house: House, source_map: SourceMap, table_map: TableMap, dates: Dates | None, batch: str) -> Flow:
    with house.open_source(source_map) as reader, house.open_warehouse() as warehouse:
        note_source(warehouse, source_map.name, is_simulated=house.is_part_simulated(source_map))
        rehash = partial(hashed_anew, table_map=table_map)
        renewed = renew_hashes(warehouse, source_map=source_map, table_map=table_map, rehash=rehash)
        counts = append_versions(
            warehouse,
            source_map=source_map,
            table_map=table_map,
            read=lambda: reader.read(table_map, dates),
            batch_id=batch,
            ingested_at=utc_now(),
        )
    return Flow(
        counts.rows_in,
        counts.rows_loaded,
        rows_duplicate=counts.rows_duplicate,
        notes={"rows_hashed_again": renewed} if renewed else {},
    )
