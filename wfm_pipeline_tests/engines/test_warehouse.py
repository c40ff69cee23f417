"""The shelves: the same promises on every engine."""

import dataclasses
import datetime as dt
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import duckdb
import ibis
import pandas as pd
import pytest

from wfm_pipeline.contracts.columns import Table, count, day, flag, instant, number, text
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import ContractError, SettingsError, WarehouseError
from wfm_pipeline.resources import House
from wfm_pipeline.settings import load_settings
from wfm_pipeline.warehouse.contract_check import inspect_contract
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.registry import engine_of
from wfm_pipeline.warehouse.engines.scope import Scope

FIRST, SECOND, THIRD = dt.date(2026, 3, 1), dt.date(2026, 3, 2), dt.date(2026, 3, 3)
TABLE = Table(
    "silver",
    "things",
    "One row per thing.",
    ("thing_id",),
    (
        text("thing_id", "The thing.", nullable=False),
        text("kind", "Its kind.", allowed=("big", "small")),
        day("business_date", "Its date.", nullable=True),
        instant("seen_at", "When it was seen.", nullable=True),
        flag("is_new", "New.", nullable=True),
        number("weight", "Its weight.", "kg", minimum=0),
        count("parts", "Its parts.", nullable=True),
    ),
)


def rows(*ids, date=FIRST, **columns):
    frame = pd.DataFrame({"thing_id": list(ids)})
    values = {"kind": "big", "business_date": date, "seen_at": None, "is_new": None, "weight": 1.0, "parts": 1}
    for name, value in {**values, **columns}.items():
        frame[name] = pd.Series([value] * len(frame), dtype=object)
    return frame


def ids(warehouse):
    return sorted(warehouse.frame(warehouse.table("silver.things"))["thing_id"])


def test_a_scope_is_replaced_whole_and_nothing_else_is_touched(warehouse):
    warehouse.replace(TABLE, rows("a", "b", date=FIRST), Scope(column="business_date", first=FIRST, last=FIRST))
    warehouse.replace(TABLE, rows("c", date=SECOND), Scope(column="business_date", first=SECOND, last=SECOND))

    kept = warehouse.replace(TABLE, rows("d", date=FIRST), Scope(column="business_date", first=FIRST, last=FIRST))

    assert 1 == kept
    assert ["c", "d"] == ids(warehouse)


def test_writing_twice_changes_nothing(warehouse):
    scope = Scope({"kind": "big"})

    counts = [warehouse.replace(TABLE, rows("a", "b"), scope) for _ in range(2)]

    assert [2, 2] == counts
    assert ["a", "b"] == ids(warehouse)


def test_a_failure_inside_a_transaction_leaves_everything_as_it_was(warehouse, engine_kind):
    if engine_kind == "spark":
        pytest.skip("no transaction on Spark: test_spark_killed.py holds what is promised instead")
    warehouse.replace(TABLE, rows("a"), Scope())

    with pytest.raises(KeyError), warehouse.transaction():  # noqa: PT012  (the write before the failure is the point)
        warehouse.replace(TABLE, rows("b"), Scope())
        raise KeyError

    assert ["a"] == ids(warehouse)


def test_rows_without_a_date_belong_to_a_scope_only_where_it_says_so(warehouse):
    warehouse.replace(TABLE, pd.concat([rows("a"), rows("n", date=None)]), Scope())

    warehouse.delete("silver.things", Scope(column="business_date", first=FIRST, last=THIRD))
    after_plain = ids(warehouse)
    warehouse.delete("silver.things", Scope(column="business_date", first=FIRST, last=THIRD, is_null_included=True))

    assert (["n"], []) == (after_plain, ids(warehouse))


def test_empty_text_null_and_quotes_survive_the_bulk_path(warehouse):
    odd = ["", "it's", 'say "no"', "a,b\nc", "åäö 漢字", "\\N"]
    warehouse.replace(TABLE, rows(*odd, kind=None), Scope())

    stored = warehouse.frame(warehouse.table("silver.things"))

    assert sorted(odd) == sorted(stored["thing_id"])
    assert stored["kind"].isna().all()


@pytest.mark.parametrize("zone", ["UTC", "Europe/Stockholm", "America/New_York"])
def test_a_time_with_a_zone_is_kept_as_its_instant_to_the_microsecond(warehouse, zone):
    # the two microseconds around the hour that Stockholm skips, and one in the hour that it has twice
    instants = [
        dt.datetime(2026, 3, 29, 0, 59, 59, 999_999),
        dt.datetime(2026, 3, 29, 1, 0, 0, 1),
        dt.datetime(2026, 10, 25, 0, 30, 0, 123_457),
    ]
    zoned = pd.Series(instants).dt.tz_localize("UTC").dt.tz_convert(zone)

    warehouse.replace(TABLE, rows("a", "b", "c").assign(seen_at=zoned), Scope())

    assert instants == warehouse.arrow(warehouse.table("silver.things").order_by("thing_id"))["seen_at"].to_pylist()


def test_an_expression_is_written_like_a_frame(warehouse):
    warehouse.replace(TABLE, rows("a", "b"), Scope())
    doubled = warehouse.table("silver.things").mutate(thing_id=ibis._.thing_id + "x")

    warehouse.replace(TABLE, doubled, Scope({"kind": "small"}))

    assert ["a", "ax", "b", "bx"] == ids(warehouse)


def test_values_of_a_scope_are_never_sql(warehouse):
    warehouse.replace(TABLE, rows("a"), Scope())

    warehouse.delete("silver.things", Scope({"thing_id": "a' or '1'='1"}))

    assert ["a"] == ids(warehouse)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param({}, None, id="kept"),
        pytest.param({"weight": -1.0}, "weight is below 0", id="below_minimum"),
        pytest.param({"weight": float("nan")}, None, id="nan_from_pandas_is_null"),
        pytest.param({"weight": float("inf")}, "weight is not a number", id="infinite"),
        pytest.param({"kind": "odd"}, "kind is not one of big, small", id="not_allowed"),
        pytest.param({"parts": -1}, "parts is below 0", id="negative_count"),
    ],
)
def test_the_contract_check_counts_rows_that_break_a_rule(warehouse, change, rule):
    warehouse.replace(TABLE, pd.concat([rows("a"), rows("b", **change)]), Scope())

    violations = [(violation.rule, violation.rows) for violation in inspect_contract(warehouse, TABLE).violations]

    assert violations == ([(rule, 1)] if rule else [])


def test_the_contract_check_finds_a_repeated_and_a_null_key(warehouse):
    warehouse.replace(TABLE, pd.concat([rows("a"), rows("a"), rows(None)]), Scope())

    rules = {violation.rule: violation.rows for violation in inspect_contract(warehouse, TABLE).violations}

    assert {"thing_id is null": 1, "key column thing_id is null": 1, "key thing_id is not unique": 1} == rules


def test_a_missing_column_names_what_is_needed_and_what_came(warehouse):
    with pytest.raises(ContractError, match="weight"):
        warehouse.replace(TABLE, rows("a").drop(columns="weight"), Scope())


def test_a_missing_table_says_which_there_are(warehouse):
    warehouse.replace(TABLE, rows("a"), Scope())

    with pytest.raises(WarehouseError, match=r"no table silver\.nothing.*things"):
        warehouse.table("silver.nothing")


def test_a_table_of_another_version_is_refused(warehouse):
    warehouse.create_from_schema("silver.things", ibis.schema({"thing_id": "string", "old": "int64"}))

    with pytest.raises(ContractError, match="made by another version"):
        warehouse.create(TABLE)


def test_columns_a_table_has_got_since_are_added_and_null_in_older_rows(warehouse):
    older = dataclasses.replace(TABLE, columns=TABLE.columns[:-1])
    warehouse.replace(older, rows("a"), Scope())

    warehouse.create(TABLE)
    warehouse.create(TABLE)

    assert [None] == warehouse.con.to_pyarrow(warehouse.table("silver.things"))["parts"].to_pylist()


def test_an_unknown_engine_names_the_allowed_ones(tmp_path):
    with pytest.raises(SettingsError, match=r"duckdb:///.*postgresql://") as raised:
        open_warehouse("oracle://u:sekret@h/d", tmp_path)

    assert "sekret" not in str(raised.value)


def test_a_refused_login_never_prints_the_password(tmp_path):
    with pytest.raises(WarehouseError) as raised:
        open_warehouse("postgresql://u:sekret@127.0.0.1:1/d", tmp_path)

    assert "sekret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_three_slashes_are_relative_to_home_and_four_absolute(tmp_path):
    assert tmp_path / "a/b.duckdb" == engine_of("duckdb:///a/b.duckdb", tmp_path).file
    assert "/a/b.duckdb" == str(engine_of("duckdb:////a/b.duckdb", tmp_path).file)


def test_a_reader_of_a_duckdb_file_cannot_read_other_files(tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with open_warehouse("duckdb:///w.duckdb", tmp_path) as writer:
        writer.replace(TABLE, rows("a"), Scope())

    with open_warehouse("duckdb:///w.duckdb", tmp_path, is_read_only=True) as reader:
        with pytest.raises(duckdb.PermissionException):
            reader.con.con.execute(f"select * from read_csv('{tmp_path}/secret.csv')")
        with pytest.raises(duckdb.InvalidInputException):
            reader.con.con.execute("delete from silver.things")


def test_a_reader_of_postgresql_cannot_write(tmp_path, postgres_url):
    with open_warehouse(postgres_url, tmp_path) as writer:
        writer.replace(TABLE, rows("a"), Scope())

    with (
        open_warehouse(postgres_url, tmp_path, is_read_only=True) as reader,
        pytest.raises(Exception, match="read-only transaction"),
    ):
        reader.delete("silver.things", Scope())


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(WarehouseError, match=r"cannot make the folder .*choose WFM_HOME"):
        open_warehouse("duckdb:///warehouse/wfm.duckdb", tmp_path / "home")


def test_a_scope_of_single_values_takes_those_and_not_what_lies_between(warehouse):
    for name, date in [("a", FIRST), ("b", SECOND), ("c", THIRD)]:
        warehouse.replace(TABLE, rows(name, date=date), Scope({"thing_id": name}))
    ends = Scope(column="business_date", dates=Dates.of([FIRST, THIRD]))

    inside = sorted(warehouse.frame(ends.filter(warehouse.table("silver.things")))["thing_id"])
    warehouse.delete("silver.things", ends)

    assert (["a", "c"], ["b"]) == (inside, ids(warehouse))


def test_a_writer_keeps_its_duckdb_file_open_for_its_steps_and_lets_go_of_it_at_the_end(tmp_path):
    house = House(load_settings(home=tmp_path, warehouse_url="duckdb:///house.duckdb"))
    opens = f"import duckdb; duckdb.connect({str(tmp_path / 'house.duckdb')!r}, read_only=True)"

    def can_be_opened_elsewhere() -> bool:
        return subprocess.run([sys.executable, "-c", opens], check=False, capture_output=True).returncode == 0

    with house.writing(owner="wfm run"):
        with house.open_warehouse() as step:
            step.execute("create schema silver")
        between_steps = can_be_opened_elsewhere()

    assert (False, True) == (between_steps, can_be_opened_elsewhere())


def test_the_steps_of_a_writer_share_one_connection_and_another_thread_has_its_own(tmp_path):
    house = House(load_settings(home=tmp_path, warehouse_url="duckdb:///house.duckdb"))

    def opened():
        with house.open_warehouse() as step:
            return step

    with house.writing(owner="wfm run"):
        first = opened()
        with house.writing(owner="job nightly"):
            second = opened()
        with ThreadPoolExecutor(1) as pool:
            elsewhere = pool.submit(opened).result()
        still_open = first.rows("select 1")

    assert first is second
    assert elsewhere is not first
    assert [(1,)] == still_open
    assert opened() is not first


def test_a_step_that_fails_in_a_transaction_leaves_the_shared_connection_to_the_next_one(tmp_path):
    house = House(load_settings(home=tmp_path, warehouse_url="duckdb:///house.duckdb"))

    with house.writing(owner="wfm run"):
        with pytest.raises(duckdb.Error), house.open_warehouse() as step:
            fail_after_creating(step)
        with house.open_warehouse() as step:
            is_there_after_the_failure = step.has(TABLE.full_name)
            step.replace(TABLE, rows("a"), Scope())

    with house.open_warehouse() as later:
        assert (False, ["a"]) == (is_there_after_the_failure, ids(later))


def fail_after_creating(step):
    with step.transaction():
        step.create(TABLE)
        step.execute("select no_such_column")


def test_a_writer_that_fails_lets_go_of_its_duckdb_file(tmp_path):
    house = House(load_settings(home=tmp_path, warehouse_url="duckdb:///house.duckdb"))

    with pytest.raises(KeyError), house.writing(owner="wfm run"), house.open_warehouse():
        raise KeyError

    duckdb.connect(tmp_path / "house.duckdb", read_only=True).close()  # refused while it is open for writing here


def test_a_value_that_does_not_fit_is_not_told(warehouse):
    with pytest.raises(ContractError, match=r"silver\.things: a value of weight \(string\) is no float64") as caught:
        warehouse.replace(TABLE, rows("a", weight="Anna"), Scope())

    assert "Anna" not in str(caught.value)
    assert caught.value.__suppress_context__
