"""How an asset is declared: everything Dagster is told of a table comes from its contract and the tables it reads.

Not here: what an asset does when it runs (step.py) and names of groups (asset_keys.py).
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import dagster as dg

from wfm_pipeline.asset_keys import PARTITIONS_TAG, key_named, key_of
from wfm_pipeline.assets.code_version import code_version
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.lineage import LINEAGE

OWNERS: Final = ["team:workforce-management"]
Input = Table | dg.AssetKey
"""What an asset reads: a table by its contract, or a source's own rows by their key."""


def declared(
    key: dg.AssetKey,
    *,
    description: str,
    layer: str,
    made_in: str,
    reads: Iterable[Input] = (),
    group: str | None = None,
    kinds: Collection[str] = ("python", "table"),
    tags: Mapping[str, str] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What `dg.asset` and `dg.AssetSpec` are told of any asset.

    Args:
        key: Its key.
        description: What one row is.
        layer: Where its table stands.
        made_in: Module that makes the asset, `__name__` there; its code is what the version is of.
        reads: What it is made from.
        group: Its group; that of its layer where none is given.
        kinds: What it is made with.
        tags: Tags besides its layer.
        metadata: What else a person sees of it.
    """
    return {
        "key": key,
        "deps": [key_of(one) if isinstance(one, Table) else one for one in reads],
        "group_name": group or layer,
        "description": description,
        "owners": OWNERS,
        "kinds": set(kinds),
        "code_version": code_version(made_in),
        "tags": {"layer": layer, **(tags or {})},
        "metadata": metadata or {},
    }


def asset_words(table: Table, *, partitions: str | None = None, **words: Any) -> dict[str, Any]:
    """The same of a table with a contract.

    Args:
        table: The contract: key, description, columns and where they come from.
        partitions: DAY or WEEK, where it has some.
        words: `made_in`, `reads`, `group` and `kinds` as `declared` takes them.
    """
    return declared(
        key_of(table),
        description=table.grain,
        layer=table.layer,
        tags={PARTITIONS_TAG: partitions} if partitions else {},
        metadata={"dagster/column_schema": column_schema(table), **column_lineage(table)},
        **words,
    )


def specs(tables: Iterable[Table], **words: Any) -> list[dg.AssetSpec]:
    """The specs of several tables that one step makes; `words` as `asset_words` takes them."""
    return [dg.AssetSpec(**asset_words(table, **words)) for table in tables]


def partitioned(partitions: dg.PartitionsDefinition | None) -> dict[str, Any]:
    """What a decorator is told of partitions: all that are asked for are made in one run; none where there are none."""
    return {
        "partitions_def": partitions,
        "backfill_policy": dg.BackfillPolicy.single_run() if partitions else None,
    }


def column_schema(table: Table) -> dg.TableSchema:
    """The contract's columns as Dagster shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                column.type,
                f"{column.description} [{column.unit}]" if column.unit else column.description,
                constraints=dg.TableColumnConstraints(nullable=column.nullable, unique=table.key == (column.name,)),
            )
            for column in table.columns
        ]
    )


def column_lineage(table: Table) -> dict[str, Any]:
    """Which columns each column is made from, where the contract says so."""
    known = LINEAGE.get(table.full_name, {})
    if not known:
        return {}
    lineage = {
        column: [dg.TableColumnDep(key_named(made), name) for made, _, name in (one.rpartition(".") for one in sources)]
        for column, sources in known.items()
    }
    return {"dagster/column_lineage": dg.TableColumnLineage(lineage)}
