"""Blocking check of the way in: rows read = loaded + refused + duplicate, at every step of the run."""

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.checks.verdicts import verdict
from wfm_pipeline.contracts.gold import PIPELINE_HEALTH
from wfm_pipeline.contracts.silver import CALL_LEGS
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.engines.scope import Scope


def build_flow_checks() -> list[dg.AssetChecksDefinition]:
    """The check that nothing is lost on the way to the legs."""

    @dg.asset_check(
        asset=key_of(CALL_LEGS),
        name="rows_are_conserved",
        description="Rows in = loaded + refused + duplicate, in bronze and in silver.call_legs of this run.",
        blocking=True,
    )
    def rows_are_conserved(
        context: dg.AssetCheckExecutionContext, house: dg.ResourceParam[House]
    ) -> dg.AssetCheckResult:
        with house.open_warehouse() as warehouse:
            stored = warehouse.table(PIPELINE_HEALTH.full_name)
            flows = warehouse.frame(Scope({"run_id": context.run.run_id}).filter(stored))
        upto_legs = flows[flows["table_name"].str.startswith("bronze.") | (flows["table_name"] == CALL_LEGS.full_name)]
        return _result(upto_legs)

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
