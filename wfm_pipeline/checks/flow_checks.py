"""Blocking check of the way in: rows read = loaded + refused + duplicate, at every step of the run."""

import dagster as dg

from wfm_pipeline.contracts.gold import PIPELINE_HEALTH
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.scope import Scope


def build_flow_checks() -> list[dg.AssetChecksDefinition]:
    """The check that nothing is lost on the way to the legs."""

    @dg.asset_check(
        asset=dg.AssetKey(["silver", "call_legs"]),
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
        upto_legs = flows[flows["table_name"].str.startswith("bronze.") | (flows["table_name"] == "silver.call_legs")]
        lost = upto_legs["rows_in"] - upto_legs[["rows_loaded", "rows_rejected", "rows_duplicate"]].sum(axis=1)
        broken = upto_legs.loc[lost != 0, "table_name"].tolist()
        return dg.AssetCheckResult(
            passed=not broken, metadata={"steps": len(upto_legs), "broken_steps": ", ".join(broken) or "none"}
        )

    return [rows_are_conserved]
