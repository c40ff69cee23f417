"""Telling Dagster which partitions a run without partitions has made: the one module that uses Dagster's internals.

The public call (`DagsterInstance.report_runless_asset_event`) opens, writes and closes two SQLite files per
event, about 8 ms of processor time: half a minute for the first fill of 550 days. Dagster's PostgreSQL
storage takes events in batches; for SQLite the batch is written here, in one transaction, with the storage's own
statements. Nothing else may import from `dagster._core` (docs/adr/0003); the versions are pinned, and the tests compare what
is written here with what the public call writes.
"""

import time
from collections.abc import Sequence

import dagster as dg
from dagster._core.events import DagsterEvent, StepMaterializationData
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID
from dagster._core.storage.event_log import SqliteEventLogStorage

_BATCH = 500
"""Events of one statement; SQLite takes 32,766 values, an event has eight."""


def report_materializations(instance: dg.DagsterInstance, materializations: Sequence[dg.AssetMaterialization]) -> None:
    """Note materialisations of one asset, in order, as `report_runless_asset_event` would one by one.

    Args:
        instance: Where Dagster keeps its events.
        materializations: Of one asset: of a batch only the last becomes the asset's latest.
    """
    entries = [_entry(made) for made in materializations]
    for start in range(0, len(entries), _BATCH):
        _store(instance, entries[start : start + _BATCH])


def _entry(materialization: dg.AssetMaterialization) -> dg.EventLogEntry:
    """The log entry that the public call writes for a materialisation without a run."""
    event = DagsterEvent(
        event_type_value=dg.DagsterEventType.ASSET_MATERIALIZATION.value,
        event_specific_data=StepMaterializationData(materialization),
        job_name=RUNLESS_JOB_NAME,
    )
    return dg.EventLogEntry(
        user_message="",
        level=20,  # logging.INFO
        job_name=RUNLESS_JOB_NAME,
        run_id=RUNLESS_RUN_ID,
        error_info=None,
        timestamp=time.time(),
        dagster_event=event,
    )


def _store(instance: dg.DagsterInstance, entries: Sequence[dg.EventLogEntry]) -> None:
    storage = instance.event_log_storage
    if not isinstance(storage, SqliteEventLogStorage):
        storage.store_event_batch(entries)
        return
    statement = storage.prepare_insert_event_batch(entries)
    with storage.index_transaction() as connection:
        ids = sorted(row[0] for row in connection.execute(statement.returning(statement.table.c.id)))
        storage._store_asset_event_tags(connection, entries, ids)  # noqa: SLF001  (one transaction has no public name)
        storage._store_asset_event(connection, entries[-1], ids[-1])  # noqa: SLF001
