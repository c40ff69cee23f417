"""Bronze assets: one per table of the source map, the source's own rows, append-only.

A table that is read by business date has daily partitions; a small one is read whole. What a row
version is and when one is new: warehouse/bronze/versions.py.
"""

import dagster as dg

from wfm_pipeline.asset_keys import DAY, PARTITIONS_TAG, bronze_key
from wfm_pipeline.assets.declaring import declared, partitioned
from wfm_pipeline.assets.reading import read_table
from wfm_pipeline.assets.step import Step, Stopwatch, at_work, dates_of
from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.bronze.days import ledger
from wfm_pipeline.warehouse.first_dates import note_first_date


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
        flow = read_table(context, house, source_map, table_map, dates)
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
