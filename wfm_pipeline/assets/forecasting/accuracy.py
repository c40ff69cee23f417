"""Gold asset of the forecast's accuracy: issued forecasts against what came, beside the peers."""

import datetime as dt

import dagster as dg
import pandas as pd

from wfm_pipeline.assets.declaring import asset_words
from wfm_pipeline.assets.step import Flow, Step, at_work
from wfm_pipeline.contracts.gold import FORECAST_ACCURACY, QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.domain.forecasting import score_issue
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel, build_panel
from wfm_pipeline.domain.forecasting.grains import by_wall_clock
from wfm_pipeline.domain.forecasting.issues import issue_instant
from wfm_pipeline.domain.forecasting.judging.issue_scores import latest_scores
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.shelves.due_issues import read_issues_to_score
from wfm_pipeline.warehouse.shelves.history import read_inputs
from wfm_pipeline.warehouse.shelves.issues import read_issue


def build_accuracy_assets() -> list[dg.AssetsDefinition]:
    """The accuracy's asset."""
    reads = [QUEUE_INTERVAL_FORECAST, QUEUE_DAY_FORECAST]

    @dg.asset(**asset_words(FORECAST_ACCURACY, reads=reads, made_in=__name__))
    def forecast_accuracy(context: dg.AssetExecutionContext, house: dg.ResourceParam[House]) -> dg.MaterializeResult:
        with at_work(context, house) as step:
            step.warehouse.create(FORECAST_ACCURACY)  # the first issue has nothing to score yet
            inputs = read_inputs(step.warehouse, step.source_map).whole_days()
            days, panel = _issues_to_score(step, inputs.next_date), build_panel(inputs.history)
            scored = [_score(step, panel, day) for day in days]
            rows = pd.concat(scored, ignore_index=True) if scored else pd.DataFrame()
            loaded = sum(_replace(step, part) for part in scored if len(part))
            return step.made(FORECAST_ACCURACY, Flow(len(rows), loaded, notes=latest_scores(rows)))

    return [forecast_accuracy]


def _issues_to_score(step: Step, next_date: dt.date) -> list[dt.date]:
    """Issues that actuals can still change, those of the last horizons, and any not scored yet; oldest first."""
    settings = step.settings
    oldest = next_date - dt.timedelta(days=settings.horizon_days * (settings.backtest_origins + 1))
    return read_issues_to_score(step.warehouse, step.source_map, next_date=next_date, oldest=oldest)


def _score(step: Step, actuals: CallPanel, origin: dt.date) -> pd.DataFrame:
    issued_at = issue_instant(step.house.site, origin)
    intervals, days = read_issue(step.warehouse, step.source_map, issued_at)
    scores = score_issue(by_wall_clock(intervals), days, actuals, origin=origin)
    return scores.assign(issued_at=issued_at, is_hindcast=bool(intervals["is_hindcast"].iloc[0]))


def _replace(step: Step, part: pd.DataFrame) -> int:
    return step.replace(FORECAST_ACCURACY, part, issued_at=part["issued_at"].iloc[0].to_pydatetime())
