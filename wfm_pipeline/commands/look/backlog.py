"""`wfm backlog`: which queue needs what now, from published gold; as a page, and by mail."""

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wfm_pipeline.commands.calendar_versions import calendar_command
from wfm_pipeline.commands.common import (
    ANSWER,
    CHOICES,
    AsJson,
    SourceName,
    WarehouseUrl,
    chosen_settings,
    err,
)
from wfm_pipeline.commands.running import run_asked
from wfm_pipeline.errors import SettingsError, WarehouseError, WfmError, shown
from wfm_pipeline.units import sensible_date

if TYPE_CHECKING:
    from wfm_pipeline.domain.dates import Dates
    from wfm_pipeline.reports.backlog.view import BacklogView
    from wfm_pipeline.resources import House


_RECORDING = dt.timedelta(days=7)
"""A source whose newest event is older has ended: nobody asks for the hours since."""
_MOST_DAYS = 3
"""Days of hours that are made where more are missing: the schedule and a backfill make the others [days]."""


class What(StrEnum):
    """What to look at."""

    HOUR = "hour"
    CALENDAR = "calendar"


def backlog(
    what: Annotated[
        What,
        typer.Argument(
            help="hour; calendar: versions of the calendar of due times, and the approval of those that wait."
        ),
    ] = What.HOUR,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="LOCAL_TIME",
            help="As it stood then, such as 2026-06-25T14:00; default now.",
            rich_help_panel=CHOICES,
        ),
    ] = None,
    queue: Annotated[str | None, typer.Option(help="One queue only.", rich_help_panel=CHOICES)] = None,
    hours: Annotated[
        int, typer.Option(min=1, max=168, help="Hours to come that are shown.", rich_help_panel=CHOICES)
    ] = 8,
    most: Annotated[
        int, typer.Option(min=1, max=10_000, help="Queues in the tables, the worst first.", rich_help_panel=ANSWER)
    ] = 10,
    page: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write it as a page with its picture.", rich_help_panel=ANSWER),
    ] = None,
    mail: Annotated[
        bool, typer.Option("--mail", help="Send it now by backlog_report_channels.", rich_help_panel=ANSWER)
    ] = False,
    make: Annotated[
        bool, typer.Option("--make", help="Make the hours that are missing first.", rich_help_panel=CHOICES)
    ] = False,
    approve: Annotated[
        int | None, typer.Option(metavar="N", help="With calendar: this version counts.", rich_help_panel=CHOICES)
    ] = None,
    refuse: Annotated[
        int | None, typer.Option(metavar="N", help="With calendar: this version never counts.", rich_help_panel=CHOICES)
    ] = None,
    by: Annotated[str | None, typer.Option(help="With calendar: who says so.", rich_help_panel=CHOICES)] = None,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """The hourly backlog: which queue needs what now, the people of the next hours, and how the work went.

    Backlog status, workforce readiness and performance stand apart; what is not known is a dash, with its reason.
    """
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    from wfm_pipeline.monitoring.backlog.asking import view_of
    from wfm_pipeline.reports.tables.backlog import backlog_json, backlog_parts
    from wfm_pipeline.reports.words.screen import Screen
    from wfm_pipeline.reports.words.terminal import print_json, terminal_width
    from wfm_pipeline.resources import House

    house = House(settings)
    if what is What.CALENDAR:
        calendar_command(house, approve=approve, refuse=refuse, by=by, as_json=as_json)
        return
    if approve is not None or refuse is not None or by:
        raise SettingsError("--approve, --refuse and --by belong to `wfm backlog calendar`")
    asked = _instant(house, at)
    if make:
        _make(house, asked)
    view = view_of(house, at=asked, hours_ahead=hours, queue=queue)
    if page is not None:
        from wfm_pipeline.files import write_page
        from wfm_pipeline.reports.backlog.page import backlog_page

        write_page(backlog_page(view), page)
        err.say(str(page), head="page:")
    if mail:
        _send(house, view)
    if as_json:
        tables, facts = backlog_json(view)
        print_json(tables, **facts)
    else:
        width = terminal_width()
        Screen(width=width).print(backlog_parts(view, width=width, most=most))


def _make(house: "House", at: dt.datetime | None) -> None:
    """Make the hours since the newest that is made, to the instant asked for or to now."""
    from wfm_pipeline.orchestration.jobs import BACKLOG_HOURLY
    from wfm_pipeline.orchestration.runs.side_jobs import backlog_request

    until = at or dt.datetime.now(dt.UTC).replace(tzinfo=None)
    dates = _missing_dates(house, until)
    err.say(f"hours of {dates}", head="making:")
    run_asked(house, BACKLOG_HOURLY, lambda: backlog_request(dates, until))


def _missing_dates(house: "House", until: dt.datetime) -> "Dates":
    """Dates since the newest hour that readers see; of a recording to its last event."""
    from wfm_pipeline.domain.dates import Dates
    from wfm_pipeline.warehouse.shelves.backlog.newest_event import newest_event_date

    last = site_date(house, until)
    with house.open_warehouse() as opened:
        known = newest_event_date(opened, house.source_map, until=last)
    if known and last - known > _RECORDING:
        last = known
    earliest, made = last - dt.timedelta(days=_MOST_DAYS - 1), _newest_made(house, until)
    return Dates.between(min(max(made, earliest) if made else earliest, last), last)


def _newest_made(house: "House", until: dt.datetime) -> dt.date | None:
    """Date of the newest hour that readers see; None where they see none."""
    try:
        with house.open_gold() as gold:
            if not gold.has("backlog_hour"):
                return None
            found = gold.newest("backlog_hour", "hour_start", until=until, **house.in_source())
    except WarehouseError:
        return None
    return None if found is None else site_date(house, found)


def site_date(house: "House", instant: dt.datetime) -> dt.date:
    """The site's date at an instant (naive UTC)."""
    from zoneinfo import ZoneInfo

    return instant.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(house.site.time_zone)).date()


def _send(house: "House", view: "BacklogView") -> None:
    from wfm_pipeline.monitoring.backlog.report import send_asked

    reported = send_asked(house, view)
    if reported.status != "sent":
        raise WfmError(reported.words)
    err.say(reported.words, head="sent:")


def _instant(house: "House", text: str | None) -> dt.datetime | None:
    """A time of the site's clock as naive UTC; one that comes twice is the first."""
    from zoneinfo import ZoneInfo

    try:
        local = dt.datetime.fromisoformat(text.strip()) if text else None
        if local is None:
            return None
        sensible_date(local.date())
        zoned = local if local.tzinfo else local.replace(tzinfo=ZoneInfo(house.site.time_zone))
        return zoned.astimezone(dt.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise SettingsError(f"--at must be a local time as YYYY-MM-DDTHH:MM, got {shown(text)}", got=text) from error
