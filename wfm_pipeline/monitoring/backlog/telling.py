"""What follows an hour of the backlog: its alerts are weighed and sent; a fault of telling is said and stops no run.

Not here: the looks (looks), the channels (monitoring/alerts).
"""

import datetime as dt
import logging
from collections.abc import Collection

import pandas as pd

from wfm_pipeline.errors import WfmError
from wfm_pipeline.monitoring.alerts.handling import AlertDesk
from wfm_pipeline.monitoring.backlog.looks import backlog_looks, source_look
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.ops.incidents import open_incidents
from wfm_pipeline.warehouse.ops.outbox import Alert
from wfm_pipeline.warehouse.ops.pending import running_pending

_LOG = logging.getLogger(__name__)


def tell_backlog(
    house: House,
    alerts: pd.DataFrame,
    *,
    at: dt.datetime,
    source: str | None = None,
    fault: str = "",
    not_judged: Collection[str] = (),
    desk: AlertDesk | None = None,
) -> list[Alert]:
    """Tell what stands at the end of the newest hour; hours that are caught up are told in order, or the newest alone.

    Args:
        house: The house.
        alerts: Rows as gold.backlog_alert of that hour and source.
        at: The hour's end, naive UTC; an hour that is not later than one that was told changes nothing.
        source: Whose cases; None: the house's only source.
        fault: Why the hour's cases are not known, in words: then nothing is said of queues, and open alerts stay open.
        not_judged: Kinds of which nothing could be said, such as those without history.
        desk: The alerts room; None: the house's own.

    Returns:
        The alerts that are new; none where they could not be written, which the log says.
    """
    whose = source or house.source_map.name
    try:
        room = desk or AlertDesk(house)
        looks = [source_look(whose, fault, at=at)]
        if not fault:
            group_from = house.settings.backlog_group_from
            looks += backlog_looks(
                whose, alerts, at=at, in_trouble=_in_trouble(house), group_from=group_from, not_judged=not_judged
            )
        return room.take(looks)
    except Exception as error:  # noqa: BLE001  (whatever it is, the hour is counted and the run goes on)
        words = str(error) if isinstance(error, WfmError) else type(error).__name__
        _LOG.warning("alerts of the backlog at %s UTC are not told, the next hour says them again: %s", at, words)
        return []


def _in_trouble(house: House) -> list[str]:
    with house.open_ops() as store, store.reading() as ops:
        return [*(known.key for known in open_incidents(ops)), *(timer.key for timer in running_pending(ops))]
