"""Blocking checks of the laws between tables: counts are conserved, forecasts add up."""

from collections.abc import Callable
from functools import partial

import dagster as dg

from wfm_pipeline.asset_keys import key_named
from wfm_pipeline.checks.verdicts import verdict
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.laws import (
    Law,
    bands_of_capacity_are_ordered,
    calls_equal_intervals,
    days_are_sums_of_intervals,
    final_days_are_sums_of_intervals,
    final_values_begin_with_the_models,
    heads_are_conserved,
    known_measures_are_conserved,
    offered_is_the_sum_of_outcomes,
    quantiles_are_ordered,
    teams_are_rounded_once,
    workload_is_the_forecasts,
)

Count = Callable[[Warehouse, SourceMap], Law]

_LAWS: tuple[tuple[str, str, str, Count], ...] = (
    (
        "silver.queue_intervals",
        "calls_are_conserved",
        "Calls in silver.calls = calls offered here, per queue and business date.",
        calls_equal_intervals,
    ),
    (
        "silver.queue_intervals",
        "outcomes_add_up",
        "calls_offered = calls_answered + calls_abandoned + calls_other.",
        offered_is_the_sum_of_outcomes,
    ),
    (
        "silver.queue_intervals",
        "known_measures_are_conserved",
        "Known handle times and waits of answered calls in silver.calls = those counted here, per queue and date.",
        known_measures_are_conserved,
    ),
    (
        "gold.queue_day_forecast",
        "days_are_sums_of_intervals",
        "The mean of a day is the sum of its intervals' means.",
        days_are_sums_of_intervals,
    ),
    (
        "gold.queue_interval_forecast",
        "quantiles_do_not_cross",
        "calls_q10 <= calls_q50 <= calls_q90.",
        partial(quantiles_are_ordered, table="gold.queue_interval_forecast"),
    ),
    (
        "gold.queue_day_forecast",
        "quantiles_do_not_cross",
        "calls_q10 <= calls_q50 <= calls_q90.",
        partial(quantiles_are_ordered, table="gold.queue_day_forecast"),
    ),
    (
        "gold.queue_day_forecast_final",
        "final_days_are_sums_of_intervals",
        "The final mean of a day is the sum of its intervals' final means.",
        final_days_are_sums_of_intervals,
    ),
    (
        "gold.queue_interval_forecast_final",
        "final_values_begin_with_the_models",
        "Without an override the final value is the model's, and the model's is the one that was issued.",
        final_values_begin_with_the_models,
    ),
    (
        "gold.queue_interval_staffing",
        "workload_is_conserved",
        "workload_minutes = final calls x aht_seconds / 60 of the forecast that is staffed.",
        workload_is_the_forecasts,
    ),
    (
        "gold.queue_interval_staffing",
        "teams_are_rounded_once",
        "agents_required - 1 < agents_required_exact <= agents_required <= agents_scheduled.",
        teams_are_rounded_once,
    ),
    (
        "gold.capacity_week",
        "heads_are_conserved",
        "heads_start + heads_hired - heads_left = heads_end = the next week's heads_start.",
        heads_are_conserved,
    ),
    (
        "gold.capacity_week",
        "bands_are_ordered",
        "q10 <= q50 <= q90 of FTE required, available and short.",
        bands_of_capacity_are_ordered,
    ),
)


def build_law_checks() -> list[dg.AssetChecksDefinition]:
    """All laws as blocking checks."""
    return [_law_check(*law) for law in _LAWS]


def _law_check(table: str, name: str, description: str, count: Count) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=key_named(table), name=name, description=description, blocking=True)
    def law_check(house: dg.ResourceParam[House]) -> dg.AssetCheckResult:
        with house.open_warehouse() as warehouse:
            law = count(warehouse, house.source_map)
        return _result(description, law)

    return law_check


def _result(description: str, law: Law) -> dg.AssetCheckResult:
    kept = "kept everywhere" if law.holds else f"broken in {law.broken_rows:,} rows or groups"
    return verdict(
        passed=law.holds,
        words=f"{description} Compared {law.left:,.10g} with {law.right:,.10g}: {kept}",
        expected=law.left,
        found=law.right,
        numbers={"broken_rows": law.broken_rows},
    )
