"""Which columns a column is made from: the answer to "where does this number come from?".

`layer.table` -> column -> source columns as `layer.table.column`. Bronze to silver depends on the
source map and is worked out from it in assets/silver.py.
"""

from collections.abc import Mapping
from typing import Final

_LEGS = "silver.call_legs"
_CALLS = "silver.calls"
_INTERVALS = "silver.queue_intervals"
_FORECAST = "gold.queue_interval_forecast"
_FINAL, _DAY_FINAL = "gold.queue_interval_forecast_final", "gold.queue_day_forecast_final"


def _from(table: str, *columns: str) -> tuple[str, ...]:
    return tuple(f"{table}.{column}" for column in columns)


_WEEKS = "gold.queue_week_long_range"
_HEADCOUNT = "silver.headcount"
_STAFFED = _from("gold.queue_interval_staffing", "agents_required", "agents_required_exact", "workload_minutes")
_BANDS = tuple(f"calls_q{level}" for level in ("05", "10", "25", "50", "75", "90", "95"))

_FORECAST_INPUTS = {
    **{
        column: _from(_INTERVALS, "calls_offered", "is_missing", "is_open", "interval_start_local")
        for column in ("calls_mean", *_BANDS)
    },
    **{
        column: _from(_INTERVALS, "handle_seconds", "answered_handle_known")
        for column in ("aht_seconds", "aht_q10_seconds", "aht_q50_seconds", "aht_q90_seconds")
    },
    "workload_seconds": _from(_INTERVALS, "calls_offered", "handle_seconds", "answered_handle_known"),
    "is_open": _from("silver.calendar_days", "is_open", "opens_at", "closes_at"),
}

_VOLUME = (
    *_from(_DAY_FINAL, "calls_final"),
    *_from("gold.queue_day_forecast", "calls_mean"),
    *_from("silver.queue_demand_map", "share"),
    *_from("silver.monthly_demand", "monthly_forecast"),
)
_ROSTER = _from("silver.allocation_resources", "platform", "locality", "skills", "states", "is_active")

_PRESENCE = _from(_LEGS, "agent_id", "started_at", "wait_seconds", "talk_seconds", "hold_seconds", "after_call_seconds")

LINEAGE: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    _CALLS: {
        "call_id": _from(_LEGS, "call_id"),
        "queue_id": _from(_LEGS, "queue_id", "leg_number"),
        "final_queue_id": _from(_LEGS, "queue_id", "leg_number"),
        "transfers": _from(_LEGS, "leg_number"),
        "arrived_at": _from(_LEGS, "started_at", "leg_number"),
        "arrived_at_local": _from(_LEGS, "started_at_local", "leg_number"),
        "customer_key": _from(_LEGS, "landing_number", "customer_id"),
        "caller_key": _from(_LEGS, "caller_number", "customer_id"),
        "agent_id": _from(_LEGS, "agent_id", "status"),
        "outcome": _from(_LEGS, "status", "leg_number"),
        "has_overlapping_legs": _from(_LEGS, "started_at", "menu_seconds", "wait_seconds", "leg_number"),
        "is_abandoned_with_talk": _from(_LEGS, "status", "talk_seconds"),
        "wait_seconds": _from(_LEGS, "wait_seconds", "status"),
        "handle_seconds": _from(_LEGS, "talk_seconds", "hold_seconds", "after_call_seconds"),
        "is_redial": _from(_LEGS, "caller_number", "customer_id", "queue_id", "started_at", "status"),
    },
    _INTERVALS: {
        "calls_offered": _from(_CALLS, "call_id", "queue_id", "arrived_at"),
        "calls_answered": _from(_CALLS, "outcome"),
        "calls_abandoned": _from(_CALLS, "outcome"),
        "calls_other": _from(_CALLS, "outcome"),
        "calls_redial": _from(_CALLS, "is_redial"),
        "calls_first_attempt": _from(_CALLS, "is_redial"),
        "answered_handle_known": _from(_CALLS, "handle_seconds", "outcome"),
        "answered_wait_known": _from(_CALLS, "wait_seconds", "outcome"),
        "answered_in_target": _from(_CALLS, "outcome", "wait_seconds"),
        "handle_seconds": _from(_CALLS, "handle_seconds", "outcome"),
        "aht_seconds": _from(_CALLS, "handle_seconds", "outcome"),
        "asa_seconds": _from(_CALLS, "wait_seconds", "outcome"),
        "service_level": _from(_CALLS, "wait_seconds", "outcome"),
        "agents_active": _from(_CALLS, "agent_id"),
        "is_missing": _from("silver.calendar_days", "is_missing"),
    },
    "gold.customer_behavior": {
        "calls": _from(_CALLS, "customer_key"),
        "calls_per_week": _from(_CALLS, "customer_key", "business_date"),
        "answered_handle_known": _from(_CALLS, "handle_seconds", "outcome"),
        "aht_seconds": _from(_CALLS, "handle_seconds"),
        "abandon_share": _from(_CALLS, "outcome"),
        "redial_share": _from(_CALLS, "is_redial"),
        "peak_weekday_hour": _from(_CALLS, "arrived_at_local"),
        "calls_per_week_shrunk": _from(_CALLS, "customer_key", "business_date"),
        "aht_seconds_shrunk": _from(_CALLS, "handle_seconds", "outcome"),
        "segment_id": _from(_CALLS, "customer_key", "handle_seconds", "business_date"),
        "segment_name": _from(_CALLS, "customer_key", "handle_seconds", "business_date"),
    },
    "gold.customer_segment": {
        "call_share": _from(_CALLS, "customer_key"),
        "workload_share": _from(_CALLS, "handle_seconds", "outcome"),
        "abandon_share": _from(_CALLS, "outcome"),
        "redial_share": _from(_CALLS, "is_redial"),
        "peak_weekday_hour": _from(_CALLS, "arrived_at_local"),
        "queue_mix": _from(_CALLS, "queue_id"),
        "calls_per_week": _from(_CALLS, "customer_key", "business_date"),
        "aht_seconds": _from(_CALLS, "handle_seconds", "outcome"),
    },
    _FORECAST: _FORECAST_INPUTS,
    "gold.queue_day_forecast": _FORECAST_INPUTS,
    "gold.forecast_accuracy": {
        "wmape": (*_from(_FORECAST, "calls_mean", "calls_q50"), *_from(_INTERVALS, "calls_offered")),
        "bias": (*_from(_FORECAST, "calls_mean"), *_from(_INTERVALS, "calls_offered")),
        "pinball_loss": (
            *_from(_FORECAST, "calls_q10", "calls_q50", "calls_q90"),
            *_from(_INTERVALS, "calls_offered"),
        ),
        "band_coverage": (*_from(_FORECAST, "calls_q10", "calls_q90"), *_from(_INTERVALS, "calls_offered")),
        "wmape_median6": _from(_INTERVALS, "calls_offered"),
    },
    "gold.queue_interval_staffing": {
        "calls_mean": _from(_FORECAST, "calls_mean"),
        "calls_final": _from(_FINAL, "calls_final"),
        "calls_staffed": (*_from(_FINAL, "calls_final"), *_from(_FORECAST, "calls_mean", *_BANDS)),
        "aht_seconds": _from(_FORECAST, "aht_seconds"),
        "offered_load_erlangs": (*_from(_FINAL, "calls_final"), *_from(_FORECAST, "calls_mean", "aht_seconds")),
        **{
            column: (
                *_from(_FINAL, "calls_final"),
                *_from(_FORECAST, "calls_mean", *_BANDS, "aht_seconds", "is_open"),
            )
            for column in (
                *("agents_required", "agents_required_exact", "agents_scheduled", "staffing_minutes"),
                *("service_level", "occupancy", "abandon_share", "quantile"),
            )
        },
        "workload_minutes": (*_from(_FINAL, "calls_final"), *_from(_FORECAST, "calls_mean", "aht_seconds")),
    },
    "gold.capacity_week": {
        "calls_mean": _from(_WEEKS, "calls_mean"),
        "workload_hours": _from(_WEEKS, "calls_mean", "aht_seconds"),
        "on_phone_hours": (*_from(_WEEKS, "calls_mean", "aht_seconds"), *_STAFFED, *_from(_HEADCOUNT, "occupancy")),
        **{
            f"fte_required_{level}": (*_from(_WEEKS, f"calls_{level}", "aht_seconds"), *_STAFFED)
            for level in ("mean", "q10", "q50", "q90")
        },
        "shrinkage": _from("silver.shrinkage", "share", "kind", "first_date", "last_date"),
        "fte_available_mean": (
            *_from(_HEADCOUNT, "heads", "attrition", "contract_hours"),
            *_from("silver.hiring_classes", "heads", "start_date", "training_weeks", "ramp"),
            *_from("silver.shrinkage", "share"),
        ),
        "heads_hired": _from("silver.hiring_classes", "heads", "start_date"),
        "decide_by": _from(_HEADCOUNT, "recruiting_weeks", "training_weeks", "ramp"),
    },
    "gold.queue_interval_reforecast": {
        "calls_mean": (*_from(_FORECAST, "calls_mean"), *_from(_INTERVALS, "calls_offered", "is_missing", "is_open")),
        "calls_mean_issued": _from(_FORECAST, "calls_mean"),
        "aht_seconds": _from(_FORECAST, "aht_seconds"),
    },
    "gold.queue_day_reforecast": {
        "calls_so_far": (*_from(_INTERVALS, "calls_offered"), *_from(_CALLS, "arrived_at")),
        "calls_remaining_mean": (*_from(_FORECAST, "calls_mean"), *_from(_INTERVALS, "calls_offered")),
    },
    "gold.queue_day_long_range": {"calls_mean": _from(_INTERVALS, "calls_offered", "is_missing", "is_open")},
    "gold.queue_week_long_range": {"calls_mean": _from(_INTERVALS, "calls_offered", "is_missing", "is_open")},
    "gold.queue_model_fit": {
        "calls_in_line": _from(_LEGS, "status", "wait_seconds"),
        "service_level": _from(_LEGS, "status", "wait_seconds"),
        "abandon_share": _from(_LEGS, "status", "wait_seconds"),
        "aht_seconds": _from(_LEGS, "talk_seconds", "hold_seconds", "after_call_seconds"),
        "patience_seconds": _from(_LEGS, "status", "wait_seconds"),
        "patience_first_attempts_seconds": (*_from(_LEGS, "status", "wait_seconds"), *_from(_CALLS, "is_redial")),
        "redials_in_line": _from(_CALLS, "is_redial"),
        "agents_mean": _PRESENCE,
        **{
            f"service_level_{model}": (*_PRESENCE, *_from(_LEGS, "queue_id", "menu_seconds"))
            for model in ("erlang_c", "erlang_a", "simulation")
        },
    },
    "gold.agent_presence_month": dict.fromkeys(
        ("hours_first_to_last", "hours_seen_available", "idle_while_waiting_share"), _PRESENCE
    ),
    "gold.demand_week": {
        "weekly_forecast": (*_VOLUME, *_from("silver.week_configuration", "working_days")),
        "locality": (
            *_from("silver.queue_demand_map", "locality", "main_lob", "worktype"),
            *_from("silver.monthly_demand", "locality", "main_lob", "worktype"),
            *_from("silver.locality_rules", "pattern", "result_locality", "priority"),
        ),
        "handle_seconds": (
            *_from(_DAY_FINAL, "aht_seconds"),
            *_from("gold.queue_day_forecast", "aht_seconds"),
            *_from("silver.monthly_demand", "handle_seconds"),
        ),
        "workload_hours": (
            *_VOLUME,
            *_from(_DAY_FINAL, "aht_seconds"),
            *_from("gold.queue_day_forecast", "aht_seconds"),
        ),
        "ideal_fte": (*_VOLUME, *_ROSTER),
        "required_fte": (*_VOLUME, *_from("silver.week_configuration", "work_hours", "shrinkage", "occupancy")),
        "assigned": _from("gold.weekly_resource_assignment", "demand_id"),
        "assigned_hours": _from("gold.weekly_resource_assignment", "demand_id", "weekly_capacity_hours"),
        "eligible": _ROSTER,
    },
    "gold.weekly_resource_assignment": {
        "demand_id": (*_ROSTER, *_VOLUME),
        "score": (*_ROSTER, *_VOLUME),
        "weekly_capacity_hours": (
            *_from("silver.allocation_resources", "available_from", "available_until", "capacity_tier_id"),
            *_from("silver.capacity_tiers", "productivity"),
            *_from("silver.week_configuration", "working_days", "work_hours", "shrinkage"),
        ),
    },
    "gold.allocation_quality": {
        name: _from("gold.demand_week", "assigned", "ideal_fte")
        for name in ("staffed", "unmet_share", "chi_square_gap", "jain_index")
    },
    "gold.allocation_accuracy": {
        "wmape": (*_from("gold.demand_week", "weekly_forecast"), *_from("gold.queue_day_actual", "calls_offered")),
        "bias": (*_from("gold.demand_week", "weekly_forecast"), *_from("gold.queue_day_actual", "calls_offered")),
        "workload_gap_hours": (
            *_from("gold.demand_week", "assigned_hours"),
            *_from("gold.queue_day_actual", "calls_offered", "answered_handle_known", "handle_seconds"),
        ),
    },
}
