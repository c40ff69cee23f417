"""Does bronze hold what the source holds? The ledger's side of the question: digests, and when they were compared.

Here: what is known of each date, which older dates are due to be compared, and writing down what was
found. Not here: which dates are stale by their count (bronze/days.py) and asking the source
(orchestration/partitions/stale_dates.py).
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

import sqlglot.expressions as sge

from wfm_pipeline.contracts.bronze import DAY_LEDGER, TABLE_LEDGER
from wfm_pipeline.contracts.source.source_map import SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.warehouse.bronze.versions import current_state
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope


@dataclass(frozen=True, slots=True)
class KnownDay:
    """What the ledger knows of a table's date.

    Attributes:
        rows: Rows the source held when the date was last read.
        batch_id: Batch that read it last.
        digest: Digest of those rows; None in a ledger of an earlier version.
        checked_at: When the source was last found to hold just those (naive UTC); None: never since they were read.
    """

    rows: int
    batch_id: str
    digest: str | None
    checked_at: dt.datetime | None


def known_days(warehouse: Warehouse, source_map: SourceMap, table_map: TableMap) -> dict[dt.date, KnownDay]:
    """Business date -> what the ledger knows of it, in order; empty where nothing was read."""
    if not warehouse.has(DAY_LEDGER.full_name):
        return {}
    warehouse.create(DAY_LEDGER)
    rows = _scope(source_map, table_map).filter(warehouse.table(DAY_LEDGER.full_name))
    found = warehouse.arrow(rows.order_by("business_date")).to_pylist()
    return {
        line["business_date"]: KnownDay(line["rows_read"], line["batch_id"], line["content_hash"], line["checked_at"])
        for line in found
    }


def known_undated(warehouse: Warehouse, source_map: SourceMap, table_map: TableMap) -> str | None:
    """Digest of the rows that belong to no date, when they were last read; None where it is not known."""
    if not warehouse.has(TABLE_LEDGER.full_name):
        return None
    rows = _scope(source_map, table_map).filter(warehouse.table(TABLE_LEDGER.full_name))
    found = warehouse.arrow(rows)["content_hash"].to_pylist()
    return found[0] if found else None


def due_dates(
    known: Mapping[dt.date, KnownDay], *, day_counts: Mapping[dt.date, int], besides: Collection[dt.date], most: int
) -> set[dt.date]:
    """Older dates whose turn it is to be compared with the source.

    Args:
        known: What the ledger knows.
        day_counts: Date -> rows the source holds now.
        besides: Dates that are looked at anyway.
        most: How many [count]; 0 for none.

    Returns:
        Dates with as many rows as when they were read; those come first that were never compared, then those
        whose last comparison is longest ago, and of two the newer date: younger days are corrected more often.
    """
    waiting = [date for date, day in known.items() if day_counts.get(date) == day.rows and date not in besides]

    def turn(date: dt.date) -> tuple[str, int]:
        checked = known[date].checked_at
        return (checked.isoformat() if checked else "", -date.toordinal())

    return set(sorted(waiting, key=turn)[:most])


def state_hashes(
    warehouse: Warehouse, source_map: SourceMap, table_map: TableMap, dates: Dates
) -> dict[dt.date, set[str]]:
    """Row hashes of the rows that count in bronze, per date: what a batch would add nothing to.

    For dates whose digest no version has written down yet.
    """
    name = source_map.bronze_name(table_map)
    if not dates or not warehouse.has(name):
        return {}
    rows = Scope(column="_business_date", dates=dates).filter(current_state(warehouse.table(name), table_map))
    found: dict[dt.date, set[str]] = {}
    for line in warehouse.arrow(rows.select("_business_date", "_row_hash")).to_pylist():
        found.setdefault(line["_business_date"], set()).add(line["_row_hash"])
    return found


def note_checked(
    warehouse: Warehouse,
    source_map: SourceMap,
    table_map: TableMap,
    *,
    dates: Iterable[dt.date],
    digests: Mapping[dt.date, str],
    checked_at: dt.datetime,
) -> None:
    """Write down that the source held just the known rows of some dates.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        table_map: The table.
        dates: The dates.
        digests: Digests of those of them whose digest was not known.
        checked_at: Instant before the comparison, UTC.
    """
    with warehouse.transaction():
        for date, digest in digests.items():
            _update(warehouse, source_map, table_map, Dates.of([date]), {"content_hash": sge.Literal.string(digest)})
        moment = sge.cast(sge.Literal.string(checked_at.isoformat(sep=" ")), "timestamp")
        _update(warehouse, source_map, table_map, Dates.of(dates), {"checked_at": moment})


def _update(
    warehouse: Warehouse,
    source_map: SourceMap,
    table_map: TableMap,
    dates: Dates,
    values: Mapping[str, sge.Expression],
) -> None:
    scope = replace(_scope(source_map, table_map), column="business_date", dates=dates)
    warehouse.update(DAY_LEDGER.full_name, values, scope.where())


def _scope(source_map: SourceMap, table_map: TableMap) -> Scope:
    return Scope({"source": source_map.name, "table_name": table_map.name})
