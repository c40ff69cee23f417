"""Bronze assets: one per table of the source map, the source's own rows, append-only.

A table that is read by business date has daily partitions; a small one is read whole. What a row
version is and when one is new: warehouse/bronze/versions.py.
"""

from functools import partial

import dagster as dg

from wfm_pipeline.asset_keys import DAY, PARTITIONS_TAG, UNREAD_TAG, bronze_key
from wfm_pipeline.assets.declaring import declared, partitioned
from wfm_pipeline.assets.step import Flow, Step, Stopwatch, again_later, at_work, dates_of
from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import SourceError
from wfm_pipeline.resources import House
from wfm_pipeline.sources.rows.rehash import hashed_anew
from wfm_pipeline.urls import masked
from wfm_pipeline.warehouse.bronze.days import ledger
from wfm_pipeline.warehouse.bronze.hash_versions import renew_hashes
from wfm_pipeline.warehouse.bronze.versions import append_versions, ensure_bronze
from wfm_pipeline.warehouse.first_dates import note_first_date
from wfm_pipeline.warehouse.ops.writing import utc_now
from wfm_pipeline.warehouse.shelves.history import batch_id
from wfm_pipeline.warehouse.source_card import note_source
from wfm_pipeline.warehouse.standing import note_unread


def build_bronze_assets(source_map: SourceMap, partitions: dg.PartitionsDefinition | None) -> list[dg.AssetsDefinition]:
    """One asset per table of each part's map; incremental ones by day where `partitions` is given."""
    return [_bronze_asset(part, table, partitions) for part in source_map.parts for table in part.tables]


def _bronze_asset(
    source_map: SourceMap, table_map: TableMap, partitions: dg.PartitionsDefinition | None
) -> dg.AssetsDefinition:
    is_daily = table_map.load == "incremental"
    words = declared(
        bronze_key(source_map, table_map),
        description=f"One row per version of a row of the source's `{table_map.name}`, as it stood there.",
        layer="bronze",
        made_in=__name__,
        kinds=("sql", "table"),
        tags={"load": table_map.load, **({PARTITIONS_TAG: DAY} if is_daily else {})},
    )

    @dg.asset(**words, **partitioned(partitions if is_daily else None))
    def bronze_table(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        watch, dates = Stopwatch(), dates_of(context, source_map.name) if is_daily else None
        flow = _read(context, house, source_map, table_map, dates)
        with at_work(context, house, watch) as step:
            if table_map is source_map.leading:
                _note_first_date(step, source_map, table_map)
            name, column = source_map.bronze_name(table_map), "_business_date" if is_daily else None
            return step.made(name, flow, time_column=column)

    return bronze_table


def _note_first_date(step: Step, source_map: SourceMap, table_map: TableMap) -> None:
    """Write down where the partitions start; the definitions read it when they are loaded the next time."""
    first = min(ledger(step.warehouse, source_map, table_map), default=None)
    if first and note_first_date(step.settings.home, source_map.name, first):
        step.say(f"the source begins on {first}: reload the code location, so that its partitions do too")


def _read(
    context: dg.AssetExecutionContext, house: House, source_map: SourceMap, table_map: TableMap, dates: Dates | None
) -> Flow:
    """Read the table; where others of the site go on, a source that cannot be read is noted and stands as it is."""
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
