"""Bronze rows to canonical cases, with the findings on them."""

import ibis
from ibis.expr.types import TimestampValue

from wfm_pipeline.contracts.silver import CASES
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.transforms.legs import JudgedRows
from wfm_pipeline.transforms.rows.canonical import RawRows
from wfm_pipeline.transforms.rows.findings import is_refused
from wfm_pipeline.transforms.rows.row_rules import (
    emptied_in_dst_gap,
    in_dst_gap,
    map_exclusions,
    misfits,
    missing_key,
    undated,
)
from wfm_pipeline.transforms.rows.zones import SiteClock

_TEXTS = ("queue_id", "status", "priority", "agent_id")


def judge_cases(rows: ibis.Table, source_map: SourceMap, clock: SiteClock) -> JudgedRows:
    """Canonical cases of the latest versions of bronze rows.

    Args:
        rows: Latest versions, one per key.
        source_map: The source; its table with role `cases` is read.
        clock: The site's clock over all times in the rows, due dates included.

    Returns:
        Findings, and one row per case with the columns of `silver.cases`. A case opened at a local
        time that never was is refused; closed or due at one, that time is emptied.
    """
    table_map = source_map.table("cases")
    assert table_map is not None  # asked for only where the map has one
    raw = RawRows(rows, table_map)
    is_local = source_map.times_are == "local"
    to_utc = clock.to_known_utc if is_local else _as_it_stands
    case_id, opened = raw.text("case_id"), raw.time("opened_at")
    texts = {name: raw.text(name) for name in _TEXTS}
    findings = [
        *map_exclusions(raw),
        missing_key(raw, [case_id.value]),
        undated(raw, "opened_at", opened),
        *([in_dst_gap("opened_at", opened, clock)] if is_local else []),
        *[finding for judged in (case_id, *texts.values()) for finding in judged.findings],
        *([emptied_in_dst_gap(raw, name, clock) for name in ("closed_at", "due_at")] if is_local else []),
        *misfits(raw),
    ]
    columns = {
        "source": ibis.literal(source_map.name),
        "case_id": case_id.value,
        **{name: judged.value for name, judged in texts.items()},
        "status": texts["status"].value.lower(),
        "priority": texts["priority"].value.lower(),
        **{name: to_utc(raw.time(name)) for name in ("opened_at", "closed_at", "due_at")},
        "business_date": rows["_business_date"],
        "row_hash": rows["_row_hash"],
        "batch_id": rows["_batch_id"],
    }
    loaded = rows.filter(~is_refused(findings)).select(**{name: columns[name] for name in CASES.column_names})
    return JudgedRows(rows, tuple(findings), loaded)


def _as_it_stands(instant: TimestampValue) -> TimestampValue:
    return instant
