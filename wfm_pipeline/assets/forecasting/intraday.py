"""Gold assets of the intraday reforecast: the rest of today, updated by what silver holds of it.

An update reads the latest issue that covers the day and was made at or before the update, and replaces
only itself: asking twice changes nothing.
"""

import datetime as dt
from collections.abc import Iterator

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import INTRADAY_GROUP, REFORECAST_STEP
from wfm_pipeline.assets.declaring import specs
from wfm_pipeline.assets.step import Flow, Step, at_work
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.gold import QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.intraday import INTRADAY_TABLES, QUEUE_DAY_REFORECAST, QUEUE_INTERVAL_REFORECAST
from wfm_pipeline.contracts.silver import CALLS, QUEUE_INTERVALS
from wfm_pipeline.domain.forecasting.grains import by_wall_clock
from wfm_pipeline.domain.forecasting.intraday.reforecast import on_issued_grid, reforecast
from wfm_pipeline.domain.forecasting.intraday.update import LEARN_HISTORY_DATES
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import plain_forecast_options
from wfm_pipeline.warehouse.shelves.history import read_inputs
from wfm_pipeline.warehouse.shelves.moments import Moment, find_moment, issue_of_day


class ReforecastConfig(dg.Config):
    """What a person or the schedule may choose for one update.

    Attributes:
        at: Local time of the update, YYYY-MM-DDTHH:MM; empty takes the end of what the source holds.
    """

    at: str = ""


def build_intraday_assets() -> list[dg.AssetsDefinition]:
    """The reforecast at interval and day grain."""
    reads = [QUEUE_INTERVALS, CALLS, QUEUE_INTERVAL_FORECAST, QUEUE_DAY_FORECAST]

    @dg.multi_asset(
        name=REFORECAST_STEP, specs=specs(INTRADAY_TABLES, reads=reads, group=INTRADAY_GROUP, made_in=__name__)
    )
    def queue_reforecast(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House], config: ReforecastConfig
    ) -> Iterator[dg.MaterializeResult]:
        with at_work(context, house) as step:
            moment = find_moment(step.warehouse, step.source_map, config.at)
            frames, said = _update(step, moment)
            step.replace_all(frames, reforecast_at=moment.instant)
            notes = {"reforecast_notes": said, "reforecast_at": str(moment.local)}
            for table, rows in frames.items():
                yield step.made(table, Flow(len(rows), len(rows), notes=notes), time_column="business_date")

    return [queue_reforecast]


def _update(step: Step, moment: Moment) -> tuple[dict[Table, pd.DataFrame], list[str]]:
    """The two tables' rows, and what a reader should know."""
    intervals, days = issue_of_day(step.warehouse, step.source_map, moment)
    since = moment.local.date() - dt.timedelta(days=LEARN_HISTORY_DATES)
    result = reforecast(
        read_inputs(step.warehouse, step.source_map, since=since).history,
        by_wall_clock(intervals).drop_duplicates(["queue_id", "interval_start"]),
        days,
        site=step.house.site,
        at=moment.local,
        known_until=moment.known_until,
        options=plain_forecast_options(step.settings),
    )
    ahead = on_issued_grid(result.intervals, intervals, since=moment.instant)
    issue = days.iloc[0]
    return {
        QUEUE_INTERVAL_REFORECAST: ahead.assign(issued_at=issue["issued_at"]),
        QUEUE_DAY_REFORECAST: result.days.assign(issued_at=issue["issued_at"], is_hindcast=bool(issue["is_hindcast"])),
    }, list(result.notes)
