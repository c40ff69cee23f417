"""Real servers: MariaDB through pymysql and through ODBC, and PostgreSQL, give the same rows."""

import datetime as dt
import json
import subprocess
import sys

import pytest
import sqlalchemy as sa

from wfm_pipeline.contracts.source.source_map import ColumnMap, TableMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.databases.odbc import connection_string
from wfm_pipeline.sources.opening import open_reader

CALLS = TableMap(
    name="calls",
    role="call_legs",
    load="incremental",
    key=("CallId",),
    types={
        "CallId": "string",
        "at": "timestamp",
        "day": "date",
        "clock": "time",
        "seconds": "int64",
        "share": "float64",
        "is_new": "boolean",
    },
    columns={"call_id": ColumnMap(column="CallId")},
    business_date="at",
    changed_at="at",
)
ROWS = [
    ("Åsa 雪 'q' %s :x", "2026-03-01 00:00:00", "2026-03-01", "23:59:59", 10, 0.5, True),
    ("b", "2026-03-01 23:59:59", "2026-03-02", "00:00:00", -20, 1.25, False),
    ("c", "2026-03-02 00:00:00", None, None, None, None, None),
    ("", None, None, None, 0, 0.0, None),
]
TABLE = """create table {calls} ({id} varchar(40) not null, {at} {timestamp}, {day} date, {clock} time,
    {seconds} integer, {share} double precision, {new} boolean, {mood} {text})"""
LONG_TEXT = "ö" * 20_000
DAY_1, DAY_2 = dt.date(2026, 3, 1), dt.date(2026, 3, 2)


def fill(url: str, rows: list[tuple] = ROWS) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    quote = engine.dialect.identifier_preparer.quote_identifier
    names = ["calls", "CallId", "at", "day", "clock", "seconds", "share", "is_new", "mood"]
    words = dict(
        zip(["calls", "id", "at", "day", "clock", "seconds", "share", "new", "mood"], map(quote, names), strict=True)
    )
    is_mysql = engine.dialect.name == "mysql"
    words |= {"timestamp": "datetime" if is_mysql else "timestamp", "text": "text"}
    with engine.begin() as con:
        con.exec_driver_sql(TABLE.format(**words))
        if is_mysql:
            con.exec_driver_sql("set session sql_mode = ''")
        marks = ", ".join(["%s"] * 8)
        for row in rows:
            con.exec_driver_sql(f"insert into {words['calls']} values ({marks})", (*row, LONG_TEXT))
    engine.dispose()


@pytest.fixture
def postgres_source(postgres_url):
    return postgres_url.replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(params=["pymysql", "odbc"])
def mariadb_source(request, mariadb_url):
    """The database to fill, and the URL to read it by."""
    return mariadb_url, mariadb_url if request.param == "pymysql" else request.getfixturevalue("mariadb_odbc_url")


@pytest.fixture(params=["pymysql", "odbc", "postgres"])
def source(request):
    """The same, of PostgreSQL too."""
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_source")
        return url, url
    read_url = request.getfixturevalue({"pymysql": "mariadb_url", "odbc": "mariadb_odbc_url"}[request.param])
    return request.getfixturevalue("mariadb_url"), read_url


def read(url: str, *days, **options) -> list[dict]:
    dates = Dates.between(*days) if days else None
    with open_reader(url, **options) as reader:
        return sorted(
            (row for chunk in reader.read(CALLS, dates) for row in chunk.to_pylist()), key=lambda row: row["CallId"]
        )


def test_every_driver_gives_the_same_rows_and_hashes(mariadb_url, mariadb_odbc_url, postgres_source) -> None:
    fill(mariadb_url)
    fill(postgres_source)

    pymysql, odbc, postgres = (read(url) for url in (mariadb_url, mariadb_odbc_url, postgres_source))

    assert pymysql == odbc == postgres
    assert [row["CallId"] for row in pymysql] == sorted(row[0] for row in ROWS)
    (first,) = [row for row in pymysql if row["seconds"] == 10]
    assert (first["clock"], first["share"], first["is_new"], first["mood"]) == (
        dt.time(23, 59, 59),
        0.5,
        True,
        LONG_TEXT,
    )
    assert {row["_misfits"] for row in pymysql} == {None}


def test_zero_dates_are_kept_as_misfits_and_never_crash(mariadb_source) -> None:
    fill_url, url = mariadb_source
    zero = ("z", "0000-00-00 00:00:00", "0000-00-00", "10:00:00", 1, 1.0, True)
    half = ("h", "2026-03-00 10:00:00", "2026-00-10", "10:00:00", 1, 1.0, True)
    fill(fill_url, [*ROWS, zero, half])

    by_id = {row["CallId"]: row for row in read(url)}

    assert json.loads(by_id["z"]["_misfits"]) == {"at": "0000-00-00 00:00:00", "day": "0000-00-00"}
    assert json.loads(by_id["h"]["_misfits"]) == {"at": "2026-03-00 10:00:00", "day": "2026-00-10"}
    assert (by_id["z"]["_business_date"], by_id["z"]["at"], by_id["z"]["seconds"]) == (None, None, 1)
    # What is no date comes with every stretch, or nothing would ever read it.
    assert [row["CallId"] for row in read(url, DAY_2, DAY_2)] == ["", "c", "h", "z"]
    with open_reader(url) as reader:
        assert reader.day_counts(CALLS) == {DAY_1: 2, DAY_2: 1, None: 3}


def test_dates_are_chosen_and_counted_in_the_database(source) -> None:
    fill_url, url = source
    fill(fill_url)

    with open_reader(url, chunk_rows=1) as reader:
        assert reader.day_counts(CALLS) == {DAY_1: 2, DAY_2: 1, None: 1}
        assert reader.changed_dates(CALLS, dt.datetime(2026, 3, 1, 23, 59, 59)) == {DAY_1, DAY_2}
        assert reader.changed_dates(CALLS, dt.datetime(2026, 3, 2)) == {DAY_2}
        assert [len(chunk) for chunk in reader.read(CALLS, Dates.of([DAY_1]), is_undated_included=False)] == [1, 1]
    assert len(read(url, DAY_1, DAY_1)) == 3  # with the one that has no date


def test_endless_dates_of_postgres_are_kept_as_misfits(postgres_source) -> None:
    fill(postgres_source, [("i", "infinity", "-infinity", None, 1, 1.0, True)])

    (row,) = read(postgres_source, DAY_1, DAY_1)

    assert json.loads(row["_misfits"]) == {"at": "infinity", "day": "-infinity"}


def test_a_wrong_password_is_one_line_that_does_not_show_it(source, caplog) -> None:
    url = sa.make_url(source[1])
    wrong = url.set(username="nobody_here", password="h0/us:e@pw").render_as_string(hide_password=False)

    with open_reader(wrong) as reader, pytest.raises(SourceError) as caught:
        reader.tables()

    error = caught.value
    assert "://127.0.0.1/" in str(error)
    assert "\n" not in str(error)
    seen = f"{error!r} {error.facts} {error.__cause__!r} {error.__suppress_context__} {caplog.text}"
    assert "h0/us:e@pw" not in seen
    assert "h0%2Fus" not in seen
    assert (error.__cause__, error.__suppress_context__) == (None, True)


def test_an_unknown_odbc_driver_says_which_package_is_missing(mariadb_odbc_url) -> None:
    url = mariadb_odbc_url.replace("MariaDB+Unicode", "Nothing+Here")

    with open_reader(url) as reader, pytest.raises(SourceError, match="odbc-mariadb"):
        reader.tables()


def test_odbc_libraries_are_loaded_only_for_odbc(mariadb_url) -> None:
    code = (
        "import sys; from wfm_pipeline.sources.opening import open_reader\n"
        f"open_reader({mariadb_url!r}).tables()\n"
        "sys.exit('pyodbc' in sys.modules or 'arrow_odbc' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_missing_odbc_manager_names_the_package_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "arrow_odbc", None)

    with pytest.raises(SourceError, match="install the system package unixodbc"):
        open_reader("mysql+pyodbc://user@host/db?driver=MariaDB+Unicode")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param(
            "mysql+pyodbc://me:p}w;d@db.example:3307/calls?driver=MariaDB+Unicode&TIMEOUT=5",
            "DRIVER={MariaDB Unicode};SERVER={db.example};PORT=3307;DATABASE=calls;UID=me;PWD={p}}w;d};TIMEOUT=5",
            id="port_of_its_own",
        ),
        pytest.param(
            "mssql+pyodbc://me:pw@db.example:1433/calls?driver=ODBC+Driver+18+for+SQL+Server",
            "DRIVER={ODBC Driver 18 for SQL Server};SERVER={db.example,1433};DATABASE=calls;UID=me;PWD=pw",
            id="sql_server_wants_a_comma",
        ),
        pytest.param("mysql+pyodbc:///?odbc_connect=DSN%3Dcalls", "DSN=calls", id="own_words"),
    ],
)
def test_a_url_becomes_an_odbc_connection_string(url: str, words: str) -> None:
    assert connection_string(sa.make_url(url)) == words
