"""Exports as centres have them, with maps as a new user writes them: every row is loaded, or said to be out."""

import gzip
import re
import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa

from wfm_pipeline.errors import SourceError
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline_tests.house_kit import do

CASES = Path(__file__).parents[1] / "cases" / "real_files"
MONTH_FIRST = ('Date = "date"', 'Date = { type = "date", format = "%m/%d/%Y" }')


def a_house(tmp_path, case, *changes, url=None, **settings):
    """A house whose source is a case, its map changed as a user would."""
    folder = tmp_path / case
    shutil.copytree(CASES / case, folder)
    path = folder / "desk.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return House(
        load_settings(home=tmp_path / "home", source=str(path), source_url=url or f"file://{folder}", **settings)
    )


def refreshed(house):
    return do(house, JobRequest(REFRESH, find_stale_dates(house).dates))


def ask(house, query):
    with house.open_warehouse() as warehouse:
        return [tuple(row) for row in warehouse.con.raw_sql(query).fetchall()]


def spoilt(house, change):
    """The case's file, each line changed."""
    path = next(Path(house.settings.source_url.get_secret_value().removeprefix("file://")).glob("*.csv.gz"))
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    path.write_bytes(gzip.compress("\n".join([lines[0], *map(change, lines[1:])]).encode()))


def test_hours_without_a_zero_and_durations_as_clocks_are_read(tmp_path):
    house = a_house(tmp_path, "phonenow", MONTH_FIRST)

    assert refreshed(house).problems == ()

    counts = "select count(*), count(*) filter (where status = 'abandoned'), round(avg(talk_seconds), 1) from silver.call_legs"
    assert [(3172, 483, 319.6)] == ask(house, counts)
    assert [(338,)] == ask(house, "select count(*) from silver.call_legs where hour(started_at_local) < 10")
    assert [(0,)] == ask(house, "select count(*) from silver.rejected_rows")


def test_dates_with_two_readings_stop_before_anything_is_read_and_name_column_and_examples(tmp_path):
    with pytest.raises(
        SourceError, match=r"none of 3,172 rows has a date in column Date.*'9/1/2025'.*format = \"%m/%d/%Y\""
    ):
        find_stale_dates(a_house(tmp_path, "phonenow"))


def test_a_slip_that_hits_a_band_of_hours_stops_the_run_with_examples(tmp_path):
    house = a_house(tmp_path, "phonenow", MONTH_FIRST, unread_share_limit=0.5)
    spoilt(house, lambda line: re.sub(r",9:(\d\d):(\d\d),", r",9h\1:\2,", line))

    problems = refreshed(house).problems

    assert 1 == len([each for each in problems if "column Date with Time: 338 of 3,172 rows" in each]), problems
    assert "written like '9x99:99'" in problems[0]
    assert "338 of 3,172 rows" in refreshed(house).problems[0]  # the next night does not pass what stopped this one


def test_a_few_rows_of_any_hour_are_dirt_and_stay_below_the_limit(tmp_path):
    house = a_house(tmp_path, "phonenow", MONTH_FIRST)
    spoilt(house, lambda line: re.sub(r",(\d+):1(\d):07,", r",\1h1\2,", line))

    assert refreshed(house).problems == ()
    lost = ask(house, "select rule, count(*) from silver.rejected_rows where is_row_refused group by 1")
    assert [("undated", 10)] == lost


@pytest.mark.parametrize(
    ("case", "changes", "rows", "abandoned"),
    [
        ("duration_as_time", (), 399, 60),
        ("calls_911", (), 3356, 0),
        ("connect_ctr", ((re.search("status = .*", (CASES / "connect_ctr/desk.toml").read_text())[0], 'status = { present = "Agent.Username" }'),), 1456, 217),
    ],
)  # fmt: skip
def test_other_exports_load_whole(tmp_path, case, changes, rows, abandoned):
    house = a_house(tmp_path, case, *changes)

    assert refreshed(house).problems == ()
    found = ask(house, "select count(*), count(*) filter (where status = 'abandoned') from silver.call_legs")
    assert [(rows, abandoned)] == found


def test_a_telephone_exchange_with_bits_zero_dates_and_odd_columns(tmp_path, mariadb_url):
    script = gzip.decompress((CASES / "freepbx" / "make.sql.gz").read_bytes()).decode()
    engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool)
    with engine.begin() as con:
        for statement in re.split(r";\s*\n", script.split("use s2_pbx;", 1)[1].removesuffix(";")):
            if statement.strip(" ;\n"):
                con.exec_driver_sql(statement.strip(" ;\n").replace("%", "%%"))
    house = a_house(tmp_path, "freepbx", url=mariadb_url)

    assert refreshed(house).problems == ()

    found = ask(house, "select count(*), avg(talk_seconds) from silver.call_legs")
    assert [(2629, 300.0)] == found
    refused = ask(house, "select rule, count(*) from silver.rejected_rows where is_row_refused group by 1")
    assert [("undated", 4)] == refused
    assert [(False,), (True,)] == ask(house, 'select distinct answered_flag from bronze."pbx__Cdr" order by 1')
