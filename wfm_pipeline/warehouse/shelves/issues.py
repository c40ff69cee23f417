"""Putting an issue on the shelf for good: the ledger, the archive of superseded revisions, days left out.

Not here: the rules (domain/forecasting/issues), and hindcasts, which are no issues: they are not in this ledger and
may be made again (assets/forecasting/hindcasts).
"""

import datetime as dt
from collections.abc import Mapping

import pandas as pd

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.gold import QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.planning.planners_input import (
    DAY_ARCHIVE,
    FORECAST_ISSUE,
    INTERVAL_ARCHIVE,
    ISSUE_TABLES,
    QUEUE_DAY_ANOMALY,
)
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.forecasting.issues import WRITTEN, Verdict, issue_instant, judge_issue, same_rows
from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope, of_source

_ARCHIVES = {QUEUE_INTERVAL_FORECAST: INTERVAL_ARCHIVE, QUEUE_DAY_FORECAST: DAY_ARCHIVE}
Frames = Mapping[Table, pd.DataFrame]


def issue_scope(source_map: SourceMap, issued_at: dt.datetime) -> Scope:
    """Rows of one issue of the source."""
    return of_source(source_map, issued_at=issued_at)


def read_issue_rows(warehouse: Warehouse, source_map: SourceMap, table: Table, issued_at: dt.datetime) -> pd.DataFrame:
    """A table's rows of an issue."""
    return warehouse.frame(issue_scope(source_map, issued_at).filter(warehouse.table(table.full_name)))


def read_issue(
    warehouse: Warehouse, source_map: SourceMap, issued_at: dt.datetime
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """An issue's intervals and days."""
    intervals, days = (
        read_issue_rows(warehouse, source_map, table, issued_at)
        for table in (QUEUE_INTERVAL_FORECAST, QUEUE_DAY_FORECAST)
    )
    return intervals, days


def ledger_of(warehouse: Warehouse, source_map: SourceMap, issued_at: dt.datetime | None = None) -> pd.DataFrame:
    """Revisions of one issue, or of all issues of the source, in order."""
    warehouse.create(FORECAST_ISSUE)
    scope = issue_scope(source_map, issued_at) if issued_at else of_source(source_map)
    return warehouse.frame(scope.filter(warehouse.table(FORECAST_ISSUE.full_name)).order_by(*FORECAST_ISSUE.key))


def is_settled(
    warehouse: Warehouse, source_map: SourceMap, origin: dt.date, *, next_date: dt.date, is_reissue: bool
) -> bool:
    """True where an issue stands whatever a new run would say: it need not be made."""
    is_issued = len(ledger_of(warehouse, source_map, issue_instant(source_map.site, origin))) > 0
    word = judge_issue(is_issued=is_issued, has_begun=next_date > origin, is_reissue=is_reissue, is_same=False)
    return word == "stands"


def store_issue(
    warehouse: Warehouse,
    source_map: SourceMap,
    issued_at: dt.datetime,
    frames: Frames,
    *,
    is_reissue: bool,
    run_id: str,
) -> Verdict:
    """Put an issue on the shelf: as its first revision, not at all, or as the next with the former archived.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        issued_at: The issue.
        frames: Its rows for both forecast tables and for the days left out.
        is_reissue: A person asked for it.
        run_id: The Dagster run.
    """
    for table in ISSUE_TABLES:
        warehouse.create(table)
    scope, ledger = issue_scope(source_map, issued_at), ledger_of(warehouse, source_map, issued_at)
    stored = {table: _rows(warehouse, table, scope) for table in _ARCHIVES}
    is_same = all(same_rows(table, rows, frames[table]) for table, rows in stored.items())
    word = judge_issue(is_issued=len(ledger) > 0, has_begun=False, is_reissue=is_reissue, is_same=is_same)
    if word not in WRITTEN:
        return word
    with warehouse.transaction():
        for table, rows in stored.items() if len(ledger) else ():
            _archive(warehouse, _ARCHIVES[table], rows, scope, revision=int(ledger["revision"].max()))
        for table, rows in frames.items():
            warehouse.replace(table, rows, scope)
        line = _line(warehouse, frames, ledger, scope, cause=word, run_id=run_id)
        line |= scope.equals
        former = ledger.assign(is_current=False)
        warehouse.replace(FORECAST_ISSUE, pd.concat([former, pd.DataFrame([line])], ignore_index=True), scope)
    return word


def _rows(warehouse: Warehouse, table: Table, scope: Scope) -> pd.DataFrame:
    warehouse.create(table)
    return warehouse.frame(scope.filter(warehouse.table(table.full_name)))


def _archive(warehouse: Warehouse, archive: Table, rows: pd.DataFrame, scope: Scope, *, revision: int) -> None:
    place = Scope({**scope.equals, "revision": revision})
    warehouse.replace(archive, rows.assign(revision=revision), place)


def _line(
    warehouse: Warehouse, frames: Frames, ledger: pd.DataFrame, scope: Scope, *, cause: str, run_id: str
) -> dict[str, object]:
    rows = frames[QUEUE_INTERVAL_FORECAST]
    return {
        "revision": 1 + (int(ledger["revision"].max()) if len(ledger) else 0),
        "is_current": True,
        "cause": cause,
        "made_at": dt.datetime.now(dt.UTC).replace(tzinfo=None),
        "run_id": run_id,
        "rows_interval": len(rows),
        "calls_mean": float(rows["calls_mean"].sum()),
        "content_hash": content_hash(warehouse, QUEUE_INTERVAL_FORECAST.full_name, scope=scope),
    }


def issue_frames(intervals: pd.DataFrame, days: pd.DataFrame, anomalies: pd.DataFrame) -> Frames:
    """An issue's rows by table."""
    return {QUEUE_INTERVAL_FORECAST: intervals, QUEUE_DAY_FORECAST: days, QUEUE_DAY_ANOMALY: anomalies}


def compare_issues(warehouse: Warehouse, source_map: SourceMap, newest: int) -> dict[dt.datetime, bool]:
    """The newest issues, each with whether its stored rows are the ones the ledger knows."""
    ledger = ledger_of(warehouse, source_map)
    current = ledger[ledger["is_current"]].tail(newest)
    times = [moment.to_pydatetime() for moment in current["issued_at"]]
    name = QUEUE_INTERVAL_FORECAST.full_name
    found = [content_hash(warehouse, name, scope=issue_scope(source_map, time)) for time in times]
    return {time: now == then for time, now, then in zip(times, found, current["content_hash"], strict=True)}
