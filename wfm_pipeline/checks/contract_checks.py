"""One blocking check per table: does it keep its contract?"""

from collections.abc import Mapping
from typing import Final

import dagster as dg

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.checks.verdicts import verdict
from wfm_pipeline.contracts.backlog.ahead import AHEAD_TABLES
from wfm_pipeline.contracts.backlog.case_events import CASE_EVENTS
from wfm_pipeline.contracts.backlog.hours import BACKLOG_TABLES
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.coverage import COVERAGE_TABLES
from wfm_pipeline.contracts.gold import (
    CUSTOMER_BEHAVIOR,
    CUSTOMER_SEGMENT,
    CUSTOMER_SEGMENT_CHANGE,
    FORECAST_ACCURACY,
    QUEUE_DAY_ACTUAL,
    QUEUE_DAY_FORECAST,
    QUEUE_INTERVAL_FORECAST,
)
from wfm_pipeline.contracts.intraday import INTRADAY_TABLES
from wfm_pipeline.contracts.long_range import LONG_RANGE_TABLES
from wfm_pipeline.contracts.model_fit import MODEL_FIT_TABLES
from wfm_pipeline.contracts.planning.activities import ACTIVITY_INPUTS
from wfm_pipeline.contracts.planning.allocation import ALLOCATION_INPUTS, ALLOCATION_TABLES
from wfm_pipeline.contracts.planning.assignment_versions import VERSION_TABLES
from wfm_pipeline.contracts.planning.capacity import CAPACITY_INPUTS, CAPACITY_TABLES
from wfm_pipeline.contracts.planning.planners_input import PLANNERS_GOLD_TABLES, PLANNERS_INPUTS, SITE_INPUTS
from wfm_pipeline.contracts.silver import (
    CALENDAR_DAYS,
    CALL_LEGS,
    CALLS,
    CASES,
    INTERVAL_STATISTICS,
    QUEUE_INTERVALS,
    REJECTED_ROWS,
)
from wfm_pipeline.contracts.source.source_map import Role, SourceMap
from wfm_pipeline.contracts.staffing import STAFFING_TABLES
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.contract_check import Inspection, inspect_contract

_ALWAYS = (
    CALL_LEGS,
    REJECTED_ROWS,
    CALLS,
    CALENDAR_DAYS,
    QUEUE_INTERVALS,
    QUEUE_DAY_ACTUAL,
    CUSTOMER_BEHAVIOR,
    CUSTOMER_SEGMENT,
    CUSTOMER_SEGMENT_CHANGE,
    QUEUE_INTERVAL_FORECAST,
    QUEUE_DAY_FORECAST,
    FORECAST_ACCURACY,
    *SITE_INPUTS,
    *PLANNERS_INPUTS,
    *PLANNERS_GOLD_TABLES,
    *STAFFING_TABLES,
    *INTRADAY_TABLES,
    *LONG_RANGE_TABLES,
    *ALLOCATION_INPUTS,
    *ALLOCATION_TABLES,
    *VERSION_TABLES,
    *CAPACITY_INPUTS,
    *ACTIVITY_INPUTS,
    *CAPACITY_TABLES,
    *MODEL_FIT_TABLES,
    *COVERAGE_TABLES,
    *BACKLOG_TABLES,
    *AHEAD_TABLES,
)
_BY_ROLE: Final[Mapping[Role, Table]] = {
    "intervals": INTERVAL_STATISTICS,
    "cases": CASES,
    "case_events": CASE_EVENTS,
}
"""Tables that are there where a source plays the role."""


def build_contract_checks(source_map: SourceMap) -> list[dg.AssetChecksDefinition]:
    """The contract checks of one source's graph."""
    played = (_BY_ROLE[role] for role in _BY_ROLE if source_map.playing(role))
    return [_contract_check(table) for table in (*_ALWAYS, *played)]


def _contract_check(table: Table) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=key_of(table),
        name="keeps_contract",
        description=f"{table.full_name} keeps its contract: key, required columns, ranges, allowed values.",
        blocking=True,
    )
    def keeps_contract(house: dg.ResourceParam[House]) -> dg.AssetCheckResult:
        with house.open_warehouse() as warehouse:
            return _result(inspect_contract(warehouse, table))

    return keeps_contract


def _result(inspection: Inspection) -> dg.AssetCheckResult:
    """Faults expected (none) and found: a row that breaks two rules counts twice."""
    broken = inspection.violations
    seen = f"{inspection.rows:,} rows held against {inspection.rules} rules"
    found = "; ".join(f"{violation.rule}: {violation.rows} rows" for violation in broken) or "all kept"
    return verdict(
        passed=not broken,
        words=f"{seen}: {found}",
        expected=0,
        found=sum(violation.rows for violation in broken),
        numbers={
            "rows": inspection.rows,
            "rules": inspection.rules,
            **{violation.rule: violation.rows for violation in broken},
        },
    )
