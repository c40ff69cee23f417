"""The planners' matches of a source on the shelf: reading them, making silver again where they change, and what no row speaks of.

Not here: what a match does to rows (transforms/matches.py) and taking a planners' file in (warehouse/shelves/versions).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.planning.planners_input import SOURCE_MATCHES
from wfm_pipeline.contracts.silver import CALL_LEGS
from wfm_pipeline.contracts.source.source_map import LEADING_ROLES, SourceMap
from wfm_pipeline.transforms.matches import MATCHED_COLUMNS
from wfm_pipeline.warehouse.bronze.days import ledger
from wfm_pipeline.warehouse.bronze.pending import note_dates
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_parts, of_source

Matches = Mapping[str, frozenset[tuple[str, str, str]]]
"""Source -> its kind, source_id and id."""


def open_matches(warehouse: Warehouse, source_map: SourceMap) -> IbisTable | None:
    """kind, source_id and id that hold now for one source; None where there are none."""
    if not warehouse.has(SOURCE_MATCHES.full_name):
        return None
    rows = of_source(source_map, valid_until=None).filter(warehouse.table(SOURCE_MATCHES.full_name))
    return rows.select("kind", "source_id", "id") if warehouse.value(rows.count()) else None


def matches_by_source(warehouse: Warehouse, source_map: SourceMap) -> Matches:
    """The matches that hold now, for each part of a source."""
    found = {}
    for part in source_map.parts:
        rows = open_matches(warehouse, part)
        lines = warehouse.arrow(rows).to_pylist() if rows is not None else []
        found[part.name] = frozenset((line["kind"], line["source_id"], line["id"]) for line in lines)
    return found


def make_again_where_changed(warehouse: Warehouse, source_map: SourceMap, before: Matches) -> list[str]:
    """Put every date of the parts whose matches are other than before on silver's to-do list.

    Returns:
        Names of those parts.
    """
    now = matches_by_source(warehouse, source_map)
    changed = [part for part in source_map.parts if now[part.name] != before[part.name]]
    for part in changed:
        for table_map in part.tables:
            if table_map.role in LEADING_ROLES:
                note_dates(warehouse, part, table_map, ledger(warehouse, part, table_map))
    return [part.name for part in changed]


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Ids of a source that no row of the planners' table leads to.

    Attributes:
        source: The source.
        queues: The queues.
        agents: How many people [count].
    """

    source: str
    queues: tuple[str, ...]
    agents: int


def unmatched_ids(warehouse: Warehouse, source_map: SourceMap) -> list[Unmatched]:
    """Of each source of a site the ids that go by their own name; nothing where there is one source."""
    if not source_map.members or not warehouse.has(CALL_LEGS.full_name):
        return []
    return [_unmatched_of(warehouse, part) for part in source_map.playing("call_legs")]


def _unmatched_of(warehouse: Warehouse, part: SourceMap) -> Unmatched:
    legs, matches = of_source(part).filter(warehouse.table(CALL_LEGS.full_name)), open_matches(warehouse, part)
    found = {}
    for kind, column in MATCHED_COLUMNS.items():
        ids = legs.drop_null(column).select(id=column).distinct()
        if matches is not None:
            ids = ids.anti_join(matches.filter(matches.kind == kind), "id")
        found[kind] = warehouse.frame(ids.order_by("id"))["id"].tolist()
    return Unmatched(part.name, tuple(found["queue"]), len(found["agent"]))


def queues_by_name(warehouse: Warehouse, source_map: SourceMap, unmatched: list[Unmatched]) -> dict[str, list[str]]:
    """Queue -> the sources that feed it, where one of them does so by the queue's name alone."""
    if not unmatched:
        return {}
    legs = of_parts(source_map).filter(warehouse.table(CALL_LEGS.full_name)).drop_null("queue_id")
    fed = warehouse.frame(legs.select("queue_id", "source").distinct().order_by("queue_id", "source"))
    by_name = {queue for one in unmatched for queue in one.queues}
    sources = fed[fed["queue_id"].isin(by_name)].groupby("queue_id")["source"].apply(list)
    return {str(queue): names for queue, names in sources.items() if len(names) > 1}
