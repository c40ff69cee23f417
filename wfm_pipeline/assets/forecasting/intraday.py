"""Gold assets of the intraday reforecast: the rest of today, updated by what silver holds of it.

An update reads the latest issue that covers the day and was made at or before the update, and replaces
only itself: asking twice changes nothing.
"""

import datetime as dt
from collections.abc import Iterator

import dagster as dg
import pandas as pd

from wfm_pipeline.assets.common import Flow, Stopwatch, materialized, report, spec
from wfm_pipeline.assets.forecasting.forecast import DAY_FORECAST_KEY, FORECAST_KEY
from wfm_pipeline.assets.silver import CALLS_KEY, INTERVALS_KEY
from wfm_pipeline.contracts.intraday import INTRADAY_TABLES, QUEUE_DAY_REFORECAST, QUEUE_INTERVAL_REFORECAST
from wfm_pipeline.domain.forecasting.intraday.reforecast import Reforecast, reforecast
from wfm_pipeline.domain.forecasting.intraday.update import LEARN_HISTORY_DATES
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import plain_forecast_options
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import of_source
from wfm_pipeline.warehouse.shelves.history import read_inputs
from wfm_pipeline.warehouse.shelves.moments import Moment, find_moment, issue_of_day

GROUP = "intraday"
OP_NAME = "queue_reforecast"


class ReforecastConfig(dg.Config):
    """What a person or the schedule may choose for one update.

    Attributes:
        at: Local time of the update, YYYY-MM-DDTHH:MM; empty takes the end of what the source holds.
    """

    at: str = ""


def build_intraday_assets() -> list[dg.AssetsDefinition]:
    """The reforecast at interval and day grain."""
    deps = [INTERVALS_KEY, CALLS_KEY, FORECAST_KEY, DAY_FORECAST_KEY]

    @dg.multi_asset(
        name=OP_NAME,
        specs=[
            spec(table, deps=deps, made_in=__name__).replace_attributes(group_name=GROUP) for table in INTRADAY_TABLES
        ],
    )
    def queue_reforecast(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House], config: ReforecastConfig
    ) -> Iterator[dg.MaterializeResult]:
        watch = Stopwatch()
        with house.open_warehouse() as warehouse:
            moment = find_moment(warehouse, house.source_map, config.at)
            frames, notes = _update(house, warehouse, moment)
            scope = of_source(house.source_map, reforecast_at=moment.instant)
            with warehouse.transaction():
                for table in INTRADAY_TABLES:
                    warehouse.replace(table, frames[table.name], scope)
            for table in INTRADAY_TABLES:
                rows = len(frames[table.name])
                flow = Flow(rows, rows, notes={**notes, "reforecast_at": str(moment.local)})
                metadata = report(context, house, warehouse, table.full_name, flow, watch, time_column="business_date")
                yield materialized(context, asset_key=dg.AssetKey([table.layer, table.name]), metadata=metadata)

    return [queue_reforecast]


def _update(house: House, warehouse: Warehouse, moment: Moment) -> tuple[dict[str, pd.DataFrame], dict[str, object]]:
    """The two tables' rows, and what a reader should know."""
    intervals, days = issue_of_day(warehouse, house.source_map, moment)
    since = moment.local.date() - dt.timedelta(days=LEARN_HISTORY_DATES)
    history = read_inputs(warehouse, house.source_map, since=since).history
    by_clock = intervals.drop(columns="interval_start").rename(columns={"interval_start_local": "interval_start"})
    result = reforecast(
        history,
        by_clock.drop_duplicates(["queue_id", "interval_start"]),
        days,
        site=house.site,
        at=moment.local,
        known_until=moment.known_until,
        options=plain_forecast_options(house.settings),
    )
    labels = {**house.in_source(), "reforecast_at": moment.instant, "issued_at": days["issued_at"].iloc[0]}
    return {
        QUEUE_INTERVAL_REFORECAST.name: _on_grid(result, intervals, moment).assign(**labels),
        QUEUE_DAY_REFORECAST.name: result.days.assign(**labels, is_hindcast=bool(days["is_hindcast"].iloc[0])),
    }, {"reforecast_notes": list(result.notes)}


def _on_grid(result: Reforecast, issued: pd.DataFrame, moment: Moment) -> pd.DataFrame:
    """The update by wall clock laid on the issue's own intervals; those that are over are left out."""
    grid = issued[["queue_id", "interval_start", "interval_start_local", "business_date", "aht_seconds", "is_open"]]
    ahead = grid[grid["interval_start"] >= pd.Timestamp(moment.instant)]
    by_clock = result.intervals.rename(columns={"interval_start": "interval_start_local"})
    return ahead.merge(by_clock, on=["queue_id", "interval_start_local"], how="inner", validate="many_to_one")
