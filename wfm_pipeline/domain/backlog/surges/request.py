"""What is asked of surges, and what is answered."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

MOST_WEEKS: Final = 8
"""Weeks that limits and expectations are learnt from where nobody says another number [weeks]."""

INFLOW: Final = "surge_inflow"
AGE: Final = "surge_age"
THROUGHPUT: Final = "slow_throughput"
STREAMS: Final = (INFLOW, AGE, THROUGHPUT)
"""The three streams, by the kind of alert that each raises."""
ALERT_COLUMNS: Final = ("queue_id", "hour_start", "kind", "severity", "value", "limit", "words", "advice", "since")
"""Columns of alerts, as in gold.backlog_alert; source and local times are the caller's."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SurgeRequest:
    """What is asked.

    Attributes:
        hours: Rows as gold.backlog_hour, the newest hour and the weeks before it: queue_id, hour_start (naive UTC), hour_start_local, is_open (null: it is
            not known, and the hour counts as one of work), open_before, inflow, re_opened, moved_in, outflow, and the age buckets
            (open_age_1 to open_age_5); without the buckets there is no stream of age.
        inflow_forecast: queue_id, hour_start, cases_mean: what was expected of each hour by the last forecast issued before it, of past hours too;
            hours that are not here, or None, are expected from past weeks.
        false_alarms_per_week: Of each stream, over all queues together [count per week], > 0.
        most_weeks: Whole weeks before the newest day to learn from, at the most [weeks].
        seed: Of the simulation.
        with_delays: Work out how soon shifts are seen; it takes as long again.
    """

    hours: pd.DataFrame
    inflow_forecast: pd.DataFrame | None = None
    false_alarms_per_week: float = 1.0
    most_weeks: int = MOST_WEEKS
    seed: int = 0
    with_delays: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SurgeAnswer:
    """The answer.

    Attributes:
        alerts: `ALERT_COLUMNS`, a row per queue and stream whose alarm stands at the end of the newest hour, in order of queue and kind. Of
            inflow: value = cases of the hour, limit = from how many on the hour would begin an alarm after those before it; of age: the same of
            open cases past the first age limit; of throughput: cases done, and down to how few.
        limits: A row per stream: kind, stated_per_week, simulated_per_week, hour_limit, total_limit (null without history), weeks (of scores), queues,
            queues_without_history, reason.
        delays: A row per stream of counts and shift: kind, shift, delay_hours, found_share, first_hour_share; empty unless asked for.
    """

    alerts: pd.DataFrame
    limits: pd.DataFrame
    delays: pd.DataFrame
