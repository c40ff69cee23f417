"""A new user's way in: propose a map, check it, load, and read what was set aside; as commands, on exports as they come."""

import gzip
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
from wfm_pipeline.orchestration.runs.running import JobRequest
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.sources.maps.proposing import look, proposal
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.house_kit import do

CASES = Path(__file__).parents[1] / "cases" / "real_files"


@pytest.fixture
def site(tmp_path, monkeypatch, clean_environment):
    monkeypatch.setenv("WFM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def wfm(monkeypatch, capsys, *words):
    return run_wfm(monkeypatch, capsys, *words)


@pytest.mark.parametrize("case", ["phonenow", "duration_as_time", "calls_911", "connect_ctr"])
def test_a_proposed_map_fits_and_loads_every_row(site, monkeypatch, capsys, case):
    file = next((CASES / case).glob("*.csv.gz"))
    folder = Path(shutil.copytree(CASES / case, site / "exports"))
    monkeypatch.setenv("WFM_SOURCE_URL", f"file://{folder}")

    assert 0 == wfm(monkeypatch, capsys, "source", "propose", str(folder / file.name), "--out", "first.toml").returncode
    checked = wfm(monkeypatch, capsys, "check", "first.toml", "--json")
    assert (0, 0) == (checked.returncode, json.loads(checked.stdout)["faults"])

    house = House(load_settings(source="first.toml"))
    assert do(house, JobRequest(REFRESH, find_stale_dates(house).dates)).problems == ()
    with house.open_warehouse() as warehouse:
        loaded = warehouse.count("silver.call_legs")
    assert len(gzip.decompress(file.read_bytes()).splitlines()) - 1 == loaded


def test_a_check_names_the_first_misfit_and_the_mend_and_ends_with_1(site, monkeypatch, capsys):
    shutil.copytree(CASES / "phonenow", site / "exports")
    monkeypatch.setenv("WFM_SOURCE_URL", f"file://{site / 'exports'}")

    done = wfm(monkeypatch, capsys, "check", str(site / "exports" / "desk.toml"), "--json")

    assert 1 == done.returncode
    table = next(value for value in json.loads(done.stdout).values() if isinstance(value, list))
    day = next(row for row in table if row["column"] == "Date")
    assert (1000, "'9/1/2025'") == (day["misfits"], day["first_misfit"])
    assert day["mend"] == 'Date = { type = "date", format = "%m/%d/%Y" }'


def test_what_was_set_aside_is_listed_with_the_first_example(site, monkeypatch, capsys):
    folder = site / "exports"
    shutil.copytree(CASES / "phonenow", folder)
    path = folder / "Call-Center-Dataset.csv.gz"
    text = gzip.decompress(path.read_bytes()).decode().replace(",0:08:01,", ",8:01:99,").replace(",9:10:38,", ",9h10,")
    path.write_bytes(gzip.compress(text.encode()))
    map_text = (
        (folder / "desk.toml").read_text().replace('Date = "date"', 'Date = { type = "date", format = "%m/%d/%Y" }')
    )
    (folder / "desk.toml").write_text(map_text)
    monkeypatch.setenv("WFM_SOURCE_URL", f"file://{folder}")
    monkeypatch.setenv("WFM_SOURCE", str(folder / "desk.toml"))
    house = House(load_settings())
    assert do(house, JobRequest(REFRESH, find_stale_dates(house).dates)).problems == ()

    by_rule = {
        row["rule"]: row
        for row in json.loads(wfm(monkeypatch, capsys, "findings", "--json").stdout)["Findings by rule"]
    }
    assert ("row refused", "written like '9x99'") == (by_rule["undated"]["became"], by_rule["undated"]["example"])
    assert "'8:01:99'" == by_rule["misfit_AvgTalkDuration"]["example"]
    rows = json.loads(wfm(monkeypatch, capsys, "findings", "--rule", "undated", "--json").stdout)[
        "Findings of rule undated"
    ]
    assert by_rule["undated"]["findings"] == len(rows)
    assert "9h10" in rows[0]["reason"]


def test_dates_with_two_readings_are_proposed_with_both():
    rows = pa.table({"call_id": ["a", "b"], "queue": ["x", "y"], "day": ["1/2/2025", "3/4/2025"]})

    text = proposal("desk", "calls", look(rows), rows=2)

    assert '"day" = { type = "date", format = "%m/%d/%Y" }  # GUESS: or { type = "date", format = "%d/%m/%Y" }' in text


def test_what_names_do_not_tell_is_guessed_by_shape():
    rows = pa.table(
        {
            "#": ["1", "2", "3"],
            "Wann": ["02.03.2026 8:19:06", "02.03.2026 8:58:18", "13.03.2026 10:00:00"],
            "Warum": ["Störung", "Vertrag", "Störung"],
            "Wie lange (h:mm:ss)": ["0:05:05", "0:07:31", "1:10:00"],
            "Um": ["9:00:00", "10:30:00", "17:10:00"],
        }
    )

    text = proposal("desk", "calls", look(rows), rows=3)

    assert 'started_at = "Wann"' in text
    assert 'business_date = "Wann"' in text
    assert 'queue_id = "Warum"' in text
    assert '"Wie lange (h:mm:ss)" = "duration"  # GUESS: or "time"' in text
    assert '"Um" = "time"  # GUESS: or "duration"' in text


def test_codes_with_zeros_in_front_stay_text_and_a_database_is_looked_at_alike(site, monkeypatch, capsys):
    url = f"sqlite:///{site / 'calls.sqlite'}"
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as con:
        con.exec_driver_sql("create table calls (call_id text, queue text, started text, status text, number text)")
        con.exec_driver_sql(
            "insert into calls values ('1','007','2025-01-01 9:00:00','ANSWERED','+12025550101'),"
            "('2','7','2025-01-01 9:05:00','NO ANSWER','+12025550102')"
        )

    assert 0 == wfm(monkeypatch, capsys, "source", "propose", url, "--out", "first.toml").returncode

    table = load_map("first.toml").tables[0]
    assert ("string", "timestamp", "string") == tuple(table.types[name] for name in ("queue", "started", "number"))
    assert {"ANSWERED": "answered", "NO ANSWER": "abandoned"} == table.columns["status"].words


def test_a_file_that_is_there_is_not_written_over_and_a_table_must_be_named(site, monkeypatch, capsys):
    folder = site / "exports"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / f"{name}.csv").write_text("id\n1\n")
    (site / "first.toml").write_text("mine")

    several = wfm(monkeypatch, capsys, "source", "propose", str(folder))
    there = wfm(monkeypatch, capsys, "source", "propose", str(folder / "a.csv"), "--out", "first.toml")

    assert (1, 2) == (several.returncode, there.returncode)
    assert "--table: a, b" in several.stderr
    assert "there already" in there.stderr
    assert "mine" == (site / "first.toml").read_text()
