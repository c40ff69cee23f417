"""Gold assets of the intraday reforecast: the rest of today, updated by what silver holds of it.

An update reads the latest issue that covers the day and was made at or before the update, and replaces
only itself: asking twice changes nothing.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import dagster as dg
import ibis
import pandas as pd

from wfm_pipeline.assets.common import Flow, Stopwatch, materialized, report, spec
from wfm_pipeline.assets.forecast_inputs import read_inputs
from wfm_pipeline.assets.forecasting.forecast import DAY_FORECAST_KEY, FORECAST_KEY
from wfm_pipeline.assets.silver import CALLS_KEY, INTERVALS_KEY
from wfm_pipeline.contracts.gold import QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.intraday import INTRADAY_TABLES, QUEUE_DAY_REFORECAST, QUEUE_INTERVAL_REFORECAST
from wfm_pipeline.contracts.silver import CALLS
from wfm_pipeline.domain.forecasting import ForecastOptions
from wfm_pipeline.domain.forecasting.intraday.reforecast import Reforecast, reforecast
from wfm_pipeline.domain.forecasting.intraday.update import LEARN_HISTORY_DATES
from wfm_pipeline.errors import DataError, shown
from wfm_pipeline.resources import House
from wfm_pipeline.units import sensible_date
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope

GROUP = "intraday"
OP_NAME = "queue_reforecast"


class ReforecastConfig(dg.Config):
    """What a person or the schedule may choose for one update.

    Attributes:
        at: Local time of the update, YYYY-MM-DDTHH:MM; empty takes the end of what the source holds.
    """

    at: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """When an update is made.

    Attributes:
        instant: Start of the first interval still to come (naive UTC).
        local: The same by wall clock.
        known_until: Wall clock up to which calls are known; never after the last call in silver.
    """

    instant: dt.datetime
    local: dt.datetime
    known_until: dt.datetime


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
            moment = find_moment(house, warehouse, config.at)
            frames, notes = _update(house, warehouse, moment)
            scope = Scope({**house.in_source(), "reforecast_at": moment.instant})
            with warehouse.transaction():
                for table in INTRADAY_TABLES:
                    warehouse.replace(table, frames[table.name], scope)
            for table in INTRADAY_TABLES:
                rows = len(frames[table.name])
                flow = Flow(rows, rows, notes={**notes, "reforecast_at": str(moment.local)})
                metadata = report(context, house, warehouse, table.full_name, flow, watch, time_column="business_date")
                yield materialized(context, asset_key=dg.AssetKey([table.layer, table.name]), metadata=metadata)

    return [queue_reforecast]


def find_moment(house: House, warehouse: Warehouse, at: str) -> Moment:
    """The moment a person means, on the site's interval grid, and up to when calls are known.

    The full grid of silver has zeros after the last call that was read; so nothing after the interval
    of that call is taken as known.

    Raises:
        DataError: `at` is no time, or silver holds no call.
    """
    calls = Scope(house.in_source()).filter(warehouse.table(CALLS.full_name))
    last = warehouse.frame(calls.aggregate(last=ibis._["arrived_at"].max()))["last"].iloc[0]
    if pd.isna(last):
        raise DataError("silver.calls holds no call; run `wfm run` first")
    zone, step = house.site.time_zone, f"{house.site.interval_minutes}min"
    seen = pd.Timestamp(last).tz_localize("UTC").tz_convert(zone).tz_localize(None).floor(step)
    local = _local_time(at).floor(step) if at else seen
    is_earlier = house.site.ambiguous_times == "earlier"
    instant = local.tz_localize(zone, ambiguous=is_earlier, nonexistent="shift_forward").tz_convert("UTC")
    return Moment(instant.tz_localize(None).to_pydatetime(), local.to_pydatetime(), min(seen, local).to_pydatetime())


def _local_time(text: str) -> pd.Timestamp:
    try:
        moment = dt.datetime.fromisoformat(text).replace(tzinfo=None)
        sensible_date(moment.date())
    except ValueError as error:
        raise DataError(f"at must be a local time as YYYY-MM-DDTHH:MM, got {shown(text)}", got=text) from error
    return pd.Timestamp(moment)


def _update(house: House, warehouse: Warehouse, moment: Moment) -> tuple[dict[str, pd.DataFrame], dict[str, object]]:
    """The two tables' rows, and what a reader should know."""
    intervals, days = _latest_issue(house, warehouse, moment)
    settings = house.settings
    history = read_inputs(house, warehouse, since=moment.local.date() - dt.timedelta(days=LEARN_HISTORY_DATES)).history
    by_clock = intervals.drop(columns="interval_start").rename(columns={"interval_start_local": "interval_start"})
    result = reforecast(
        history,
        by_clock.drop_duplicates(["queue_id", "interval_start"]),
        days,
        site=house.site,
        at=moment.local,
        known_until=moment.known_until,
        options=ForecastOptions(seed=settings.seed, num_threads=settings.num_threads),
    )
    labels = {**house.in_source(), "reforecast_at": moment.instant, "issued_at": days["issued_at"].iloc[0]}
    return {
        QUEUE_INTERVAL_REFORECAST.name: _on_grid(result, intervals, moment).assign(**labels),
        QUEUE_DAY_REFORECAST.name: result.days.assign(**labels, is_hindcast=bool(days["is_hindcast"].iloc[0])),
    }, {"reforecast_notes": list(result.notes)}


def _latest_issue(house: House, warehouse: Warehouse, moment: Moment) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of today from the newest issue made at or before the update."""
    of_day = Scope({**house.in_source(), "business_date": moment.local.date()})
    stored = of_day.filter(warehouse.table(QUEUE_DAY_FORECAST.full_name))
    made = stored.filter(stored.issued_at <= moment.instant)
    days = warehouse.frame(made.filter(made.issued_at == made.issued_at.max()))
    if days.empty:
        day = moment.local.date()
        raise DataError(
            f"no forecast of {day} was issued at or before {moment.local}; issue one with `wfm run --as-of {day}`",
            date=day,
        )
    issued_at = pd.Timestamp(days["issued_at"].iloc[0]).to_pydatetime()
    same = Scope({**house.in_source(), "business_date": moment.local.date(), "issued_at": issued_at})
    return warehouse.frame(same.filter(warehouse.table(QUEUE_INTERVAL_FORECAST.full_name))), days


def _on_grid(result: Reforecast, issued: pd.DataFrame, moment: Moment) -> pd.DataFrame:
    """The update by wall clock laid on the issue's own intervals; those that are over are left out."""
    grid = issued[["queue_id", "interval_start", "interval_start_local", "business_date", "aht_seconds", "is_open"]]
    ahead = grid[grid["interval_start"] >= pd.Timestamp(moment.instant)]
    by_clock = result.intervals.rename(columns={"interval_start": "interval_start_local"})
    return ahead.merge(by_clock, on=["queue_id", "interval_start_local"], how="inner", validate="many_to_one")
