"""The sample's file and the source system's DDL: whole or not at all, alike in every dialect."""

import dataclasses
import datetime as dt
import os
import sqlite3
import tomllib
import uuid
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa
import sqlglot
from sqlglot import exp

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import SAFE_NAME, ColumnMap, Exclusion, SourceMap, TableMap
from wfm_pipeline.domain.simulation.sample.contact_centre import SampleData, simulate_contact_centre
from wfm_pipeline.domain.simulation.sample.records import CDR_COLUMNS
from wfm_pipeline.domain.simulation.sample.spec import MONITOR_NUMBER, TEST_QUEUE, ContactCentreSpec, sample_site
from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources import sample as sample_module
from wfm_pipeline.sources.sample import SAMPLE_INFO_TABLE, make_sample, sample_reaches, write_sample

ROOT = Path(sample_module.__file__).resolve().parents[2]
DIALECTS = {"sqlite": "sqlite", "mariadb": "mysql", "postgres": "postgres", "mssql": "tsql"}
LAST_DATE = dt.date(2026, 3, 31)


def _ddl(dialect: str) -> str:
    return (ROOT / "sql" / "source" / f"telephony_{dialect}.sql").read_text(encoding="utf-8")


def _tables(dialect: str) -> dict[str, list[str]]:
    """Table -> its columns, as sqlglot reads the file."""
    statements = [s for s in sqlglot.parse(_ddl(dialect), read=DIALECTS[dialect]) if s is not None]
    creates = [s for s in statements if isinstance(s, exp.Create) and s.kind == "TABLE"]
    return {s.find(exp.Table).name: [column.name for column in s.find_all(exp.ColumnDef)] for s in creates}


@pytest.fixture(scope="module")
def data() -> SampleData:
    return simulate_contact_centre(ContactCentreSpec(months=1), last_date=LAST_DATE, seed=5)


@pytest.fixture(scope="module")
def sample_path(data, tmp_path_factory) -> Path:
    return write_sample(data, tmp_path_factory.mktemp("sample") / "new" / "telephony.sqlite")


# ---- the file -----------------------------------------------------------------------------------


def test_every_table_says_that_it_is_simulated(data, sample_path):
    with sqlite3.connect(sample_path) as connection:
        info = pd.read_sql(f"select * from {SAMPLE_INFO_TABLE}", connection).set_index("table_name")
        tables = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}

    assert tables == {SAMPLE_INFO_TABLE, *info.index}
    assert (info["simulated"] == 1).all()
    assert (info["seed"] == 5).all()
    assert (info["first_date"] == "2026-03-01").all()
    assert (info["last_date"] == "2026-03-31").all()
    assert len(data.source["queue_cdr"]) == info.loc["queue_cdr", "row_count"]


def test_file_holds_the_rows_it_was_given(data, sample_path):
    with sqlite3.connect(sample_path) as connection:
        read = pd.read_sql("select * from queue_cdr", connection, parse_dates=["Created", "Updated"])

    expected = data.source["queue_cdr"].astype(object)
    pd.testing.assert_frame_equal(
        expected.where(expected.notna(), None), read.astype(object).where(read.notna(), None), check_dtype=False
    )


def test_times_come_back_as_times_through_sqlalchemy(sample_path):
    engine = sa.create_engine(f"sqlite:///{sample_path}")
    cases = sa.Table("cases", sa.MetaData(), autoload_with=engine)

    with engine.connect() as connection:
        row = connection.execute(sa.select(cases).where(cases.c.Status == "Open").limit(1)).one()

    assert isinstance(row.Created, dt.datetime)
    assert row.Closed is None


def test_same_sample_makes_the_same_file(data, sample_path, tmp_path):
    again = write_sample(data, tmp_path / "again.sqlite")

    assert sample_path.read_bytes() == again.read_bytes()


def test_a_writer_that_is_stopped_half_way_leaves_the_old_file_and_nothing_else(data, tmp_path):
    path = tmp_path / "telephony.sqlite"
    path.write_bytes(b"the old file")

    def stop(table: str, _done: int, _total: int) -> None:
        if table == "queue_cdr":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_sample(data, path, progress=stop)

    assert path.read_bytes() == b"the old file"
    assert [path] == list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_one_clear_error(data, tmp_path):
    (tmp_path / "file").write_text("not a folder")

    with pytest.raises(SourceError, match="the sample cannot be written"):
        write_sample(data, tmp_path / "file" / "telephony.sqlite")


def test_progress_counts_every_row(data, tmp_path):
    seen: dict[str, tuple[int, int]] = {}

    write_sample(data, tmp_path / "s.sqlite", progress=lambda table, done, total: seen.update({table: (done, total)}))

    assert (len(data.source["queue_cdr"]), len(data.source["queue_cdr"])) == seen["queue_cdr"]
    assert {*data.source, *data.operational, *data.truth, SAMPLE_INFO_TABLE} == set(seen)


def test_make_sample_counts_the_rows_of_the_source_and_makes_the_same_file_again(data, sample_path, tmp_path):
    rows = make_sample(tmp_path / "made.sqlite", last_date=LAST_DATE, months=1, seed=5)

    assert sum(len(frame) for frame in data.source.values()) == rows
    assert sample_path.read_bytes() == (tmp_path / "made.sqlite").read_bytes()


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        pytest.param(LAST_DATE, True, id="the_last_date_itself"),
        pytest.param(LAST_DATE - dt.timedelta(days=1), True, id="an_earlier_date"),
        pytest.param(LAST_DATE + dt.timedelta(days=1), False, id="a_later_date"),
    ],
)
def test_a_sample_reaches_its_last_date(sample_path, date, expected):
    assert sample_reaches(sample_path, date) is expected


@pytest.mark.parametrize("content", [None, b"", b"no database at all, but long enough to be looked at" * 40])
def test_no_sample_or_a_broken_one_reaches_no_date(tmp_path, content):
    path = tmp_path / "odd ?#%.sqlite"
    if content is not None:
        path.write_bytes(content)

    assert sample_reaches(path, LAST_DATE) is False


def test_a_sample_of_an_older_generator_has_to_be_made_again(data, tmp_path):
    path = write_sample(dataclasses.replace(data, version="0"), tmp_path / "old.sqlite")

    assert sample_reaches(path, LAST_DATE) is False


# ---- the DDL ------------------------------------------------------------------------------------


@pytest.mark.parametrize("dialect", DIALECTS)
def test_ddl_has_the_columns_of_the_sample(data, dialect):
    assert {name: list(frame.columns) for name, frame in data.source.items()} == _tables(dialect)
    assert list(CDR_COLUMNS) == _tables(dialect)["queue_cdr"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_ddl_opens_with_what_grain_inputs_and_why(dialect):
    header = _ddl(dialect).split("\n\n")[0]

    assert all(line.startswith("--") for line in header.splitlines())
    assert all(f"-- {word}:" in header for word in ("What", "Grain", "Inputs", "Why"))


def _run_and_repeat_a_row(connection: sa.Connection, dialect: str) -> None:
    """The log repeats rows: the same row twice must go in; times and text must come back as they were."""
    for statement in sqlglot.parse(_ddl(dialect), read=DIALECTS[dialect]):
        if statement is not None:
            connection.exec_driver_sql(statement.sql(DIALECTS[dialect]))
    table = sa.Table("queue_cdr", sa.MetaData(), autoload_with=connection)
    row = {"CallId": "c1", "LegNumber": 1, "Status": "ANSWERED", "QueueId": "sup", "callerNr": "åäö ☎"}
    times = {"Created": dt.datetime(2026, 3, 29, 2, 30), "Updated": dt.datetime(2026, 3, 29, 2, 31)}
    connection.execute(table.insert(), [row | times, row | times])

    read = connection.execute(sa.select(table.c.callerNr, table.c.Created)).all()

    assert [("åäö ☎", dt.datetime(2026, 3, 29, 2, 30))] * 2 == [tuple(r) for r in read]
    indexed = {index["column_names"][0] for index in sa.inspect(connection).get_indexes("queue_cdr")}
    assert {"Created", "Updated"} == indexed


def test_ddl_runs_on_sqlite():
    engine = sa.create_engine("sqlite://")

    with engine.connect() as connection:
        connection.connection.executescript(_ddl("sqlite"))  # the file as it stands, not as sqlglot writes it
        assert set(sa.inspect(connection).get_table_names()) == set(_tables("sqlite"))
    with sa.create_engine("sqlite://").begin() as connection:
        _run_and_repeat_a_row(connection, "sqlite")


@pytest.mark.mariadb
@pytest.mark.skipif(not os.environ.get("WFM_TEST_MARIADB_URL"), reason="needs WFM_TEST_MARIADB_URL")
def test_ddl_runs_on_mariadb():
    server = sa.create_engine(sa.make_url(os.environ["WFM_TEST_MARIADB_URL"]).set(database=None), poolclass=sa.NullPool)
    database = f"wfm_ddl_{uuid.uuid4().hex[:12]}"
    with server.begin() as connection:
        connection.exec_driver_sql(f"create database `{database}`")
    try:
        with sa.create_engine(server.url.set(database=database), poolclass=sa.NullPool).begin() as connection:
            _run_and_repeat_a_row(connection, "mariadb")
    finally:
        with server.begin() as connection:
            connection.exec_driver_sql(f"drop database `{database}`")


@pytest.mark.postgres
@pytest.mark.skipif(not os.environ.get("WFM_TEST_POSTGRES_URL"), reason="needs WFM_TEST_POSTGRES_URL")
def test_ddl_runs_on_postgres():
    url = sa.make_url(os.environ["WFM_TEST_POSTGRES_URL"]).set(drivername="postgresql+psycopg")
    schema = f"wfm_ddl_{uuid.uuid4().hex[:12]}"
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        connection.exec_driver_sql(f"create schema {schema}")
        connection.exec_driver_sql(f"set search_path to {schema}")
        connection.dialect.default_schema_name = schema
        _run_and_repeat_a_row(connection, "postgres")
        connection.rollback()  # schema and all


# ---- the map --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def raw_map() -> dict:
    return tomllib.loads((ROOT / "wfm_pipeline" / "sources" / "maps" / "telephony.toml").read_text(encoding="utf-8"))


def _table_map(name: str, raw: dict) -> TableMap:
    columns = {
        key: ColumnMap(**({"column": how} if isinstance(how, str) else how)) for key, how in raw["columns"].items()
    }
    exclude = tuple(Exclusion(**rule) for rule in raw.get("exclude", []))
    return TableMap(name=name, **{**raw, "columns": columns, "exclude": exclude})


def test_map_names_only_fields_of_the_model_and_columns_of_the_ddl(raw_map):
    tables = [_table_map(name, raw) for name, raw in raw_map["tables"].items()]
    source = SourceMap(**{**raw_map, "site": Site(**raw_map["site"]), "tables": tuple(tables)})
    ddl = _tables("sqlite")

    assert [table.name for table in source.tables] == list(ddl)
    for table in source.tables:
        used = {raw for column in table.columns.values() for raw in column.raw_columns}
        used |= {*table.key, *(rule.column for rule in table.exclude), *table.optional}
        used |= {name for name in (table.business_date, table.changed_at) if name}
        assert used <= set(table.types) <= set(ddl[table.name])
        assert all(SAFE_NAME.match(name) for name in table.types)


def test_map_excludes_what_the_sample_calls_excluded(raw_map):
    rules = {rule["rule"]: (rule["column"], rule["values"]) for rule in raw_map["tables"]["queue_cdr"]["exclude"]}

    assert rules == {
        "excluded_test_queue": ("QueueId", [TEST_QUEUE]),
        "excluded_number": ("callerNr", [MONITOR_NUMBER]),
    }


def test_map_knows_every_word_the_sample_writes(raw_map, data):
    columns = raw_map["tables"]["queue_cdr"]["columns"]
    cdr = data.source["queue_cdr"]

    assert set(cdr["Status"]) == set(columns["status"]["words"])
    assert set(cdr["ChannelType"]) <= set(columns["channel"]["words"])


def test_map_and_sample_keep_the_same_clock_and_hours(raw_map):
    site, made = Site(**raw_map["site"]), sample_site()

    assert made.hours_by_weekday() == site.hours_by_weekday()
    assert (made.time_zone, made.country, made.closed_on_holidays, made.interval_minutes) == (
        site.time_zone,
        site.country,
        site.closed_on_holidays,
        site.interval_minutes,
    )
