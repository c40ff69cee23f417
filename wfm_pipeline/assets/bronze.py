"""Bronze assets: one per table of the source map, the source's own rows, append-only.

A table that is read by business date has daily partitions; a small one is read whole. What a row
version is and when one is new: warehouse/bronze/versions.py.
"""

import datetime as dt

import dagster as dg

from wfm_pipeline.asset_keys import DAY, PARTITIONS_TAG, bronze_key
from wfm_pipeline.assets.code_version import code_version
from wfm_pipeline.assets.common import (
    OWNERS,
    Flow,
    Stopwatch,
    again_later,
    dates_of,
    materialized,
    report,
)
from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.bronze.days import ledger
from wfm_pipeline.warehouse.bronze.versions import append_versions
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.first_dates import note_first_date
from wfm_pipeline.warehouse.shelves.history import batch_id
from wfm_pipeline.warehouse.source_card import note_source


def build_bronze_assets(source_map: SourceMap, partitions: dg.PartitionsDefinition | None) -> list[dg.AssetsDefinition]:
    """One asset per table of the map; incremental ones by day where `partitions` is given."""
    return [_bronze_asset(source_map, table_map, partitions) for table_map in source_map.tables]


def _bronze_asset(
    source_map: SourceMap, table_map: TableMap, partitions: dg.PartitionsDefinition | None
) -> dg.AssetsDefinition:
    is_daily = partitions is not None and table_map.load == "incremental"

    @dg.asset(
        key=bronze_key(source_map, table_map),
        description=f"One row per version of a row of the source's `{table_map.name}`, as it stood there.",
        group_name="bronze",
        owners=OWNERS,
        code_version=code_version(__name__),
        kinds={"sql", "table"},
        tags={
            "layer": "bronze",
            "load": table_map.load,
            **({PARTITIONS_TAG: DAY} if table_map.load == "incremental" else {}),
        },
        partitions_def=partitions if is_daily else None,
        backfill_policy=dg.BackfillPolicy.single_run() if is_daily else None,
    )
    def bronze_table(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        watch = Stopwatch()
        dates = dates_of(context) if table_map.load == "incremental" else None
        with again_later(context, house):
            flow = _read_and_append(house, table_map, dates, batch_id(context.run.run_id))
        with house.open_warehouse() as warehouse:
            if table_map.role == "call_legs":
                _note_first_date(context, house, warehouse, table_map)
            name = source_map.bronze_name(table_map)
            column = None if dates is None else "_business_date"
            return materialized(
                context, metadata=report(context, house, warehouse, name, flow, watch, time_column=column)
            )

    return bronze_table


def _note_first_date(
    context: dg.AssetExecutionContext, house: House, warehouse: Warehouse, table_map: TableMap
) -> None:
    """Write down where the partitions start; the definitions read it when they are loaded the next time."""
    first = min(ledger(warehouse, house.source_map, table_map), default=None)
    if first and note_first_date(house.settings.home, house.source_map.name, first):
        context.log.info(f"the source begins on {first}: reload the code location, so that its partitions do too")


def _read_and_append(house: House, table_map: TableMap, dates: Dates | None, batch: str) -> Flow:
    with house.open_source() as reader, house.open_warehouse() as warehouse:
        note_source(warehouse, house.source_map.name, is_simulated=house.is_simulated)
        counts = append_versions(
            warehouse,
            source_map=house.source_map,
            table_map=table_map,
            read=lambda: reader.read(table_map, dates),
            batch_id=batch,
            ingested_at=dt.datetime.now(dt.UTC).replace(tzinfo=None),
        )
    return Flow(counts.rows_in, counts.rows_loaded, rows_duplicate=counts.rows_duplicate)
