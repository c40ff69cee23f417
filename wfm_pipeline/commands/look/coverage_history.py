"""`wfm coverage-history`: people there against people needed on days that are over, kept in the warehouse."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from wfm_pipeline.commands.common import (
    CHOICES,
    AsJson,
    SourceName,
    WarehouseUrl,
    chosen_settings,
    err,
    out,
    parse_date,
)
from wfm_pipeline.commands.running import run_asked
from wfm_pipeline.errors import SettingsError, WfmError

if TYPE_CHECKING:
    import pandas as pd

    from wfm_pipeline.domain.dates import Dates
    from wfm_pipeline.resources import House

_USUAL_DAYS = 3
"""Days that are looked at where none are named: a weekend's [days]."""


def coverage_history(
    first: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="First day; default two before the last.", rich_help_panel=CHOICES),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DATE", help="Last day; default the newest with calls.", rich_help_panel=CHOICES),
    ] = None,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Past days of the live centre: people required, rostered and there, and the gaps; kept in gold."""
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    from wfm_pipeline.monitoring.coverage.opening import live_urls
    from wfm_pipeline.orchestration.jobs import COVERAGE_HOURLY
    from wfm_pipeline.orchestration.runs.side_jobs import coverage_request
    from wfm_pipeline.reports.tables.coverage import coverage_table
    from wfm_pipeline.reports.words.terminal import print_json, print_table
    from wfm_pipeline.resources import House

    house = House(settings)
    dates = _dates(house, first, last)
    live_urls(house)  # nothing is begun where nobody says where the centre is
    run_asked(house, COVERAGE_HOURLY, lambda: coverage_request(dates))
    intervals, gaps = _kept(house, dates)
    table = coverage_table(intervals, gaps)
    reasons = sorted(set(intervals["reason"].dropna()))
    if as_json:
        print_json({"coverage": table}, no_data=reasons)
        return
    print_table(table, house.title(f"Intervals by status, {dates}"))
    for reason in reasons:
        out.say(f"no data: {reason}")
    err.say("look at: gold.coverage_interval, gold.coverage_gap; the picture is in `wfm dev`")


def _dates(house: "House", first: str | None, last: str | None) -> "Dates":
    from wfm_pipeline.domain.dates import Dates

    yesterday = dt.datetime.now(ZoneInfo(house.site.time_zone)).date() - dt.timedelta(days=1)
    until = parse_date(last, "--to") or min(yesterday, _newest_day(house) or yesterday)
    since = parse_date(first, "--from") or until - dt.timedelta(days=_USUAL_DAYS - 1)
    if since > until:
        raise SettingsError(f"--from {since} is after --to {until}: give an earlier day", got=str(since))
    if until > yesterday:
        raise SettingsError(
            f"--to must be a day that is over, so at most {yesterday}, got {until}; `wfm monitor` shows today"
        )
    return Dates.between(since, until)


def _newest_day(house: "House") -> dt.date | None:
    """The newest day of which gold knows calls: a closed day, or one that was not loaded yet, would show nothing."""
    from wfm_pipeline.monitoring.coverage.sample_replay import newest_day

    try:
        return newest_day(house)
    except WfmError:
        return None


def _kept(house: "House", dates: "Dates") -> "tuple[pd.DataFrame, pd.DataFrame]":
    import pandas as pd

    from wfm_pipeline.warehouse.shelves.coverage.history import CoverageHistory

    with house.open_warehouse() as opened:
        history = CoverageHistory(opened, house.site.time_zone)
        found = [history.date(date) for date in dates]
    return pd.concat([one for one, _ in found]), pd.concat([one for _, one in found])
