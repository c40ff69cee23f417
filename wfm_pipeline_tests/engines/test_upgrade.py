"""A warehouse that an older version wrote is brought up to date and loses nothing; a newer one is refused."""

import datetime as dt

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from wfm_pipeline.contracts.bronze import DAY_LEDGER, SCHEMA_VERSIONS, TABLE_LEDGER
from wfm_pipeline.contracts.source.stored_names import bronze_table_name
from wfm_pipeline.definitions import build_definitions
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.orchestration.jobs import REFRESH
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline.warehouse.engines.schemas import to_contract
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.migrations.steps import STEPS, Step
from wfm_pipeline.warehouse.migrations.upgrade import TABLES, bring_up_to_date, pending_changes
from wfm_pipeline.warehouse.migrations.version import SCHEMA_VERSION, note_version, stored_version
from wfm_pipeline_tests.cli_kit import run_wfm
from wfm_pipeline_tests.former_kit import former_house
from wfm_pipeline_tests.house_kit import run

NOW = dt.datetime(2026, 7, 1, 12)
KEPT = (
    "bronze.day_ledger",
    "bronze.telephony__queue_cdr",
    "gold.forecast_issue",
    "gold.queue_interval_forecast",
    "gold.queue_interval_override",
    "silver.forecast_overrides",
)
"""What cannot be made again, and is there in the older warehouse."""


TO_DO = "bronze.pending_days"
"""What a step may add to: dates that the next run makes again."""


@pytest.fixture
def url(engine_url):
    return engine_url


@pytest.fixture
def former(clean_environment, url):
    return former_house(clean_environment / "home", url)


@pytest.fixture
def empty(clean_environment, url):
    return House(load_settings(home=clean_environment, warehouse_url=url))


def contents(house, columns):
    """Fingerprint of every table, of the columns it had."""
    with house.open_warehouse() as warehouse:
        return {
            name: content_hash(warehouse, name, without=set(warehouse.table(name).columns) - set(names))
            for name, names in columns.items()
        }


def columns_of(house):
    with house.open_warehouse() as warehouse:
        return {
            f"{layer}.{table}": warehouse.table(f"{layer}.{table}").columns
            for layer in ("bronze", "silver", "gold")
            for table in warehouse.con.list_tables(database=layer)
        }


def versions(house):
    with house.open_warehouse() as warehouse:
        return warehouse.frame(warehouse.table(SCHEMA_VERSIONS.full_name)).sort_values("version")


def test_an_upgrade_loses_no_row_and_no_value(former):
    columns = columns_of(former)
    before = contents(former, columns)

    with former.writing(owner="wfm upgrade", is_upgrade=True):
        pass

    after = contents(former, columns)
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= {TO_DO}
    assert all(int(before[name].split("-")[0]) > 0 for name in KEPT)
    assert [step.number for step in STEPS] == versions(former)["version"].tolist()


def test_after_an_upgrade_every_table_has_the_columns_of_its_contract(former):
    with former.writing(owner="wfm upgrade", is_upgrade=True):
        pass

    stored = columns_of(former)
    lacking = {table.full_name: set(table.column_names) - set(stored.get(table.full_name, table.column_names))
               for table in TABLES}  # fmt: skip
    assert set() == set().union(*lacking.values())
    assert [] == former.pending_upgrade()


@pytest.mark.parametrize("table", ["silver.calls", "silver.queue_intervals"])
def test_every_date_of_calls_and_intervals_is_made_again_by_the_next_run(former, table):
    for _ in range(2):
        with former.writing(owner="wfm upgrade", is_upgrade=True):
            pass

    with former.open_warehouse() as warehouse:
        dates = warehouse.frame(warehouse.table(table).select("business_date").distinct())
        noted = warehouse.frame(warehouse.table(TO_DO))
    noted = noted[noted["silver_table"] == table]
    assert sorted(dates["business_date"]) == sorted(noted["business_date"])


@pytest.mark.slow
def test_the_next_run_on_an_older_warehouse_is_green_and_keeps_what_was_issued(former):
    columns = {name: names for name, names in columns_of(former).items() if name in KEPT}
    issued = {"gold.queue_interval_forecast", "gold.queue_interval_override", "gold.forecast_issue"}

    def of_issues(instants):
        """Rows of these issues, of all where none are named, in order."""
        with former.open_warehouse() as warehouse:
            found = {}
            for name in issued:
                rows = warehouse.frame(warehouse.table(name).select(*columns[name]))
                kept = rows[rows["issued_at"].isin(instants)] if instants else rows
                found[name] = kept.sort_values(list(kept.columns), ignore_index=True)
            return found

    def raw_rows():
        with former.open_warehouse() as warehouse:
            calls = warehouse.table("bronze.telephony__queue_cdr")
            known = warehouse.count(calls.filter(calls["_business_date"] <= dt.date(2026, 6, 22)))
            return {"calls": known} | {
                table: warehouse.count(f"bronze.telephony__{table}") for table in ("queuegroups", "users", "customers")
            }

    before, raw = of_issues(None), raw_rows()
    outcome = run(former)
    after = of_issues({instant for frame in before.values() for instant in frame["issued_at"]})

    assert () == outcome.problems
    assert raw == raw_rows()
    for name in issued:
        assert len(before[name]) > 0
        pd.testing.assert_frame_equal(before[name], after[name])
    with former.open_warehouse() as warehouse:
        last = warehouse.con.execute(warehouse.table("silver.calls")["business_date"].max())
        intervals = warehouse.frame(warehouse.table("silver.queue_intervals"))
    assert intervals.loc[~intervals["is_missing"], "answered_handle_known"].notna().all()
    assert dt.date(2026, 6, 25) == pd.Timestamp(last).date()


def test_a_dry_run_lists_what_would_be_done_and_changes_nothing(former, monkeypatch, capsys):
    columns = columns_of(former)
    monkeypatch.setenv("WFM_HOME", str(former.settings.home))
    words = ("upgrade", "--dry-run", "--warehouse", former.warehouse_url)

    said = [run_wfm(monkeypatch, capsys, *words) for _ in range(2)]

    assert [0, 0] == [answer.returncode for answer in said]
    assert "would do: step 1, every date stands once in the ledger" in said[0].stdout
    assert said[0].stdout == said[1].stdout
    assert columns == columns_of(former)


def test_wfm_upgrade_says_what_it_did_and_has_nothing_left_to_do(former, monkeypatch, capsys):
    monkeypatch.setenv("WFM_HOME", str(former.settings.home))

    first = run_wfm(monkeypatch, capsys, "upgrade", "--warehouse", former.warehouse_url)
    second = run_wfm(monkeypatch, capsys, "upgrade", "--warehouse", former.warehouse_url)

    assert (0, 0) == (first.returncode, second.returncode)
    assert "upgraded: step 1" in first.stdout
    assert "up to date: nothing to do\n" == second.stdout


def test_a_new_warehouse_begins_with_this_version(empty):
    for _ in range(2):
        with empty.writing(owner="wfm run"):
            pass

    assert [(SCHEMA_VERSION, "made new")] == list(versions(empty)[["version", "step"]].itertuples(index=False))


def test_the_version_is_the_number_of_the_last_step_and_numbers_have_no_gap():
    assert list(range(1, SCHEMA_VERSION + 1)) == [step.number for step in STEPS]


COMMANDS = {
    "run": ["run"],
    "planners": ["planners"],
    "reforecast": ["reforecast"],
    "long-range": ["long-range"],
    "capacity": ["capacity"],
    "model-fit": ["model-fit"],
    "allocate": ["allocate", "--from", "2026-W26"],
    "backtest": ["backtest"],
    "publish": ["publish"],
    "upgrade": ["upgrade"],
    "dry-run": ["upgrade", "--dry-run"],
}


def test_a_newer_warehouse_is_refused_by_every_command_in_one_line(clean_environment, monkeypatch, capsys):
    house = former_house(clean_environment / "home")
    with house.open_warehouse() as warehouse:
        note_version(warehouse, 99, "of the future", now=NOW)
    monkeypatch.setenv("WFM_HOME", str(house.settings.home))
    monkeypatch.setenv("WFM_SOURCE_URL", house.settings.url_of_source)

    for name, words in COMMANDS.items():
        answer = run_wfm(monkeypatch, capsys, *words)
        last = answer.stderr.strip().splitlines()[-1]
        assert (name, 1) == (name, answer.returncode)
        assert f"version 99, this wfm knows up to {SCHEMA_VERSION}: install the wfm that wrote it" in last, name


def test_a_newer_warehouse_is_refused_by_a_dagster_run_and_stays_as_it_is(former):
    with former.open_warehouse() as warehouse:
        note_version(warehouse, 99, "of the future", now=NOW)

    definitions = build_definitions(former.settings, is_partitioned=False)
    result = definitions.resolve_job_def(REFRESH).execute_in_process(raise_on_error=False)

    assert not result.success
    assert [] == result.get_asset_materialization_events()


# -- steps -------------------------------------------------------------------------------------


def insert(warehouse):
    warehouse.execute("insert into bronze.sources values ('other', true)")


def step(number, apply, **words):
    return Step(number, "a change", lambda _warehouse: ["one row"], apply, **words)


def test_a_step_that_waits_for_wfm_upgrade_stops_a_run_and_nothing_is_changed(former):
    steps = (step(1, insert, is_automatic=False),)
    with former.open_warehouse() as warehouse:
        with pytest.raises(WarehouseError, match=r"waits for: step 1, a change: one row\. Make a backup.*wfm upgrade"):
            bring_up_to_date(warehouse, now=NOW, steps=steps)
        untouched = stored_version(warehouse)
        waiting = [change.what for change in pending_changes(warehouse, now=NOW, steps=steps)]

        done = bring_up_to_date(warehouse, now=NOW, steps=steps, is_asked=True)

        assert untouched == 0
        assert "step 1, a change: one row" in waiting
        assert waiting == list(done)  # on PostgreSQL tables are laid out anew besides
        assert SCHEMA_VERSION == stored_version(warehouse)


def test_a_step_that_fails_is_undone_and_comes_again(former, engine_kind):
    if engine_kind == "spark":
        pytest.skip("no transaction on Spark: a step does no harm where it was done before")

    def half(warehouse):
        insert(warehouse)
        raise KeyError

    with former.open_warehouse() as warehouse:
        with pytest.raises(KeyError):
            bring_up_to_date(warehouse, now=NOW, steps=(step(1, half),))
        assert (0, 1) == (stored_version(warehouse), warehouse.con.execute(warehouse.table("bronze.sources").count()))

        bring_up_to_date(warehouse, now=NOW, steps=(step(1, insert),))

        assert (SCHEMA_VERSION, 2) == (
            stored_version(warehouse),
            warehouse.con.execute(warehouse.table("bronze.sources").count()),
        )


def test_a_bronze_table_that_is_called_otherwise_now_keeps_its_rows(empty, engine_kind):
    if engine_kind == "spark":
        pytest.skip("no table gets another name on Spark (test_spark.py), and no such name was ever written there")
    source, table = "a__b", "c"  # as source a and table b__c would be
    former, name = f"bronze.{source}__{table}", f"bronze.{bronze_table_name(source, table)}"
    ledger = pd.DataFrame(
        {"source": [source], "table_name": [table], "rows_read": [1], "content_hash": ["x"], "batch_id": ["1"]}
    )
    with empty.open_warehouse() as warehouse:
        bring_up_to_date(warehouse, now=NOW)
        warehouse.replace(TABLE_LEDGER, ledger, Scope())
        warehouse.create_from_schema(former, ibis.schema({"id": "string"}))
        warehouse.append_arrow(former, pa.table({"id": ["kept"]}))

        STEPS[1].apply(warehouse)
        STEPS[1].apply(warehouse)

        assert ["kept"] == warehouse.frame(warehouse.table(name))["id"].tolist()


def test_a_date_that_two_loads_left_twice_in_the_ledger_is_kept_as_it_was_read_last(former):
    with former.open_warehouse() as warehouse:
        rows = warehouse.frame(warehouse.table(DAY_LEDGER.full_name))
        double = rows.head(1).assign(batch_id="9", rows_read=7)
        for column in DAY_LEDGER.columns:
            if column.name not in double:
                double[column.name] = None
                warehouse.add_column(DAY_LEDGER.full_name, column.name, column.type)
        warehouse.append_arrow(DAY_LEDGER.full_name, to_contract(DAY_LEDGER, double))

        done = bring_up_to_date(warehouse, now=NOW)
        kept = warehouse.frame(warehouse.table(DAY_LEDGER.full_name))

    assert "step 1, every date stands once in the ledger of what was read: 1 repeated rows of bronze.day_ledger" in done
    assert len(rows) == len(kept)
    assert [7] == kept.loc[kept["batch_id"] == "9", "rows_read"].tolist()
