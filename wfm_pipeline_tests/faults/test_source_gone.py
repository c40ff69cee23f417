"""A source that goes away at the start or half way is asked again; nothing half-read is given out.

A small proxy stands before the real MariaDB and cuts the line after so many bytes.
"""

import contextlib
import datetime as dt
import socket
import threading

import pytest
import sqlalchemy as sa

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import ColumnMap, SourceMap, TableMap
from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.databases.retry import Retry, SourceGoneError
from wfm_pipeline.sources.opening import open_reader
from wfm_pipeline.warehouse.bronze.versions import append_versions
from wfm_pipeline.warehouse.engines.opening import open_warehouse

CALLS = TableMap(
    name="calls",
    role="call_legs",
    load="full",
    key=("id",),
    types={"id": "int64", "padding": "string"},
    columns={"call_id": ColumnMap(column="id")},
)
DESK = SourceMap(name="desk", title="A desk", site=Site(), tables=(CALLS,))
ROWS = 20_000
HALF_WAY = 1_000_000  # bytes; 20,000 rows of 100 letters are more than twice that


class Proxy:
    """Passes bytes on to a server; cuts each connection after its limit, the last limit stays for all later ones."""

    def __init__(self, host: str, port: int, limits: list[int | None]) -> None:
        self._target, self._limits = (host, port), limits
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            limit = self._limits[min(self.connections, len(self._limits) - 1)]
            self.connections += 1
            if limit == 0:
                client.close()
                continue
            server = socket.create_connection(self._target)
            threading.Thread(target=self._pump, args=(client, server, None), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, limit), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, target: socket.socket, limit: int | None) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while (block := source.recv(16_384)) and (limit is None or passed < limit):
                target.sendall(block)
                passed += len(block)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut_from_now_on(self, limits: list[int | None]) -> None:
        self._limits, self.connections = limits, 0

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def filled(mariadb_url):
    engine = sa.create_engine(mariadb_url, poolclass=sa.NullPool)
    with engine.begin() as con:
        con.exec_driver_sql("create table calls (id integer, padding varchar(100))")
        con.exec_driver_sql(f"insert into calls select seq, repeat('x', 100) from seq_1_to_{ROWS}")
    engine.dispose()
    return sa.make_url(mariadb_url)


@pytest.fixture(params=["pymysql", "odbc"])
def through(request, filled):
    """Makes a reader that reaches the server through a proxy with these limits."""
    if request.param == "odbc":
        request.getfixturevalue("odbc")
    proxies = []

    def _through(limits: list[int | None]):
        proxy = Proxy(filled.host, filled.port or 3306, limits)
        proxies.append(proxy)
        url = filled.set(host="127.0.0.1", port=proxy.port)
        if request.param == "odbc":
            url = url.set(drivername="mysql+pyodbc", query={"driver": "MariaDB Unicode"})
        waits: list[float] = []
        reader = open_reader(
            url.render_as_string(hide_password=False), chunk_rows=1_000, retry=Retry(attempts=3, sleep=waits.append)
        )
        return reader, proxy, waits

    yield _through
    for proxy in proxies:
        proxy.close()


def test_a_source_that_is_down_at_the_start_is_asked_three_times_with_longer_waits(through) -> None:
    reader, proxy, waits = through([0])

    with reader, pytest.raises(SourceError, match=r"\(tried 3 times\)") as caught:
        reader.tables()

    assert waits == [1.0, 2.0]
    assert proxy.connections == 3
    assert not isinstance(caught.value, SourceGoneError)
    assert "\n" not in str(caught.value)


def test_a_source_that_comes_back_is_read(through) -> None:
    reader, _, waits = through([0, 0, None])

    with reader:
        assert reader.tables() == ["calls"]
    assert waits == [1.0, 2.0]


def test_a_line_that_breaks_half_way_gives_every_row_once(through) -> None:
    reader, proxy, waits = through([None])

    with reader:
        reader.check(CALLS)
        reader.close()  # the read starts on a new line
        proxy.cut_from_now_on([HALF_WAY, None])
        ids = [row for chunk in reader.read(CALLS) for row in chunk["id"].to_pylist()]

    assert sorted(ids) == list(range(1, ROWS + 1))
    assert (waits, proxy.connections) == ([1.0], 2)


def test_a_line_that_keeps_breaking_leaves_bronze_as_it_was(through, tmp_path) -> None:
    reader, _, _ = through([HALF_WAY])

    with reader, open_warehouse("duckdb:///house.duckdb", tmp_path) as warehouse:
        with pytest.raises(SourceError, match=r"\(tried 3 times\)"):
            append_versions(
                warehouse, source_map=DESK, table_map=CALLS, read=lambda: reader.read(CALLS), batch_id="1",
                ingested_at=dt.datetime(2026, 3, 1),
            )  # fmt: skip

        assert warehouse.con.execute(warehouse.table("bronze.desk__calls").count()) == 0


def test_a_refusal_is_not_tried_again() -> None:
    waits: list[float] = []
    tries = []

    def refused() -> None:
        tries.append(1)
        raise SourceError("no such table")

    with pytest.raises(SourceError, match="no such table"):
        Retry(attempts=3, sleep=waits.append)(refused)

    assert (len(tries), waits) == (1, [])
