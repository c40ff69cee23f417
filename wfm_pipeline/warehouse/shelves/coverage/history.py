"""What became of coverage: intervals and gaps of live coverage put on their shelf, and a date of them read again.

Who looks again replaces what it looked at, so two writers and a repeated one leave the same rows. Not here: working
coverage out (calculators/live_coverage), and what readers see (warehouse/gold_reader).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.coverage import COVERAGE_GAP, COVERAGE_INTERVAL, COVERAGE_TABLES
from wfm_pipeline.errors import DataError, shown
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope, Value


@dataclass(frozen=True, slots=True)
class Written:
    """Rows that stand now where a look has written [count].

    Attributes:
        intervals: Of `gold.coverage_interval`.
        gaps: Of `gold.coverage_gap`.
    """

    intervals: int
    gaps: int


class CoverageHistory:
    """The shelf of one site's coverage."""

    def __init__(self, warehouse: Warehouse, time_zone: str) -> None:
        """Nothing is asked yet.

        Args:
            warehouse: An open warehouse; a writer holds it.
            time_zone: The site's IANA zone, which says what date an instant has.
        """
        self._warehouse = warehouse
        self._time_zone = time_zone

    def write(self, intervals: pd.DataFrame, gaps: pd.DataFrame) -> Written:
        """Put a look in place of what was known, both tables or none.

        Of each business date of the intervals, and for the services of the intervals: intervals from the first to the last
        given one are replaced, and all gaps of the date. So give every gap of the date as it is known now, not only new ones;
        the intervals may be those of one hour.

        Args:
            intervals: See `domain.coverage.intervals.coverage_intervals`; no rows write nothing.
            gaps: See `domain.coverage.gaps.coverage_gaps`, with `actions`; of the same services and dates.

        Returns:
            Rows that stand now in the places written.

        Raises:
            DataError: a gap is of a service or date that no interval is of: its place would not be replaced next time.
            ContractError: a column is missing, or a value does not fit its type.
        """
        for table in COVERAGE_TABLES:
            self._warehouse.create(table)
        placed = self._placed(intervals, "interval_start")
        found = self._placed(gaps, "starts_at").drop(columns="starts_at_local")
        _check_gaps(found, placed)
        done = Written(0, 0)
        with self._warehouse.transaction():
            for midnight in placed["business_date"].drop_duplicates().sort_values():
                written = self._write_date(*(rows[rows["business_date"] == midnight] for rows in (placed, found)))
                done = Written(done.intervals + written.intervals, done.gaps + written.gaps)
        return done

    def date(self, date: dt.date, *services: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Intervals and gaps of a business date as they are known, by service and time; no rows where nothing is.

        Args:
            date: The date.
            services: Of which services; all where none is named.
        """
        scope = Scope({"business_date": date, **({"service_id": services} if services else {})})
        intervals, gaps = (
            self._rows(table, scope).sort_values(["service_id", at], ignore_index=True)
            for table, at in ((COVERAGE_INTERVAL, "interval_start"), (COVERAGE_GAP, "starts_at"))
        )
        return intervals, gaps

    def _rows(self, table: Table, scope: Scope) -> pd.DataFrame:
        if not self._warehouse.has(table.full_name):
            return pd.DataFrame(columns=list(table.column_names))
        return self._warehouse.frame(scope.filter(self._warehouse.table(table.full_name)))

    def _placed(self, rows: pd.DataFrame, at: str) -> pd.DataFrame:
        """Rows with the wall clock and the date of an instant."""
        zoned = pd.DatetimeIndex(pd.to_datetime(rows[at])).tz_localize("UTC").tz_convert(self._time_zone)
        local = zoned.tz_localize(None)
        return rows.assign(**{f"{at}_local": local, "business_date": local.normalize()})

    def _write_date(self, intervals: pd.DataFrame, gaps: pd.DataFrame) -> Written:
        services = tuple(sorted(intervals["service_id"].unique()))
        of_date: Mapping[str, Value] = {
            "business_date": intervals["business_date"].iloc[0].date(),
            "service_id": services,
        }
        first, last = (moment.to_pydatetime() for moment in intervals["interval_start"].agg(["min", "max"]))
        stretch = Scope(of_date, column="interval_start", first=first, last=last)
        return Written(
            self._warehouse.replace(COVERAGE_INTERVAL, intervals, stretch),
            self._warehouse.replace(COVERAGE_GAP, gaps, Scope(of_date)),
        )


def _check_gaps(gaps: pd.DataFrame, intervals: pd.DataFrame) -> None:
    """Refuse gaps that lie in no place that is written."""
    keys = ["business_date", "service_id"]
    known = pd.MultiIndex.from_frame(intervals[keys].drop_duplicates())
    odd = gaps[~pd.MultiIndex.from_frame(gaps[keys]).isin(known)]
    if len(odd):
        first = odd.iloc[0]
        raise DataError(
            f"{len(odd)} gaps are of a service and date without intervals, the first of service {shown(first['service_id'])} "
            f"on {first['business_date']:%Y-%m-%d}; give the intervals of every date that has gaps",
            got=len(odd),
        )
