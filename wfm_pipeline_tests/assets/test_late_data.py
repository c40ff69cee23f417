"""The late-data sensor: one run for exactly the dates that came late, and none without a reason."""

import datetime as dt
import shutil

import dagster as dg
import pytest

from wfm_pipeline.asset_keys import DATES_TAG
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.partitions.late_data import late_dates
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.resources import House
from wfm_pipeline_tests.house_kit import LAST_DATE, apart, change_source, count, hashes, make_house, refresh

SILVER = ["silver.call_legs", "silver.calls", "silver.queue_intervals", "silver.rejected_rows"]
LATE = [LAST_DATE - dt.timedelta(days=days) for days in (30, 13, 1)]


def june(day):
    return dt.date(2026, 6, day)


def hold_back(house, *dates):
    """Take a third of the rows of some dates out of the source; they come late."""
    days = ", ".join(f"'{date}'" for date in dates)
    change_source(
        house,
        f"create table held as select * from queue_cdr where date(Created) in ({days}) and rowid % 3 = 0",
        f"delete from queue_cdr where date(Created) in ({days}) and rowid % 3 = 0",
    )


@pytest.fixture(scope="module")
def before(sample, tmp_path_factory):
    """Home of a house that has read everything but what comes late; tests copy it."""
    with apart(tmp_path_factory.mktemp("before")) as folder:
        house = make_house(sample, folder / "home")
        hold_back(house, *LATE)
        refresh(house)
    return folder / "home"


@pytest.fixture
def late(sample, clean, before):
    """That house, now that the late rows have come."""
    house = make_house(sample, clean / "home")
    shutil.copytree(before, clean / "home", dirs_exist_ok=True)
    change_source(house, "insert into queue_cdr select * from held")
    return house


def tick(house, instance=None):
    """What the sensor says."""
    definitions = build_definitions(house.settings)
    sensor = definitions.resolve_sensor_def("late_data_sensor")
    with dg.build_sensor_context(
        instance=instance or dg.DagsterInstance.ephemeral(), repository_def=definitions.get_repository_def()
    ) as context:
        return sensor.evaluate_tick(context)


def test_nothing_late_launches_no_run_and_says_so(again):
    found = tick(again)

    assert found.run_requests == []
    assert found.skip_message.startswith("nothing is late")


def test_late_rows_launch_one_run_for_exactly_their_dates_and_then_none(late, finished):
    (request,) = tick(late).run_requests
    done = (
        build_definitions(late.settings)
        .resolve_job_def(REFRESH)
        .execute_in_process(tags=request.tags, instance=dg.DagsterInstance.ephemeral())
    )

    assert Dates.of(LATE) == Dates.parse(request.tags[DATES_TAG])
    assert done.success
    assert hashes(finished[0], SILVER) == hashes(late, SILVER)
    assert tick(late).run_requests == []


def test_the_run_of_a_tick_reads_no_date_but_the_late_ones(late):
    (request,) = tick(late).run_requests

    build_definitions(late.settings).resolve_job_def(REFRESH).execute_in_process(
        tags=request.tags, instance=dg.DagsterInstance.ephemeral()
    )

    read = "select count(distinct business_date) from bronze.day_ledger where batch_id = (select max(batch_id) from bronze.day_ledger where table_name = 'queue_cdr')"  # fmt: skip
    assert len(LATE) == count(late, read)


def test_while_a_run_is_at_work_none_is_launched(late):
    instance = dg.DagsterInstance.ephemeral()
    busy = instance.create_run_for_job(build_definitions(late.settings).resolve_job_def("nightly"))

    found = tick(late, instance)

    assert found.run_requests == []
    assert busy.run_id in found.skip_message


def test_the_same_late_rows_are_asked_for_once_a_day_and_further_ones_at_once(late):
    first, second = tick(late).run_requests[0], tick(late).run_requests[0]
    change_source(late, f"delete from queue_cdr where rowid in (select max(rowid) from queue_cdr where date(Created) = '{LATE[0]}')")  # fmt: skip

    further = tick(late).run_requests[0]

    assert first.run_key == second.run_key
    assert first.run_key != further.run_key


def test_a_source_that_is_gone_is_a_skipped_tick_with_its_reason(again):
    gone = House(again.settings.model_copy(update={"source_url": None, "source": "anonymous_bank"}))

    found = tick(gone)

    assert found.run_requests == []
    assert "anonymous_bank" in found.skip_message


def test_dates_that_a_killed_run_left_undone_are_late_too(again):
    with again.open_warehouse() as warehouse:
        warehouse.execute(f"insert into bronze.pending_days values ('telephony', 'silver.calls', date '{LATE[0]}')")

    (request,) = tick(again).run_requests

    assert request.tags[DATES_TAG] == "none"
    assert LATE[0] in find_stale_dates(again).waiting


@pytest.mark.parametrize(
    ("stale", "known", "unfinished", "late"),
    [
        pytest.param({12}, {10, 11, 12}, set(), {12}, id="a_day_read_to_its_end"),
        pytest.param({13, 14}, {10, 11, 12}, set(), set(), id="new_days_belong_to_the_nightly_run"),
        pytest.param({11}, {10, 12}, set(), {11}, id="a_day_between_that_was_never_read"),
        pytest.param({12}, {11, 12}, {12}, set(), id="a_day_that_is_not_over"),
        pytest.param({11, 12}, {10, 12}, {12}, set(), id="yesterday_was_never_read_and_today_is_not_over"),
        pytest.param({10}, set(), set(), set(), id="nothing_was_ever_read"),
    ],
)
def test_late_is_what_changes_a_day_that_was_read_to_its_end(stale, known, unfinished, late):
    found = late_dates(
        Dates.of(june(day) for day in stale),
        known={june(day) for day in known},
        unfinished=frozenset(june(day) for day in unfinished),
    )

    assert Dates.of(june(day) for day in late) == found
