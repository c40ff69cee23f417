"""The view of an hour of a house's backlog: whose it is, and what its settings mean. Not here: what the view holds (reports/backlog)."""

import datetime as dt

from wfm_pipeline.contracts.backlog.hours import BACKLOG_HOUR
from wfm_pipeline.errors import WfmError
from wfm_pipeline.monitoring.alerts.handling import utc_now
from wfm_pipeline.reports.backlog.view import HOUR, BacklogView, ViewQuestion, read_view
from wfm_pipeline.resources import House


def view_of(
    house: House,
    *,
    at: dt.datetime | None = None,
    now: dt.datetime | None = None,
    hours_ahead: int = 8,
    queue: str | None = None,
) -> BacklogView:
    """The newest hour of published gold, or the newest that was over at an instant.

    Args:
        house: The house.
        at: Naive UTC; None takes the newest there is, and says so where it is old.
        now: The time, naive UTC; None asks the clock.
        hours_ahead: Hours to come [h].
        queue: One queue only.

    Raises:
        DataError: no such hour, or no such queue, is made yet.
        WarehouseError: nothing is published yet.
    """
    question = ViewQuestion(
        **house.in_source(),
        title=house.title("Backlog"),
        is_simulated=_is_simulated(house),
        zone=house.site.time_zone,
        breach_limit=house.settings.backlog_breach_limit,
        hours_ahead=hours_ahead,
        at=at,
        now=(now or utc_now()) if at is None else None,
        queue=queue,
    )
    with house.open_gold() as gold:
        return read_view(gold, question)


def newest_hour_end(house: House) -> dt.datetime | None:
    """End of the newest hour of published gold, naive UTC; None where none is published.

    Raises:
        WarehouseError: nothing is published yet.
    """
    with house.open_gold() as gold:
        if not gold.has(BACKLOG_HOUR.name):
            return None
        found = gold.newest(BACKLOG_HOUR.name, "hour_start", source=house.source_map.name)
    return None if found is None else (found + HOUR).to_pydatetime()


def _is_simulated(house: House) -> bool | None:
    try:
        return house.is_simulated
    except WfmError:
        return None
