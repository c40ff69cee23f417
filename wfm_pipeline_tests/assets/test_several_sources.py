"""Several sources are one site: together they give what one source with all rows gives, and one down stops no other."""

import datetime as dt
import json
import shutil

import dagster as dg
import pytest

from wfm_pipeline.asset_keys import DATES_TAG
from wfm_pipeline.checks.source_checks import NAME
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.errors import DataError, SourceError
from wfm_pipeline.orchestration.jobs import NIGHTLY, REFRESH
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates, tags_of_sources
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline.settings import load_settings
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.house_kit import (
    LAST_DATE,
    MADE_SILVER,
    TABLES,
    apart,
    count,
    do,
    make_house,
    refresh,
    run,
    says_what_was_compared,
)
from wfm_pipeline_tests.sites_kit import BY_DAY, BY_QUEUE, change, deal_out, entry, hashes_but_for_source, make_site
from wfm_pipeline_tests.ticket_exports import TICKETS, write_tickets

SILVER = [table.full_name for table in MADE_SILVER if table.full_name != "silver.rejected_rows"]
"""Findings are counted by source: the same row of a table that both have is a finding in each."""


def test_two_sources_of_a_site_give_what_one_source_with_all_rows_gives(sample, clean, finished):
    site = make_site(clean / "site", *map(entry, deal_out(sample, clean, BY_QUEUE)))

    outcome = run(site, as_of=LAST_DATE + dt.timedelta(days=1))

    assert () == outcome.problems
    expected = hashes_but_for_source(finished[0], TABLES)
    assert expected == hashes_but_for_source(site, TABLES)


def test_a_site_whose_system_changed_every_other_day_has_the_silver_of_one(sample, clean, finished, engine_url):
    site = make_site(clean / "site", *map(entry, deal_out(sample, clean, BY_DAY)), warehouse_url=engine_url)

    refresh(site)

    assert hashes_but_for_source(finished[0], SILVER) == hashes_but_for_source(site, SILVER)


LAST_THREE = f"date(Created) > '{LAST_DATE - dt.timedelta(days=3)}'"


@pytest.fixture(scope="module")
def first_night(sample, tmp_path_factory):
    """Databases of two sources, the last three days of the calls held back in both, and their site after a run; tests copy it."""
    with apart(tmp_path_factory.mktemp("first_night")) as folder:
        paths = deal_out(sample, folder, BY_QUEUE)
        for path in paths:
            change(
                path,
                f"create table held as select * from queue_cdr where {LAST_THREE}",
                f"delete from queue_cdr where {LAST_THREE}",
            )
        refresh(make_site(folder / "site", *map(entry, paths)))
    return folder


@pytest.fixture
def dealt(clean, first_night):
    """The two databases, and in `clean / "site"` what a first run made of them."""
    shutil.copytree(first_night, clean, dirs_exist_ok=True)
    return clean / "north.sqlite", clean / "south.sqlite"


def bring(path):
    change(path, "insert into queue_cdr select * from held")


def gone(path):
    """The database is not there: its connection fails."""
    return path.rename(path.with_suffix(".away"))


def back(path):
    path.with_suffix(".away").rename(path)


def test_one_source_down_leaves_the_others_rows_and_heals_without_loss_or_double(clean, finished, dealt):
    north, south = dealt
    site = make_site(clean / "site", entry(north), entry(south))
    missed = "select count(*) from silver.queue_intervals where is_missing"
    before = count(site, missed)
    for path in dealt:
        bring(path)
    gone(south)

    refresh(site)

    late = f"business_date > '{LAST_DATE - dt.timedelta(days=3)}'"
    assert 0 < count(site, f"select count(*) from silver.calls where source = 'north' and {late}")
    assert 0 == count(site, f"select count(*) from silver.calls where source = 'south' and {late}")
    missing = (
        "select string_agg(distinct queue_id, ',' order by queue_id) from silver.queue_intervals where is_missing and"
    )
    fed = "select string_agg(distinct queue_id, ',' order by queue_id) from silver.calls where source = 'south'"
    assert count(site, fed) == count(site, f"{missing} {late}")
    assert before == count(site, f"{missed} and not {late}")
    assert LAST_DATE - dt.timedelta(days=3) == count(
        site, "select stands_at from bronze.source_states where not is_read"
    )

    back(south)
    refresh(site)

    assert hashes_but_for_source(finished[0], SILVER) == hashes_but_for_source(site, SILVER)


def test_a_source_that_goes_away_while_the_run_reads_is_left_as_it_stands(clean, dealt):
    north, south = dealt
    site = make_site(clean / "site", entry(north), entry(south), step_retries=1, step_retry_seconds=0.01)
    for path in dealt:
        bring(path)
    stale = find_stale_dates(site)
    gone(south)

    outcome = do(site, JobRequest(REFRESH, stale.dates, tags=tags_of_sources(stale)))

    assert () == outcome.problems
    assert 0 < count(
        site, f"select count(*) from silver.calls where business_date = '{LAST_DATE}' and source = 'north'"
    )
    assert "south" == count(site, "select source from bronze.source_states where not is_read")
    assert 0 < count(
        site, f"select count(*) from silver.queue_intervals where is_missing and business_date = '{LAST_DATE}'"
    )


def test_every_source_down_stops_the_run(clean, dealt):
    site = make_site(clean / "site", *map(entry, dealt))
    for path in dealt:
        gone(path)

    with pytest.raises(SourceError, match=r"source north cannot be read: .*source south cannot be read: "):
        find_stale_dates(site)


def test_a_run_killed_between_bronze_and_silver_and_run_again_loses_and_doubles_nothing(sample, clean, finished):
    site = make_site(clean / "site", *map(entry, deal_out(sample, clean, BY_QUEUE)))
    stale = find_stale_dates(site)
    bronze = [
        key
        for key in build_definitions(site.settings).resolve_asset_graph().get_all_asset_keys()
        if key.path[0] == "bronze"
    ]
    job = build_definitions(site.settings, is_partitioned=False).resolve_job_def(REFRESH)
    tags = {DATES_TAG: str(stale.dates), **tags_of_sources(stale)}
    job.execute_in_process(asset_selection=bronze, tags=tags, instance=dg.DagsterInstance.ephemeral())

    refresh(site)
    refresh(site)

    assert hashes_but_for_source(finished[0], SILVER) == hashes_but_for_source(site, SILVER)


def test_calls_of_two_systems_with_the_same_ids_are_two_calls_of_the_queue_of_that_name(sample, clean, finished):
    one, site = finished[0], make_site(clean / "site", entry(sample, "north"), entry(sample, "south"))

    refresh(site)

    for query in (
        "count(*) from silver.call_legs",
        "count(*) from silver.calls",
        "sum(calls_offered) from silver.queue_intervals",
    ):
        assert 2 * count(one, f"select {query}") == count(site, f"select {query}")
    grid = "select count(*) from silver.queue_intervals"
    assert count(one, grid) == count(site, grid)


def test_a_command_may_read_one_source_of_the_site_alone(clean, dealt):
    north, south = dealt
    for path in dealt:
        bring(path)

    alone = make_site(clean / "site", entry(north), entry(south), source="north")
    refresh(alone)

    newest = "select max(business_date) from silver.calls where source ="
    assert LAST_DATE == count(alone, f"{newest} 'north'")
    assert LAST_DATE - dt.timedelta(days=3) == count(alone, f"{newest} 'south'")
    assert 0 < count(
        alone, f"select count(*) from silver.queue_intervals where is_missing and business_date = '{LAST_DATE}'"
    )


def test_the_graph_of_a_site_opens_nothing_and_has_every_sources_tables(clean):
    nowhere = [{"map": "telephony", "url": "mysql+pymysql://u@127.0.0.1:1/calls"}]
    nowhere.append({"map": "anonymous_bank", "url": "mysql+pymysql://u@127.0.0.1:1/bank"})
    settings = load_settings(home=clean / "home", sources=nowhere, time_zone="Europe/Stockholm")

    definitions = build_definitions(settings)
    dg.Definitions.validate_loadable(definitions)

    raw = {
        key.path[1].split("__")[0]
        for key in definitions.resolve_asset_graph().get_all_asset_keys()
        if key.path[0] == "bronze"
    }
    assert {"telephony", "anonymous_bank"} == raw
    assert not (clean / "home").exists()


def test_a_run_without_one_source_says_so_at_its_end_and_by_its_exit_code(clean, dealt, monkeypatch, capsys):
    north, south = dealt
    site = make_site(clean / "site", entry(north), entry(south))
    for path in dealt:
        bring(path)
    gone(south)
    settings = {"HOME": clean / "site", "SOURCES": json.dumps([entry(north), entry(south)]), "BACKTEST_ORIGINS": 0}
    for name, value in {**settings, "RETRY_ATTEMPTS": 1, "NUM_THREADS": 1}.items():
        monkeypatch.setenv(f"WFM_{name}", str(value))

    first = run_wfm(monkeypatch, capsys, "run")
    again = run_wfm(monkeypatch, capsys, "run")
    back(south)
    healed = run_wfm(monkeypatch, capsys, "run")

    told = f"not read: source south stands at {LAST_DATE - dt.timedelta(days=3)} ("
    assert (3, 3, 0) == (first.returncode, again.returncode, healed.returncode), first.stderr + healed.stderr
    assert told in first.stderr
    assert "from then on queues" in first.stderr
    assert told in again.stderr
    assert "nothing new" in again.stdout
    assert "not read" not in healed.stderr
    assert 0 == count(
        site, f"select count(*) from silver.queue_intervals where is_missing and business_date = '{LAST_DATE}'"
    )
    issued = "select count(distinct queue_id) from gold.queue_day_forecast where source = 'north' and business_date ="
    assert count(site, "select count(distinct queue_id) from silver.calls") == count(
        site, f"{issued} '{LAST_DATE + dt.timedelta(days=1)}'"
    )


def test_a_source_that_was_a_site_of_its_own_here_is_refused_as_a_later_member(sample, clean):
    alone = make_house(sample, clean / "site")
    refresh(alone)

    site = make_site(clean / "site", entry(sample, "north"), entry(sample, "telephony"))

    with pytest.raises(DataError, match=r"source telephony was run by itself in this warehouse.*put it first"):
        find_stale_dates(site)


def make_silver(house):
    """Planners' matches, bronze and silver of what is stale, as the nightly makes them; gives the checks by their asset."""
    stale = find_stale_dates(house)
    definitions = build_definitions(house.settings, is_partitioned=False)
    keys = [
        key
        for key in definitions.resolve_asset_graph().get_all_asset_keys()
        if key.path[0] == "bronze" or key.to_user_string() in MADE
    ]
    done = definitions.resolve_job_def(NIGHTLY).execute_in_process(
        asset_selection=keys,
        tags={DATES_TAG: str(stale.dates), **tags_of_sources(stale)},
        instance=dg.DagsterInstance.ephemeral(),
    )
    assert done.success
    return {check.asset_key.path[-1]: check for check in done.get_asset_check_evaluations() if check.check_name == NAME}


MADE = (
    "silver/source_matches",
    "silver/call_legs",
    "silver/rejected_rows",
    "silver/calls",
    "silver/calendar_days",
    "silver/queue_intervals",
    "silver/cases",
    "silver/case_events",
)


def test_a_source_with_names_of_its_own_is_matched_to_the_other_by_the_planners_table(sample, clean, finished):
    north, south = deal_out(sample, clean, BY_DAY)
    own = "update {0} set {1} = 'S-' || {1} where {1} <> '' and {1} <> 'test'"
    change(
        south,
        own.format("queue_cdr", "QueueId"),
        own.format("queue_cdr", "UserId"),
        own.format("queuegroups", "QueueId"),
    )
    (clean / "planning").mkdir()
    one = finished[0]
    site = make_site(clean / "site", entry(north), entry(south), planning_folder=clean / "planning")
    make_silver(site)
    own_queues = "select count(distinct queue_id) from silver.queue_intervals where queue_id like 'S-%'"
    assert 0 < count(site, own_queues)

    with site.open_warehouse() as warehouse:
        ids = [
            warehouse.frame(warehouse.table("silver.call_legs").select(id=column).distinct())["id"]
            for column in ("queue_id", "agent_id")
        ]
    lines = [
        f"{kind},south,{name},{name[2:]}"
        for kind, names in zip(("queue", "agent"), ids, strict=True)
        for name in names.dropna()
        if name.startswith("S-")
    ]
    (clean / "planning" / "source_matches.csv").write_text("\n".join(["kind,source,source_id,id", *lines]))
    make_silver(site)

    assert 0 == count(site, own_queues)
    assert hashes_but_for_source(one, MATCHED) == hashes_but_for_source(site, MATCHED)


MATCHED = ["silver.calendar_days", "silver.queue_intervals"]
"""Tables without hashes of raw rows, which hold the source's own names."""


def test_tickets_of_one_system_join_the_calls_of_another_and_stand_still_alone_when_it_is_down(sample, clean):
    exports = clean / "exports"
    exports.mkdir()
    write_tickets("zendesk_csv", exports)
    desk = {"map": "zendesk_csv", "name": "desk", "url": f"file://{exports}"}
    site = make_site(clean / "site", entry(sample, "north"), desk, time_zone="Europe/Stockholm", planning_folder=clean)

    first = make_silver(site)
    calls = count(site, "select count(*) from silver.calls")
    exports.rename(clean / "away")
    second = make_silver(site)

    by_source = "select count(*) from silver.cases where source = "
    assert (TICKETS, True) == (count(site, f"{by_source} 'desk'"), 0 < count(site, f"{by_source} 'north'"))
    assert calls == count(site, "select count(*) from silver.calls")
    assert 0 == count(
        site, f"select count(*) from silver.queue_intervals where is_missing and business_date = '{LAST_DATE}'"
    )
    assert {True} == {check.passed for check in first.values()}
    assert {"north": True, "desk": False} == {name.split("__")[0]: check.passed for name, check in second.items()}
    (warned,) = [check for check in second.values() if not check.passed]
    assert "source desk stands at 2026-03-02" in warned.description
    assert says_what_was_compared(warned)
