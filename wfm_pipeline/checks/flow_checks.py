"""Blocking check of the way in: rows read = loaded + refused + duplicate, at every step of the run."""

from collections.abc import Mapping
from typing import Final

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.checks.verdicts import verdict
from wfm_pipeline.contracts.backlog.case_events import CASE_EVENTS
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.gold import PIPELINE_HEALTH
from wfm_pipeline.contracts.silver import CALL_LEGS, CASES, INTERVAL_STATISTICS
from wfm_pipeline.contracts.source.source_map import Role, SourceMap
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.engines.scope import Scope

_TABLES: Final[Mapping[Role, Table]] = {
    "call_legs": CALL_LEGS,
    "intervals": INTERVAL_STATISTICS,
    "cases": CASES,
    "case_events": CASE_EVENTS,
}
"""The silver table that a role's rows come into."""


def build_flow_checks(source_map: SourceMap) -> list[dg.AssetChecksDefinition]:
    """The check that nothing is lost on the way to the table that the source is led by."""
    table = _TABLES[source_map.leading.role]

    @dg.asset_check(
        asset=key_of(table),
        name="rows_are_conserved",
        description=f"Rows in = loaded + refused + duplicate, in bronze and in {table.full_name} of this run.",
        blocking=True,
    )
    def rows_are_conserved(
        context: dg.AssetCheckExecutionContext, house: dg.ResourceParam[House]
    ) -> dg.AssetCheckResult:
        with house.open_warehouse() as warehouse:
            stored = warehouse.table(PIPELINE_HEALTH.full_name)
            flows = warehouse.frame(Scope({"run_id": context.run.run_id}).filter(stored))
        is_way_in = flows["table_name"].str.startswith("bronze.") | (flows["table_name"] == table.full_name)
        return _result(flows[is_way_in])

    return [rows_are_conserved]


def _result(flows: pd.DataFrame) -> dg.AssetCheckResult:
    rows_in, parts = flows["rows_in"], flows[["rows_loaded", "rows_rejected", "rows_duplicate"]]
    broken = flows.loc[rows_in != parts.sum(axis=1), "table_name"].tolist()
    loaded, rejected, duplicate = (int(count) for count in parts.sum())
    came, became = int(rows_in.sum()), loaded + rejected + duplicate
    words = (
        f"{len(flows)} steps: {came:,} rows came in; {loaded:,} loaded + {rejected:,} refused + {duplicate:,} "
        f"duplicate = {became:,}" + (f"; apart in {', '.join(broken)}" if broken else "")
    )
    numbers = {"steps": len(flows), "broken_steps": len(broken)}
    return verdict(passed=not broken, words=words, expected=came, found=became, numbers=numbers)
