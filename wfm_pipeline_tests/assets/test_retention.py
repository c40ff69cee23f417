"""Old runs go, and nothing that a person sees of an asset goes with them."""

import datetime as dt
from pathlib import Path

import dagster as dg
import pytest
from dagster_shared.record import copy

from wfm_pipeline.orchestration.instance.retention import prune
from wfm_pipeline_tests.house_kit import make_house

DAYS = dg.StaticPartitionsDefinition(["mon", "tue", "wed"])
CHECK = dg.AssetCheckKey(dg.AssetKey("daily"), "well")
LATER = dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(days=91)


@dg.asset(partitions_def=DAYS, check_specs=[dg.AssetCheckSpec("well", asset="daily")])
def daily():
    yield dg.MaterializeResult()
    yield dg.AssetCheckResult(passed=True)


@dg.asset(key=["gold", "coverage_interval"], partitions_def=DAYS)
def by_the_hour():
    return dg.MaterializeResult()


@dg.asset
def whole():
    return dg.MaterializeResult()


@dg.asset
def broken():
    raise ValueError


@pytest.fixture(params=["sqlite", "postgres"])
def instance(clean, request):
    home = clean / "dagster"
    home.mkdir()
    words = "telemetry:\n  enabled: false\n"
    if request.param == "postgres":
        words += f"storage:\n  postgres:\n    postgres_url: {request.getfixturevalue('postgres_url')}\n"
    (home / "dagster.yaml").write_text(words)
    with dg.DagsterInstance.from_config(str(home)) as made:
        yield made


def fill(instance, asset, partition=None):
    return dg.materialize([asset], instance=instance, partition_key=partition, raise_on_error=False).run_id


def seen(instance):
    """What a person sees: filled partitions with the time of the last fill, and the last checks."""
    by_partition = instance.get_latest_storage_id_by_partition(
        dg.AssetKey("daily"), dg.DagsterEventType.ASSET_MATERIALIZATION
    )
    last = {
        key: instance.get_latest_materialization_event(key).timestamp
        for key in (dg.AssetKey("daily"), dg.AssetKey("whole"))
    }
    check = instance.get_latest_asset_check_evaluation_record(CHECK)
    return (
        by_partition,
        sorted(instance.get_materialized_partitions(dg.AssetKey("daily"))),
        last,
        (check.id, check.status),
    )


def test_old_runs_go_and_every_partition_and_check_stays_as_it_was(house, instance):
    first = [fill(instance, daily, day) for day in ("mon", "tue", "wed")]
    again = [fill(instance, daily, "mon"), fill(instance, daily, "mon")]
    wholes = [fill(instance, whole) for _ in range(3)]
    failed = fill(instance, broken)
    before = seen(instance)

    done = prune(instance, house, [CHECK], now=LATER)

    # stays: tue, wed, the last mon, the last whole; goes: two older mon, two older whole, the failure
    stays = {first[1], first[2], again[1], wholes[2]}
    assert (5, 4) == (done.runs, done.kept)
    assert stays == {run.run_id for run in instance.get_runs()}
    assert before == seen(instance)
    assert instance.get_run_by_id(failed) is None
    assert (0, 4) == tuple(getattr(prune(instance, house, [CHECK], now=LATER), name) for name in ("runs", "kept"))


def test_of_a_table_made_by_the_hour_the_latest_run_stays(house, instance):
    *_, last = (fill(instance, by_the_hour, hour) for hour in ("mon", "tue", "wed"))

    done = prune(instance, house, [], now=LATER)

    assert (2, 1) == (done.runs, done.kept)
    assert {last} == {run.run_id for run in instance.get_runs()}


def test_a_young_run_stays(house, instance):
    failed = fill(instance, broken)

    done = prune(instance, house, [CHECK], now=LATER - dt.timedelta(days=2))

    assert (0, [failed]) == (done.runs, [run.run_id for run in instance.get_runs()])


def test_a_run_under_way_stays_however_old_it_is(house, instance):
    @dg.job
    def long():
        pass

    instance.create_run_for_job(long, status=dg.DagsterRunStatus.STARTED)

    assert 0 == prune(instance, house, [CHECK], now=LATER).runs


def test_zero_days_keep_everything(sample, clean, instance):
    fill(instance, broken)

    assert 0 == prune(instance, make_house(sample, clean / "other", keep_runs_days=0), [CHECK], now=LATER).runs


def test_the_disk_gets_its_room_back(house, instance):
    history = Path(instance.root_directory, "history", "runs")
    run_id = fill(instance, broken)

    prune(instance, house, [CHECK], now=LATER)

    assert [] == list(history.glob(f"{run_id}*"))


def test_a_rerun_keeps_the_run_that_it_repeats(house, instance):
    root, filled = fill(instance, broken), fill(instance, whole)
    rerun = copy(instance.get_run_by_id(filled), root_run_id=root, parent_run_id=root)
    instance.run_storage.delete_run(filled)
    instance.run_storage.add_run(rerun)

    assert 0 == prune(instance, house, [CHECK], now=LATER).runs
