"""Spark's entry in the registry: a server behind `sc://`, tables in a folder, ops store and lock in home.

Not here: what an open warehouse does (warehouse.py).
"""

import logging
import socket
import warnings
from pathlib import Path
from typing import Any, Final

from wfm_pipeline.errors import SettingsError, WarehouseError
from wfm_pipeline.urls import DatabaseUrl, masked
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.entry import URL_OF_WAREHOUSE, Driver, Engine
from wfm_pipeline.warehouse.engines.spark.catalogue import bring_back
from wfm_pipeline.warehouse.engines.spark.compiler import SparkCompiler
from wfm_pipeline.warehouse.engines.spark.copy import PUBLISHED, check_readable
from wfm_pipeline.warehouse.engines.spark.warehouse import SparkWarehouse
from wfm_pipeline.warehouse.engines.sqlite_ops import sqlite_store
from wfm_pipeline.warehouse.ops.locks import FileLock, OwnerLock
from wfm_pipeline.warehouse.ops.store import OpsStore

_PORT: Final = 15002
"""Spark Connect's own."""
_ANSWER_SECONDS: Final = 10.0
"""How long a server may take to answer at all."""
_DRIVER: Final = Driver("Spark Connect client", "pyspark", "pip install 'wfm-pipeline[spark]'")
_LAYERS: Final = ("bronze", "silver", "gold", PUBLISHED)


class SparkEngine(Engine):
    """A Spark Connect server, and the folder of its tables as the server sees it."""

    name = "spark"
    schemes = ("sc",)
    forms = ("sc://host:15002/?folder=/data/wfm",)
    driver = _DRIVER
    is_kept_open = True

    def __init__(self, url: str, parsed: DatabaseUrl, home: Path) -> None:
        """See `Engine`."""
        super().__init__(url, parsed, home)
        options = set(parsed.parts.query)
        if "folder" not in options or options - {"folder", "token"}:
            raise SettingsError(
                f"{URL_OF_WAREHOUSE}: a Spark server takes the options folder (of the tables, needed) and token; got "
                f"{parsed} with {', '.join(sorted(options)) or 'none'}; write {self.forms[0]}",
                got=sorted(options),
            )

    @property
    def _folder(self) -> str:
        return str(self.parsed.parts.query["folder"])

    def open(self, *, is_read_only: bool = False) -> Warehouse:
        """See `Engine`; a reader is refused by us, and what else the folder's files allow is the server's matter."""
        opened = self._connect()
        bring_back(opened, _LAYERS)
        opened.is_read_only = is_read_only
        return opened

    def open_published(self, *, with_persons: bool = False) -> Warehouse:
        """See `Engine`; there is no copy with persons."""
        if with_persons:
            raise WarehouseError("on Spark no copy with persons is made; PostgreSQL and DuckDB have one")
        opened = self._connect()
        bring_back(opened, (PUBLISHED,))
        opened.published_schema, opened.is_read_only = PUBLISHED, True
        check_readable(opened)
        return opened

    @property
    def readers_place(self) -> Path | str:
        """The schema that readers use."""
        return f"schema {PUBLISHED}"

    def writer_lock(self) -> OwnerLock | None:
        """A file in home: all writers of a warehouse share one home."""
        return FileLock(self.home / "warehouse" / "spark_writer.lock")

    def ops_store(self) -> OpsStore:
        """A SQLite file in home."""
        return sqlite_store(self.home / "warehouse" / "spark_ops.sqlite")

    def _connect(self) -> SparkWarehouse:
        parts = self.parsed.parts
        token = f";token={parts.query['token']}" if "token" in parts.query else ""
        try:
            # Asked first whether anybody is there: the client would try for minutes.
            socket.create_connection((parts.host, parts.port or _PORT), _ANSWER_SECONDS).close()
            session = _session(f"sc://{parts.host}:{parts.port or _PORT}/{token}")
        except ImportError as error:
            raise WarehouseError(f"the {_DRIVER.title} is missing: {_DRIVER.install}") from error
        except Exception as error:  # noqa: BLE001  (its errors are only known once it is installed)
            first_line = next(iter(masked(str(error)).strip().splitlines()), type(error).__name__)
            raise WarehouseError(f"cannot open {self.parsed}: {first_line}") from None
        import ibis  # noqa: PLC0415  (its Spark side needs the extra)

        con = ibis.pyspark.connect(session)
        con.compiler = SparkCompiler()
        return SparkWarehouse(con, session, self._folder)


def _session(remote: str) -> Any:
    from pyspark.sql import SparkSession  # noqa: PLC0415  (an extra, and a second to import)

    # Its client warns of sessions that ended before it asked.
    logging.getLogger("pyspark.sql.connect.logging").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)  # rows go as Arrow
    session = SparkSession.builder.remote(remote).create()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    return session
