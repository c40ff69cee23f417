"""What is Spark's alone: its URL, a server that forgets, one commit per table, values its client would bend, what it cannot do."""

import datetime as dt
from pathlib import Path

import ibis
import pyarrow as pa
import pytest

from wfm_pipeline.contracts.columns import Table, count, day, instant, text
from wfm_pipeline.errors import SettingsError, WarehouseError
from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.registry import engine_of
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.readers.publication import Readers
from wfm_pipeline.warehouse.readers.publish import publish
from wfm_pipeline_tests.engine_kit import empty_warehouse

pytestmark = pytest.mark.spark
MONDAY, TUESDAY = dt.date(2026, 3, 2), dt.date(2026, 3, 3)
DAYS = Table(
    "gold",
    "days",
    "One row per thing and day.",
    ("thing_id", "business_date"),
    (
        text("thing_id", "The thing.", nullable=False),
        day("business_date", "The day."),
        count("calls", "Its calls.", nullable=True),
        instant("seen_at", "When.", nullable=True),
    ),
    partition="business_date",
)


def rows(*things, date=MONDAY, calls=1):
    seen = dt.datetime(2026, 3, 29, 2, 30, 0, 1)  # an hour that no clock of Europe shows
    return pa.table(
        {"thing_id": list(things), "business_date": [date] * len(things), "calls": [calls] * len(things),
         "seen_at": [seen] * len(things)}
    )  # fmt: skip


@pytest.fixture
def url(tmp_path):
    with empty_warehouse("spark", tmp_path) as made:
        yield made


def of_day(warehouse, date):
    return content_hash(warehouse, DAYS.full_name, scope=Scope(column="business_date", first=date, last=date))


@pytest.mark.parametrize("wrong", ["sc://host:15002", "sc://host/?folder=/data&compression=none"])
def test_a_url_without_a_folder_or_with_other_options_says_what_is_allowed(wrong, tmp_path):
    with pytest.raises(SettingsError, match=r"takes the options folder .* and token; .*sc://host:15002/\?folder="):
        engine_of(wrong, tmp_path)


def test_a_server_that_is_not_there_is_one_line_without_the_token(tmp_path):
    with pytest.raises(WarehouseError, match=r"cannot open sc://127\.0\.0\.1") as caught:
        engine_of("sc://127.0.0.1:1/?folder=/tmp/x&token=very-secret-token", tmp_path).open()

    assert "very-secret-token" not in str(caught.value)


def test_a_session_finds_the_tables_that_another_one_made(url, tmp_path):
    with open_warehouse(url, tmp_path) as first:
        first.replace(DAYS, rows("a", "b"), Scope())

    with open_warehouse(url, tmp_path) as second:
        assert ["days"] == second.base_tables("gold")
        assert 2 == second.count(DAYS.full_name)


def test_a_table_that_was_dropped_comes_again_empty(url, tmp_path):
    with open_warehouse(url, tmp_path) as warehouse:
        warehouse.replace(DAYS, rows("a"), Scope())
        warehouse.drop(DAYS.full_name)
        assert [] == warehouse.base_tables("gold")

    with open_warehouse(url, tmp_path) as again:
        assert not again.has(DAYS.full_name)
        again.create(DAYS)
        assert 0 == again.count(DAYS.full_name)


def test_a_day_is_replaced_by_one_commit_and_the_other_day_stays(url, tmp_path):
    with open_warehouse(url, tmp_path) as warehouse:
        warehouse.replace(DAYS, pa.concat_tables([rows("a", "b"), rows("a", date=TUESDAY)]), Scope())
        before, commits = of_day(warehouse, TUESDAY), _commits(tmp_path)

        warehouse.replace(DAYS, rows("c", calls=7), Scope(column="business_date", first=MONDAY, last=MONDAY))

        assert before == of_day(warehouse, TUESDAY)
        assert 1 == _commits(tmp_path) - commits
        assert {"a", "c"} == set(warehouse.frame(warehouse.table(DAYS.full_name))["thing_id"])


def _commits(folder):
    return len(list((folder / "delta" / "gold" / "days" / "_delta_log").glob("*.json")))


def test_spark_is_never_asked_to_overwrite_partitions_by_itself():
    """Its dynamic overwrite of partitions takes another day's rows away in silence where a batch has none of it."""
    package = Path(__file__).parents[2] / "wfm_pipeline"

    assert [] == [path for path in package.rglob("*.py") if "partitionOverwriteMode" in path.read_text()]


def test_whole_numbers_beside_nulls_keep_all_their_digits(url, tmp_path):
    with open_warehouse(url, tmp_path) as warehouse:
        both = pa.concat_tables(
            [rows("a", calls=2**62 + 1), rows("b").set_column(2, "calls", pa.array([None], pa.int64()))]
        )
        warehouse.replace(DAYS, both, Scope())

        found = warehouse.arrow(warehouse.table(DAYS.full_name).order_by("thing_id"))

    assert [2**62 + 1, None] == found["calls"].to_pylist()
    assert [dt.datetime(2026, 3, 29, 2, 30, 0, 1)] * 2 == found["seen_at"].to_pylist()


def test_times_of_day_come_back_as_such_where_the_map_says_so(url, tmp_path):
    clock = dt.time(23, 58, 20, 5)
    with open_warehouse(url, tmp_path) as warehouse:
        warehouse.create_from_schema("bronze.legs", ibis.schema({"id": "string", "talk_to": "time"}))
        warehouse.append_arrow("bronze.legs", pa.table({"id": ["a", "b"], "talk_to": [clock, None]}))

        found = warehouse.raw_rows(warehouse.table("bronze.legs").order_by("id"), {"talk_to": "time"})

    assert [clock, None] == found["talk_to"].to_pylist()


def test_what_is_put_aside_lies_in_the_folder_and_is_gone_afterwards(url, tmp_path):
    with open_warehouse(url, tmp_path) as warehouse:
        warehouse.replace(DAYS, rows("a", "b"), Scope())

        with warehouse.put_aside(warehouse.table(DAYS.full_name)) as kept:
            warehouse.replace(DAYS, rows("c"), Scope())
            assert {"a", "b"} == set(warehouse.frame(kept)["thing_id"])
            assert list((tmp_path / "delta" / "silver").glob("_staging_aside_*"))

        assert [] == warehouse.base_tables("silver")
    assert not Path("spark-warehouse").exists()


def test_what_spark_cannot_do_says_so(url, tmp_path):
    with open_warehouse(url, tmp_path) as warehouse:
        warehouse.create(DAYS)

        with pytest.raises(WarehouseError, match="a Delta table keeps its folder"):
            warehouse.rename(DAYS.full_name, "other_days")


def test_roles_of_readers_are_refused_and_not_passed_over(url, tmp_path):
    with open_warehouse(url, tmp_path) as warehouse:
        warehouse.create(DAYS)

        for readers in (Readers(roles=("ann",)), Readers(personal_roles=("ann",)), Readers(planner_roles=("ann",))):
            with pytest.raises(SettingsError, match="on Spark the server says who may read"):
                publish(warehouse, readers=readers)
        with pytest.raises(SettingsError, match="on Spark there is no copy with persons"):
            publish(warehouse, readers=Readers(personal_folder_mode=0o700))


def test_a_change_of_two_tables_that_is_cut_off_leaves_each_table_whole(url, tmp_path):
    other = Table("gold", "others", "One row per thing.", DAYS.key, DAYS.columns)
    with open_warehouse(url, tmp_path) as warehouse:
        for table in (DAYS, other):
            warehouse.replace(table, rows("a", "b"), Scope())

        with pytest.raises(KeyboardInterrupt), warehouse.transaction():
            _replaced_and_stopped(warehouse)

        assert (3, 2) == (warehouse.count(DAYS.full_name), warehouse.count(other.full_name))


def _replaced_and_stopped(warehouse):
    warehouse.replace(DAYS, rows("c", "d", "e"), Scope())
    raise KeyboardInterrupt


@pytest.mark.parametrize(("unit", "step"), [("s", dt.timedelta(seconds=1)), ("m", dt.timedelta(minutes=1))])
def test_spans_of_as_many_seconds_as_a_column_says_are_no_text_that_spark_reads_row_by_row(url, tmp_path, unit, step):
    night = dt.datetime(2026, 3, 2, 23, 59, 59)
    counts = [0, 1, 86_400, -5, None]
    given = ibis.memtable(
        {"counted": counts, "began": [night] * len(counts)}, schema={"counted": "int64", "began": "timestamp(6)"}
    )
    asked = given.select("counted", at=given.began + given.counted.as_interval(unit))
    with open_warehouse(url, tmp_path) as warehouse:
        found = {row["counted"]: row["at"] for row in warehouse.arrow(asked).to_pylist()}
        words = warehouse.con.compile(asked)

    assert {n: None if n is None else night + n * step for n in counts} == found
    assert "CONCAT" not in words.upper()
