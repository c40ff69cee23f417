"""The graph keeps its keys, says what one row is, and guards what stands on it."""

import datetime as dt
import re

import dagster as dg
import pytest

from wfm_pipeline.contracts.backlog.ahead import AHEAD_TABLES
from wfm_pipeline.contracts.backlog.hours import BACKLOG_TABLES
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.settings import load_settings

BRONZE = {
    "telephony__queue_cdr",
    "telephony__cases",
    "telephony__case_events",
    "telephony__customers",
    "telephony__queuegroups",
}
DEPENDENCIES = {
    "silver/source_matches": set(),
    "silver/call_legs": {"bronze/telephony__queue_cdr", "bronze/telephony__queuegroups", "silver/source_matches"},
    "silver/rejected_rows": {"bronze/telephony__queue_cdr", "bronze/telephony__queuegroups", "silver/source_matches"},
    "silver/calls": {"silver/call_legs", "bronze/telephony__customers", "silver/queue_hours"},
    "silver/calendar_days": {"silver/calls", "silver/queue_hours"},
    "silver/queue_intervals": {"silver/calls", "silver/calendar_days", "silver/queue_hours"},
    "silver/cases": {"bronze/telephony__cases", "silver/source_matches"},
    "silver/case_events": {
        "bronze/telephony__case_events",
        "bronze/telephony__queuegroups",
        "silver/source_matches",
    },
    "gold/queue_day_actual": {"silver/queue_intervals"},
    "gold/customer_behavior": {"silver/calls"},
    "gold/customer_segment": {"silver/calls"},
    "gold/customer_segment_change": {"silver/calls"},
    "gold/forecast_accuracy": {"gold/queue_interval_forecast", "gold/queue_day_forecast"},
    "gold/queue_interval_staffing": {"gold/queue_interval_forecast", "gold/queue_interval_forecast_final"},
}
DEPENDENCIES |= {
    f"gold/{name}": {
        "silver/queue_intervals",
        "silver/calls",
        "gold/queue_interval_forecast",
        "gold/queue_day_forecast",
    }
    for name in ("queue_interval_reforecast", "queue_day_reforecast")
}
DEPENDENCIES |= {
    f"gold/{name}": {"silver/queue_intervals", "silver/calendar_days", "silver/queue_changes", "silver/queue_hours"}
    for name in ("queue_day_long_range", "queue_week_long_range")
}
PLANNERS = {
    f"silver/{name}"
    for name in ("planned_events", "planned_drivers", "anomaly_decisions", "queue_changes", "queue_hours")
}
ISSUED = {
    f"gold/{name}"
    for name in (
        "queue_interval_forecast", "queue_day_forecast", "queue_day_anomaly", "forecast_issue", "forecast_hindcast",
        "queue_interval_forecast_archive", "queue_day_forecast_archive",
    )
}  # fmt: skip
FINAL = {
    f"gold/{name}" for name in ("queue_interval_forecast_final", "queue_day_forecast_final", "queue_interval_override")
}
DEPENDENCIES |= {name: set() for name in (*PLANNERS, "silver/forecast_overrides")}
DEPENDENCIES |= {name: {"silver/queue_intervals", "silver/calendar_days", *PLANNERS} for name in ISSUED}
DEPENDENCIES |= {
    name: {"gold/queue_interval_forecast", "gold/queue_day_forecast", "silver/forecast_overrides"} for name in FINAL
}
DEPENDENCIES["gold/override_value"] = {"gold/queue_interval_override", "silver/queue_intervals"}
PLANNERS = {
    f"silver/{name}"
    for name in (
        "allocation_resources", "allocation_pairs", "allocation_windows", "capacity_tiers", "locality_rules",
        "week_configuration", "queue_demand_map", "monthly_demand",
    )
}  # fmt: skip
PLAN = {"gold/demand_week", "gold/weekly_resource_assignment", "gold/allocation_quality"}
PLAN |= {f"{name}_archive" for name in PLAN} | {"gold/assignment_version", "gold/assignment_approval"}
DEPENDENCIES |= {name: set() for name in PLANNERS}
FORECASTS_PLANNED = {
    f"gold/{name}"
    for name in ("queue_day_forecast", "queue_day_forecast_final", "queue_day_long_range", "queue_week_long_range")
}
DEPENDENCIES |= {name: {*PLANNERS, *FORECASTS_PLANNED} for name in PLAN}
DEPENDENCIES |= {
    name: {"silver/call_legs", "silver/calls"} for name in ("gold/queue_model_fit", "gold/agent_presence_month")
}
DEPENDENCIES["gold/allocation_accuracy"] = {"gold/demand_week", "gold/queue_day_actual"}
PEOPLE = {f"silver/{name}" for name in ("headcount", "hiring_classes", "shrinkage")}
DEPENDENCIES |= {name: set() for name in PEOPLE}
DEPENDENCIES["gold/capacity_week"] = {*PEOPLE, "gold/queue_week_long_range", "gold/queue_interval_staffing"}
DEPENDENCIES |= {
    f"gold/{name}": {"gold/queue_interval_forecast", "gold/queue_interval_staffing", "silver/queue_intervals"}
    for name in ("coverage_interval", "coverage_gap")
}
DEPENDENCIES["silver/planned_activities"] = set()
DEPENDENCIES |= {
    f"gold/{table.name}": {"silver/case_events", "silver/cases", "silver/planned_activities"}
    for table in (*BACKLOG_TABLES, *AHEAD_TABLES)
}
MADE_BY_JOBS = {name for name in DEPENDENCIES if name.startswith("gold/")}
DEPENDENCIES["readers/publication"] = MADE_BY_JOBS
DEPENDENCIES["readers/backlog_report"] = {"readers/publication", "gold/backlog_hour"}
DAILY = {"bronze/telephony__queue_cdr", "bronze/telephony__cases", "silver/call_legs", "silver/calls"}


@pytest.fixture
def graph(clean):
    definitions = build_definitions(load_settings(first_date=dt.date(2026, 1, 1), home=clean / "home"))
    return definitions, definitions.resolve_asset_graph()


def test_assets_and_their_inputs_are_the_agreed_ones(graph):
    _, assets = graph
    found = {
        key.to_user_string(): {p.to_user_string() for p in assets.get(key).parent_keys}
        for key in assets.get_all_asset_keys()
    }

    assert DEPENDENCIES == {key: parents for key, parents in found.items() if not key.startswith("bronze/")}
    assert {f"bronze/{name}" for name in BRONZE} | {"bronze/telephony__users"} == {
        k for k in found if k.startswith("bronze/")
    }


def test_every_asset_says_what_one_row_is_and_who_owns_it(graph):
    _, assets = graph
    nodes = [assets.get(key) for key in assets.get_all_asset_keys()]

    assert all(node.description.startswith("One row per ") for node in nodes)
    assert all(node.owners and node.kinds for node in nodes)
    groups = {
        "bronze",
        "silver",
        "gold",
        "planning",
        "staffing",
        "allocation",
        "intraday",
        "long_range",
        "capacity",
        "backlog",
        "model_fit",
        "live_coverage",
        "readers",
    }
    assert groups == {node.group_name for node in nodes}


def test_daily_assets_backfill_in_a_single_run(graph):
    _, assets = graph
    nodes = {key.to_user_string(): assets.get(key) for key in assets.get_all_asset_keys()}

    assert all(nodes[name].partitions_def is not None for name in DAILY)
    assert all(nodes[name].backfill_policy == dg.BackfillPolicy.single_run() for name in DAILY)
    assert nodes["gold/queue_interval_forecast"].partitions_def is None


WARNINGS = {
    ("gold/queue_interval_forecast", "groups_are_trained"),  # fails its own step: what could be done is done
    ("gold/queue_day_actual", "volume_is_as_forecast"),
    ("gold/forecast_accuracy", "band_holds"),
    ("gold/forecast_accuracy", "better_than_the_peer"),
    ("bronze/telephony__queue_cdr", "is_up_to_date"),
    ("gold/queue_day_actual", "is_up_to_date"),
    ("gold/queue_day_forecast", "is_up_to_date"),
}
"""Checks of judgement, which only warn; every other one is a law and blocks."""


def test_every_silver_and_gold_table_has_a_blocking_contract_check(graph):
    definitions, assets = graph
    checks = {(key.asset_key.to_user_string(), key.name) for key in assets.asset_check_keys}
    tables = {key.to_user_string() for key in assets.get_all_asset_keys() if key.path[0] in ("silver", "gold")}
    specs = [spec for check in definitions.asset_checks for spec in check.check_specs]

    assert {(table, "keeps_contract") for table in tables} <= checks
    assert {(spec.asset_key.to_user_string(), spec.name) for spec in specs if not spec.blocking} == WARNINGS


def test_every_schedule_and_sensor_says_what_it_is_for(graph):
    definitions, _ = graph
    repository = definitions.get_repository_def()
    words = {made.name: made.description or "" for made in (*repository.schedule_defs, *repository.sensor_defs)}

    assert {"nightly_schedule", "late_data_sensor", "run_alerts"} <= set(words)
    assert [] == [name for name, said in words.items() if not re.fullmatch(r"[A-Z]\w*s [^\n]{20,}\.", said)]
    assert len(words) == len(set(words.values()))


NIGHT = dt.datetime(2026, 3, 10, 2, 0, tzinfo=dt.UTC)
"""03:00 in Stockholm."""
A_RANGE = {f"dagster/asset_partition_range_{end}": f"2026-03-0{day}" for end, day in (("start", 2), ("end", 7))}


def nightly_tick(definitions, folder, *ended, at=NIGHT):
    """What a tick asks for where runs of the main job with these tags have ended well, the newest last."""
    with dg.DagsterInstance.local_temp(str(folder)) as instance:
        for tags in ended:
            run = instance.create_run_for_job(
                definitions.resolve_job_def("nightly"), tags=tags, status=dg.DagsterRunStatus.SUCCESS
            )
            assert run.tags.items() >= tags.items()
        repository = definitions.get_repository_def()
        with dg.build_schedule_context(
            instance=instance, scheduled_execution_time=at, repository_def=repository
        ) as context:
            return definitions.resolve_schedule_def("nightly_schedule").evaluate_tick(context)


@pytest.mark.parametrize(
    ("tags", "first"),
    [
        pytest.param({"dagster/partition": "2026-03-08"}, "2026-03-09", id="the_night_before_ran"),
        pytest.param({"dagster/partition": "2026-03-09"}, "2026-03-09", id="this_night_ran"),
        pytest.param({"dagster/partition": "2026-03-05"}, "2026-03-06", id="three_nights_were_missed"),
        pytest.param(A_RANGE, "2026-03-08", id="a_range_ran"),
        pytest.param({"wfm/dates": "2025-01-02..2026-03-07"}, "2026-03-07", id="a_command_may_have_read_half_a_day"),
        pytest.param({"wfm/dates": "none"}, "2026-03-09", id="a_command_was_about_no_date"),
    ],
)
def test_the_nightly_tick_loads_what_no_run_has_loaded_and_forecasts_from_its_own_date(graph, tmp_path, tags, first):
    request = nightly_tick(graph[0], tmp_path, {"dagster/partition": "2026-03-01"}, tags).run_requests[0]

    range_of = [request.tags.get(f"dagster/asset_partition_range_{end}") for end in ("start", "end")]
    assert range_of == ([None, None] if first == "2026-03-09" else [first, "2026-03-09"])
    assert request.partition_key == ("2026-03-09" if first == "2026-03-09" else None)
    assert request.run_config["ops"]["queue_forecast"]["config"]["as_of"] == "2026-03-10"


def test_a_first_night_without_a_known_beginning_issues_nothing(clean):
    tick = nightly_tick(build_definitions(load_settings(home=clean / "home")), clean)

    assert [] == tick.run_requests
    assert "`wfm run` reads all of it once, or set first_date" in tick.skip_message


def test_a_first_night_with_a_known_beginning_loads_the_whole_history(clean):
    settings = load_settings(home=clean / "home", first_date=dt.date(2025, 1, 1))

    request = nightly_tick(build_definitions(settings), clean).run_requests[0]

    assert request.tags["dagster/asset_partition_range_start"] == "2025-01-01"
    assert request.tags["dagster/asset_partition_range_end"] == "2026-03-09"


def test_the_graph_loads_while_the_source_is_down(clean):
    settings = load_settings(
        home=clean / "home", source_url="mysql+pymysql://u:sekret@127.0.0.1:1/none", retry_attempts=1
    )

    definitions = build_definitions(settings)

    assert definitions.resolve_job_def("nightly")


def test_no_secret_is_in_what_dagster_shows(clean):
    settings = load_settings(
        home=clean / "home", source_url="mysql+pymysql://u:sekret@127.0.0.1:1/none", retry_attempts=1
    )

    snapshot = str(build_definitions(settings).resolve_job_def("nightly").get_job_snapshot())

    assert "sekret" not in snapshot
