"""What is asked of a live centre, what it answers, and the error if it does not.

Not here: asking (reader).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from wfm_pipeline.errors import DataError, SourceError
from wfm_pipeline.sources.operational.door import OperationalRows


class SourceOutageError(SourceError):
    """A live centre could not be read.

    Attributes:
        address: Its first address, without secrets.
        said: Address -> what came of it, in one line that begins with the address.
        since: Instant of the first read that failed with none in between that did not (UTC).
        failed_reads: Reads that have failed since then [count], this one too.
    """

    def __init__(self, said: Mapping[str, str], *, since: dt.datetime, failed_reads: int) -> None:
        """Say where, what and since when: of each address that was asked, at least one."""
        address = next(iter(said))
        told = "; and ".join(said.values())
        super().__init__(
            f"the live centre cannot be read since {since:%Y-%m-%d %H:%M:%S} UTC: {told}; look whether it runs and "
            "the address is right; what was read before is old from then on",
            address=address,
            said=said,
            since=since,
            failed_reads=failed_reads,
        )
        self.address, self.said, self.since, self.failed_reads = address, said, since, failed_reads


@dataclass(frozen=True, slots=True)
class LiveQuestion:
    """A window of time over all services.

    Attributes:
        starts_at: Start of the window [starts_at, ends_at), naive UTC: the day's first instant.
        ends_at: Its end: of the day, for shifts that are to come, or now.
        service_ids: Only these services' targets, statistics and queues; None = all. People are read whole, for they may
            serve others as well.
    """

    starts_at: dt.datetime
    ends_at: dt.datetime
    service_ids: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse a window that holds no time, and one of wall clocks."""
        if self.starts_at.tzinfo or self.ends_at.tzinfo or not self.starts_at < self.ends_at:
            raise DataError(
                f"a window runs from an instant to a later one, both UTC without a zone; got {self.starts_at} to {self.ends_at}",
                starts_at=self.starts_at,
                ends_at=self.ends_at,
            )


@dataclass(frozen=True, slots=True, eq=False)
class LiveReading:
    """All operational tables as they stood at one instant.

    Attributes:
        tables: Name of an operational table -> its rows of the window in the house's units, and findings.
        address: The address that answered, without secrets.
        is_first_address: False while another one stands in for the first.
        read_at: When it was read (UTC, the reader's clock).
        last_updated: Until when the centre itself says its numbers are true: its newest `queue_current_metrics.last_updated`; of
            those after `read_at` only where all are, as in a replay. None where it says nothing.
        seconds: Table -> how long its rows took to come [s].
        left_out: Service -> why none of its statistics are here: they came in another unit.
    """

    tables: Mapping[str, OperationalRows]
    address: str
    is_first_address: bool
    read_at: dt.datetime
    last_updated: pd.Timestamp | None
    seconds: Mapping[str, float]
    left_out: Mapping[str, str]

    def rows(self, name: str) -> pd.DataFrame:
        """Rows of a table, in the house's units.

        Args:
            name: Of an operational table, as `agent_states`.

        Returns:
            Its rows of the window; none where there are none.
        """
        return self.tables[name].rows

    @property
    def findings(self) -> pd.DataFrame:
        """Findings of all tables, see `row_rules.FINDING_COLUMNS`."""
        told = [one.findings for one in self.tables.values()]
        return pd.concat([one for one in told if len(one)] or told[:1], ignore_index=True)
