"""Gold assets of the forecast: what is issued, what would have been issued, and how good it was.

The issue of a run stands for good; what becomes of one that is made again is in warehouse/shelves/issues. Past issue
dates that nobody forecast then are filled in as hindcasts (hindcasts.py), so that accuracy has
something to score from the first day on.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import dagster as dg

from wfm_pipeline.asset_keys import FORECAST_STEP
from wfm_pipeline.assets.declaring import specs
from wfm_pipeline.assets.forecasting.first_day import ForecastConfig
from wfm_pipeline.assets.forecasting.hindcasts import hindcasts_to_make, store_hindcast
from wfm_pipeline.assets.pictures import pictures
from wfm_pipeline.assets.step import Flow, Step, at_work
from wfm_pipeline.contracts.gold import QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.planning.planners_input import (
    ANOMALY_DECISIONS,
    ISSUE_TABLES,
    PLANNED_DRIVERS,
    PLANNED_EVENTS,
    QUEUE_CHANGES,
    QUEUE_DAY_ANOMALY,
    QUEUE_HOURS,
)
from wfm_pipeline.contracts.silver import CALENDAR_DAYS, QUEUE_INTERVALS
from wfm_pipeline.domain.calendar import interval_grid
from wfm_pipeline.domain.forecasting import ForecastResult, dump_model, forecast, model_card
from wfm_pipeline.domain.forecasting.grains import open_hours, place_on_grid, recent_days
from wfm_pipeline.domain.forecasting.issues import WRITTEN, issue_instant
from wfm_pipeline.reports.figures.forecast import fan_chart, fan_glance
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import forecast_options
from wfm_pipeline.warehouse.shelves.history import ForecastInputs, read_inputs
from wfm_pipeline.warehouse.shelves.issues import (
    Frames,
    is_settled,
    issue_frames,
    issue_scope,
    read_issue_rows,
    store_issue,
)
from wfm_pipeline.warehouse.shelves.models import save_model
from wfm_pipeline.warehouse.shelves.planners import read_planners_input
from wfm_pipeline.warehouse.shelves.queue_hours import read_queue_calendar

_TABLES: Final = (QUEUE_INTERVAL_FORECAST, QUEUE_DAY_FORECAST, *ISSUE_TABLES)
_READS: Final = (
    QUEUE_INTERVALS,
    CALENDAR_DAYS,
    PLANNED_EVENTS,
    PLANNED_DRIVERS,
    ANOMALY_DECISIONS,
    QUEUE_CHANGES,
    QUEUE_HOURS,
)
_BY_DATE: Final = (QUEUE_INTERVAL_FORECAST, QUEUE_DAY_FORECAST, QUEUE_DAY_ANOMALY)
_LEARNT_WITH: Final = ("wfm-pipeline", "lightgbm", "numpy")
"""Distributions whose versions stand on a model's card."""
_PICTURED_DAYS: Final = 28
"""Past days beside the forecast in the picture: four weeks show the weekly shape."""


def build_forecast_assets() -> list[dg.AssetsDefinition]:
    """The forecast at interval and day grain, written together because they must add up."""

    @dg.multi_asset(
        name=FORECAST_STEP, specs=specs(_TABLES, reads=_READS, kinds=("lightgbm", "table"), made_in=__name__)
    )
    def queue_forecast(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House], config: ForecastConfig
    ) -> Iterator[dg.MaterializeResult]:
        with at_work(context, house) as step:
            work = _look(step, config)
            notes = {**_issue_live(step, work), **_fill_in(step, work), **_pictures(step, work)}
            issue = issue_scope(step.source_map, issue_instant(house.site, work.origin))
            for table in _TABLES:
                rows = step.warehouse.count(table.full_name, issue)
                flow = Flow(len(work.inputs.history), rows, notes=notes)
                yield step.made(table, flow, time_column="business_date" if table in _BY_DATE else None)

    return [queue_forecast]


@dataclass(frozen=True, slots=True)
class _Work:
    """What a run of the forecast is about.

    Attributes:
        inputs: What may be learnt from.
        origin: First target day.
        next_date: The day after the last one of which any calls are known.
        unfinished: Dates that were read before they were over.
        is_reissue: A person asked to make the issue again.
    """

    inputs: ForecastInputs
    origin: dt.date
    next_date: dt.date
    unfinished: str
    is_reissue: bool


def _look(step: Step, config: ForecastConfig) -> _Work:
    """Read the history, and see from which day on to forecast."""
    read = read_inputs(step.warehouse, step.source_map)
    origin, unfinished = config.first_day(read), _named(read.unfinished)
    if read.unfinished:
        step.say(f"read before it was over, so no history: {unfinished}")
    return _Work(read.whole_days(), origin, read.next_date, unfinished, config.reissue)


def _issue_live(step: Step, work: _Work) -> dict[str, Any]:
    """Issue the forecast, unless it stands already; notes for the run."""
    origin, is_reissue = work.origin, work.is_reissue
    if is_settled(step.warehouse, step.source_map, origin, next_date=work.next_date, is_reissue=is_reissue):
        step.say(f"the issue of {origin} stands: its days have begun; reissue it by name if it must change")
        return {"issue": "stands"}
    result, frames = _make(step, work.inputs, origin, is_hindcast=False)
    issued_at = issue_instant(step.house.site, origin)
    word = store_issue(step.warehouse, step.source_map, issued_at, frames, is_reissue=is_reissue, run_id=step.run_id)
    if word in WRITTEN:
        _save(step, result, origin)
    return {"issue": word, **result.facts}


def _fill_in(step: Step, work: _Work) -> dict[str, Any]:
    """Make the hindcasts that are missing; notes for the run."""
    days = hindcasts_to_make(step.house, step.warehouse, work.inputs, work.origin, is_reissue=work.is_reissue)
    for day in days:
        step.say(f"hindcast as of {day}")
        _, frames = _make(step, work.inputs, day, is_hindcast=True)
        store_hindcast(step.house, step.warehouse, day, frames, run_id=step.run_id)
    return {"hindcasts": [day.isoformat() for day in days], "unfinished_days": work.unfinished}


def _named(days: Collection[dt.date]) -> str:
    return ", ".join(day.isoformat() for day in sorted(days)) or "none"


def _make(step: Step, inputs: ForecastInputs, origin: dt.date, *, is_hindcast: bool) -> tuple[ForecastResult, Frames]:
    """Forecast from `origin` on: what was learnt, and the issue's rows."""
    site, days = step.house.site, step.settings.horizon_days
    last = origin + dt.timedelta(days=days - 1)
    grid = interval_grid(site, origin, last)
    calendar = read_queue_calendar(step.warehouse, step.source_map)
    result = forecast(
        inputs.history,
        site=site,
        origin=origin,
        horizon_days=days,
        handle=inputs.known_handle(),
        is_open_future=calendar.open_ahead(origin, last) if calendar.rows else open_hours(grid),
        planners=read_planners_input(step.warehouse, step.source_map, is_hindcast=is_hindcast),
        options=forecast_options(step.settings),
    )
    placed = place_on_grid(result.intervals, result.days, grid)
    labels: dict[str, Any] = {**step.house.in_source(), "issued_at": issue_instant(site, origin)}
    frames = (*placed, result.models.outside.anomalies)
    return result, issue_frames(*(rows.assign(**labels, is_hindcast=is_hindcast) for rows in frames))


def _save(step: Step, result: ForecastResult, origin: dt.date) -> None:
    card = model_card(result.models, versions={name: version(name) for name in _LEARNT_WITH})
    save_model(step.house.model_folder(origin), dump_model(result.models), card)


def _pictures(step: Step, work: _Work) -> dict[str, Any]:
    house = step.house
    issued_at = issue_instant(house.site, work.origin)
    days = read_issue_rows(step.warehouse, step.source_map, QUEUE_DAY_FORECAST, issued_at)
    recent = recent_days(work.inputs.history, work.origin, days=_PICTURED_DAYS)
    band = house.title("Calls per day, forecast with 80 % band")
    return pictures(
        step.context,
        at_a_glance=lambda: fan_glance(recent, days, title=house.title("Calls per day")),
        fan_chart=lambda: fan_chart(recent, days, title=band),
    )
