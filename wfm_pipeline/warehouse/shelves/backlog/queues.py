"""What silver knows of a source's cases as a whole: their queues, and when the first event happened, of all or of those told lately.

Queues are those that the source's own table of queues lists, else those that its cases name.

Not here: cases whose queue is none of them; they are counted apart (domain/backlog).
"""

import pandas as pd

from wfm_pipeline.contracts.backlog.case_events import CASE_EVENTS
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.silver import CASES
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_parts
from wfm_pipeline.warehouse.silver.sources import known_queues


def case_queues(warehouse: Warehouse, source_map: SourceMap) -> tuple[str, ...]:
    """Queues that have ever had a case, of those that the source lists where it lists any.

    Args:
        warehouse: An open warehouse.
        source_map: The source.

    Returns:
        Their names, sorted.
    """
    found = set[str]()
    for part in source_map.parts:
        named = _named(warehouse, part, CASE_EVENTS) | _named(warehouse, part, CASES)
        listed = known_queues(warehouse, part).ids
        found |= named & set(listed) if listed else named
    return tuple(sorted(found))


def parts_without_events(warehouse: Warehouse, source_map: SourceMap) -> list[str]:
    """Sources of a site that have rows of cases and no event, where another has events.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
    """
    has = {part.name: has_case_events(warehouse, part) for part in source_map.parts}
    if not any(has.values()):
        return []
    return [part.name for part in source_map.parts if not has[part.name] and _named(warehouse, part, CASES)]


def has_case_events(warehouse: Warehouse, source_map: SourceMap) -> bool:
    """Whether silver holds any event of the source's cases.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
    """
    if not warehouse.has(CASE_EVENTS.full_name):
        return False
    return bool(warehouse.value(of_parts(source_map).filter(warehouse.table(CASE_EVENTS.full_name)).count()))


def first_case_at(warehouse: Warehouse, source_map: SourceMap) -> pd.Timestamp | None:
    """When the first case that silver knows was opened.

    Args:
        warehouse: An open warehouse.
        source_map: The source.

    Returns:
        The instant (naive UTC); None where there is none.
    """
    found = []
    for table, column in ((CASE_EVENTS, "happened_at"), (CASES, "opened_at")):
        if warehouse.has(table.full_name):
            rows = of_parts(source_map).filter(warehouse.table(table.full_name))
            found.append(warehouse.value(rows[column].min()))
    return min((pd.Timestamp(one) for one in found if not pd.isna(one)), default=None)


def first_told_since(
    warehouse: Warehouse, source_map: SourceMap, taken_at: pd.Timestamp, after: pd.Timestamp
) -> pd.Timestamp | None:
    """When the first event happened that silver has and had not when it was looked at before.

    Args:
        warehouse: An open warehouse.
        source_map: The source.
        taken_at: Newest ingestion of then (naive UTC).
        after: Events before it are not asked for.

    Returns:
        The instant (naive UTC); None where there is none.
    """
    if not warehouse.has(CASE_EVENTS.full_name):
        return None
    rows = of_parts(source_map).filter(warehouse.table(CASE_EVENTS.full_name))
    new = rows.filter(rows.ingested_at > taken_at.to_pydatetime(), rows.happened_at >= after.to_pydatetime())
    found = warehouse.value(new.happened_at.min())
    return None if pd.isna(found) else pd.Timestamp(found)


def _named(warehouse: Warehouse, source_map: SourceMap, table: Table) -> set[str]:
    if not warehouse.has(table.full_name):
        return set()
    rows = of_parts(source_map).filter(warehouse.table(table.full_name))
    found = warehouse.frame(rows.select("queue_id").distinct())
    return set(found["queue_id"].dropna())
