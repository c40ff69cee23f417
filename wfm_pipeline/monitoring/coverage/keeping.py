"""Coverage put on its shelf in the warehouse: once an interval is over, and again until it is done.

A warehouse that another writes is left alone and tried with the next cycle: the loop waits for nobody. Not here: the shelf
(warehouse/shelves/coverage), and which thread does it (telling).
"""

import logging
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from wfm_pipeline.errors import WfmError
from wfm_pipeline.monitoring.coverage.cycle import Cycle
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.shelves.coverage.history import CoverageHistory

_LOG = logging.getLogger(__name__)
_OWNER: Final = "live coverage"


@dataclass(slots=True)
class Keeper:
    """Writes history when it is due.

    Attributes:
        house: The house; its warehouse is asked for once and not waited for.
        interval_seconds: Length of an interval [s].
    """

    house: House
    interval_seconds: float
    _kept_until: pd.Timestamp | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Wait for no other writer."""
        self.house = House(self.house.settings.model_copy(update={"writer_wait_seconds": 0.0}))

    def is_due(self, cycle: Cycle) -> bool:
        """Whether an interval has ended since the last time: stale numbers are kept once."""
        return cycle.answer is not None and cycle.as_of is not None and self._interval(cycle) != self._kept_until

    def keep(self, cycle: Cycle) -> bool:
        """Write the day as it stands; True where it was written."""
        if cycle.answer is None:
            return False
        try:
            with self.house.writing(owner=_OWNER, say=_LOG.info), self.house.open_warehouse() as warehouse:
                history = CoverageHistory(warehouse, self.house.site.time_zone)
                history.write(cycle.answer.intervals, cycle.answer.gaps)
        except WfmError as error:
            _LOG.info("history of coverage waits: %s", error)
            return False
        self._kept_until = self._interval(cycle)
        return True

    def _interval(self, cycle: Cycle) -> pd.Timestamp | None:
        return None if cycle.as_of is None else cycle.as_of.floor(f"{round(self.interval_seconds)}s")
