"""`wfm reforecast`: the rest of today."""

import datetime as dt
from typing import Annotated

import typer

from wfm_pipeline.commands.common import AsJson, SourceName, WarehouseUrl, chosen_settings, err
from wfm_pipeline.commands.running import run_asked, unheard
from wfm_pipeline.errors import SettingsError, shown
from wfm_pipeline.units import sensible_date

_DAY_COLUMNS = [
    "queue_id",
    "calls_so_far",
    "calls_remaining_mean",
    "calls_remaining_q10",
    "calls_remaining_q90",
    "calls_day_mean",
    "remaining_ratio",
    "intervals_known",
    "intervals_missing",
]


def reforecast(
    at: Annotated[
        str | None,
        typer.Option(metavar="LOCAL_TIME", help="Such as 2026-06-25T11:00; default: the end of what silver holds."),
    ] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Read new calls from the source first.")] = False,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """The rest of today, updated by what came so far; every queue however small."""
    moment = _local_time(at)
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    from wfm_pipeline.orchestration.jobs import REFORECAST
    from wfm_pipeline.orchestration.runs.side_jobs import reforecast_request
    from wfm_pipeline.reports.words.terminal import print_json, print_table
    from wfm_pipeline.resources import House
    from wfm_pipeline.warehouse.shelves.moments import stored_update

    house = House(settings)
    outcome = run_asked(
        house, REFORECAST, lambda: reforecast_request(house, moment, is_refreshed=refresh), on_step=unheard
    )
    with house.open_warehouse() as opened:
        found, frames = stored_update(opened, house.source_map, moment)
    days, intervals = frames["queue_day_reforecast"], frames["queue_interval_reforecast"]
    if as_json:
        facts = {"run_id": outcome.run_id, "at": found.local, "known_until": found.known_until}
        print_json({"days": days, "intervals": intervals}, **facts, is_simulated=house.is_simulated)
        return
    print_table(days[_DAY_COLUMNS], house.title(f"Rest of the day from {found.local}, 80 % band"))
    err.say(f"calls known until {found.known_until}; look at: gold.queue_interval_reforecast")


def _local_time(text: str | None) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text).replace(tzinfo=None) if text else None
        if moment is not None:
            sensible_date(moment.date())
    except ValueError as error:
        raise SettingsError(f"--at must be a local time as YYYY-MM-DDTHH:MM, got {shown(text)}", got=text) from error
    return moment
