"""The one door through which reports, monitoring, pages and an API read published gold, also its newest issue: read-only.

Reports, the dashboard and the API know nothing of engines; they ask this reader for frames.
"""

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.tables import ALL_GOLD_TABLES
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.opening import open_published
from wfm_pipeline.warehouse.engines.scope import Scope

_CONTRACTS: Mapping[str, Table] = {table.name: table for table in ALL_GOLD_TABLES}


class GoldReader:
    """Reads the published copy of gold without writing anything; all it reads is of one publish."""

    def __init__(self, warehouse: Warehouse) -> None:
        """Wrap an open, read-only connection to the copy."""
        self._warehouse = warehouse

    @classmethod
    def open(cls, url: str, home: Path, *, with_persons: bool = False) -> "GoldReader":
        """Open the readers' side of a warehouse URL: the analysts' copy, or the one with persons.

        Raises:
            WarehouseError: nothing has been published yet, or no copy with persons is made.
        """
        return cls(open_published(url, home, with_persons=with_persons))

    def rows(self, table: str, **equals: Any) -> pd.DataFrame:
        """Rows of a gold table in key order, where the named columns have the given values.

        Args:
            table: Name without the layer, such as `forecast_accuracy`.
            equals: Column -> value.

        Raises:
            KeyError: gold has no such table.
        """
        contract = _CONTRACTS[table]
        stored = self._stored(contract)
        return self._warehouse.frame(Scope(equals=equals).filter(stored).order_by(*contract.key))

    def latest(self, table: str, column: str, **equals: Any) -> pd.DataFrame:
        """Rows of the table's newest `column` value (the newest issue, run, week)."""
        stored = Scope(equals=equals).filter(self._stored(_CONTRACTS[table]))
        newest = stored.filter(stored[column] == stored[column].max().as_scalar())
        return self._warehouse.frame(newest.order_by(*_CONTRACTS[table].key))

    def _stored(self, contract: Table) -> IbisTable:
        return self._warehouse.table(f"{self._warehouse.published_schema}.{contract.name}")

    def close(self) -> None:
        """Give the connection back."""
        self._warehouse.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
