"""A centre whose database has the operational tables and no call records: the map fits the DDL, units and all."""

import csv
import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from wfm_pipeline.contracts.operational.statistics import CONTACT_STATISTICS
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.load import load_file
from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.sources.sample import make_sample
from wfm_pipeline_tests.house_kit import count, do, run
from wfm_pipeline_tests.operational_kit import make_operational, statistics

CASES = Path(__file__).parents[1] / "cases"
DIVISORS = {"milliseconds": 1000.0, "percent": 100.0}
DECLARED = {"ms": "milliseconds", "%": "percent"}


def a_house(tmp_path, url, source="contact_statistics", **settings):
    return House(
        load_settings(
            home=tmp_path / "home", source=source, source_url=url, num_threads=1, backtest_origins=1, **settings
        )
    )


def refreshed(house):
    return do(house, JobRequest(REFRESH, find_stale_dates(house).dates)).problems


def test_the_map_names_the_columns_of_the_ddl_and_each_with_its_unit():
    table = load_map("contact_statistics").leading

    assert set(CONTACT_STATISTICS.column_names) == set(table.types)
    assert CONTACT_STATISTICS.key == tuple(table.key)
    assert "utc" == load_map("contact_statistics").times_are
    measures = {one.column: one.unit for one in table.columns.values() if one.unit != "seconds"}
    expected = {name: DECLARED[CONTACT_STATISTICS.column(name).unit] for name in measures}
    assert {"aht", "service_level"} == set(measures)
    assert expected == measures


def test_the_samples_operational_tables_run_the_pipeline_and_give_the_same_calls_as_its_call_records(tmp_path):
    path = tmp_path / "sample.sqlite"
    make_sample(path, last_date=dt.date(2026, 3, 31), months=2, seed=3)
    site = {"time_zone": "Europe/Stockholm", "country": "SE"}
    of_intervals = a_house(tmp_path, f"sqlite:///{path}", interval_minutes=30, **site)

    outcome = run(of_intervals)

    assert () == outcome.problems
    with closing(sqlite3.connect(path)) as made:
        told = made.execute(
            "select sum(received_calls), sum(treated_calls), sum(aht / 1000 * treated_calls) from contact_statistics"
        )
        received, treated, handle = told.fetchone()
    with of_intervals.open_warehouse() as warehouse:
        found = warehouse.con.raw_sql(
            "select sum(calls_offered), sum(calls_answered), sum(handle_seconds) from silver.queue_intervals"
        ).fetchone()
    assert (received, treated) == found[:2]
    assert handle == pytest.approx(found[2])
    # the sample's calls take four to seven minutes: a forecast in milliseconds or in thousandths would not
    assert 1 == count(
        of_intervals,
        "select 1 from gold.queue_interval_forecast where calls_mean > 1 having avg(aht_seconds) between 200 and 500",
    )


def test_an_aht_that_changes_its_unit_stops_the_run(tmp_path):
    rows = statistics(96 * 20, calls=8)
    rows["aht"] = rows["aht"].where(rows.index < 96 * 12, rows["aht"] / 1000)
    url = make_operational(f"sqlite:///{tmp_path / 'live.sqlite'}", "sqlite", contact_statistics=rows)

    problems = refreshed(a_house(tmp_path, url))

    assert 1 == len(problems)
    assert (
        "contact_statistics, column aht: mean handle times came in another unit than the map says (queue 1: 0.24 s after 240 s, "
        "allowed 2.4 to 24,000 s); say the unit in the map (unit), or have the rows written since mended"
    ) in problems[0]


def test_an_aht_in_seconds_from_the_first_day_on_stops_the_run_too(tmp_path):
    url = make_operational(
        f"sqlite:///{tmp_path / 'live.sqlite'}", "sqlite", contact_statistics=statistics(96 * 3, aht=240.0)
    )

    problems = refreshed(a_house(tmp_path, url))

    assert 1 == len(problems)
    assert "queue 1: 0.24 s, allowed 1 s and more" in problems[0]


def test_wfm_load_makes_the_table_as_the_ddl_has_it(tmp_path):
    file, url = tmp_path / "contact_statistics.csv", f"sqlite:///{tmp_path / 'live.sqlite'}"
    statistics(8).to_csv(file, index=False)

    assert 8 == load_file(load_map("contact_statistics"), file, url)
    assert 8 == load_file(load_map("contact_statistics"), file, url)  # again: replaced, not added

    told = sa.inspect(sa.create_engine(url))
    assert list(CONTACT_STATISTICS.key) == told.get_pk_constraint("contact_statistics")["constrained_columns"]
    assert ["contact_statistics_by_interval_start"] == [one["name"] for one in told.get_indexes("contact_statistics")]


def test_a_year_of_a_real_service_desk_is_read_as_it_stands_with_minutes_and_seconds(tmp_path, real_data):
    folder = real_data / "service_desk_hourly_2019"
    with (folder / "data_calls_tmp.csv").open() as opened:
        rows = list(csv.DictReader(opened))
    house = a_house(tmp_path, f"file://{folder}", source=str(CASES / "service_desk_hourly.toml"))

    assert () == refreshed(house)

    handle = sum(int(row["CallsAnswered"]) * (60 * int(row["CallsAHT"][:2]) + int(row["CallsAHT"][3:])) for row in rows)
    with house.open_warehouse() as warehouse:
        found = warehouse.con.raw_sql(
            "select count(*), sum(calls_offered), sum(handle_seconds), count(*) filter (calls_offered = 0) "
            "from silver.queue_intervals"
        ).fetchone()
    # 365 days of 24 hours; hours without a row had no calls
    calls = sum(int(row["CallsOffered"]) for row in rows)
    assert (8_760, calls, pytest.approx(handle), 8_760 - len(rows)) == found
    assert pd.Timestamp("2019-12-31") == pd.Timestamp(rows[-1]["CallsDateTime"]).normalize()
