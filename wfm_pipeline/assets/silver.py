"""Silver assets: cleaned legs with their findings, calls, intervals, calendar and cases.

A run refreshes its own business dates, those its new rows touch (a corrected row may leave another
day), those that a killed run left undone, and one day on either side of each, because a call and a
redial may cross midnight. Where nothing of that is left, nothing is written.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg

from wfm_pipeline.asset_keys import DAY, bronze_key
from wfm_pipeline.assets.common import Flow, Stopwatch, asset_words, dates_of, materialized, report, spec
from wfm_pipeline.checks.verdicts import warning
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.silver import CALENDAR_DAYS, CALL_LEGS, CALLS, CASES, QUEUE_INTERVALS, REJECTED_ROWS
from wfm_pipeline.contracts.source.source_map import Role, SourceMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.domain.judgement import refused_share
from wfm_pipeline.errors import DataError
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import silver_rules
from wfm_pipeline.transforms.rows.rules import SilverRules
from wfm_pipeline.warehouse.bronze.days import touched_dates
from wfm_pipeline.warehouse.bronze.pending import pending_dates, strike_off
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.ops.writing import utc_now
from wfm_pipeline.warehouse.silver.refresh import (
    SilverCounts,
    refresh_calendar,
    refresh_calls,
    refresh_cases,
    refresh_intervals,
    refresh_legs,
)
from wfm_pipeline.warehouse.silver.rows import forget_raw

Refresh = Callable[[Warehouse, SourceMap, SilverRules, Dates], SilverCounts]
"""Replaces a table's rows of some dates."""
_GAP_DAYS, _MOST_STRETCHES = 2, 40
"""Gaps that are refreshed with their neighbours, and how many stretches one statement names at most."""

LEGS_KEY, CALLS_KEY = dg.AssetKey(["silver", "call_legs"]), dg.AssetKey(["silver", "calls"])
CALENDAR_KEY, INTERVALS_KEY = dg.AssetKey(["silver", "calendar_days"]), dg.AssetKey(["silver", "queue_intervals"])


def dates_to_refresh(context: dg.AssetExecutionContext, house: House, warehouse: Warehouse, table: Table) -> Dates:
    """The run's own dates, those its new rows touch, those the table still has to refresh, and a day around each."""
    touched = touched_dates(warehouse, house.source_map, run_suffix=context.run.run_id[:8])
    waiting = pending_dates(warehouse, house.source_map, table.full_name)
    dates = (dates_of(context) | touched | waiting).widened(1)
    return dates.coarsened(gap_days=_GAP_DAYS, most=_MOST_STRETCHES)


def _refreshed(
    context: dg.AssetExecutionContext, house: House, warehouse: Warehouse, table: Table, refresh: Refresh
) -> SilverCounts:
    """Refresh a table's dates and strike them off the to-do list; nothing where there are none."""
    dates = dates_to_refresh(context, house, warehouse, table)
    warehouse.create(table)
    if not dates:
        return SilverCounts(0, 0)
    counts = refresh(warehouse, house.source_map, silver_rules(house.settings), dates)
    strike_off(warehouse, house.source_map, table.full_name, dates)
    return counts


def build_silver_assets(source_map: SourceMap, partitions: dg.PartitionsDefinition | None) -> list[dg.AssetsDefinition]:
    """The silver layer of one source; by day where `partitions` is given."""
    daily: dict[str, Any] = {
        "partitions_def": partitions,
        "backfill_policy": dg.BackfillPolicy.single_run() if partitions else None,
    }
    raw = {table.role: bronze_key(source_map, table) for table in source_map.tables}
    customers = [raw["customers"]] if "customers" in raw else []
    assets = [
        _legs_asset(raw, daily),
        _daily_asset(CALLS, refresh_calls, deps=[LEGS_KEY, *customers], time_column="arrived_at", daily=daily),
        _calendar_asset(),
        _daily_asset(
            QUEUE_INTERVALS,
            refresh_intervals,
            deps=[CALLS_KEY, CALENDAR_KEY],
            time_column="interval_start",
            daily=daily,
        ),
    ]
    if "cases" in raw:
        assets.append(_daily_asset(CASES, refresh_cases, deps=[raw["cases"]], time_column="opened_at", daily=daily))
    return assets


def _legs_asset(raw: dict[Role, dg.AssetKey], daily: dict[str, Any]) -> dg.AssetsDefinition:
    inputs = [raw[role] for role in ("call_legs", "queues") if role in raw]

    @dg.multi_asset(
        name="call_legs",
        specs=[spec(table, deps=inputs, partitions=DAY, made_in=__name__) for table in (CALL_LEGS, REJECTED_ROWS)],
        check_specs=[
            dg.AssetCheckSpec(
                "few_rows_are_refused",
                asset=LEGS_KEY,
                description="At most refused_share_warning of the run's rows are refused besides exclusions.",
            )
        ],
        **daily,
    )
    def call_legs(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            warehouse.create(REJECTED_ROWS)
            counts = _refreshed(context, house, warehouse, CALL_LEGS, refresh_legs)
            forget_raw(
                warehouse, house.source_map.name, utc_now() - dt.timedelta(days=house.settings.rejected_raw_days)
            )
            _refuse_too_many(house, counts)
            flow = _flow(counts)
            metadata = report(context, house, warehouse, CALL_LEGS.full_name, flow, watch, time_column="started_at")
            yield materialized(context, asset_key=LEGS_KEY, metadata=metadata)
            yield _few_are_refused(house, counts)
            yield materialized(
                context,
                asset_key=dg.AssetKey(["silver", "rejected_rows"]),
                metadata={"dagster/row_count": sum(counts.findings.values()), "findings": dict(counts.findings)},
            )

    return call_legs


def _few_are_refused(house: House, counts: SilverCounts) -> dg.AssetCheckResult:
    """The legs' own judgement: only this step knows the rows of its run."""
    judged = refused_share(counts.rows_in, _faulty_rows(counts), highest_share=house.settings.refused_share_warning)
    return warning(judged, check_name="few_rows_are_refused", asset_key=LEGS_KEY)


def _faulty_rows(counts: SilverCounts) -> int:
    """Rows refused for a fault, and not because the map excludes them."""
    excluded = sum(rows for rule, rows in counts.findings.items() if rule.startswith("excluded_"))
    return max(counts.rows_rejected - excluded, 0)


def _refuse_too_many(house: House, counts: SilverCounts) -> None:
    faulty = _faulty_rows(counts)
    limit = house.settings.rejected_share_limit
    if counts.rows_in and faulty / counts.rows_in > limit:
        raise DataError(
            f"{faulty} of {counts.rows_in} rows are refused besides exclusions, more than the limit of {limit:.0%}; "
            f"look at silver.rejected_rows ({dict(counts.findings)}), mend the source map, "
            "or raise rejected_share_limit"
        )


def _flow(counts: SilverCounts) -> Flow:
    return Flow(
        counts.rows_in,
        counts.rows_loaded,
        counts.rows_rejected,
        counts.rows_duplicate,
        notes={"findings": dict(counts.findings)} if counts.findings else {},
    )


def _calendar_asset() -> dg.AssetsDefinition:
    @dg.asset(**asset_words(CALENDAR_DAYS, made_in=__name__), deps=[CALLS_KEY])
    def calendar_days(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            counts = refresh_calendar(warehouse, house.source_map)
            return materialized(
                context, metadata=report(context, house, warehouse, CALENDAR_DAYS.full_name, _flow(counts), watch)
            )

    return calendar_days


def _daily_asset(
    table: Table, refresh: Refresh, *, deps: list[dg.AssetKey], time_column: str, daily: dict[str, Any]
) -> dg.AssetsDefinition:
    """An asset that refreshes its run's dates by one function and strikes them off the to-do list."""

    @dg.asset(**asset_words(table, partitions=DAY, made_in=__name__), deps=deps, **daily)
    def daily_table(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            counts = _refreshed(context, house, warehouse, table, refresh)
            return materialized(
                context,
                metadata=report(
                    context, house, warehouse, table.full_name, _flow(counts), watch, time_column=time_column
                ),
            )

    return daily_table
