"""What an asset does when it runs: open the warehouse, call one function, write, report.

An asset's body is `with at_work(context, house) as step:`, a call, a write, and `step.made(...)`. No formula and no SQL
here; what a table promises comes from its contract. Not here: declaring assets (declaring.py) and pictures (pictures.py).
"""

import datetime as dt
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import dagster as dg
import pandas as pd
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.asset_keys import DATES_TAG, dates_tag, key_of
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.gold import PIPELINE_HEALTH
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import DataError
from wfm_pipeline.resources import House
from wfm_pipeline.settings import Settings
from wfm_pipeline.sources.databases.retry import SourceUnreachableError
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope, of_parts

NOT_MADE: Final = "not_made"
"""The note of a table that stays empty: why."""


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


@dataclass(slots=True)
class Step:
    """An asset at work.

    Attributes:
        context: The asset's context.
        house: The house.
        warehouse: The open warehouse.
        watch: Started when the step began; a step of several tables that are worth timing alone starts it anew.
    """

    context: dg.AssetExecutionContext
    house: House
    warehouse: Warehouse
    watch: Stopwatch

    @property
    def run_id(self) -> str:
        """The Dagster run."""
        return self.context.run.run_id

    @property
    def source_map(self) -> SourceMap:
        """The source that the run is about."""
        return self.house.source_map

    @property
    def settings(self) -> Settings:
        """The checked settings."""
        return self.house.settings

    def say(self, words: str) -> None:
        """A line in the run's log."""
        self.context.log.info(words)

    def of_source(self, table: Table) -> IbisTable:
        """The source's rows of a table of gold or of the intervals, not read yet."""
        return Scope(self.house.in_source()).filter(self.warehouse.table(table.full_name))

    def of_parts(self, table: Table) -> IbisTable:
        """Rows of a table whose rows carry the source they came from: of all parts of a site, not read yet."""
        return of_parts(self.source_map).filter(self.warehouse.table(table.full_name))

    def replace(self, table: Table, rows: pd.DataFrame | IbisTable, **labels: Any) -> int:
        """Put rows in the place of all rows of the source that have these labels.

        Args:
            table: Contract of the table.
            rows: The new rows; a frame without the labels, and without the source, gets them.
            labels: Column -> value that the old and the new rows have in common.

        Returns:
            Rows written.
        """
        scope = Scope({**self.house.in_source(), **labels})
        labelled = rows.assign(**scope.equals) if isinstance(rows, pd.DataFrame) else rows
        return self.warehouse.replace(table, labelled, scope)

    def replace_all(self, frames: Mapping[Table, pd.DataFrame], **labels: Any) -> dict[Table, int]:
        """The same for several tables, all or none; gives the rows written of each."""
        with self.warehouse.transaction():
            return {table: self.replace(table, rows, **labels) for table, rows in frames.items()}

    def made(self, table: Table | str, flow: Flow, *, time_column: str | None = None) -> dg.MaterializeResult:
        """The end of a table: its line in pipeline_health is written, and Dagster is told what became of it.

        Args:
            table: The contract, or `layer.name` where a source's own rows have none.
            flow: Rows in and what became of them.
            time_column: Column whose smallest and largest value say what stretch the table holds.
        """
        name, key = (table, None) if isinstance(table, str) else (table.full_name, key_of(table))
        first, last = _stretch(self, name, time_column)
        _note_health(self, name, flow, freshness=last.date() if last is not None else None)
        self.say(
            f"{name}: {flow.rows_in} rows in, {flow.rows_loaded} loaded, {flow.rows_rejected} refused, "
            f"{flow.rows_duplicate} duplicate, {self.watch.seconds():.1f} s"
        )
        pictures = {name: note for name, note in flow.notes.items() if isinstance(note, dg.MarkdownMetadataValue)}
        metadata = {
            **pictures,
            "dagster/row_count": flow.rows_loaded,
            "rejected_rows": flow.rows_rejected,
            "duplicate_rows": flow.rows_duplicate,
            "first_interval": str(first) if first is not None else "none",
            "last_interval": str(last) if last is not None else "none",
            **flow.notes,
        }
        return materialized(self.context, asset_key=key, metadata=metadata)


@contextmanager
def at_work(context: dg.AssetExecutionContext, house: House, watch: Stopwatch | None = None) -> Iterator[Step]:
    """A step with the warehouse open; `watch` where it has begun before."""
    watch = watch or Stopwatch()
    with house.open_warehouse() as warehouse:
        yield Step(context, house, warehouse, watch)


def materialized(context: dg.AssetExecutionContext, **words: Any) -> dg.MaterializeResult:
    """What an asset says when it has made its table; every run makes a new version of the data.

    Without a version of its own Dagster would take the data for the same as long as the code is the same.
    """
    return dg.MaterializeResult(data_version=dg.DataVersion(context.run.run_id), **words)


def dates_of(context: dg.AssetExecutionContext, source: str | None = None) -> Dates:
    """The business dates a run is about: those its tag names, else its partitions.

    Args:
        context: The asset's context.
        source: A source whose own dates are asked for, where the run names any; None for those of all.

    Raises:
        DataError: the run has neither.
    """
    tags = context.run.tags
    named = tags.get(dates_tag(source) if source else DATES_TAG, tags.get(DATES_TAG))
    if named is not None:
        return Dates.parse(named)
    if context.has_partition_key_range or context.has_partition_key:
        keys = context.partition_key_range
        return Dates.between(dt.date.fromisoformat(keys.start), dt.date.fromisoformat(keys.end))
    raise DataError(f"the run names no business dates: choose partitions, or set the tag {DATES_TAG}")


@contextmanager
def again_later(context: dg.AssetExecutionContext, house: House, *, is_last_fatal: bool = True) -> Iterator[None]:
    """A step whose source cannot be reached is done again after waits that double; any other fault fails it at once.

    Args:
        context: The asset's context.
        house: The house.
        is_last_fatal: The step fails when the last try has failed; else what the source's reader said goes on as it is.

    Raises:
        RetryRequested: Dagster waits, and does the step again or fails it with what the source's reader said.
    """
    settings = house.settings
    try:
        yield
    except SourceUnreachableError as error:
        if not is_last_fatal and context.retry_number >= settings.step_retries:
            raise
        wait = settings.step_retry_seconds * 2**context.retry_number
        raise dg.RetryRequested(max_retries=settings.step_retries, seconds_to_wait=wait) from error


def _note_health(step: Step, table: str, flow: Flow, *, freshness: dt.date | None) -> None:
    """Write the step's line in pipeline_health."""
    scope = Scope({"run_id": step.run_id, "table_name": table})
    line = {
        "source": step.source_map.name,
        **scope.equals,
        "rows_in": flow.rows_in,
        "rows_loaded": flow.rows_loaded,
        "rows_rejected": flow.rows_rejected,
        "rows_duplicate": flow.rows_duplicate,
        "seconds": round(step.watch.seconds(), 3),
        "freshness": freshness,
        "findings": json.dumps(flow.notes["findings"], sort_keys=True) if flow.notes.get("findings") else None,
        "not_made": flow.notes.get(NOT_MADE),
    }
    step.warehouse.replace(PIPELINE_HEALTH, pd.DataFrame([line]), scope)


def _stretch(step: Step, table: str, time_column: str | None) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    if time_column is None:
        return None, None
    stored = step.warehouse.table(table)
    if "source" in stored.columns:
        stored = of_parts(step.source_map).filter(
            stored
        )  # a site goes by its first source: its own rows are among them
    ends = step.warehouse.frame(stored.aggregate(first=stored[time_column].min(), last=stored[time_column].max()))
    first, last = pd.Timestamp(ends["first"].iloc[0]), pd.Timestamp(ends["last"].iloc[0])
    return (None, None) if pd.isna(first) else (first, last)
