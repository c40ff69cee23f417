"""Gold assets of the forecast: what is issued, what would have been issued, and how good it was.

The issue of a run stands for good; what becomes of one that is made again is in warehouse/shelves/issues. Past issue
dates that nobody forecast then are filled in as hindcasts (hindcasts.py), so that accuracy has
something to score from the first day on.
"""

import datetime as dt
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import FORECAST_STEP
from wfm_pipeline.assets.declaring import specs
from wfm_pipeline.assets.forecasting.by_groups import Made, make_by_groups, versions
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
from wfm_pipeline.domain.forecasting import ForecastResult, dump_model, model_card
from wfm_pipeline.domain.forecasting.grains import open_hours, place_on_grid, recent_days
from wfm_pipeline.domain.forecasting.groups import ALL_QUEUES
from wfm_pipeline.domain.forecasting.issues import WRITTEN, issue_instant
from wfm_pipeline.domain.forecasting.training import JoinedForecast, TrainingRequest, join_forecasts
from wfm_pipeline.reports.figures.forecast import fan_chart, fan_glance
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import forecast_options
from wfm_pipeline.warehouse.models.folders import save_model
from wfm_pipeline.warehouse.shelves.history import ForecastInputs, read_inputs
from wfm_pipeline.warehouse.shelves.issues import (
    Frames,
    is_settled,
    issue_frames,
    issue_scope,
    read_issue_rows,
    store_issue,
)
from wfm_pipeline.warehouse.shelves.planners import read_planners_input
from wfm_pipeline.warehouse.shelves.queue_hours import read_queue_calendar

_TABLES: Final = (QUEUE_INTERVAL_FORECAST, QUEUE_DAY_FORECAST, *ISSUE_TABLES)
READS: Final = (
    QUEUE_INTERVALS,
    CALENDAR_DAYS,
    PLANNED_EVENTS,
    PLANNED_DRIVERS,
    ANOMALY_DECISIONS,
    QUEUE_CHANGES,
    QUEUE_HOURS,
)
_BY_DATE: Final = (QUEUE_INTERVAL_FORECAST, QUEUE_DAY_FORECAST, QUEUE_DAY_ANOMALY)
WAITS: Final = "waits"
"""What became of an issue whose training groups are handed out."""
_PICTURED_DAYS: Final = 28
"""Past days beside the forecast in the picture: four weeks show the weekly shape."""


def build_forecast_assets(*, is_handed_out: bool = False) -> list[dg.AssetsDefinition]:
    """The forecast at interval and day grain, written together because they must add up.

    Args:
        is_handed_out: Several training groups are trained elsewhere: a run may end before there is an issue.
    """
    tables = specs(_TABLES, reads=READS, kinds=("lightgbm", "table"), made_in=__name__)
    outputs = [spec._replace(skippable=True) for spec in tables] if is_handed_out else tables

    @dg.multi_asset(name=FORECAST_STEP, specs=outputs)
    def queue_forecast(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House], config: ForecastConfig
    ) -> Iterator[dg.MaterializeResult]:
        with at_work(context, house) as step:
            work = _look(step, config)
            notes = {**_issue_live(step, work), **_fill_in(step, work)}
            house.training_shelf.clear(keep=work.kept)
            if notes["issue"] == WAITS:
                return  # what stands on the issue is made once it is there
            notes.update(_pictures(step, work))
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
        kept: First target day -> training groups that stay on the shelf; filled as the work goes on.
    """

    inputs: ForecastInputs
    origin: dt.date
    next_date: dt.date
    unfinished: str
    is_reissue: bool
    kept: dict[dt.date, set[str]] = field(default_factory=dict)


def _look(step: Step, config: ForecastConfig) -> _Work:
    """Read the history, and see from which day on to forecast."""
    read = read_inputs(step.warehouse, step.source_map)
    origin, unfinished = config.first_day(read), _named(read.unfinished)
    if read.unfinished:
        step.say(f"read before it was over, so no history: {unfinished}")
    return _Work(read.whole_days(), origin, read.next_date, unfinished, config.reissue)


def _issue_live(step: Step, work: _Work) -> dict[str, Any]:
    """Issue the forecast, unless it stands already or its groups are still trained; notes for the run."""
    origin, is_reissue, shelf = work.origin, work.is_reissue, step.house.training_shelf
    if is_settled(step.warehouse, step.source_map, origin, next_date=work.next_date, is_reissue=is_reissue):
        step.say(f"the issue of {origin} stands: its days have begun; reissue it by name if it must change")
        work.kept[origin] = shelf.groups_of(origin)
        return {"issue": "stands"}
    made = _make(step, work, origin, is_hindcast=False)
    work.kept[origin] = made.groups
    if made.waiting:
        for table in _TABLES:
            step.warehouse.create(table)  # on the first night others look into them before there is an issue
        step.say(f"the issue of {origin} waits for {len(made.waiting)} training groups, which are handed out")
        return {"issue": WAITS}
    joined, frames = _joined(step, made, origin, is_hindcast=False)
    issued_at = issue_instant(step.house.site, origin)
    word = store_issue(step.warehouse, step.source_map, issued_at, frames, is_reissue=is_reissue, run_id=step.run_id)
    if word in WRITTEN:
        _save(step, made.results, origin)
    return {"issue": word, **joined.facts, **made.facts}


def _fill_in(step: Step, work: _Work) -> dict[str, Any]:
    """Make the hindcasts that are missing and can be made whole; notes for the run."""
    days, filled = (
        hindcasts_to_make(step.house, step.warehouse, work.inputs, work.origin, is_reissue=work.is_reissue),
        [],
    )
    for day in days:
        step.say(f"hindcast as of {day}")
        made = _make(step, work, day, is_hindcast=True)
        if made.waiting or made.failed:
            work.kept[day] = made.groups
            step.say(
                f"the hindcast of {day} lacks {len(made.waiting) + len(made.failed)} training groups: it is left for later"
            )
            continue
        _, frames = _joined(step, made, day, is_hindcast=True)
        store_hindcast(step.house, step.warehouse, day, work.inputs, frames, run_id=step.run_id)
        filled.append(day)
    return {"hindcasts": [day.isoformat() for day in filled], "unfinished_days": work.unfinished}


def _named(days: Collection[dt.date]) -> str:
    return ", ".join(day.isoformat() for day in sorted(days)) or "none"


def _make(step: Step, work: _Work, origin: dt.date, *, is_hindcast: bool) -> Made:
    """Forecast from `origin` on, as far as it can be."""
    inputs, days = work.inputs, step.settings.horizon_days
    last = origin + dt.timedelta(days=days - 1)
    calendar = read_queue_calendar(step.warehouse, step.source_map)
    whole = TrainingRequest(
        history=inputs.history,
        site=step.house.site,
        origin=origin,
        horizon_days=days,
        handle=inputs.known_handle(),
        is_open_future=calendar.open_ahead(origin, last) if calendar.rows else open_hours(_grid(step, origin)),
        planners=read_planners_input(step.warehouse, step.source_map, is_hindcast=is_hindcast),
        options=forecast_options(step.settings),
    )
    return make_by_groups(step, whole, as_of=work.origin, is_reissue=work.is_reissue)


def _grid(step: Step, origin: dt.date) -> pd.DataFrame:
    return interval_grid(step.house.site, origin, origin + dt.timedelta(days=step.settings.horizon_days - 1))


def _joined(step: Step, made: Made, origin: dt.date, *, is_hindcast: bool) -> tuple[JoinedForecast, Frames]:
    """The groups' forecasts as one: what was learnt, and the issue's rows."""
    joined = join_forecasts(made.results)
    placed = place_on_grid(joined.intervals, joined.days, _grid(step, origin))
    labels: dict[str, Any] = {**step.house.in_source(), "issued_at": issue_instant(step.house.site, origin)}
    frames = (*placed, joined.anomalies)
    return joined, issue_frames(*(rows.assign(**labels, is_hindcast=is_hindcast) for rows in frames))


def _save(step: Step, results: Mapping[str, ForecastResult], origin: dt.date) -> None:
    """Keep the issue's model, or one for each training group."""
    folder = step.house.model_folder(origin)
    if ALL_QUEUES not in results:
        shutil.rmtree(folder, ignore_errors=True)
    for name, result in results.items():
        card = model_card(result.models, versions=versions())
        save_model(folder if name == ALL_QUEUES else folder / name, dump_model(result.models), card)


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
