"""Silver assets: cleaned legs with their findings, calls, intervals, calendar, cases and their events.

Not here: what rows become (transforms), writing them (warehouse/silver) and which dates a run refreshes
(warehouse/silver/due_dates).
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

import dagster as dg

from wfm_pipeline.asset_keys import DAY, bronze_key, key_of
from wfm_pipeline.assets.declaring import Input, asset_words, partitioned, specs
from wfm_pipeline.assets.step import Flow, Step, at_work, dates_of, materialized
from wfm_pipeline.checks.verdicts import warning
from wfm_pipeline.contracts.backlog.case_events import CASE_EVENTS
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.planning.planners_input import QUEUE_HOURS, SOURCE_MATCHES
from wfm_pipeline.contracts.silver import (
    CALENDAR_DAYS,
    CALL_LEGS,
    CALLS,
    CASES,
    INTERVAL_STATISTICS,
    QUEUE_INTERVALS,
    REJECTED_ROWS,
)
from wfm_pipeline.contracts.source.source_map import Role, SourceMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.domain.judgement import refused_share
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import silver_rules
from wfm_pipeline.transforms.rows.silver_numbers import SilverRules
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.ops.writing import utc_now
from wfm_pipeline.warehouse.silver.contradictions import refuse_contradictions
from wfm_pipeline.warehouse.silver.due_dates import refresh_due_dates
from wfm_pipeline.warehouse.silver.refresh import (
    SilverCounts,
    refresh_calendar,
    refresh_calls,
    refresh_case_events,
    refresh_cases,
    refresh_intervals,
    refresh_legs,
    refresh_statistics,
)
from wfm_pipeline.warehouse.silver.rows import forget_raw, refuse_too_many
from wfm_pipeline.warehouse.silver.unit_slips import refuse_unit_slips
from wfm_pipeline.warehouse.silver.unread_rows import refuse_slips

Refresh = Callable[[Warehouse, SourceMap, SilverRules, Dates], SilverCounts]
"""Replaces a table's rows of some dates."""
_SILVER_OF: Final[Mapping[Role, Table]] = {
    "intervals": INTERVAL_STATISTICS,
    "cases": CASES,
    "case_events": CASE_EVENTS,
}
"""Silver tables besides the calls that are made from a role's rows."""
_BESIDE: Final[Mapping[Role, tuple[Role, ...]]] = {"case_events": ("queues",)}
"""Roles whose rows are looked at beside a role's own: a list of queues tells which queue nobody knows."""
Judge = Callable[[Step, SourceMap, SilverCounts], None]
"""Raises where what a refresh found must stop the run."""
_FEW_REFUSED = dg.AssetCheckSpec(
    "few_rows_are_refused",
    asset=key_of(CALL_LEGS),
    description="At most refused_share_warning of the run's rows are refused besides exclusions.",
)


def build_silver_assets(source_map: SourceMap, partitions: dg.PartitionsDefinition | None) -> list[dg.AssetsDefinition]:
    """The silver layer of one source; by day where `partitions` is given."""
    daily = partial(_daily_asset, partitions=partitions)
    return [
        _legs_asset([*_raw(source_map, "call_legs", "queues"), SOURCE_MATCHES], partitions),
        daily(
            CALLS,
            refresh_calls,
            judge=_refuse_contradictions,
            reads=[CALL_LEGS, QUEUE_HOURS, *_raw(source_map, "customers")],
            time_column="arrived_at",
        ),
        *_role_assets(source_map, "intervals", refresh_statistics, daily, time_column="interval_start"),
        _calendar_asset([CALLS, QUEUE_HOURS, *_silver_of(source_map.leading.role)]),
        daily(
            QUEUE_INTERVALS,
            refresh_intervals,
            reads=[
                CALLS,
                *([INTERVAL_STATISTICS] if source_map.playing("intervals") else []),
                CALENDAR_DAYS,
                QUEUE_HOURS,
            ],
            time_column="interval_start",
        ),
        *_role_assets(source_map, "cases", refresh_cases, daily, time_column="opened_at"),
        *_role_assets(source_map, "case_events", refresh_case_events, daily, time_column="happened_at"),
    ]


def _role_assets(
    source_map: SourceMap, role: Role, refresh: Refresh, daily: Callable[..., dg.AssetsDefinition], *, time_column: str
) -> list[dg.AssetsDefinition]:
    """The asset of a role that some part of the source plays; none where none does."""
    raw = _raw(source_map, role, *_BESIDE.get(role, ())) if source_map.playing(role) else []
    judge = partial(_refuse_unread_of, role)
    return (
        [
            daily(
                _SILVER_OF[role], refresh, judge=judge, reads=[*raw, SOURCE_MATCHES], time_column=time_column, role=role
            )
        ]
        if raw
        else []
    )


def _silver_of(role: Role) -> list[Input]:
    """The silver table besides the calls that is made from a role's rows."""
    return [_SILVER_OF[role]] if role in _SILVER_OF else []


def _raw(source_map: SourceMap, *roles: Role) -> list[Input]:
    """Keys of the tables that play these roles in any part of the source."""
    return [
        bronze_key(part, table)
        for role in roles
        for part in source_map.parts
        if (table := part.table(role)) is not None
    ]


def _legs_asset(reads: list[Input], partitions: dg.PartitionsDefinition | None) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="call_legs",
        specs=specs((CALL_LEGS, REJECTED_ROWS), reads=reads, partitions=DAY, made_in=__name__),
        check_specs=[_FEW_REFUSED],
        **partitioned(partitions),
    )
    def call_legs(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with at_work(context, house) as step:
            step.warehouse.create(REJECTED_ROWS)
            counts = sum((_refreshed_legs(step, part) for part in step.source_map.parts), SilverCounts(0, 0))
            yield step.made(CALL_LEGS, _flow(counts), time_column="started_at")
            yield _few_are_refused(step, counts)
            findings = {"dagster/row_count": sum(counts.findings.values()), "findings": dict(counts.findings)}
            yield materialized(context, asset_key=key_of(REJECTED_ROWS), metadata=findings)

    return call_legs


def _no_judge(_step: Step, _part: SourceMap, _counts: SilverCounts) -> None:
    """Nothing stops a table of which nobody asks anything."""


def _refreshed_legs(step: Step, part: SourceMap) -> SilverCounts:
    """Each source is judged by itself: a small one may be all wrong and yet be dust among the rows of a large one."""
    counts = _refreshed(step, part, CALL_LEGS, refresh_legs)
    _forget_raw(step, part)
    if part.leading.role == "call_legs":
        _refuse_unread(step, part, counts)
    return counts


def _refuse_unread_of(role: Role, step: Step, part: SourceMap, counts: SilverCounts) -> None:
    """Rows that cannot be read stop the table that the source is led by, and are told of others."""
    if part.leading.role == role:
        _refuse_unread(step, part, counts)


def _refuse_unread(step: Step, part: SourceMap, counts: SilverCounts) -> None:
    refuse_too_many(counts, highest_share=step.settings.rejected_share_limit)
    refuse_slips(step.warehouse, part, highest_share=step.settings.unread_share_limit)
    refuse_unit_slips(step.warehouse, part)


def _refuse_contradictions(step: Step, _part: SourceMap, counts: SilverCounts) -> None:
    refuse_contradictions(counts, highest_share=step.settings.contradiction_share_limit)


def _refreshed(step: Step, part: SourceMap, table: Table, refresh: Refresh, judge: Judge = _no_judge) -> SilverCounts:
    """Refresh the dates of the run, and those that wait for it, of a part of the source or of the whole.

    What the judge refuses stays on the to-do list: the next run makes it again, and is stopped again until it is mended.
    """
    rules = silver_rules(step.settings)

    def judged(dates: Dates) -> SilverCounts:
        counts = refresh(step.warehouse, part, rules, dates)
        judge(step, part, counts)
        return counts

    own = dates_of(step.context, part.name if not part.members else None)
    return refresh_due_dates(step.warehouse, part, table, judged, own=own, run_id=step.run_id)


def _forget_raw(step: Step, part: SourceMap) -> None:
    """Raw values of refused rows are kept for some days only."""
    oldest = utc_now() - dt.timedelta(days=step.settings.rejected_raw_days)
    forget_raw(step.warehouse, part.name, oldest)


def _few_are_refused(step: Step, counts: SilverCounts) -> dg.AssetCheckResult:
    """The legs' own judgement: only this step knows the rows of its run."""
    highest = step.settings.refused_share_warning
    judged = refused_share(counts.rows_in, counts.rows_faulty, highest_share=highest)
    return warning(judged, check_name=_FEW_REFUSED.name, asset_key=key_of(CALL_LEGS))


def _flow(counts: SilverCounts) -> Flow:
    return Flow(
        counts.rows_in,
        counts.rows_loaded,
        counts.rows_rejected,
        counts.rows_duplicate,
        notes={"findings": dict(counts.findings)} if counts.findings else {},
    )


def _calendar_asset(reads: list[Input]) -> dg.AssetsDefinition:
    @dg.asset(**asset_words(CALENDAR_DAYS, reads=reads, made_in=__name__))
    def calendar_days(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        with at_work(context, house) as step:
            return step.made(CALENDAR_DAYS, _flow(refresh_calendar(step.warehouse, step.source_map)))

    return calendar_days


def _daily_asset(
    table: Table,
    refresh: Refresh,
    *,
    reads: list[Input],
    time_column: str,
    partitions: dg.PartitionsDefinition | None,
    judge: Judge = _no_judge,
    role: Role | None = None,
) -> dg.AssetsDefinition:
    """An asset that refreshes its run's dates by one function and strikes them off the to-do list."""

    @dg.asset(**asset_words(table, reads=reads, partitions=DAY, made_in=__name__), **partitioned(partitions))
    def daily_table(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        with at_work(context, house) as step:
            parts = step.source_map.playing(role) if role else (step.source_map,)
            refreshed = (_refreshed(step, part, table, refresh, judge) for part in parts)
            return step.made(table, _flow(sum(refreshed, SilverCounts(0, 0))), time_column=time_column)

    return daily_table
