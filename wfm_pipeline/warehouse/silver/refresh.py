"""What an asset calls to refresh a silver table: whole scopes, all or nothing, the same twice.

Each function replaces exactly its source's rows of the dates it is given; findings on undated rows
belong to no date and are renewed every time. What rows become is said in transforms; here and in
rows.py (findings), intervals.py (grid, calendar) is the order of steps and what is
worth materialising on the way.
"""

from contextlib import ExitStack

import ibis
import pandas as pd
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.backlog.case_events import CASE_EVENTS
from wfm_pipeline.contracts.silver import CALL_LEGS, CALLS, CASES, INTERVAL_STATISTICS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.dates import Dates, Days
from wfm_pipeline.transforms.calls import attribute_calls, finish_calls, redials, several_legs, with_customers
from wfm_pipeline.transforms.case_events import judge_case_events
from wfm_pipeline.transforms.cases import judge_cases
from wfm_pipeline.transforms.interval_rows import judge_intervals
from wfm_pipeline.transforms.legs import identity_of_call, judge_legs
from wfm_pipeline.transforms.matches import with_matches
from wfm_pipeline.transforms.opening import is_open, with_own_hours
from wfm_pipeline.transforms.rows.silver_numbers import SilverRules
from wfm_pipeline.transforms.rows.zones import SiteClock
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.silver.contradictions import count_contradictions
from wfm_pipeline.warehouse.silver.intervals import refresh_calendar, refresh_intervals, stale_interval_dates
from wfm_pipeline.warehouse.silver.matching import open_matches
from wfm_pipeline.warehouse.silver.own_hours import staged_own_hours
from wfm_pipeline.warehouse.silver.rows import SilverCounts, clock_of_times, days_scope, refresh_rows
from wfm_pipeline.warehouse.silver.sources import customers_of_source, known_queues, source_dates

__all__ = [
    "SilverCounts",
    "refresh_calendar",
    "refresh_calls",
    "refresh_case_events",
    "refresh_cases",
    "refresh_intervals",
    "refresh_legs",
    "refresh_statistics",
    "source_dates",
    "stale_interval_dates",
]

_CALL_PAD_DAYS = 3
"""Days around each date in which legs are looked at: a redial's window is at most one, and DST days are short."""


def refresh_legs(warehouse: Warehouse, source_map: SourceMap, rules: SilverRules, dates: Dates) -> SilverCounts:
    """Replace the legs, and the findings on their rows, of some business dates.

    Returns:
        Counts of the bronze rows of those dates and of undated ones:
        rows_in = rows_loaded + rows_rejected + rows_duplicate.
    """
    table_map = source_map.table("call_legs")
    if table_map is None:
        return SilverCounts(0, 0)
    queues, matches = known_queues(warehouse, source_map), open_matches(warehouse, source_map)
    clock = SiteClock.of(source_map.site, dates.hull.first, dates.hull.last)
    return refresh_rows(
        warehouse,
        source_map,
        table_map,
        CALL_LEGS,
        dates,
        identity=identity_of_call(table_map),
        judge=lambda rows: with_matches(judge_legs(rows, source_map, rules, queues, clock), matches),
    )


def refresh_cases(
    warehouse: Warehouse,
    source_map: SourceMap,
    rules: SilverRules,  # noqa: ARG001  (every refresh takes the same arguments)
    dates: Dates,
) -> SilverCounts:
    """Replace the cases, and the findings on their rows, of some business dates; counts as for legs."""
    table_map = source_map.table("cases")
    if table_map is None:
        return SilverCounts(0, 0)
    clock, matches = clock_of_times(warehouse, source_map, table_map, dates), open_matches(warehouse, source_map)
    return refresh_rows(
        warehouse,
        source_map,
        table_map,
        CASES,
        dates,
        identity=table_map.key,
        judge=lambda rows: with_matches(judge_cases(rows, source_map, clock), matches),
    )


def refresh_case_events(
    warehouse: Warehouse,
    source_map: SourceMap,
    rules: SilverRules,  # noqa: ARG001  (every refresh takes the same arguments)
    dates: Dates,
) -> SilverCounts:
    """Replace the case events, and the findings on their rows, of some business dates; counts as for legs."""
    table_map = source_map.table("case_events")
    assert table_map is not None  # only a source with case events has the asset
    queues, matches = known_queues(warehouse, source_map), open_matches(warehouse, source_map)
    clock = clock_of_times(warehouse, source_map, table_map, dates)
    return refresh_rows(
        warehouse,
        source_map,
        table_map,
        CASE_EVENTS,
        dates,
        identity=table_map.key,
        judge=lambda rows: with_matches(judge_case_events(rows, source_map, queues, clock), matches),
    )


def refresh_statistics(
    warehouse: Warehouse,
    source_map: SourceMap,
    rules: SilverRules,
    dates: Dates,
) -> SilverCounts:
    """Replace the interval statistics, and the findings on their rows, of some business dates; counts as for legs."""
    table_map = source_map.table("intervals")
    assert table_map is not None  # only a source with intervals has the asset
    queues, matches = known_queues(warehouse, source_map), open_matches(warehouse, source_map)
    clock = SiteClock.of(source_map.site, dates.hull.first, dates.hull.last)
    return refresh_rows(
        warehouse,
        source_map,
        table_map,
        INTERVAL_STATISTICS,
        dates,
        identity=table_map.key,
        judge=lambda rows: with_matches(judge_intervals(rows, source_map, rules, queues, clock), matches),
    )


def refresh_calls(warehouse: Warehouse, source_map: SourceMap, rules: SilverRules, dates: Dates) -> SilverCounts:
    """Replace the calls that arrived on some business dates, from `silver.call_legs`.

    A call is made from all its legs and a redial from the days before, wherever they lie, so that
    the answer does not depend on which dates are refreshed. Calls of two sources are never one, whatever their ids; a
    redial may come by another source of the site than the call before it. Calls whose legs contradict each other are counted as
    findings.
    """
    warehouse.create(CALL_LEGS)
    warehouse.renew_statistics(CALL_LEGS.full_name)
    with ExitStack() as stack:
        found = [_calls_of_part(warehouse, part, dates, stack) for part in source_map.leading_parts]
        calls = ibis.union(*found) if len(found) > 1 else found[0]
        redial_ids = stack.enter_context(warehouse.put_aside(redials(calls, rules.redial_window_seconds)))
        opens = is_open(calls.arrived_at_local, source_map.site, dates.hull.first, dates.hull.last)
        own = stack.enter_context(staged_own_hours(warehouse, source_map, calls, dates))
        opened = with_own_hours(calls.mutate(is_open=opens), own, local="arrived_at_local")
        finished = finish_calls(opened, redial_ids, opened.is_open)
        scope = days_scope(source_map, dates)
        loaded = warehouse.replace(CALLS, scope.filter(finished), scope)
    return SilverCounts(loaded, loaded, findings=count_contradictions(warehouse, source_map, dates))


def _calls_of_part(warehouse: Warehouse, part: SourceMap, dates: Dates, stack: ExitStack) -> IbisTable:
    """Calls of one source with their customers; each says in its own way how legs relate and who called."""
    legs = _legs_of_calls(warehouse, part, dates, stack)
    several = stack.enter_context(warehouse.put_aside(several_legs(legs)))
    return with_customers(attribute_calls(legs, several, part), customers_of_source(warehouse, part))


def _legs_of_calls(warehouse: Warehouse, source_map: SourceMap, dates: Dates, stack: ExitStack) -> IbisTable:
    """All legs of every call with a leg on the dates or near them."""
    legs = Scope({"source": source_map.name}).filter(warehouse.table(CALL_LEGS.full_name))
    ends = warehouse.frame(legs.aggregate(first=legs.business_date.min(), last=legs.business_date.max())).iloc[0]
    if pd.isna(ends["first"]) or dates.hold(Days(ends["first"].date(), ends["last"].date())):
        return legs
    near = days_scope(source_map, dates.widened(_CALL_PAD_DAYS)).filter(legs).select("call_id").distinct()
    return stack.enter_context(warehouse.put_aside(legs.semi_join(near, "call_id")))
