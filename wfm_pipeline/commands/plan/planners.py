"""`wfm planners`: what planners say of the forecast is taken in, applied and scored, without reading the source."""

import time
from typing import Annotated

import typer

from wfm_pipeline.commands.common import (
    AsJson,
    AsOf,
    SourceName,
    WarehouseUrl,
    chosen_settings,
    out,
    parse_date,
)
from wfm_pipeline.commands.running import run_asked
from wfm_pipeline.errors import SettingsError


def planners(
    source: SourceName = None,
    as_of: AsOf = None,
    overrides_only: Annotated[
        bool,
        typer.Option("--overrides-only", help="Apply overrides to the newest issue and staff it; no new forecast."),
    ] = False,
    reissue: Annotated[
        bool, typer.Option("--reissue", help="Issue again what stands; the former goes to the archive.")
    ] = False,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Planners' events, drivers, decisions and overrides: take them in, forecast again, apply, staff, score, publish."""
    first_day = parse_date(as_of, "--as-of")
    if overrides_only and (first_day or reissue):
        raise SettingsError("--overrides-only makes no forecast: leave --as-of and --reissue out")
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    from wfm_pipeline.orchestration.jobs import OVERRIDES, PLANNERS
    from wfm_pipeline.orchestration.runs.side_jobs import planners_request
    from wfm_pipeline.reports.tables.planners import planners_tables_of
    from wfm_pipeline.reports.words.terminal import print_json, print_table
    from wfm_pipeline.resources import House
    from wfm_pipeline.warehouse.gold_reader import GoldReader

    house = House(settings)
    started = time.monotonic()
    outcome = run_asked(
        house,
        OVERRIDES if overrides_only else PLANNERS,
        lambda: planners_request(first_day, is_reissue=reissue, is_overrides_only=overrides_only),
    )
    with house.open_warehouse() as opened:  # the desk's own gold: in the analysts' copy planners have no names
        tables = planners_tables_of(GoldReader(opened), source=house.source_map.name)
    if as_json:
        print_json(tables, run_id=outcome.run_id, is_simulated=house.is_simulated)
        return
    for title, frame in tables.items():
        print_table(frame, house.title(title))
    out.say(f"done in {time.monotonic() - started:.0f} s")
