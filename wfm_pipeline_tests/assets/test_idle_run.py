"""A run with nothing new to do: it says so, and changes nothing. Whatever a table comes from is a reason to run."""

import datetime as dt
import os
import shutil

import pytest

from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.finished import finished_run, given_parts, news_since
from wfm_pipeline.resources import House
from wfm_pipeline_tests.house_kit import LAST_DATE, change_source, count, follow, hashes, make_house

BRONZE_ROWS = "select count(*) from bronze.telephony__queue_cdr"
EVENTS = "name,first_date,last_date,queue_id,effect,is_active\n"


@pytest.fixture(scope="module")
def settled(sample, tmp_path_factory):
    """A house whose main job has ended well; tests work on copies of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DAGSTER_HOME", raising=False)
        home = tmp_path_factory.mktemp("settled") / "home"
        patch.chdir(home.parent)
        house = make_house(sample, home, planning_folder=home / "planning")
        (home / "planning").mkdir()
        outcome, _ = follow(house)
    assert outcome.problems == ()
    assert not outcome.is_idle
    return house, outcome


@pytest.fixture
def again(settled, clean):
    """The same house in a folder of its own."""
    house, _ = settled
    home = clean / "again"
    shutil.copytree(house.settings.home, home)
    moved = {"home": home, "source_url": f"sqlite:///{home / 'source.sqlite'}", "planning_folder": home / "planning"}
    return make_again(house, **moved)


def make_again(house, **settings):
    return House(type(house.settings).model_validate({**dict(house.settings), **settings}))


def news(house, *, as_of=None):
    with house.open_warehouse() as warehouse:
        finished = finished_run(house, warehouse)
    return news_since(house, finished, given_parts(house), as_of=as_of)


def test_an_idle_run_changes_no_table_and_no_readers_copy_and_names_the_run_that_made_them(settled, again):
    copy = again.readers_place
    before = (hashes(again), count(again, BRONZE_ROWS), copy.read_bytes())

    outcome, said = follow(again)

    assert outcome.is_idle
    assert settled[1].run_id == outcome.run_id
    assert said.startswith("nothing new since ")
    assert before == (hashes(again), count(again, BRONZE_ROWS), copy.read_bytes())


def test_what_the_next_run_reads_is_exactly_the_new_the_late_and_the_corrected_dates(again):
    """Three new days, a row 30 days late, and one of 40 days ago corrected without a word of when."""
    late, corrected = LAST_DATE - dt.timedelta(days=30), LAST_DATE - dt.timedelta(days=40)
    change_source(
        again,
        "create table new as select * from queue_cdr where date(Created) between "
        f"'{LAST_DATE - dt.timedelta(days=9)}' and '{LAST_DATE - dt.timedelta(days=7)}'",
        "update new set CallId = 'new-' || CallId, Created = datetime(Created, '10 days'), Updated = datetime(Updated, '10 days')",
        "insert into queue_cdr select * from new",
        f"insert into queue_cdr select * from queue_cdr where date(Created) = '{late}' limit 1",
        f"update queue_cdr set TalkTimeInSec = TalkTimeInSec + 1 where rowid = (select min(rowid) from queue_cdr where date(Created) = '{corrected}')",
    )

    planned = find_stale_dates(again, check_days=40)

    new = {LAST_DATE + dt.timedelta(days=days) for days in (1, 2, 3)}
    assert {late, corrected} | new == set(planned.dates)


def test_a_changed_setting_is_a_reason_to_run(again):
    assert news(again) == []
    assert news(make_again(again, staffing_shrinkage=0.2)) == ["settings"]


def test_a_setting_that_only_says_how_rows_are_read_is_none(again):
    assert news(make_again(again, chunk_rows=10_000, retry_attempts=1)) == []


def test_a_changed_planners_file_is_a_reason_to_run(again):
    (again.settings.planning_folder / "events.csv").write_text(EVENTS)

    assert news(again) == ["planners' files"]


def test_another_day_of_issue_is_a_reason_to_run_and_the_same_one_is_not(again):
    assert news(again, as_of=LAST_DATE + dt.timedelta(days=1)) == []
    assert news(again, as_of=LAST_DATE) == ["first day of the issue"]


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(
            "insert into gold.pipeline_health select * replace ('another' as run_id) from gold.pipeline_health limit 1",
            id="another_run_has_written_a_table",
        ),
        pytest.param("delete from gold.queue_day_forecast where horizon_days = 3", id="rows_are_gone"),
        pytest.param("drop table gold.customer_behavior", id="a_table_is_gone"),
    ],
)
def test_tables_that_are_not_as_the_run_left_them_are_a_reason_to_run(again, statement):
    with again.open_warehouse() as warehouse:
        warehouse.execute(statement)

    assert news(again) == ["tables of the main job"]


def test_a_readers_copy_that_is_gone_is_a_reason_to_run(again):
    again.readers_place.unlink()

    assert news(again) == ["readers' copy"]


def test_a_run_that_failed_is_never_taken_as_finished(again):
    faulty = again.settings.planning_folder / "events.csv"
    faulty.write_text("nonsense\n1\n")

    outcome, _ = follow(again)
    faulty.unlink()

    assert outcome.problems != ()
    assert news(again) == ["no run has ended well yet"]


def test_a_run_that_was_killed_is_never_taken_as_finished(again):
    child = os.fork()
    if child == 0:  # the child dies without any clean-up as soon as its first step is done
        follow(again, is_reissue=True, on_step=lambda _step, what: os._exit(9) if what == "done" else None)
        os._exit(0)
    _, status = os.waitpid(child, 0)

    assert os.WEXITSTATUS(status) == 9
    assert news(again) == ["no run has ended well yet"]
