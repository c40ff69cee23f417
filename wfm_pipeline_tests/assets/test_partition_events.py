"""What is noted for the partition grid is what Dagster's public call notes, on each of its storages; and nothing is missing."""

import datetime as dt

import dagster as dg
import pytest
import yaml

from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.orchestration.partitions.events import report_materializations
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline_tests.house_kit import LAST_DATE, apart, do, make_house

KEY = dg.AssetKey(["silver", "calls"])
DAILY = {
    "bronze/telephony__queue_cdr", "bronze/telephony__cases", "silver/call_legs", "silver/rejected_rows",
    "silver/calls", "silver/queue_intervals", "silver/cases", "bronze/telephony__case_events", "silver/case_events",
}  # fmt: skip


def materialization(date):
    return dg.AssetMaterialization(KEY, partition=date, metadata={"dagster/row_count": 5})


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def instance(request, tmp_path):
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url").replace("+psycopg", "")
        storage = {"storage": {"postgres": {"postgres_url": url}}}
        (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(storage), encoding="utf-8")
        with dg.DagsterInstance.from_config(str(tmp_path)) as opened:
            yield opened
    else:
        with dg.DagsterInstance.local_temp(str(tmp_path)) as opened:
            yield opened


def stored(instance):
    """The events of the asset as Dagster gives them back, without their times and numbers."""
    records = instance.fetch_materializations(KEY, limit=5_000, ascending=True).records
    return [(r.partition_key, r.run_id, r.event_log_entry.job_name, r.asset_materialization) for r in records]


def test_a_batch_is_what_the_public_call_writes_one_by_one(instance):
    dates = [f"2026-01-{day:02d}" for day in range(1, 29)]
    for date in dates:
        instance.report_runless_asset_event(materialization(date))
    one_by_one = stored(instance)
    instance.wipe_assets([KEY])

    report_materializations(instance, [materialization(date) for date in dates])

    assert len(one_by_one) == 28
    assert one_by_one == stored(instance)
    assert set(dates) == instance.get_materialized_partitions(KEY)
    latest = instance.get_latest_materialization_event(KEY)
    assert "2026-01-28" == latest.asset_materialization.partition
    assert {KEY} == set(instance.get_asset_keys())


def test_more_events_than_a_statement_takes_are_all_there(instance):
    dates = [(dt.date(2020, 1, 1) + dt.timedelta(days=number)).isoformat() for number in range(1_201)]

    report_materializations(instance, [materialization(date) for date in dates])

    assert set(dates) == instance.get_materialized_partitions(KEY)
    assert [date for date, *_ in stored(instance)] == dates


def test_nothing_to_note_notes_nothing(instance):
    report_materializations(instance, [])

    assert [] == list(instance.get_asset_keys())


def refresh(house, instance, dates=None):
    request = JobRequest("refresh_days", find_stale_dates(house).dates if dates is None else dates)
    return do(house, request, instance=instance)


def missing(house, instance):
    """Per partitioned asset, the partitions up to the last loaded date that do not show as materialised."""
    graph = build_definitions(house.settings).resolve_asset_graph()
    daily = [key for key in graph.get_all_asset_keys() if key.to_user_string() in DAILY]
    assert len(DAILY) == len(daily)
    return {
        key.to_user_string(): sorted(
            name
            for name in graph.get(key).partitions_def.get_partition_keys()
            if name <= LAST_DATE.isoformat() and name not in instance.get_materialized_partitions(key)
        )
        for key in daily
    }


@pytest.fixture(scope="module")
def noted(sample, tmp_path_factory):
    """A house after a run on the command line, and Dagster's storage; tests only look at them."""
    with apart(tmp_path_factory.mktemp("noted")) as folder, dg.DagsterInstance.local_temp(str(folder)) as instance:
        house = make_house(sample, folder / "home")
        assert refresh(house, instance).problems == ()
        yield house, instance


def test_after_a_run_of_the_command_line_no_partition_is_missing(noted):
    house, instance = noted

    latest = instance.get_latest_materialization_event(KEY).asset_materialization

    assert {key: [] for key in DAILY} == missing(house, instance)
    assert LAST_DATE.isoformat() == latest.partition
    assert latest.metadata["dagster/row_count"].value > 0  # what the run said is what the asset's page shows


def test_the_checks_of_a_filled_asset_are_no_older_than_its_newest_event(noted):
    _, instance = noted

    latest = instance.fetch_materializations(KEY, limit=1).records[0]
    evaluated = instance.get_latest_asset_check_evaluation_record(dg.AssetCheckKey(KEY, "keeps_contract"))

    assert latest.timestamp < evaluated.create_timestamp
    assert evaluated.event.asset_check_evaluation.passed
    assert evaluated.event.asset_check_evaluation.metadata["found"].value == 0


def test_only_the_assets_whose_work_succeeded_are_noted(again, tmp_path):
    with again.open_warehouse() as warehouse:  # a call that is there twice
        other_days = f"select * from silver.calls where business_date < '{LAST_DATE}'"
        warehouse.execute(f"insert into silver.calls {other_days} limit 1")
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        outcome = refresh(again, instance, Dates.of([LAST_DATE]))
        empty = {key for key, names in missing(again, instance).items() if names}

    assert outcome.problems
    assert {"silver/queue_intervals"} == empty


def test_a_new_day_adds_only_its_own_events(again, tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        refresh(again, instance, Dates.of([LAST_DATE]))
        before = len(stored(instance))
        refresh(again, instance, Dates.of([LAST_DATE]))
        added = stored(instance)[before:]

    assert [None, LAST_DATE.isoformat()] == [partition for partition, *_ in added]
