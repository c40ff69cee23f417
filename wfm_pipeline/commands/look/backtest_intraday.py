"""`wfm backtest-intraday`: what updating during the day would have gained."""

from pathlib import Path
from typing import Annotated

import typer

from wfm_pipeline.commands.common import (
    PLAIN_FILE,
    SCORED,
    AsJson,
    DateFormat,
    SourceName,
    TimeZone,
    WarehouseUrl,
    chosen_settings,
    err,
    parse_date,
    tell_notices,
    time_reading,
)
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.units import HOURS_PER_DAY


def backtest_intraday(
    file: Annotated[
        Path | None, typer.Argument(help="Interval file (queue_id, interval_start, calls); none: the warehouse.")
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="First scored date.", rich_help_panel=SCORED)
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Open days to score.", rich_help_panel=SCORED)] = 28,
    after: Annotated[
        str, typer.Option(help="Hours of opening after which is updated.", rich_help_panel=SCORED)
    ] = "2h,4h",
    country: Annotated[
        str | None, typer.Option(help="ISO code for public holidays.", rich_help_panel=PLAIN_FILE)
    ] = None,
    weekend: Annotated[
        str | None, typer.Option(help="Weekend days, such as fri,sat.", rich_help_panel=PLAIN_FILE)
    ] = None,
    date_format: DateFormat = None,
    time_zone: TimeZone = None,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Scores of the intraday update beside doing nothing and the plain ratio, on past days."""
    hours, start = _hours(after), parse_date(first, "--from")
    rest = tuple(day.strip().lower() for day in weekend.split(",") if day.strip()) if weekend else None
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    from wfm_pipeline.calculators.intraday import (
        IntradayBacktestRequest,
        answer_intraday_backtest,
    )
    from wfm_pipeline.reports.words.terminal import print_json, print_table
    from wfm_pipeline.resources import House

    request = IntradayBacktestRequest(
        file=file,
        first=start,
        days=days,
        after_hours=hours,
        country=country,
        weekend=rest,
        reading=time_reading(date_format, time_zone),
    )
    with err.progress("backtest ...") as go_on:
        answer = answer_intraday_backtest(House(settings), request, on_progress=lambda line: go_on(f"backtest: {line}"))
    tell_notices(answer.notices)
    if as_json:
        print_json({"scores": answer.scores})
        return
    print_table(answer.scores, "Rest of the day after so many hours: as issued, by the plain ratio, by wfm")


def _hours(text: str) -> tuple[float, ...]:
    try:
        hours = tuple(float(part.strip().lower().removesuffix("h")) for part in text.split(","))
    except ValueError as error:
        raise SettingsError(f"--after must be hours such as 2h,4h, got {text!r}", got=text) from error
    if not all(0 <= hour <= HOURS_PER_DAY for hour in hours):
        raise SettingsError(f"--after must be hours such as 2h,4h, got {text!r}", got=text)
    return hours
