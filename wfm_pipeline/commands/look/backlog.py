"""`wfm backlog`: which queue needs what now, from published gold; as a page, and by mail."""

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wfm_pipeline.commands.backlog_hours import asked_instant, missing_dates
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
from wfm_pipeline.errors import SettingsError, WfmError

if TYPE_CHECKING:
    from wfm_pipeline.reports.backlog.view import BacklogView
    from wfm_pipeline.resources import House


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
            help="As it stood then, such as 2026-06-25T14:00; 14:00 alone is that of the newest open day. Default now.",
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
    asked = asked_instant(house, at)
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
    dates = missing_dates(house, until)
    err.say(f"hours of {dates}", head="making:")
    run_asked(house, BACKLOG_HOURLY, lambda: backlog_request(dates, until))


def _send(house: "House", view: "BacklogView") -> None:
    from wfm_pipeline.monitoring.backlog.report import send_asked

    reported = send_asked(house, view)
    if reported.status != "sent":
        raise WfmError(reported.words)
    err.say(reported.words, head="sent:")
