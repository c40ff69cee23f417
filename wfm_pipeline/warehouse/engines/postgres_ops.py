"""What the ops room needs of PostgreSQL: schema `ops` of the warehouse's database, and the server's own locks.

Not here: what is kept in the store and who waits for a lock (warehouse/ops).
"""

import zlib
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.pool import NullPool

from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.urls import DatabaseUrl, make_engine, masked
from wfm_pipeline.warehouse.ops.locks import OwnerLock
from wfm_pipeline.warehouse.ops.store import OpsStore
from wfm_pipeline.warehouse.ops.tables import SCHEMA

_DRIVER: Final = "postgresql+psycopg"
TURN_KEYS: Final = 0x77666D
"""First half of our advisory locks' keys, so that they meet no other program's."""
_MAKING_KEY: Final = 0x77666D01
"""Advisory lock that is held while the store is made or brought up to date."""
_KEEP_ALIVE = ("tcp_keepalives_idle = 30", "tcp_keepalives_interval = 10", "tcp_keepalives_count = 3")
"""After a minute without a sign of our host the server takes the lock back [s, s, count]."""


def lock_number(name: str) -> int:
    """The other half, from a name; a signed 32-bit number."""
    return zlib.crc32(name.encode()) - 2**31


class ServerStore(OpsStore):
    """The ops store as a schema of a server that many write at once."""

    schema = SCHEMA

    def insert(self, table: sa.Table) -> Any:
        """See `OpsStore`."""
        return postgresql.insert(table)

    def keep_others_out(self, ops: sa.Connection, table: sa.Table) -> None:
        """Lock the table: a row that is not there yet cannot be locked."""
        ops.exec_driver_sql(f"lock table {SCHEMA}.{table.name} in share row exclusive mode")

    def _prepare(self, ops: sa.Connection) -> None:
        ops.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING_KEY)))
        if not sa.inspect(ops).has_schema(SCHEMA):  # `if not exists` alone wants the right to make schemas all the same
            ops.execute(sa.schema.CreateSchema(SCHEMA, if_not_exists=True))


def server_store(url: DatabaseUrl) -> ServerStore:
    """The ops store of a PostgreSQL database."""
    return ServerStore(make_engine(url, scheme=_DRIVER, poolclass=NullPool), f"in {url}")


class ServerLock(OwnerLock):
    """An advisory lock of a PostgreSQL session: the server takes it back when the connection ends."""

    def __init__(self, url: DatabaseUrl, name: str) -> None:
        """Of that name in the URL's database."""
        self._url = url
        self._engine = make_engine(url, scheme=_DRIVER, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._number = lock_number(name)
        self._connection: sa.Connection | None = None

    def try_take(self) -> bool:
        """See `OwnerLock`.

        Raises:
            WarehouseError: the server does not answer.
        """
        try:
            connection = self._connection or self._connect()
            self._connection = connection
            return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(TURN_KEYS, self._number))))
        except sa.exc.DBAPIError as error:
            self.give_back()
            raise WarehouseError(f"cannot lock {self._url}: {masked(str(error.orig)).splitlines()[0]}") from None

    def is_held(self) -> bool:
        """See `OwnerLock`: the lock lives as long as its connection."""
        try:
            return self._connection is not None and self._connection.scalar(sa.select(1)) == 1
        except sa.exc.DBAPIError:
            return False

    def give_back(self) -> None:
        """See `OwnerLock`."""
        if self._connection is not None:
            self._connection.invalidate()  # ends the session, and its lock with it
            self._connection.close()
            self._connection = None
        self._engine.dispose()

    def _connect(self) -> sa.Connection:
        connection = self._engine.connect()
        for setting in _KEEP_ALIVE:
            connection.exec_driver_sql(f"set {setting}")
        return connection
