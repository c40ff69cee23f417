"""The reforecast commands' way: run the update in the warehouse, or score past updates of a file."""

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pandas as pd

from wfm_pipeline.assets.forecast_inputs import read_inputs
from wfm_pipeline.assets.forecasting.intraday import Moment, find_moment
from wfm_pipeline.contracts.intraday import INTRADAY_TABLES
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import ForecastOptions
from wfm_pipeline.domain.forecasting.intraday.backtest import run_intraday_backtest
from wfm_pipeline.orchestration.jobs import INTRADAY, REFORECAST, reforecast_config
from wfm_pipeline.orchestration.partitions.stale_dates import plan_run
from wfm_pipeline.orchestration.runs.running import RunOutcome, StepListener, run_main_job
from wfm_pipeline.orchestration.runs.telling import telling
from wfm_pipeline.resources import House
from wfm_pipeline.sources.files.interval_file import read_interval_file
from wfm_pipeline.warehouse.engines.scope import Scope

DEFAULT_DAYS = 28


def run_reforecast(
    definitions: dg.Definitions,
    house: House,
    *,
    at: dt.datetime | None,
    is_refreshed: bool,
    on_step: StepListener,
    instance: dg.DagsterInstance | None = None,
) -> RunOutcome:
    """Update the rest of a day in the warehouse.

    Args:
        definitions: Definitions without partitions.
        house: The house.
        at: Local time of the update; None takes the end of what silver holds.
        is_refreshed: Read the source's new calls first.
        on_step: Told of each step.
        instance: Where Dagster notes the run; None takes the one that the Dagster UI shows.
    """
    job = INTRADAY if is_refreshed else REFORECAST
    config = reforecast_config(at)
    with ExitStack() as held:
        with telling(house, job):
            held.enter_context(house.writing(owner="wfm reforecast"))
            plan = plan_run(house) if is_refreshed else None
        return run_main_job(
            definitions, house, plan, as_of=None, on_step=on_step, job=job, instance=instance, config=config
        )


def stored_update(house: House, at: dt.datetime | None) -> tuple[Moment, dict[str, pd.DataFrame]]:
    """The moment of an update and its rows of both tables, in order."""
    with house.open_warehouse() as warehouse:
        moment = find_moment(house, warehouse, at.isoformat() if at else "")
        scope = Scope({**house.in_source(), "reforecast_at": moment.instant})
        frames = {
            table.name: warehouse.frame(scope.filter(warehouse.table(table.full_name))) for table in INTRADAY_TABLES
        }
    keys = {table.name: list(table.key) for table in INTRADAY_TABLES}
    return moment, {name: frame.sort_values(keys[name], ignore_index=True) for name, frame in frames.items()}


@dataclass(frozen=True, slots=True)
class IntradayBacktestRequest:
    """What is asked.

    Attributes:
        file: Interval file; None takes the warehouse's intervals.
        first: First scored date; None takes `days` dates before the end.
        days: Open days to score.
        after_hours: Hours of opening after which is updated [h].
        country, weekend: Calendar of a plain file.
    """

    file: Path | None
    first: dt.date | None
    days: int
    after_hours: Sequence[float]
    country: str | None
    weekend: tuple[str, ...] | None


def score_updates(
    house: House, request: IntradayBacktestRequest, *, on_progress: Callable[[str], None]
) -> pd.DataFrame:
    """Answer a request: scores by hours and method, see `run_intraday_backtest`."""
    if request.file is None:
        with house.open_warehouse() as warehouse:
            panel, site = read_inputs(house, warehouse).whole_history(), house.site
    else:
        site = Site(country=request.country, weekend=request.weekend or Site().weekend)
        panel = read_interval_file(request.file)
    end: dt.date = panel["interval_start"].max().date()
    return run_intraday_backtest(
        panel,
        site=site,
        first=request.first or end - dt.timedelta(days=request.days - 1),
        days=request.days,
        after_hours=request.after_hours,
        options=ForecastOptions(seed=house.settings.seed, num_threads=house.settings.num_threads),
        on_progress=on_progress,
    )
