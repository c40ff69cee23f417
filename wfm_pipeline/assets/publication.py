"""The last asset of every job that changes gold: the readers' copy, renewed after every check has passed.

It depends on every gold asset, so Dagster runs it last and leaves it out where a blocking check failed.
What publishing is: warehouse/readers/publish.py.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import dagster as dg

from wfm_pipeline.asset_keys import PUBLICATION_KEY, READERS
from wfm_pipeline.assets.declaring import column_schema, declared
from wfm_pipeline.assets.step import materialized
from wfm_pipeline.contracts.publication import PUBLICATION
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import readers_of
from wfm_pipeline.warehouse.readers.publication import Publication
from wfm_pipeline.warehouse.readers.publish import publish, tables_changed

_LAYER = "gold"


class PublicationConfig(dg.Config):
    """What a person may choose for one publish.

    Attributes:
        everything: Take over every gold table, not only those that this run changed.
    """

    everything: bool = False


def build_publication_assets(assets: Iterable[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """The readers' copy of what these assets make in gold."""
    gold = sorted(key for made in assets for key in made.keys if key.path[0] == _LAYER)

    words = declared(
        PUBLICATION_KEY,
        description=f"{PUBLICATION.grain} Analysts, pages and reports read that copy and no other.",
        layer=READERS,
        made_in=__name__,
        reads=gold,
        kinds=("table",),
        metadata={"dagster/column_schema": column_schema(PUBLICATION)},
    )

    @dg.asset(**words)
    def publication(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House], config: PublicationConfig
    ) -> dg.MaterializeResult:
        with house.open_warehouse() as warehouse:
            changed = None if config.everything else tables_changed(warehouse, set(_runs(context)))
            done = publish(
                warehouse,
                run_id=context.run.run_id,
                changed=changed,
                readers=readers_of(house.settings),
            )
        context.log.info(f"published {len(done.rows)} tables to {done.place} in {done.seconds:.1f} s")
        return materialized(context, metadata=_metadata(done))

    return [publication]


def _runs(context: dg.AssetExecutionContext) -> Iterator[str]:
    """This run, and those it repeats from where they failed: their tables are not published yet."""
    run: dg.DagsterRun | None = context.run
    while run is not None:
        yield run.run_id
        run = context.instance.get_run_by_id(run.parent_run_id) if run.parent_run_id else None


def _metadata(done: Publication) -> dict[str, Any]:
    rows = [dg.TableRecord({"table": name, "rows": count}) for name, count in done.rows.items()]
    return {
        "publish_id": done.stamp.publish_id,
        "place": done.place,
        "tables_published": len(done.rows),
        "tables_kept": len(done.kept),
        "tables_left_out": len(done.left_out),
        "dagster/row_count": sum(done.rows.values()),
        "seconds": done.seconds,
        "rows_by_table": dg.MetadataValue.table(rows, _ROWS_SCHEMA),
    }


_ROWS_SCHEMA = dg.TableSchema([dg.TableColumn("table", "string"), dg.TableColumn("rows", "int")])
