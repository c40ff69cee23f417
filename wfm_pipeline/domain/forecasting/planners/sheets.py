"""What the planners' files of the forecast say, and the open rows of their tables as the forecast takes them.

Not here: how a file becomes rows (domain/planners_tables), keeping versions (domain/history, warehouse), or what the
rows do (events, drivers, anomalies, overrides).
"""

import datetime as dt
from collections.abc import Mapping
from typing import Final, cast

import pandas as pd

from wfm_pipeline.contracts.planning.planners_input import (
    ANOMALY_DECISIONS,
    FORECAST_OVERRIDES,
    PLANNED_DRIVERS,
    PLANNED_EVENTS,
    QUEUE_CHANGES,
)
from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.forecasting.planners.anomalies import DECISION_COLUMNS
from wfm_pipeline.domain.forecasting.planners.drivers import DRIVER_COLUMNS
from wfm_pipeline.domain.forecasting.planners.events import EVENT_COLUMNS
from wfm_pipeline.domain.forecasting.planners.outside import PlannersInput
from wfm_pipeline.domain.forecasting.planners.overrides import OVERRIDE_COLUMNS
from wfm_pipeline.domain.forecasting.planners.queue_statements import check_change, check_changes, complete_change
from wfm_pipeline.domain.forecasting.stretches import CHANGE_COLUMNS
from wfm_pipeline.domain.opening.stated_hours import HOURS_FILE
from wfm_pipeline.domain.planners_tables import PlannersFile, Row
from wfm_pipeline.errors import DataError

_EVERY_QUEUE: Final[Mapping[str, object]] = {"queue_id": ALL}
"""What an empty cell stands for."""


def _one_day(row: Row) -> Row:
    """An event without a last date lasts one day."""
    return {**row, "last_date": row["last_date"] or row["first_date"]}


def _check_event(row: Row) -> None:
    first, last = cast("dt.date", row["first_date"]), cast("dt.date", row["last_date"])
    if last < first:
        raise DataError(f"last_date {last} lies before first_date {first}", got=last)


def _check_override(row: Row) -> None:
    first, until = cast("dt.datetime", row["from_local"]), cast("dt.datetime", row["until_local"])
    value = cast("float", row["value"])
    if until <= first:
        raise DataError(
            f"until_local {until} must lie after from_local {first}; the end is exclusive, "
            "a whole day ends at the next midnight",
            got=until,
        )
    if row["kind"] != "add" and value < 0:
        raise DataError(
            f"value of kind {row['kind']} must be >= 0, got {value:g}; only add may take calls away", got=value
        )


PLANNERS_FILES: Final[Mapping[str, PlannersFile]] = {
    "events": PlannersFile(
        table=PLANNED_EVENTS,
        title="events.csv",
        empty={**_EVERY_QUEUE, "last_date": None},
        complete=_one_day,
        check=_check_event,
    ),
    "drivers": PlannersFile(table=PLANNED_DRIVERS, title="drivers.csv", empty=_EVERY_QUEUE),
    "anomaly_decisions": PlannersFile(table=ANOMALY_DECISIONS, title="anomaly_decisions.csv", empty=_EVERY_QUEUE),
    "forecast_overrides": PlannersFile(
        table=FORECAST_OVERRIDES,
        title="forecast_overrides.csv",
        empty={**_EVERY_QUEUE, "is_active": True},
        check=_check_override,
    ),
    "queue_changes": PlannersFile(
        table=QUEUE_CHANGES,
        title="queue_changes.csv",
        empty={"other_queue_id": None},
        complete=complete_change,
        check=check_change,
        check_all=check_changes,
    ),
    "queue_hours": HOURS_FILE,
}
"""Name of a planner's file, without `.csv` -> how it fills its table. The rows are about one source, which is given."""


def planners_input_of(
    events: pd.DataFrame,
    drivers: pd.DataFrame,
    decisions: pd.DataFrame,
    changes: pd.DataFrame,
    *,
    is_hindcast: bool,
) -> PlannersInput:
    """Open rows of the planners' tables as the forecast takes them.

    Args:
        events: Rows of planned_events, with valid_from.
        drivers: Rows of planned_drivers, with valid_from.
        decisions: Rows of anomaly_decisions.
        changes: Rows of queue_changes, with valid_from.
        is_hindcast: Rows that say nothing of when they were known count as known from the day they were
            recorded, so that a hindcast does not know what was written down later. An issue takes them
            as known.

    Returns:
        What planners tell the forecast.
    """
    return PlannersInput(
        events=_known(events, is_hindcast=is_hindcast)[list(EVENT_COLUMNS)],
        drivers=_known(drivers, is_hindcast=is_hindcast)[list(DRIVER_COLUMNS)],
        decisions=decisions[list(DECISION_COLUMNS)],
        changes=_known(changes, is_hindcast=is_hindcast)[list(CHANGE_COLUMNS)],
    )


def _known(rows: pd.DataFrame, *, is_hindcast: bool) -> pd.DataFrame:
    told = pd.to_datetime(rows["known_on"]).astype("datetime64[us]")
    recorded = pd.to_datetime(rows["valid_from"]).dt.normalize().astype("datetime64[us]")
    return rows.assign(known_on=told.fillna(recorded) if is_hindcast else told)


def active_overrides(overrides: pd.DataFrame) -> pd.DataFrame:
    """Open rows of the overrides' table that are in force.

    Args:
        overrides: Rows of forecast_overrides, with valid_from.

    Returns:
        Columns OVERRIDE_COLUMNS; decided when recorded where nothing else is said.
    """
    active = overrides[overrides["is_active"].astype(bool)]
    decided = pd.to_datetime(active["decided_at"]).astype("datetime64[us]")
    recorded = pd.to_datetime(active["valid_from"]).astype("datetime64[us]")
    return active.assign(decided_at=decided.fillna(recorded))[list(OVERRIDE_COLUMNS)].reset_index(drop=True)
