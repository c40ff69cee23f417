"""What is known of the issues that a run still has to finish, score or staff, and the rows that it staffs.

Not here: which ones those are (domain/forecasting/due_issues, domain/staffing/forecast_teams) and storing an issue
(issues.py).
"""

import datetime as dt

import ibis
import pandas as pd
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.gold import FORECAST_ACCURACY, QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.planning.planners_input import FINAL_TABLES, QUEUE_DAY_FINAL, QUEUE_INTERVAL_FINAL
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.contracts.staffing import QUEUE_INTERVAL_STAFFING
from wfm_pipeline.domain.forecasting.due_issues import issues_to_finish, issues_to_score
from wfm_pipeline.domain.staffing.forecast_teams import issues_to_staff
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope, of_source
from wfm_pipeline.warehouse.shelves.issues import ledger_of

_KEYS = ["queue_id", "interval_start", "issued_at"]


def read_issues_to_finish(warehouse: Warehouse, source_map: SourceMap) -> list[tuple[dt.datetime, int]]:
    """The newest issue, and those that have no final values of their current revision; (issued_at, revision)."""
    for table in FINAL_TABLES:
        warehouse.create(table)
    ledger = ledger_of(warehouse, source_map)
    stored = of_source(source_map).filter(warehouse.table(QUEUE_DAY_FINAL.full_name))
    done = warehouse.frame(stored.select("issued_at", "revision").distinct())
    return issues_to_finish(ledger[ledger["is_current"]], done)


def read_issues_to_score(
    warehouse: Warehouse, source_map: SourceMap, *, next_date: dt.date, oldest: dt.date
) -> list[dt.date]:
    """First target days of the issues to score, oldest first; arguments as of `issues_to_score`."""
    warehouse.create(FORECAST_ACCURACY)
    of_it = of_source(source_map)
    scored = of_it.filter(warehouse.table(FORECAST_ACCURACY.full_name)).select("issued_at").distinct()
    issues = of_it.filter(warehouse.table(QUEUE_DAY_FORECAST.full_name)).group_by("issued_at")
    first_days = warehouse.frame(issues.agg(first_day=ibis._["business_date"].min()))
    return issues_to_score(first_days, warehouse.frame(scored)["issued_at"], next_date=next_date, oldest=oldest)


def read_issues_to_staff(warehouse: Warehouse, source_map: SourceMap) -> list[pd.Timestamp]:
    """Issues without a team, with another forecast than was staffed, and the newest; oldest first."""
    warehouse.create(QUEUE_INTERVAL_STAFFING)
    of_it = of_source(source_map)
    issues = warehouse.frame(_calls_by_issue(_with_final(warehouse, of_it)))
    staffed = warehouse.frame(_calls_by_issue(of_it.filter(warehouse.table(QUEUE_INTERVAL_STAFFING.full_name))))
    return issues_to_staff(issues, staffed)


def read_issue_to_staff(warehouse: Warehouse, source_map: SourceMap, issued_at: dt.datetime) -> pd.DataFrame:
    """An issue's intervals with `calls_final`, null where it has no final values."""
    return warehouse.frame(_with_final(warehouse, of_source(source_map, issued_at=issued_at)))


def _with_final(warehouse: Warehouse, scope: Scope) -> IbisTable:
    """Issued forecasts, hindcasts left out, with the final calls beside the model's."""
    warehouse.create(QUEUE_INTERVAL_FINAL)
    forecast = scope.filter(warehouse.table(QUEUE_INTERVAL_FORECAST.full_name))
    final = scope.filter(warehouse.table(QUEUE_INTERVAL_FINAL.full_name)).select(*_KEYS, "calls_final")
    joined = forecast.filter(~forecast.is_hindcast).left_join(final, _KEYS)
    return joined.select(*QUEUE_INTERVAL_FORECAST.column_names, "calls_final")


def _calls_by_issue(rows: IbisTable) -> IbisTable:
    return rows.group_by("issued_at").agg(calls=rows.calls_final.fill_null(rows.calls_mean).sum())
