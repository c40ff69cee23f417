"""Cases and their events read anew within the hourly step: the dates of its hours, and dates of rows that changed since.

An hour does not wait for the night: what it counts is read first, by the same reading, refusing and refreshing as the main job's.
Rows that came late without a change time are found by the main job, which compares all dates. Not here: which hours (hours.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import dagster as dg

from wfm_pipeline.asset_keys import UNREAD_TAG
from wfm_pipeline.assets.reading import read_table
from wfm_pipeline.assets.silver import Refresh
from wfm_pipeline.assets.step import at_work
from wfm_pipeline.contracts.backlog.case_events import CASE_EVENTS
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.silver import CASES
from wfm_pipeline.contracts.source.source_map import Role, SourceMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import SourceError
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import silver_rules
from wfm_pipeline.warehouse.bronze.days import watermark
from wfm_pipeline.warehouse.silver.due_dates import refresh_due_dates
from wfm_pipeline.warehouse.silver.refresh import refresh_case_events, refresh_cases

CASE_ROLES: Final[Mapping[Role, tuple[Table, Refresh]]] = {
    "case_events": (CASE_EVENTS, refresh_case_events),
    "cases": (CASES, refresh_cases),
}
"""Roles that tell of cases -> their silver table and what refreshes it."""


@dataclass(frozen=True, slots=True)
class News:
    """What was read.

    Attributes:
        rows_in: Rows read [count].
        rows_loaded: Of them, those that bronze had not [count].
        rows_rejected: Rows of the refreshed dates that silver refused [count].
    """

    rows_in: int = 0
    rows_loaded: int = 0
    rows_rejected: int = 0


def read_case_news(context: dg.AssetExecutionContext, house: House, own: Dates) -> News:
    """Read every table of cases of the site and refresh what is made of it.

    Args:
        context: The step's context.
        house: The house.
        own: Business dates of the hours.

    Returns:
        What was read.
    """
    found = [
        _read(context, house, part, table_map, role, own)
        for role in CASE_ROLES
        for part in house.source_map.playing(role)
        if (table_map := part.table(role)) is not None
    ]
    return News(*(sum(getattr(one, name) for one in found) for name in News.__slots__))


def _read(
    context: dg.AssetExecutionContext, house: House, part: SourceMap, table_map: TableMap, role: Role, own: Dates
) -> News:
    dates = _dates(context, house, part, table_map, own)
    flow = read_table(context, house, part, table_map, dates)
    table, refresh = CASE_ROLES[role]
    with at_work(context, house) as step:
        counts = refresh_due_dates(
            step.warehouse,
            part,
            table,
            partial(refresh, step.warehouse, part, silver_rules(step.settings)),
            own=dates or own,
            run_id=step.run_id,
        )
    return News(flow.rows_in, flow.rows_loaded, counts.rows_rejected)


def _dates(
    context: dg.AssetExecutionContext, house: House, part: SourceMap, table_map: TableMap, own: Dates
) -> Dates | None:
    """The hours' dates and those of rows changed since; all where bronze has nothing yet, or the table has no dates."""
    unread = context.run.tags.get(UNREAD_TAG, "").split(",")
    if part.name in unread or part.name not in {one.name for one in house.read_parts}:
        return own
    with house.open_warehouse() as warehouse:
        known = watermark(warehouse, part, table_map)
    if known.last_date is None or table_map.load == "full":
        return None
    since = known.changed_since(0)
    try:
        with house.open_source(part) as reader:
            return own | Dates.of(reader.changed_dates(table_map, since) if since else ())
    except SourceError:
        if not house.source_map.members:
            raise
        return own  # reading it will fail too, and is then noted: the others of the site go on
