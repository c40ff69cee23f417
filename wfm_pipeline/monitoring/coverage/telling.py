"""What follows a cycle: alerts are written and sent, history is kept; a fault of either is said and stops no cycle.

Looks are weighed at once, in order. Sending and keeping take their own time in a thread of their own: while they are at it, the
next cycle goes on. Not here: the looks (looks), the channels (monitoring/alerts).
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from wfm_pipeline.errors import WfmError
from wfm_pipeline.monitoring.alerts.handling import AlertDesk
from wfm_pipeline.monitoring.coverage.cycle import Cycle
from wfm_pipeline.monitoring.coverage.keeping import Keeper
from wfm_pipeline.monitoring.coverage.looks import LookLimits, centre_look, service_looks
from wfm_pipeline.warehouse.ops.outbox import Alert

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Teller:
    """Tells and keeps.

    Attributes:
        source: The source whose centre it is.
        interval_seconds: Length of an interval [s].
        desk: The alerts room; None tells nobody.
        keeper: History; None keeps nothing.
        limits: When a service is wrong and when it is well.
        lost: Looks that could not be written [count]: the next ones say the same again.
    """

    source: str
    interval_seconds: float
    desk: AlertDesk | None
    keeper: Keeper | None
    limits: LookLimits
    lost: int = 0
    _aside: dict[str, asyncio.Task[None]] = field(default_factory=dict, init=False)

    async def tell(self, cycle: Cycle) -> list[Alert]:
        """Weigh a cycle's looks, and begin what may take long; gives the alerts that are new."""
        told: list[Alert] = []
        if self.desk is not None:
            try:
                told = await asyncio.to_thread(self._take, self.desk, cycle)
            except Exception as error:  # noqa: BLE001  (whatever it is, the board goes on and says so)
                self.lost += 1
                _LOG.warning("alerts of this cycle are not written, the next one says them again: %s", _words(error))
            self._beside("sending", lambda desk=self.desk: desk.send())  # type: ignore[misc]  # a default argument
        if self.keeper is not None and self.keeper.is_due(cycle):
            self._beside("keeping", lambda keeper=self.keeper: keeper.keep(cycle))  # type: ignore[misc]  # a default argument
        return told

    def _take(self, desk: AlertDesk, cycle: Cycle) -> list[Alert]:
        looks = [centre_look(self.source, cycle.fault, at=cycle.looked_at)]
        if cycle.answer is not None and cycle.as_of is not None and not cycle.fault:
            looks += service_looks(
                self.source,
                cycle.answer,
                cycle.reached,
                as_of=cycle.as_of,
                interval_seconds=self.interval_seconds,
                limits=self.limits,
            )
        return desk.take(looks, is_sent=False)

    def _beside(self, name: str, work: Callable[[], object]) -> None:
        """Do it in a thread, unless the same is still at it."""
        if (running := self._aside.get(name)) is None or running.done():
            self._aside[name] = asyncio.create_task(self._quietly(name, work))

    async def _quietly(self, name: str, work: Callable[[], object]) -> None:
        try:
            await asyncio.to_thread(work)
        except Exception as error:  # noqa: BLE001  (what is done beside stops no cycle; it is tried again)
            _LOG.warning("%s failed and is tried again: %s", name, _words(error))

    async def settle(self) -> None:
        """Wait until what was begun is done."""
        await asyncio.gather(*self._aside.values())


def _words(error: Exception) -> str:
    """Our own errors have words for people; others may hold values of rows."""
    return str(error) if isinstance(error, WfmError) else type(error).__name__
