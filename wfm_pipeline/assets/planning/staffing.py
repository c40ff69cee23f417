"""Gold asset of the staffing: the team of every queue and interval of the issued forecasts, overrides included.

What is staffed are the final values; the band moves with them (domain/forecasting/planners/overrides). An issue that
has none, made before they were kept, is staffed to the model's values as a whole, and its rows say so.

An issue is staffed when it is the newest, has no staffing yet, or when its forecast has changed
since; older ones keep the team and the settings they had. Hindcasts are not staffed.
"""

from typing import Any

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import STAFFING_GROUP
from wfm_pipeline.assets.declaring import asset_words
from wfm_pipeline.assets.pictures import pictures
from wfm_pipeline.assets.step import Flow, Step, at_work
from wfm_pipeline.contracts.gold import QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.planning.planners_input import QUEUE_INTERVAL_FINAL
from wfm_pipeline.contracts.staffing import QUEUE_INTERVAL_STAFFING
from wfm_pipeline.domain.forecasting.planners.overrides import with_final_band
from wfm_pipeline.domain.staffing.forecast_teams import newest_issue, staff_forecast, team_facts
from wfm_pipeline.reports.figures.staffing import staffing_chart, staffing_glance
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import staffing_policies, staffing_policy
from wfm_pipeline.units import SECONDS_PER_MINUTE
from wfm_pipeline.warehouse.shelves.due_issues import read_issue_to_staff, read_issues_to_staff

_LABELS = [
    "queue_id",
    "interval_start",
    "interval_start_local",
    "business_date",
    "issued_at",
    "calls_mean",
    "calls_final",
    "aht_seconds",
]


def build_staffing_assets() -> list[dg.AssetsDefinition]:
    """The staffing's asset."""
    reads = [QUEUE_INTERVAL_FORECAST, QUEUE_INTERVAL_FINAL]

    @dg.asset(**asset_words(QUEUE_INTERVAL_STAFFING, reads=reads, group=STAFFING_GROUP, made_in=__name__))
    def queue_interval_staffing(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> dg.MaterializeResult:
        with at_work(context, house) as step:
            issues = read_issues_to_staff(step.warehouse, step.source_map)
            staffed = [_staff_issue(step, issue) for issue in issues]
            rows = pd.concat(staffed, ignore_index=True) if staffed else pd.DataFrame()
            flow = Flow(len(rows), len(rows), notes={**team_facts(rows), **_pictures(step, rows)})
            return step.made(QUEUE_INTERVAL_STAFFING, flow, time_column="business_date")

    return [queue_interval_staffing]


def _staff_issue(step: Step, issue: pd.Timestamp) -> pd.DataFrame:
    """Staff one issue and put it in the place of what stood there for it."""
    issued_at, settings = issue.to_pydatetime(), step.settings
    forecast = read_issue_to_staff(step.warehouse, step.source_map, issued_at)
    seconds = float(step.house.site.interval_minutes * SECONDS_PER_MINUTE)
    teams = staff_forecast(
        with_final_band(forecast),
        seconds,
        staffing_policies(settings),
        staffing_policy(settings),
        threads=settings.num_threads,
    )
    rows = forecast[_LABELS].merge(teams, on=["queue_id", "interval_start"], validate="one_to_one")
    step.replace(QUEUE_INTERVAL_STAFFING, rows, issued_at=issued_at)
    return rows


def _pictures(step: Step, rows: pd.DataFrame) -> dict[str, Any]:
    if rows.empty:
        return {}
    newest, title = newest_issue(rows), step.house.title("Agents required over the day")
    return pictures(
        step.context,
        at_a_glance=lambda: staffing_glance(newest, title=title),
        picture=lambda: staffing_chart(newest, title=title),
    )
