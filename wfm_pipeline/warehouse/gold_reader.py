"""The one door through which reports, monitoring, pages and an API read published gold, also its newest issue: read-only.

Reports, the dashboard and the API know nothing of engines; they ask this reader for frames.
"""

import datetime as dt
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

_DAY = dt.timedelta(days=1)
_RECENT = dt.timedelta(days=8)
"""Days of hourly tables that are looked at first: hours to come reach seven days ahead of the instant they were asked at."""
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

    def has(self, table: str) -> bool:
        """True where the copy holds a gold table, named without the layer."""
        return self._warehouse.has(f"{self._warehouse.published_schema}.{table}")

    def hours(self, table: str, first: dt.datetime, last: dt.datetime, **equals: Any) -> pd.DataFrame:
        """Rows of an hourly gold table in key order whose `hour_start` lies in [first, last], where the named columns have the values.

        Only the business dates around them are looked at, so that the answer does not wait for old rows.
        """
        contract = _CONTRACTS[table]
        days = Scope(column="business_date", first=first.date() - _DAY, last=last.date() + _DAY)
        rows = Scope(equals=equals, column="hour_start", first=first, last=last)
        return self._warehouse.frame(rows.filter(days.filter(self._stored(contract))).order_by(*contract.key))

    def newest(
        self, table: str, column: str, *, until: dt.datetime | None = None, **equals: Any
    ) -> pd.Timestamp | None:
        """The newest instant in `column` of an hourly gold table, none later than `until`; None where there is no row.

        The last days are looked at first, by the date they are kept by: the answer does not wait for old rows where new ones are.
        """
        rows = Scope(equals=equals).filter(self._stored(_CONTRACTS[table]))
        if until is not None:
            rows = rows.filter(rows["business_date"] <= until.date() + _DAY)
        last = self._warehouse.value(rows["business_date"].max())
        if pd.isna(last):
            return None
        recent = rows.filter(rows["business_date"] >= pd.Timestamp(last).date() - _RECENT)
        found = self._newest_of(recent, column, until)
        return self._newest_of(rows, column, until) if found is None else found

    def _newest_of(self, rows: IbisTable, column: str, until: dt.datetime | None) -> pd.Timestamp | None:
        instants = (rows if until is None else rows.filter(rows[column] <= until))[column]
        found = pd.Timestamp(self._warehouse.value(instants.max()))
        return None if pd.isna(found) else found

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
