"""Spark on a JVM, which `WFM_TEST_SPARK_HOME` names: every transform on Parquet tables, partitions overwritten, instants.

Delta's jar is not in it: what the warehouse writes with Delta is tried on Sail (test_spark.py, test_spark_limits.py).
"""

import datetime as dt
import hashlib
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.engines.staging import staging_name
from wfm_pipeline.warehouse.shelves.history import batch_id
from wfm_pipeline_tests.engines.test_every_transform import VARYING, ordered, silver_tables, whole_run
from wfm_pipeline_tests.engines.test_spark import DAYS, MONDAY, TUESDAY, rows
from wfm_pipeline_tests.jvm_kit import NEWER, jvm_spark, parquet_warehouse
from wfm_pipeline_tests.silver_kit import memory

pytestmark = pytest.mark.spark_jvm
CLOCK_CHANGE = dt.date(2026, 3, 29)
PLACE = "gold.days_by_date"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with jvm_spark(tmp_path_factory.mktemp("jvm")) as started:
        yield started


@pytest.fixture
def warehouse(address, tmp_path):
    with parquet_warehouse(address, tmp_path) as opened:
        yield opened


# -- partitions ----------------------------------------------------------------------------------


@pytest.fixture
def partitioned(warehouse):
    """Two rows of each of three days and one of none, in a folder of Parquet files for each."""
    given = pa.concat_tables([rows("a", "b", date=date) for date in (MONDAY, TUESDAY, CLOCK_CHANGE)])
    warehouse.replace(DAYS, pa.concat_tables([given, rows("n", date=None).cast(given.schema)]), Scope())
    warehouse.execute(
        f"create table {PLACE} (thing_id string, calls bigint, seen_at timestamp_ntz, business_date date) "
        "using parquet partitioned by (business_date)"
    )
    warehouse.execute(f"insert into {PLACE} select thing_id, calls, seen_at, business_date from {DAYS.full_name}")
    return warehouse


def of_day(warehouse, date):
    return content_hash(warehouse, PLACE, scope=Scope(column="business_date", first=date, last=date))


def files(warehouse):
    """Folder of a partition -> digests of its files."""
    (place,) = [row[1] for row in warehouse.rows(f"describe formatted {PLACE}") if row[0] == "Location"]
    found = {}
    for path in sorted(Path(place.removeprefix("file:")).glob("*/*.parquet")):
        found.setdefault(path.parent.name, []).append(hashlib.sha256(path.read_bytes()).hexdigest())
    return found


@pytest.mark.parametrize(
    ("new", "things"),
    [("select 'z', 7, null", {"z"}), ("select thing_id, calls, seen_at from gold.days where false", set())],
)
def test_a_day_that_is_overwritten_by_name_leaves_every_other_day_as_it_was(partitioned, new, things):
    others, before = (TUESDAY, CLOCK_CHANGE), files(partitioned)
    hashes = {date: of_day(partitioned, date) for date in others}

    partitioned.execute(f"insert overwrite {PLACE} partition (business_date = date '{MONDAY}') {new}")

    assert hashes == {date: of_day(partitioned, date) for date in others}
    assert {"n"} == things_of(partitioned, None)
    assert things == things_of(partitioned, MONDAY)
    changed = f"business_date={MONDAY}"
    assert 3 == len(without(before, changed))
    assert without(before, changed) == without(files(partitioned), changed)


def without(found, folder):
    return {name: digests for name, digests in found.items() if name != folder}


def things_of(warehouse, date):
    is_it = "business_date is null" if date is None else f"business_date = date '{date}'"
    return {thing for (thing,) in warehouse.rows(f"select thing_id from {PLACE} where {is_it}")}


def test_why_partitions_are_never_overwritten_by_whatever_dates_a_batch_has(partitioned):
    """Monday was to be emptied and keeps its rows; one row of a date that nobody named takes that day's others away."""
    partitioned.session.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")

    partitioned.execute(f"insert overwrite {PLACE} select 'stray', 1, null, date '{TUESDAY}'")

    assert {"a", "b"} == things_of(partitioned, MONDAY)
    assert {"stray"} == things_of(partitioned, TUESDAY)
    assert ({"a", "b"}, {"n"}) == (things_of(partitioned, CLOCK_CHANGE), things_of(partitioned, None))


# -- instants ------------------------------------------------------------------------------------

INSTANTS = {
    "2026-10-25T00:30:00.000001+00:00": 1_792_888_200_000_001,
    "2026-10-25T01:30:00.000001+00:00": 1_792_891_800_000_001,  # the same words on a clock in Stockholm
    "2026-03-29T01:00:00.999999+00:00": 1_774_746_000_999_999,
    "1969-12-31T23:59:59.999999+00:00": -1,
}
"""Instant -> microseconds since 1970."""


@pytest.mark.parametrize("zone", ["UTC", "Europe/Stockholm"])
def test_instants_with_a_zone_come_back_to_the_microsecond(warehouse, zone):
    given = [dt.datetime.fromisoformat(word) for word in INSTANTS]
    warehouse.session.conf.set("spark.sql.session.timeZone", zone)
    sent = pa.table({"seen": pa.array(given, pa.timestamp("us", tz="UTC"))})
    warehouse.session.createDataFrame(sent).createOrReplaceTempView("sent")
    warehouse.make_layer("silver")
    warehouse.execute("create table silver.instants using parquet as select seen from sent")

    found = warehouse.session.sql("select seen, unix_micros(seen) as micros from silver.instants").toArrow()

    moments = found["seen"].cast(pa.timestamp("us", tz="UTC")).to_pylist()
    assert sorted(given) == sorted(moments)
    assert sorted(INSTANTS.values()) == sorted(found["micros"].to_pylist())


def test_times_without_a_zone_keep_the_hour_that_no_clock_shows(warehouse):
    """In a session whose zone is UTC, as the product's is."""
    warehouse.replace(DAYS, rows("a", date=CLOCK_CHANGE), Scope())

    found = warehouse.arrow(warehouse.table(DAYS.full_name))

    assert [dt.datetime(2026, 3, 29, 2, 30, 0, 1)] == found["seen_at"].to_pylist()


# -- what Spark 4.0 does otherwise than Sail -----------------------------------------------------


def test_the_staging_table_of_a_batch_has_a_name_that_sparks_own_catalogue_takes(warehouse):
    name = staging_name("bronze", batch_id("0a1b2c3d"))

    warehouse.create_from_schema(name, ibis.schema({"id": "string"}))

    assert warehouse.has(name)


@pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="client 4.2 asks for settings that a server of Spark 4.0 does not know, unless the server is started with them",
)
def test_rows_can_be_sent_to_a_server_as_it_comes(warehouse):
    for name in NEWER:
        warehouse.session.conf.unset(name)

    assert "SQL_CONF_NOT_FOUND" not in said(warehouse.session.createDataFrame, rows("a"))


def said(act, *given):
    """The error of an act in words; nothing where it works."""
    try:
        act(*given)
    except Exception as error:  # noqa: BLE001  (the client's errors are known only where it is installed)
        return str(error)
    return ""


# -- every transform -----------------------------------------------------------------------------


@pytest.mark.slow
def test_every_transform_gives_the_rows_that_duckdb_gives(warehouse):
    """Six to ten minutes on two busy cores (20 s on DuckDB): each statement is a query with a plan of its own."""
    with memory() as here:
        expected = whole_run(here)
        found = whole_run(warehouse)

        assert silver_tables(here) == silver_tables(warehouse)
        for table in silver_tables(here):
            assert ordered(here, table) == ordered(warehouse, table), table
            both = [content_hash(one, f"silver.{table}", without=VARYING) for one in (here, warehouse)]
            assert both[0] == both[1], table
    assert expected == found
