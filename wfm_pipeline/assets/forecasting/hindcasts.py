"""Hindcasts: forecasts for past issue dates that nobody forecast then, made so that there is something to score.

A hindcast knows only what was before it. Their dates stand on a fixed grid, a horizon apart, that goes
through the first issue the source ever had: so the dates do not move with the days, and a hindcast that was
made is kept. It is made again when a person asks (`--reissue`), and when what it was made with has changed:
the method's version, its options, the horizon, the site, or the size of training groups where there are several. Not here: making the forecast (forecast.py).
"""

import dataclasses
import datetime as dt
import hashlib

import pandas as pd

from wfm_pipeline.contracts.planning.planners_input import FORECAST_HINDCAST
from wfm_pipeline.domain.forecasting.due_issues import past_origins
from wfm_pipeline.domain.forecasting.issues import first_target_day, issue_instant
from wfm_pipeline.domain.forecasting.options import FORECAST_VERSION
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import forecast_options
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_source
from wfm_pipeline.warehouse.shelves.history import ForecastInputs
from wfm_pipeline.warehouse.shelves.issues import Frames, issue_scope, ledger_of


def hindcasts_to_make(
    house: House, warehouse: Warehouse, inputs: ForecastInputs, origin: dt.date, *, is_reissue: bool
) -> list[dt.date]:
    """Past issue dates before an origin that lack a hindcast, newest first.

    Args:
        house: The house.
        warehouse: An open warehouse.
        inputs: The history; a hindcast needs some before it.
        origin: First target day of the run's own issue.
        is_reissue: Make them all again.
    """
    ledger = ledger_of(warehouse, house.source_map)
    issued = set(ledger["issued_at"])
    warehouse.create(FORECAST_HINDCAST)
    stored = of_source(house.source_map).filter(warehouse.table(FORECAST_HINDCAST.full_name))
    made = warehouse.frame(stored.filter(stored.made_with == _made_with(house, inputs)))
    kept = set() if is_reissue else set(made["issued_at"])
    asked = {day: pd.Timestamp(issue_instant(house.site, day)) for day in _past_origins(house, ledger, inputs, origin)}
    return [day for day, moment in asked.items() if moment not in issued | kept]


def _past_origins(house: House, ledger: pd.DataFrame, inputs: ForecastInputs, origin: dt.date) -> list[dt.date]:
    """The newest dates of the grid before an origin that have history before them, newest first."""
    step = house.settings.horizon_days
    first = ledger.sort_values(["made_at", "issued_at"])["issued_at"]
    anchor = first_target_day(house.site, first.iloc[0]) if len(first) else origin
    number = house.settings.backtest_origins
    return past_origins(origin, anchor=anchor, step_days=step, count=number, first_date=inputs.first_date)


def _made_with(house: House, inputs: ForecastInputs) -> str:
    """Fingerprint of what decides a hindcast besides the history before it; threads and executors decide nothing."""
    options = dataclasses.replace(forecast_options(house.settings), num_threads=1)
    parts: tuple[object, ...] = (FORECAST_VERSION, house.settings.horizon_days, options, house.site)
    most_rows = house.settings.training_group_rows
    if len(inputs.history) > most_rows:
        parts += (most_rows,)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def store_hindcast(
    house: House, warehouse: Warehouse, day: dt.date, inputs: ForecastInputs, frames: Frames, *, run_id: str
) -> None:
    """Put a hindcast in place of what stands there, and note what it was made with."""
    issued_at = issue_instant(house.site, day)
    made_at = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    line = {**house.in_source(), "issued_at": issued_at, "made_with": _made_with(house, inputs), "made_at": made_at}
    with warehouse.transaction():
        for table, rows in {**frames, FORECAST_HINDCAST: pd.DataFrame([line | {"run_id": run_id}])}.items():
            warehouse.replace(table, rows, issue_scope(house.source_map, issued_at))
