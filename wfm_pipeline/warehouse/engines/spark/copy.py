"""The readers' copy on Spark: schema `gold_published`, each table by one Delta commit, the stamp last.

Readers of several tables may meet two publishes, each whole in its table: the stamp tells when the last one ended.
"""

from collections.abc import Collection
from typing import Final

import ibis
import pandas as pd
import sqlglot

from wfm_pipeline.contracts.publication import PSEUDONYM, PUBLICATION
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.engines.copies.shown import rule_digest, shown_tables, shown_to, views_of
from wfm_pipeline.warehouse.engines.schemas import ibis_schema, to_contract
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.engines.spark.tables import SparkTables
from wfm_pipeline.warehouse.readers.publication import Readers, Stamp

PUBLISHED: Final = "gold_published"
"""Schema of the readers' copy."""
_STAMP: Final = f"{PUBLISHED}.{PUBLICATION.name}"


def renew_copy(
    warehouse: SparkTables, stamp: Stamp, changed: Collection[str] | None, readers: Readers
) -> dict[str, int]:
    """Take tables over; gives rows per table taken over.

    Args:
        warehouse: Open for writing.
        stamp: Which publish it is.
        changed: Tables to take over besides those that the copy lacks or has with other columns; None takes all.
        readers: What of persons they see.
    """
    ours, theirs = shown_tables(readers, warehouse.base_tables("gold")), set(warehouse.base_tables(PUBLISHED))
    if not _is_alike_stamped(warehouse, theirs, readers):
        changed = None
    for name in theirs - set(ours) - {PUBLICATION.name}:
        warehouse.drop(f"{PUBLISHED}.{name}")
    wanted = [name for name in ours if changed is None or name in changed or not _is_alike(warehouse, name, theirs)]
    rows = {name: _take_over(warehouse, name, readers) for name in wanted}
    for name, query in views_of(set(ours), warehouse.dialect, PUBLISHED).items():
        warehouse.execute(f"create or replace view {warehouse.quoted(f'{PUBLISHED}.{name}')} as {query}")
    _stamp(warehouse, stamp, readers)
    return rows


def check_readable(warehouse: SparkTables) -> None:
    """Refuse to read where nothing was published.

    Raises:
        WarehouseError: what to do.
    """
    if PUBLICATION.name not in warehouse.base_tables(PUBLISHED):
        raise WarehouseError("nothing has been published yet; run `wfm run`, or `wfm publish` after it")


def _is_alike_stamped(warehouse: SparkTables, theirs: Collection[str], readers: Readers) -> bool:
    """True where the former publish showed persons by the same rule; one of an older version does not say its rule."""
    if PUBLICATION.name not in theirs:
        return False
    if tuple(_schema(warehouse, _STAMP).names) != PUBLICATION.column_names:
        warehouse.drop(_STAMP)
        return False
    return bool(warehouse.count(_STAMP, Scope({"rule_digest": rule_digest(readers)})))


def _is_alike(warehouse: SparkTables, name: str, theirs: Collection[str]) -> bool:
    return name in theirs and _schema(warehouse, f"gold.{name}") == _schema(warehouse, f"{PUBLISHED}.{name}")


def _schema(warehouse: SparkTables, name: str) -> ibis.Schema:
    return warehouse.table(name).schema()


def _take_over(warehouse: SparkTables, name: str, readers: Readers) -> int:
    """The copy's rows become those of gold; a copy with other columns is made anew."""
    copy, schema = f"{PUBLISHED}.{name}", _schema(warehouse, f"gold.{name}")
    if warehouse.has(copy) and _schema(warehouse, copy) != schema:
        warehouse.drop(copy)
    warehouse.create_from_schema(copy, schema)
    shown = shown_to(readers, name, schema.names, table=f'"gold"."{name}"', names=PSEUDONYM.full_name)
    warehouse.overwrite(copy, sqlglot.transpile(shown, read="postgres", write=warehouse.dialect)[0])
    return warehouse.count(copy)


def _stamp(warehouse: SparkTables, stamp: Stamp, readers: Readers) -> None:
    row = {"publish_id": [stamp.publish_id], "published_at": [stamp.published_at], "run_id": [stamp.run_id]}
    how = {"persons": [readers.see], "rule_digest": [rule_digest(readers)]}
    rows = to_contract(PUBLICATION, pd.DataFrame({**row, **how}))
    warehouse.create_from_schema(_STAMP, ibis_schema(PUBLICATION))
    warehouse.overwrite(_STAMP, rows)
