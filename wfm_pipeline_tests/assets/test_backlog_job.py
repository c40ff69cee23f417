"""The hourly backlog in the warehouse: hour by hour and as a stretch the same, caught up, counted again where events came late."""

import datetime as dt
import shutil
import sqlite3

import dagster as dg
import pandas as pd
import pytest
from pydantic import SecretStr

from wfm_pipeline.assets.backlog.writing import SAID_AHEAD
from wfm_pipeline.contracts.backlog.ahead import AHEAD_TABLES, BACKLOG_ALERT, CASE_HOUR_FORECAST, HEADCOUNT_HOUR
from wfm_pipeline.contracts.backlog.hours import BACKLOG_HOUR, BACKLOG_TABLES
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.domain.backlog.balance import unbalanced_hours
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.orchestration.runs.side_jobs import backlog_request
from wfm_pipeline.resources import House
from wfm_pipeline_tests.house_kit import LAST_DATE, do

KEY = dg.AssetKey(["gold", "backlog_hour"])
NOON = dt.datetime.combine(LAST_DATE, dt.time(10))
"""End of the newest hour that is made: 12:00 in Stockholm in summer."""
WHEN_MADE = [*SAID_AHEAD, "as_of", "taken_at"]


LEARNT_DAYS = 14


def copy_of(house, home):
    shutil.copytree(house.settings.home, home)
    url = SecretStr(f"sqlite:///{home}/source.sqlite")
    told = {"home": home, "source_url": url, "backlog_history_days": LEARNT_DAYS}
    return House(house.settings.model_copy(update=told))


@pytest.fixture(scope="module")
def counted(finished, tmp_path_factory):
    """A house whose backlog is counted up to noon of the last day, made once; tests only look at it."""
    house = copy_of(finished[0], tmp_path_factory.mktemp("counted") / "home")
    assert do(house, backlog_request(Dates.of([LAST_DATE]), NOON)).problems == ()
    return house


@pytest.fixture
def going_on(counted, tmp_path):
    """A copy of it to go on with."""
    return copy_of(counted, tmp_path / "home")


def rows_of(house, table):
    with house.open_warehouse() as warehouse:
        rows = warehouse.frame(warehouse.table(table.full_name))
    return rows.sort_values(list(table.key), ignore_index=True)


def by_hour(house, first, last=None, *, instance=None):
    """A run of partitions, as the schedule asks for it."""
    job = build_definitions(house.settings).resolve_job_def("backlog_hourly")
    ended = job.execute_in_process(
        tags={"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last or first},
        instance=instance or dg.DagsterInstance.ephemeral(),
    )
    assert ended.success
    return ended


def test_hours_are_lawful_and_those_that_are_learnt_from_are_among_them(counted):
    hours = rows_of(counted, BACKLOG_HOUR)

    assert hours["hour_end"].max() == NOON
    assert hours["hour_start"].nunique() == 24 * (LEARNT_DAYS + 1) + 12
    assert unbalanced_hours(hours).empty
    assert {"events"} == set(hours["basis"])
    assert hours["open_cases"].max() > 10


def test_only_the_newest_hour_looks_ahead(counted):
    hours = rows_of(counted, BACKLOG_HOUR)
    newest = hours["hour_end"] == NOON

    assert set(hours.loc[newest, "queue_id"]) == set(rows_of(counted, HEADCOUNT_HOUR)["queue_id"])
    assert hours.loc[newest, "breach_probability"].notna().all()
    assert hours.loc[~newest, "breach_probability"].isna().all()
    for table, column in ((HEADCOUNT_HOUR, "as_of"), (CASE_HOUR_FORECAST, "issued_at")):
        rows = rows_of(counted, table)
        assert {pd.Timestamp(NOON)} == set(rows[column])
        assert rows["hour_start"].nunique() == counted.settings.backlog_ahead_hours
    people = rows_of(counted, HEADCOUNT_HOUR)
    until = people["queue_id"].map(hours[newest].set_index("queue_id")["breach_until"])
    assert (people["required"].notna() == (people["hour_start"] < until)).all()


def test_hour_by_hour_is_the_same_as_a_stretch_and_what_was_said_ahead_stands(going_on, counted, tmp_path):
    first, second, third = (f"{LAST_DATE}-{hour}:00" for hour in (12, 13, 14))
    stretch = copy_of(counted, tmp_path / "stretch")

    by_hour(going_on, first)
    said = rows_of(going_on, BACKLOG_HOUR).set_index(["queue_id", "hour_start"])["breach_probability"].dropna()
    by_hour(going_on, second)
    by_hour(going_on, third)
    by_hour(stretch, first, third)

    for table in BACKLOG_TABLES:
        one, other = (rows_of(house, table) for house in (going_on, stretch))
        kept = [name for name in table.column_names if name not in WHEN_MADE]
        pd.testing.assert_frame_equal(one[kept], other[kept])
    now = rows_of(going_on, BACKLOG_HOUR).set_index(["queue_id", "hour_start"])["breach_probability"]
    pd.testing.assert_series_equal(said, now.reindex(said.index))
    by_hour(going_on, first, third)
    pd.testing.assert_series_equal(
        now, rows_of(going_on, BACKLOG_HOUR).set_index(["queue_id", "hour_start"])["breach_probability"]
    )


def test_an_hour_made_again_leaves_the_same_rows(going_on):
    before = {table: rows_of(going_on, table) for table in (*BACKLOG_TABLES, *AHEAD_TABLES)}

    by_hour(going_on, f"{LAST_DATE}-11:00")

    for table, rows in sorted(
        before.items(), key=lambda one: one[0].name not in ("headcount_hour", "case_hour_forecast")
    ):
        kept = [name for name in table.column_names if name not in ("as_of", "taken_at") or table in AHEAD_TABLES]
        pd.testing.assert_frame_equal(rows[kept], rows_of(going_on, table)[kept])


def test_an_event_that_came_late_is_counted_where_it_belongs(going_on):
    hours = rows_of(going_on, BACKLOG_HOUR)
    at = dt.datetime.combine(LAST_DATE, dt.time(9, 30))  # the site's clock: 07:30 UTC
    was = hours.set_index(["queue_id", "hour_start"])["inflow"][("orders", pd.Timestamp(NOON) - pd.Timedelta(hours=3))]
    with sqlite3.connect(going_on.settings.home / "source.sqlite") as source:
        source.execute(
            "insert into case_events (EventId, CaseId, Event, Time, QueueId, Priority, Logged) values (?, ?, ?, ?, ?, ?, ?)",
            (
                10**9,
                "late1",
                "Created",
                f"{at:%Y-%m-%d %H:%M:%S}",
                "orders",
                "High",
                f"{at.replace(hour=13):%Y-%m-%d %H:%M:%S}",
            ),
        )

    by_hour(
        going_on, f"{LAST_DATE}-10:00"
    )  # an old hour made again brings it in, and the hours after it do not know it yet
    by_hour(going_on, f"{LAST_DATE}-12:00")

    hours = rows_of(going_on, BACKLOG_HOUR)
    now = hours.set_index(["queue_id", "hour_start"])["inflow"][("orders", pd.Timestamp(NOON) - pd.Timedelta(hours=3))]
    assert now == was + 1
    assert unbalanced_hours(hours).empty


def test_a_tick_asks_for_hours_that_nobody_has_made_and_the_report_says_why_it_was_not_sent(going_on, tmp_path):
    hour = f"{LAST_DATE}-12:00"
    at = dt.datetime.combine(LAST_DATE, dt.time(12, 5), dt.UTC)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        ended = by_hour(going_on, hour, instance=instance)
        definitions = build_definitions(going_on.settings)
        with dg.build_schedule_context(
            scheduled_execution_time=at, repository_def=definitions.get_repository_def(), instance=instance
        ) as context:
            asked = definitions.resolve_schedule_def("backlog_hourly_schedule").evaluate_tick(context).run_requests

    stretches = [request.tags["dagster/asset_partition_range_start"] for request in asked]
    assert [f"{LAST_DATE}-13:00"] == stretches[1:]
    report = next(
        event.materialization
        for event in ended.get_asset_materialization_events()
        if event.materialization.asset_key.path[-1] == "backlog_report"
    )
    assert "not_due" == report.metadata["report"].value


def test_alerts_of_the_newest_hour_have_words(counted):
    alerts = rows_of(counted, BACKLOG_ALERT)

    assert (alerts["words"].str.len() > 10).all()
    assert set(alerts["hour_start"]) == {pd.Timestamp(NOON) - pd.Timedelta(hours=1)}
