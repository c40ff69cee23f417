"""Every table of the contracts on every engine: what is written comes back, and one partition leaves the others alone.

The rows are made from the contracts, so a new table joins without a line here.
"""

import dataclasses
import datetime as dt

import pyarrow as pa
import pytest

from wfm_pipeline.contracts.columns import Table, day, instant, number, text
from wfm_pipeline.contracts.publication import PUBLICATION
from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.contracts.tables import GOLD_COLUMNS, PERSONAL
from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline.warehouse.contract_check import inspect_contract
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.registry import engine_of
from wfm_pipeline.warehouse.engines.schemas import arrow_schema
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.readers.publication import Readers
from wfm_pipeline.warehouse.readers.publish import publish
from wfm_pipeline_tests.contract_kit import FIRST_DATE, TABLES, rows_of_contract
from wfm_pipeline_tests.engine_kit import EVERY_KIND, empty_warehouse

NEW = Table(
    "gold",
    "joined_today",
    "One row per thing.",
    ("source", "thing_id", "business_date"),
    (
        text("source", "Its source.", nullable=False),
        text("thing_id", "The thing.", nullable=False),
        day("business_date", "Its date."),
        instant("seen_at", "When it was seen.", nullable=True),
        number("weight", "Its weight.", "kg", minimum=0),
    ),
    partition="business_date",
)
ALL = (*TABLES, NEW)
PARTITIONED = [table for table in ALL if table.partition]


def by_name(table):
    return table.full_name


@pytest.fixture(scope="module", params=EVERY_KIND)
def engine(request, tmp_path_factory):
    """One empty warehouse of each engine for all tables."""
    home = tmp_path_factory.mktemp("house")
    with empty_warehouse(request.param, home) as url:
        yield engine_of(url, home)


@pytest.fixture(scope="module")
def warehouse(engine):
    with open_warehouse(engine.url, engine.home) as opened:
        yield opened


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    with open_warehouse("duckdb:///peer.duckdb", tmp_path_factory.mktemp("peer")) as opened:
        yield opened


def stored(warehouse, table):
    rows = warehouse.arrow(warehouse.table(table.full_name).select(*table.column_names).order_by(list(table.key)))
    return rows.cast(arrow_schema(table))


def as_set(rows):
    return sorted(map(repr, rows.to_pylist()))


@pytest.mark.parametrize("table", ALL, ids=by_name)
def test_what_is_written_comes_back_as_it_was(warehouse, peer, table):
    rows = rows_of_contract(table)

    assert rows.num_rows == warehouse.replace(table, rows, Scope())
    peer.replace(table, rows, Scope())

    assert as_set(rows) == as_set(stored(warehouse, table))
    assert content_hash(peer, table.full_name) == content_hash(warehouse, table.full_name)
    assert warehouse.replace(table, rows, Scope()) == rows.num_rows  # and again changes nothing
    assert content_hash(peer, table.full_name) == content_hash(warehouse, table.full_name)


@pytest.mark.parametrize("table", ALL, ids=by_name)
def test_the_rows_keep_the_contract_that_the_engine_checks(warehouse, table):
    warehouse.replace(table, rows_of_contract(table), Scope())

    assert () == inspect_contract(warehouse, table).violations


@pytest.mark.parametrize("table", PARTITIONED, ids=by_name)
def test_one_partition_is_replaced_and_every_other_keeps_its_hash(warehouse, table):
    warehouse.replace(table, rows_of_contract(table), Scope())
    days = [FIRST_DATE + dt.timedelta(days=place) for place in range(4)]
    before = {date: hash_of_day(warehouse, table, date) for date in days}
    fresh = rows_of_contract(table)
    of_day = fresh.filter(pa.compute.equal(fresh[table.partition], pa.scalar(days[1]))).slice(0, 3)

    assert 3 == warehouse.replace(table, of_day, Scope(column=table.partition, first=days[1], last=days[1]))

    after = {date: hash_of_day(warehouse, table, date) for date in days}
    assert {days[1]} == {date for date in days if before[date] != after[date]}


def hash_of_day(warehouse, table, date):
    return content_hash(warehouse, table.full_name, scope=Scope(column=table.partition, first=date, last=date))


def test_a_new_column_of_every_type_is_null_in_older_rows(warehouse):
    narrow = dataclasses.replace(NEW, name="widened_later")
    rows = rows_of_contract(narrow)
    warehouse.replace(narrow, rows, Scope())
    more = [dataclasses.replace(column, name=f"later_{column.name}", nullable=True) for column in narrow.columns]
    wider = dataclasses.replace(narrow, columns=(*narrow.columns, *more))

    warehouse.create(wider)

    found = stored(warehouse, wider)
    assert found.num_rows == rows.num_rows
    assert all(found[column.name].null_count == rows.num_rows for column in more)
    warehouse.drop(wider.full_name)


def test_readers_get_every_gold_table_and_nobody_by_the_own_key(engine, warehouse, monkeypatch):
    monkeypatch.setitem(GOLD_COLUMNS, NEW.name, {column.name: column for column in NEW.columns})
    gold = [table for table in ALL if table.layer == "gold" and table != PUBLICATION]
    for table in gold:
        warehouse.replace(table, rows_of_contract(table), Scope())

    publish(warehouse, readers=Readers(pseudonym_key=b"k" * 32))

    assert set(PERSONAL) <= {table.name for table in gold}
    with engine.open_published() as copy:
        copied = {table.name: copy.arrow(copy.con.table(table.name, database=copy.published_schema)) for table in gold}
    for table in gold:
        rows, found, hidden = rows_of_contract(table), copied[table.name], PERSONAL.get(table.name, {})
        plain = [name for name in table.column_names if name not in hidden]
        assert as_set(rows.select(plain)) == as_set(found.select(plain).cast(rows.select(plain).schema)), table.name
        for name in hidden:
            assert not set(rows[name].to_pylist()) & set(found[name].to_pylist()) - {None, UNKNOWN}, (
                f"{table.name}.{name}"
            )
