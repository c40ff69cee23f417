"""Bronze rows into a silver table, with the findings on them beside it.

One pass writes the rows that are not refused. A second one looks only at the rows with a finding:
they are few, are put aside, and their raw values are written as JSON in chunks.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import ibis
import pandas as pd
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.bronze import RESERVED_NAMES
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.silver import REJECTED_ROWS
from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates, Days
from wfm_pipeline.errors import DataError
from wfm_pipeline.transforms.legs import JudgedRows
from wfm_pipeline.transforms.rows.canonical import RawRows
from wfm_pipeline.transforms.rows.findings import findings_table, is_refused
from wfm_pipeline.transforms.rows.versions import (
    candidates,
    in_window,
    latest_versions,
    repeated_keys,
    superseded_versions,
)
from wfm_pipeline.transforms.rows.zones import SiteClock
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.schemas import to_contract
from wfm_pipeline.warehouse.engines.scope import Scope, of_parts

RAW_CHUNK_ROWS = 20_000
FORGOTTEN = "longer ago than rejected_raw_days: the values are in bronze alone"
_TIMES = ("opened_at", "closed_at", "due_at", "happened_at", "known_at")
"""Times of cases and of their events; a table has some of them."""
_FARTHEST = dt.timedelta(days=3_660)
"""How far from a run's dates times are converted with their own DST rule: ten years."""


@dataclass(frozen=True, slots=True)
class SilverCounts:
    """What a refresh did: rows_in = rows_loaded + rows_rejected + rows_duplicate.

    Attributes:
        rows_in: Rows that came in.
        rows_loaded: Rows that the table now holds in the scope.
        rows_rejected: Rows refused, each with at least one finding.
        rows_duplicate: Rows that a later version has replaced.
        findings: Rule -> findings, of refused and of mended rows.
    """

    rows_in: int
    rows_loaded: int
    rows_rejected: int = 0
    rows_duplicate: int = 0
    findings: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "SilverCounts") -> "SilverCounts":
        """What two refreshes did together."""
        return SilverCounts(
            self.rows_in + other.rows_in,
            self.rows_loaded + other.rows_loaded,
            self.rows_rejected + other.rows_rejected,
            self.rows_duplicate + other.rows_duplicate,
            dict(sorted((Counter(self.findings) + Counter(other.findings)).items())),
        )

    @property
    def rows_faulty(self) -> int:
        """Rows refused for a fault, and not because the map excludes them."""
        excluded = sum(rows for rule, rows in self.findings.items() if rule.startswith("excluded_"))
        return max(self.rows_rejected - excluded, 0)


def refuse_too_many(counts: SilverCounts, *, highest_share: float) -> None:
    """Stop when more rows are faulty than the limit allows.

    Args:
        counts: What a refresh did.
        highest_share: Share of the rows that came in, 0..1.

    Raises:
        DataError: there are more; the message names the rules.
    """
    if counts.rows_in and counts.rows_faulty / counts.rows_in > highest_share:
        raise DataError(
            f"{counts.rows_faulty} of {counts.rows_in} rows are refused besides exclusions, more than the limit of "
            f"{highest_share:.0%}; look at silver.rejected_rows ({dict(counts.findings)}), mend the source map, "
            "or raise rejected_share_limit"
        )


def days_scope(source_map: SourceMap, dates: Dates) -> Scope:
    """Rows of some business dates that carry the source they came from: of all parts of a site."""
    return replace(of_parts(source_map), column="business_date", dates=dates)


def refresh_rows(
    warehouse: Warehouse,
    source_map: SourceMap,
    table_map: TableMap,
    table: Table,
    dates: Dates,
    *,
    identity: Sequence[str],
    judge: Callable[[IbisTable], JudgedRows],
) -> SilverCounts:
    """Replace a table's rows and their findings for some business dates, all or nothing.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        table_map: The physical table.
        table: Contract of the silver table.
        dates: Business dates.
        identity: Raw columns of what must be seen whole.
        judge: Rows to findings and canonical rows; bound to what it is given.

    Returns:
        Counts of the rows of those dates and of undated ones.
    """
    warehouse.renew_statistics(source_map.bronze_name(table_map))
    bronze = warehouse.table(source_map.bronze_name(table_map))
    with ExitStack() as stack:
        rows = _rows_to_judge(warehouse, bronze, identity, dates, stack)
        repeated = stack.enter_context(warehouse.put_aside(repeated_keys(rows, table_map.key)))
        judged = judge(latest_versions(rows, table_map, repeated))
        suspects = _suspects(warehouse, judged, dates, stack)
        scope = days_scope(source_map, dates)
        with warehouse.transaction():
            loaded = warehouse.replace(table, scope.filter(judged.loaded), scope)
            findings = _replace_findings(warehouse, source_map, table_map, judge, suspects, dates)
        counted = in_window(rows, dates) & ~rows["_is_deleted"]
        superseded = superseded_versions(rows, table_map, repeated)
        return SilverCounts(
            rows_in=warehouse.count(rows.filter(counted)),
            rows_loaded=loaded,
            rows_rejected=warehouse.count(suspects.filter(is_refused(judge(suspects).findings))),
            rows_duplicate=warehouse.count(superseded.filter(in_window(superseded, dates))),
            findings=findings,
        )


def clock_of_times(warehouse: Warehouse, source_map: SourceMap, table_map: TableMap, dates: Dates) -> SiteClock:
    """The site's clock over the dates and all times in a table that lie within ten years of them."""
    bronze = warehouse.table(source_map.bronze_name(table_map))
    raw = RawRows(bronze, table_map)
    times = [raw.time(name) for name in _TIMES if raw.has(name)]
    ends = [(f"{end}{n}", getattr(time, end)()) for n, time in enumerate(times) for end in ("min", "max")]
    found = warehouse.frame(bronze.aggregate(**dict(ends))).iloc[0]
    moments = [pd.Timestamp(value).to_pydatetime().date() for value in found if not pd.isna(value)]
    first, last = dates.hull.first, dates.hull.last
    earliest, latest = max(min([first, *moments]), first - _FARTHEST), min(max([last, *moments]), last + _FARTHEST)
    return SiteClock.of(source_map.site, earliest, latest)


def _rows_to_judge(
    warehouse: Warehouse, bronze: IbisTable, identity: Sequence[str], dates: Dates, stack: ExitStack
) -> IbisTable:
    """The whole table where the dates cover it, else the versions they touch, put aside."""
    date = bronze["_business_date"]
    ends = warehouse.frame(bronze.aggregate(first=date.min(), last=date.max())).iloc[0]
    if pd.isna(ends["first"]) or dates.hold(Days(ends["first"].date(), ends["last"].date())):
        return bronze
    return stack.enter_context(warehouse.put_aside(candidates(bronze, identity, dates)))


def _suspects(warehouse: Warehouse, judged: JudgedRows, dates: Dates, stack: ExitStack) -> IbisTable:
    """The dates' rows with findings, numbered so that they can be taken in chunks."""
    suspects = judged.suspects.filter(in_window(judged.suspects, dates))
    order = ibis.window(order_by=["_row_hash", "_batch_id"])
    return stack.enter_context(warehouse.put_aside(suspects.mutate(_number=ibis.row_number().over(order))))


def _replace_findings(
    warehouse: Warehouse,
    source_map: SourceMap,
    table_map: TableMap,
    judge: Callable[[IbisTable], JudgedRows],
    suspects: IbisTable,
    dates: Dates,
) -> dict[str, int]:
    """Write the findings anew; gives how many there are by rule."""
    warehouse.create(REJECTED_ROWS)
    ours = {"source": source_map.name, "table": table_map.name}
    warehouse.delete(REJECTED_ROWS.full_name, Scope(ours, "business_date", dates=dates, is_null_included=True))
    by_rule: Counter[str] = Counter()
    for start in range(0, warehouse.count(suspects), RAW_CHUNK_ROWS):
        chunk = suspects.filter(suspects["_number"].between(start, start + RAW_CHUNK_ROWS - 1))
        judged = judge(chunk)
        rows = findings_table(judged.rows, judged.findings, source=source_map.name, table=table_map.name)
        found = _with_raw(warehouse.arrow(rows), warehouse.raw_rows(chunk, table_map.types))
        warehouse.append_arrow(REJECTED_ROWS.full_name, to_contract(REJECTED_ROWS, found))
        by_rule.update(found["rule"].to_pylist())
    return dict(sorted(by_rule.items()))


def _with_raw(findings: pa.Table, rows: pa.Table) -> pa.Table:
    """Findings with the source's own columns of their row as a JSON object."""
    own = [name for name in rows.column_names if name not in RESERVED_NAMES and name != "_number"]
    hashes = rows["_row_hash"].to_pylist()
    raw = {
        row_hash: json.dumps(row, default=str, ensure_ascii=False)
        for row_hash, row in zip(hashes, rows.select(own).to_pylist(), strict=True)
    }
    found = [raw[row_hash] for row_hash in findings["row_hash"].to_pylist()]
    return findings.append_column("raw", pa.array(found, pa.string()))


def forget_raw(warehouse: Warehouse, source: str, before: dt.datetime) -> None:
    """Take the source's own values out of findings that came in before an instant (UTC); rule and row hash stay.

    The rows themselves are in bronze. A refresh of old dates writes them again, so it is asked after each one.
    """
    is_old = sge.and_(
        Scope({"source": source}).where(),
        sge.LT(this=sge.column("seen_at", quoted=True), expression=sge.convert(before)),
        sge.column("raw", quoted=True).is_(sge.null()).not_(),
    )
    values = {"raw": sge.null(), "reason": sge.Literal.string(FORGOTTEN)}
    warehouse.update(REJECTED_ROWS.full_name, values, is_old)
