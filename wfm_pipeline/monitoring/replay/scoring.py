"""Weeks of records gone through without waiting, and the alerts scored that a live centre would have had.

Here: which records are read, and what of the settings the score stands on. Not here: the score (calculators/alert_score).
"""

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.calculators.alert_score import AlertScoreAnswer, AlertScoreRequest, answer_alert_score
from wfm_pipeline.domain.coverage.ahead.alert_states import AlertRule
from wfm_pipeline.domain.coverage.ahead.live_level import CLEAR_ABOVE
from wfm_pipeline.domain.dates import Days
from wfm_pipeline.domain.replay.contacts import contacts_of_legs
from wfm_pipeline.domain.staffing.patience import exponential_patience
from wfm_pipeline.monitoring.alerts.kinds import COVERAGE_GAP
from wfm_pipeline.monitoring.alerts.rules import Rules
from wfm_pipeline.monitoring.replay.recorded import read_days
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import plain_forecast_options, staffing_policy
from wfm_pipeline.units import DAYS_PER_WEEK

HISTORY_DAYS: Final = 366
"""Days of records before the first scored one that are read [days]: a year's calendar."""


def score_alerts(
    house: House, first: dt.date, weeks: int, *, on_progress: Callable[[str], None] = lambda _line: None
) -> AlertScoreAnswer:
    """Score alerts on recorded weeks.

    Targets and times are those of the settings; a patience that they do not say is that of the callers before the first day.

    Args:
        house: The house: its sources, its site, its targets and alert times.
        first: First scored date.
        weeks: Weeks from it on [count].
        on_progress: Told a line per step.

    Returns:
        The answer; its facts name where the records were read.

    Raises:
        DataError: there are no records, or too few.
        SourceError: the source cannot be read.
        SettingsError: the alert times of the settings are of no kind of alert.
    """
    last = first + dt.timedelta(days=DAYS_PER_WEEK * weeks - 1)
    on_progress("reading records")
    recorded = read_days(house, Days(first - dt.timedelta(days=HISTORY_DAYS), last))
    contacts = contacts_of_legs(recorded.legs)
    rules = Rules.of(house.settings, time_zone=house.site.time_zone)
    policy = staffing_policy(house.settings)
    patience = policy.patience_seconds or _patience(contacts, first)
    answer = answer_alert_score(
        AlertScoreRequest(
            contacts=contacts,
            site=house.site,
            first=first,
            weeks=weeks,
            policy=dataclasses.replace(policy, patience_seconds=patience),
            rule=AlertRule(
                CLEAR_ABOVE, rules.pending(COVERAGE_GAP).total_seconds(), rules.clear(COVERAGE_GAP).total_seconds()
            ),
            options=plain_forecast_options(house.settings),
        ),
        on_progress=on_progress,
    )
    facts = {"source": house.source_map.name, "is_simulated": house.is_simulated, "records_from": recorded.origin}
    return dataclasses.replace(answer, facts={**facts, **answer.facts})


def _patience(contacts: pd.DataFrame, until: dt.date) -> float | None:
    """Mean patience of the callers before a date [s]; None where nobody gave up."""
    rows = contacts[(contacts["joined_at"] < pd.Timestamp(until)).to_numpy(bool)]
    waited = (rows["left_at"] - rows["joined_at"]).dt.total_seconds().to_numpy()
    found = exponential_patience(waited, ~rows["is_answered"].to_numpy(bool) & (waited > 0)).patience_seconds
    return found if np.isfinite(found) else None
