"""What planners had told by a past origin: their tables as they stood then.

Here: which versions of events, drivers, decisions and changes of queues a backtest may know at an origin. Not here: what an issue
takes as known (sheets.py), or what the rows do.

The rule. A row is known at an origin if its version held then: recorded before the origin, and not closed before it. A
row recorded later counts only if it says itself that it was known by then (`known_on`), and the table held
nothing of its key. That goes for days before the origin too: what was written down afterwards is hindsight.
"""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.planning.history import planner_key
from wfm_pipeline.contracts.planning.planners_input import (
    ANOMALY_DECISIONS,
    PLANNED_DRIVERS,
    PLANNED_EVENTS,
    QUEUE_CHANGES,
)
from wfm_pipeline.domain.forecasting.planners.anomalies import DECISION_COLUMNS
from wfm_pipeline.domain.forecasting.planners.drivers import DRIVER_COLUMNS
from wfm_pipeline.domain.forecasting.planners.events import EVENT_COLUMNS
from wfm_pipeline.domain.forecasting.planners.outside import PlannersInput
from wfm_pipeline.domain.forecasting.stretches import CHANGE_COLUMNS


@dataclass(frozen=True, slots=True)
class PlannersVersions:
    """All versions of the planners' tables, closed ones too: columns of their contracts."""

    events: pd.DataFrame
    drivers: pd.DataFrame
    decisions: pd.DataFrame
    changes: pd.DataFrame

    def known_at(self, origin: dt.date, moment: dt.datetime) -> PlannersInput:
        """What was known at an origin.

        Args:
            origin: First target date.
            moment: Its local midnight (naive UTC).

        Returns:
            Events, drivers, decisions and changes of queues.
        """
        return PlannersInput(
            events=_known(PLANNED_EVENTS, self.events, origin, moment)[list(EVENT_COLUMNS)],
            drivers=_known(PLANNED_DRIVERS, self.drivers, origin, moment)[list(DRIVER_COLUMNS)],
            decisions=_known(ANOMALY_DECISIONS, self.decisions, origin, moment)[list(DECISION_COLUMNS)],
            changes=_known(QUEUE_CHANGES, self.changes, origin, moment)[list(CHANGE_COLUMNS)],
        )

    def counted(self) -> str:
        """Rows that hold now, in words."""
        named = {
            "events": self.events,
            "drivers": self.drivers,
            "decisions": self.decisions,
            "changes of queues": self.changes,
        }
        return ", ".join(f"{int(rows['valid_until'].isna().sum())} {name}" for name, rows in named.items())


def _known(table: Table, versions: pd.DataFrame, origin: dt.date, moment: dt.datetime) -> pd.DataFrame:
    since, until = (pd.to_datetime(versions[name]) for name in ("valid_from", "valid_until"))
    held = (since <= moment) & (until.isna() | (until > moment))
    if "known_on" not in versions:
        return versions[held]
    told = pd.to_datetime(versions["known_on"]).astype("datetime64[us]")
    keys = pd.MultiIndex.from_frame(versions[list(planner_key(table))])
    later = (since > moment) & until.isna() & told.notna() & ~keys.isin(keys[held])
    in_time = told.isna() | (told <= pd.Timestamp(origin))
    return versions.assign(known_on=told)[(held | later) & in_time]
