"""A Spark of the JVM: its connect server as a process of this test run, and a warehouse of Parquet tables on it.

The tables are the tests' own, for this warehouse's need Delta's jar: each change writes a table anew, in two steps.
Not here: Sail (engine_kit), and what is asked of the server (engines/test_spark_jvm.py).
"""

import contextlib
import os
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import ibis
import pytest

from wfm_pipeline.contracts.layout import PLAIN, Layout
from wfm_pipeline.warehouse.engines.registry import engine_of
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.engines.spark.entry import SparkEngine
from wfm_pipeline.warehouse.engines.spark.rows import spark_type
from wfm_pipeline.warehouse.engines.spark.warehouse import SparkWarehouse
from wfm_pipeline_tests.process_kit import free_port

VARIABLE = "WFM_TEST_SPARK_HOME"
_START_SECONDS = 120
"""A JVM on a busy machine of two cores answers after 10 to 40 s."""
NEWER = {
    "spark.sql.session.localRelationSizeLimit": "3221225472",
    "spark.sql.session.localRelationChunkSizeRows": "10000",
    "spark.sql.session.localRelationChunkSizeBytes": "16777216",
    "spark.sql.session.localRelationBatchOfChunksSizeBytes": "1073741824",
}
"""Settings that client 4.2 asks for before it sends rows, and that a server of Spark 4.0 knows only if it is told."""
_SETTINGS = {
    "spark.connect.grpc.binding.address": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.catalogImplementation": "in-memory",  # no metastore in files of its own
    "spark.sql.shuffle.partitions": "2",  # of tables of a few rows
    "spark.ui.enabled": "false",
}
"""What keeps the server small and to itself; how it reads SQL is left as it comes."""


@contextlib.contextmanager
def jvm_spark(folder: Path) -> Iterator[str]:
    """Address of a connect server of the Spark that the variable names; ended afterwards.

    Skips where the variable is not set; fails where it is and no server answers.

    Args:
        folder: Where the server works and writes what it says.
    """
    given = os.environ.get(VARIABLE)
    if not given:
        pytest.skip(f"{VARIABLE} is not set: Spark on a JVM is not tested in this run")
    port = free_port()
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            _words(Path(given), port, folder),
            cwd=folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, "SPARK_HOME": given, "SPARK_LOCAL_IP": "127.0.0.1"},
        )
    try:
        _wait_for(server, port, folder / "server.log")
        yield f"sc://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(60)


def _words(home: Path, port: int, folder: Path) -> list[str]:
    """The command that starts the server; fails where Java or a part of that Spark is not there."""
    submit = home / "bin" / "spark-submit"
    lacks = {
        "Java (on the PATH or as JAVA_HOME)": not (os.environ.get("JAVA_HOME") or shutil.which("java")),
        f"{submit}": not submit.is_file(),
        f"{home}/jars/spark-connect_*.jar (Spark 4.0 or later)": not list((home / "jars").glob("spark-connect_*.jar")),
    }
    if missing := [what for what, is_missing in lacks.items() if is_missing]:
        pytest.fail(f"{VARIABLE} is set, but there is no {', and no '.join(missing)}")
    settings = {
        **_SETTINGS,
        **NEWER,
        "spark.connect.grpc.binding.port": str(port),
        "spark.local.dir": str(folder / "scratch"),
        "spark.sql.warehouse.dir": str(folder / "unplaced"),
    }
    given = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    server = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal"]
    return [str(submit), "--master", "local[2]", "--driver-memory", "2g", *given, *server]


def _wait_for(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    last = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < last:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.3)
    said = log.read_text(errors="replace")[-3000:]
    pytest.fail(f"the Spark that {VARIABLE} names did not answer (exit code {server.poll()}): {said}")


class ParquetWarehouse(SparkWarehouse):
    """A folder of Parquet tables: what is read goes the product's own way, what is written does not.

    Without Delta Spark takes no rows out, and writes no table that it reads: a scope is replaced by writing the rest
    and the new rows to a table of their own, and the whole table from there.
    """

    def create_from_schema(self, name: str, schema: ibis.Schema, layout: Layout = PLAIN) -> None:
        """Make `layer.table` if it is not there; no catalogue is kept, for the tables last as long as the server."""
        del layout
        if not self.has(name):
            self.make_layer(name.split(".", 1)[0])
            columns = (f"{self.identifier(column)} {spark_type(kind)}" for column, kind in schema.items())
            self.execute(f"create table {self.quoted(name)} ({', '.join(columns)}) using parquet")

    def drop(self, name: str) -> None:
        """Take a table and its files away, if it is there."""
        self.execute(f"drop table if exists {self.quoted(name)}")

    def delete(self, name: str, scope: Scope) -> None:
        """Take out the rows of a scope."""
        self._overwrite(name, f"(select * from {self.quoted(name)} where false)", scope)

    def _overwrite(self, name: str, rows: str, scope: Scope) -> None:
        where = scope.where().sql(self.dialect)
        kept = f"select * from {self.quoted(name)} where not coalesce({where}, false)"
        new = f"select {self._typed(name, self.table(name).columns)} from {rows} as given"
        aside = f"{name.split('.', 1)[0]}._staging_{uuid.uuid4().hex[:12]}"
        self.execute(f"create table {self.quoted(aside)} using parquet as {kept} union all {new}")
        self.execute(f"insert overwrite {self.quoted(name)} select * from {self.quoted(aside)}")
        self.execute(f"drop table {self.quoted(aside)}")


@contextlib.contextmanager
def parquet_warehouse(address: str, folder: Path) -> Iterator[ParquetWarehouse]:
    """An empty warehouse of Parquet tables in a folder, reached as the product reaches a server."""
    engine = engine_of(f"{address}/?folder={folder}", folder)
    assert isinstance(engine, SparkEngine)
    opened = engine._connect()
    with ParquetWarehouse(opened.con, opened.session, str(folder)) as warehouse:
        try:
            yield warehouse
        finally:  # the server's catalogue is one for all sessions
            for layer in ("bronze", "silver", "gold"):
                warehouse.execute(f"drop database if exists {layer} cascade")
