"""Findings: what was wrong with a row, by which rule, and whether the row is out.

Here: the form of a finding and the table of them. Which rules there are is said beside what they
judge: values in canonical.py, rows in row_rules.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ibis
from ibis.expr.types import BooleanValue, StringValue
from ibis.expr.types import Table as IbisTable


@dataclass(frozen=True)
class Finding:
    """One rule looked at on every row of a table.

    Attributes:
        rule: Name of the rule.
        is_found: True where the rule finds something; null counts as no.
        reason: What is wrong, in words, with the value.
        is_row_refused: True: the row is out. False: a value was mended or emptied, the row stays.
    """

    rule: str
    is_found: BooleanValue
    reason: StringValue
    is_row_refused: bool = False


def any_found(findings: Iterable[Finding]) -> BooleanValue:
    """Whether anything is found on a row.

    Args:
        findings: Rules bound to one table.

    Returns:
        True where at least one of them finds something; never null.
    """
    conditions = [finding.is_found.fill_null(False) for finding in findings]
    return ibis.or_(*conditions) if conditions else ibis.literal(False)


def is_refused(findings: Iterable[Finding]) -> BooleanValue:
    """Whether a row is put out.

    Args:
        findings: Rules bound to one table.

    Returns:
        True where one that refuses finds something; never null.
    """
    return any_found(finding for finding in findings if finding.is_row_refused)


def findings_table(rows: IbisTable, findings: Sequence[Finding], *, source: str, table: str) -> IbisTable:
    """One row per finding, without the raw row.

    A refused row tells only why it is refused: what else is wrong with it changes nothing.

    Args:
        rows: The bronze rows (latest versions) that the findings are bound to.
        findings: The rules; two of one name count as one, the first reason wins.
        source: Name of the source map.
        table: Physical table.

    Returns:
        Rows of `silver.rejected_rows`, but for `raw`.
    """
    refused = is_refused(findings)
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    parts = [_rows_of(rows, same, refused, source=source, table=table) for same in by_rule.values()]
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _rows_of(rows: IbisTable, same: list[Finding], refused: BooleanValue, *, source: str, table: str) -> IbisTable:
    is_row_refused = any(finding.is_row_refused for finding in same)
    found = any_found(same)
    reason = ibis.cases(*[(finding.is_found.fill_null(False), finding.reason) for finding in same])
    return rows.filter(found if is_row_refused else found & ~refused).select(
        source=ibis.literal(source),
        table=ibis.literal(table),
        row_hash=rows["_row_hash"],
        rule=ibis.literal(same[0].rule),
        is_row_refused=ibis.literal(is_row_refused),
        reason=reason,
        batch_id=rows["_batch_id"],
        seen_at=rows["_ingested_at"],
        business_date=rows["_business_date"],
    )
