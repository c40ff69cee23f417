"""What was set aside or mended of a source's rows: how many by rule, and the first of each.

Not here: which rules there are (transforms/rows) and how a finding is said (reports/tables/findings).
"""

import ibis
import pandas as pd

from wfm_pipeline.contracts.silver import REJECTED_ROWS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_parts

_ORDER = ("business_date", "row_hash")


def findings_by_rule(warehouse: Warehouse, source_map: SourceMap, *, run_id: str | None = None) -> pd.DataFrame:
    """Findings by table and rule.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        run_id: Only findings on rows that this run brought; None: on all rows.

    Returns:
        Columns table, rule, is_row_refused, findings [count], first_date, last_date, reason (of the first by date);
        most findings first; no rows where nothing was found.
    """
    columns = ["table", "rule", "is_row_refused", "findings", "first_date", "last_date", "reason"]
    if not warehouse.has(REJECTED_ROWS.full_name):
        return pd.DataFrame(columns=columns)
    rows = of_parts(source_map).filter(warehouse.table(REJECTED_ROWS.full_name))
    if run_id is not None:
        rows = rows.filter(rows["batch_id"].endswith(run_id[:8]))
    by = ["table", "rule", "is_row_refused"]
    place = ibis.row_number().over(ibis.window(group_by=by, order_by=list(_ORDER)))
    date = ibis._["business_date"]
    counts = rows.group_by(by).agg(findings=ibis._.count(), first_date=date.min(), last_date=date.max())
    firsts = rows.mutate(_place=place).filter(ibis._["_place"] == 0).select(*by, "reason")
    found = warehouse.frame(counts.join(firsts, by).select(columns))
    return found.sort_values(["findings", "table", "rule"], ascending=[False, True, True], ignore_index=True)


def findings_of_rule(warehouse: Warehouse, source_map: SourceMap, rule: str, *, most: int) -> pd.DataFrame:
    """The findings of one rule, newest business date first.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        rule: Its name.
        most: Rows at most [count].

    Returns:
        Columns table, business_date, row_hash, reason.
    """
    columns = ["table", "business_date", "row_hash", "reason"]
    if not warehouse.has(REJECTED_ROWS.full_name):
        return pd.DataFrame(columns=columns)
    rows = of_parts(source_map).filter(warehouse.table(REJECTED_ROWS.full_name))
    newest = [ibis.desc("business_date", nulls_first=True), "row_hash"]
    return warehouse.frame(rows.filter(rows["rule"] == rule).order_by(newest).limit(most).select(columns))
