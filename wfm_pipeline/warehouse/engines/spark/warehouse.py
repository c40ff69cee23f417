"""Spark as the warehouse: a session that knows the tables of its folder, and what it can and cannot promise.

No transaction spans two tables: a change of several that was cut off is made good by the next run, which reads its dates again.
No table gets another name. Not here: one table (tables.py), and how a server is reached (entry.py).
"""

from collections.abc import Collection

import ibis

from wfm_pipeline.contracts.layout import PLAIN, Layout
from wfm_pipeline.errors import SettingsError, WarehouseError
from wfm_pipeline.warehouse.engines.scope import Scope
from wfm_pipeline.warehouse.engines.spark.catalogue import forget_table, note_table
from wfm_pipeline.warehouse.engines.spark.copy import PUBLISHED, renew_copy
from wfm_pipeline.warehouse.engines.spark.rows import spark_type
from wfm_pipeline.warehouse.engines.spark.tables import SparkTables
from wfm_pipeline.warehouse.readers.publication import Readers, Stamp


class SparkWarehouse(SparkTables):
    """A Spark session that knows the tables of a folder, in the schemas bronze, silver and gold."""

    def create_from_schema(self, name: str, schema: ibis.Schema, layout: Layout = PLAIN) -> None:
        """Make `layer.table` with that schema if it is not there; one whose folder is there is taken as it stands."""
        del layout
        if self.has(name):
            return
        self.make_layer(name.split(".", 1)[0])
        self.make_table(
            name, ", ".join(f"{self.identifier(column)} {spark_type(kind)}" for column, kind in schema.items())
        )
        note_table(self, name)

    def drop(self, name: str) -> None:
        """Take a table and its rows away, if it is there: one of that name may come again in the same folder."""
        if self.has(name):
            self.delete(name, Scope())
            forget_table(self, name)
            super().drop(name)

    def rename(self, name: str, new: str) -> None:
        """Not there.

        Raises:
            WarehouseError: always.
        """
        raise WarehouseError(
            f"{name} cannot become {new}: a Delta table keeps its folder. Make a new warehouse from the source"
        )

    @property
    def readers_place(self) -> str:
        """The schema that readers use."""
        return f"schema {PUBLISHED}"

    def renew_readers_copy(self, stamp: Stamp, changed: Collection[str] | None, readers: Readers) -> dict[str, int]:
        """Each table of the copy by one commit, the stamp last."""
        for name, roles in readers.roles_by_setting.items():
            raise SettingsError(
                f"{name} (WFM_{name.upper()}) are PostgreSQL's; on Spark the server says who may read the copy",
                got=sorted(roles),
            )
        if readers.personal_folder_mode is not None:
            raise SettingsError(
                "personal_readers_mode (WFM_PERSONAL_READERS_MODE) is DuckDB's: on Spark there is no copy with persons",
                got=readers.personal_folder_mode,
            )
        return renew_copy(self, stamp, changed, readers)

    def _renew_view(self, name: str, query: str) -> None:
        self.execute(f"create or replace view {self.quoted(name)} as {query}")
