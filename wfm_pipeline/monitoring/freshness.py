"""Are calls and forecast as new as they should be by now? Only the newest date counts, so that filling an old day turns nothing green.

Here: which tables are looked at, what they hold and what is due. Not here: the formula (domain/judgement), the checks
(checks/freshness_checks) and who looks while nothing runs (orchestration/alert_sensors).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from wfm_pipeline.contracts.source.source_map import Role
from wfm_pipeline.domain.judgement import Judgement, day_due, is_up_to_date, last_open_day, not_judged
from wfm_pipeline.monitoring.alerts.incidents import Sighting
from wfm_pipeline.monitoring.alerts.kinds import DATA_STALE
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline.warehouse.newest_dates import newest_calls, newest_issue, newest_known_day

CALLS, ACTUALS, FORECAST = "bronze", "gold.queue_day_actual", "gold.queue_day_forecast"
"""What is looked at: the raw calls, the days that are known, the forecast."""
CHECKS = (CALLS, ACTUALS, FORECAST)
_READ: Final[Mapping[Role, str]] = {
    "call_legs": "calls",
    "intervals": "intervals",
    "cases": "cases",
    "case_events": "case events",
}
"""What the raw rows are called, by the role that leads the source."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How new one table is.

    Attributes:
        check: Which of the three.
        judgement: Days behind.
        newest, due: Its newest date, and the one that is due.
    """

    check: str
    judgement: Judgement
    newest: dt.date | None
    due: dt.date


def look_at_freshness(house: House, gold: GoldReader, check: str, *, now: dt.datetime) -> Freshness:
    """How new one of `CHECKS` is.

    Args:
        house: The house.
        gold: Gold as readers see it, or as it stands in the warehouse.
        check: `CALLS`, `ACTUALS` or `FORECAST`.
        now: The time, naive UTC.
    """
    local = now.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(house.site.time_zone)).replace(tzinfo=None)
    settings = house.settings
    today = day_due(local, nightly_cron=settings.nightly_cron, grace_hours=settings.freshness_hours)
    if check != CALLS and (reason := house.source_map.lacks.get("volumes")):
        return Freshness(check, not_judged(reason), None, today)
    what, newest, due = _newest(house, gold, check, today)
    return Freshness(check, is_up_to_date(newest, due, what=what), newest, due)


def _newest(house: House, gold: GoldReader, check: str, today: dt.date) -> tuple[str, dt.date | None, dt.date]:
    source = house.source_map.name
    if check == FORECAST:
        return "first day of the newest forecast", newest_issue(gold, source), today
    open_day = last_open_day(house.site, today)
    if check == ACTUALS:
        return "days known up to", newest_known_day(gold, source), open_day
    return f"{_READ[house.source_map.leading.role]} read up to", newest_calls(gold, house.source_map), open_day


def freshness_sighting(found: Sequence[Freshness], *, source: str, at: dt.datetime) -> Sighting:
    """One thing for all of them: a night that did not run is one alert."""
    return stale_sighting([one.judgement.words for one in found if not one.judgement.passes], source=source, at=at)


def stale_sighting(behind: Sequence[str], *, source: str, at: dt.datetime) -> Sighting:
    """What is behind, in words; nothing where all is up to date."""
    return Sighting(f"fresh:{source}", DATA_STALE, bool(behind), at, f"data of {source}", "; ".join(behind))
