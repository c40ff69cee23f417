"""What every asset needs: its days, its description and metadata, and its line in pipeline_health.

No formula and no SQL here; what a table promises comes from its contract.
"""

import datetime as dt
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import DATES_TAG, PARTITIONS_TAG, key_of
from wfm_pipeline.assets.code_version import code_version
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.gold import PIPELINE_HEALTH
from wfm_pipeline.contracts.lineage import LINEAGE
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import DataError
from wfm_pipeline.resources import House
from wfm_pipeline.sources.databases.retry import SourceUnreachableError
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope

OWNERS = ["team:workforce-management"]


def dates_of(context: dg.AssetExecutionContext) -> Dates:
    """The business dates a run is about: those its tag names, else its partitions.

    Raises:
        DataError: the run has neither.
    """
    named = context.run.tags.get(DATES_TAG)
    if named is not None:
        return Dates.parse(named)
    if context.has_partition_key_range or context.has_partition_key:
        keys = context.partition_key_range
        return Dates.between(dt.date.fromisoformat(keys.start), dt.date.fromisoformat(keys.end))
    raise DataError(f"the run names no business dates: choose partitions, or set the tag {DATES_TAG}")


@dataclass(frozen=True, slots=True)
class Flow:
    """What came into a step and what became of it, in rows."""

    rows_in: int
    rows_loaded: int
    rows_rejected: int = 0
    rows_duplicate: int = 0
    notes: Mapping[str, Any] = field(default_factory=dict)


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        """Start."""
        self._start = time.monotonic()

    def seconds(self) -> float:
        """Seconds so far."""
        return time.monotonic() - self._start


def asset_words(
    table: Table, *, made_in: str, kinds: set[str] | None = None, partitions: str | None = None
) -> dict[str, Any]:
    """Key, group, description, owners, kinds, tags, code version and column metadata of a table's asset.

    Args:
        table: The contract.
        made_in: Module that makes the asset, `__name__` there; its code is what the version is of.
        kinds: What it is made with.
        partitions: DAY or WEEK, where it has some.
    """
    return {
        "key": key_of(table),
        "group_name": table.layer,
        "description": table.grain,
        "owners": OWNERS,
        "kinds": {"python", "table"} if kinds is None else kinds,
        "code_version": code_version(made_in),
        "tags": {"layer": table.layer, **({PARTITIONS_TAG: partitions} if partitions else {})},
        "metadata": {"dagster/column_schema": column_schema(table), **column_lineage(table)},
    }


def spec(
    table: Table,
    *,
    deps: list[dg.AssetKey],
    made_in: str,
    kinds: set[str] | None = None,
    partitions: str | None = None,
) -> dg.AssetSpec:
    """The asset spec of a table, for assets that write several tables."""
    return dg.AssetSpec(**asset_words(table, made_in=made_in, kinds=kinds, partitions=partitions), deps=deps)


def materialized(context: dg.AssetExecutionContext, **words: Any) -> dg.MaterializeResult:
    """What an asset says when it has made its table; every run makes a new version of the data.

    Without a version of its own Dagster would take the data for the same as long as the code is the same.
    """
    return dg.MaterializeResult(data_version=dg.DataVersion(context.run.run_id), **words)


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
        column: [dg.TableColumnDep(dg.AssetKey(source.split(".")[:2]), source.split(".")[2]) for source in sources]
        for column, sources in known.items()
    }
    return {"dagster/column_lineage": dg.TableColumnLineage(lineage)}


@contextmanager
def again_later(context: dg.AssetExecutionContext, house: House) -> Iterator[None]:
    """A step whose source cannot be reached is done again after waits that double; any other fault fails it at once.

    Raises:
        RetryRequested: Dagster waits, and does the step again or fails it with what the source's reader said.
    """
    settings = house.settings
    try:
        yield
    except SourceUnreachableError as error:
        wait = settings.step_retry_seconds * 2**context.retry_number
        raise dg.RetryRequested(max_retries=settings.step_retries, seconds_to_wait=wait) from error


def report(
    context: dg.AssetExecutionContext,
    house: House,
    warehouse: Warehouse,
    table: str,
    flow: Flow,
    watch: Stopwatch,
    *,
    time_column: str | None = None,
) -> dict[str, Any]:
    """Write the step's line in pipeline_health and give the metadata Dagster shows.

    Args:
        context: The asset's context.
        house: The house.
        warehouse: The open warehouse.
        table: `layer.name`.
        flow: Rows in and what became of them.
        watch: Started when the step began.
        time_column: Column whose smallest and largest value say what stretch the table holds.
    """
    first, last = _stretch(house, warehouse, table, time_column)
    line = {
        "source": house.source_map.name,
        "run_id": context.run.run_id,
        "table_name": table,
        "rows_in": flow.rows_in,
        "rows_loaded": flow.rows_loaded,
        "rows_rejected": flow.rows_rejected,
        "rows_duplicate": flow.rows_duplicate,
        "seconds": round(watch.seconds(), 3),
        "freshness": last.date() if last is not None else None,
    }
    scope = Scope({"run_id": context.run.run_id, "table_name": table})
    warehouse.replace(PIPELINE_HEALTH, pd.DataFrame([line]), scope)
    context.log.info(
        f"{table}: {flow.rows_in} rows in, {flow.rows_loaded} loaded, {flow.rows_rejected} refused, "
        f"{flow.rows_duplicate} duplicate, {watch.seconds():.1f} s"
    )
    pictures = {name: note for name, note in flow.notes.items() if isinstance(note, dg.MarkdownMetadataValue)}
    return {
        **pictures,
        "dagster/row_count": flow.rows_loaded,
        "rejected_rows": flow.rows_rejected,
        "duplicate_rows": flow.rows_duplicate,
        "first_interval": str(first) if first is not None else "none",
        "last_interval": str(last) if last is not None else "none",
        **flow.notes,
    }


def _stretch(
    house: House, warehouse: Warehouse, table: str, time_column: str | None
) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    if time_column is None:
        return None, None
    stored = warehouse.table(table)
    if "source" in stored.columns:
        stored = Scope(house.in_source()).filter(stored)
    ends = warehouse.frame(stored.aggregate(first=stored[time_column].min(), last=stored[time_column].max()))
    first, last = pd.Timestamp(ends["first"].iloc[0]), pd.Timestamp(ends["last"].iloc[0])
    return (None, None) if pd.isna(first) else (first, last)
