"""`wfm reforecast`, `wfm backtest-intraday` and `wfm long-range`: the rest of today, and the months to come."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from wfm_pipeline.commands.common import AsJson, AsOf, SourceName, WarehouseUrl, chosen_settings, err, parse_date
from wfm_pipeline.errors import SettingsError, WfmError, shown
from wfm_pipeline.units import HOURS_PER_DAY, sensible_date

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


_SHOWN_WEEKS = (1, 2, 4, 8, 13, 26, 39, 52, 64)
_WEEK_COLUMNS = [
    "queue_id",
    "iso_year",
    "iso_week",
    "calls_mean",
    "calls_q10",
    "calls_q90",
    "aht_seconds",
    "model_name",
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
    from wfm_pipeline.definitions import build_definitions  # noqa: PLC0415  (Dagster takes seconds to import)
    from wfm_pipeline.orchestration.reforecasting import run_reforecast, stored_update  # noqa: PLC0415
    from wfm_pipeline.reports.words.terminal import print_json, print_table  # noqa: PLC0415
    from wfm_pipeline.resources import House  # noqa: PLC0415

    house = House(settings)
    house.check()
    definitions = build_definitions(settings, is_partitioned=False)
    outcome = run_reforecast(definitions, house, at=moment, is_refreshed=refresh, on_step=lambda _step, _what: None)
    if outcome.problems:
        raise WfmError("; ".join(outcome.problems))
    found, frames = stored_update(house, moment)
    days, intervals = frames["queue_day_reforecast"], frames["queue_interval_reforecast"]
    if as_json:
        facts = {"run_id": outcome.run_id, "at": found.local, "known_until": found.known_until}
        print_json({"days": days, "intervals": intervals}, **facts, is_simulated=house.is_simulated)
        return
    print_table(days[_DAY_COLUMNS], house.title(f"Rest of the day from {found.local}, 80 % band"))
    err.say(f"calls known until {found.known_until}; look at: gold.queue_interval_reforecast")


def backtest_intraday(
    file: Annotated[
        Path | None, typer.Argument(help="Interval file (queue_id, interval_start, calls); none: the warehouse.")
    ] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First scored date.")] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Open days to score.")] = 28,
    after: Annotated[str, typer.Option(help="Hours of opening after which is updated.")] = "2h,4h",
    country: Annotated[str | None, typer.Option(help="ISO code for public holidays.")] = None,
    weekend: Annotated[str | None, typer.Option(help="Weekend days, such as fri,sat.")] = None,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Scores of the intraday update beside doing nothing and the plain ratio, on past days."""
    hours, start = _hours(after), parse_date(first, "--from")
    rest = tuple(day.strip().lower() for day in weekend.split(",") if day.strip()) if weekend else None
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    from wfm_pipeline.orchestration.reforecasting import IntradayBacktestRequest, score_updates  # noqa: PLC0415
    from wfm_pipeline.reports.words.terminal import print_json, print_table  # noqa: PLC0415
    from wfm_pipeline.resources import House  # noqa: PLC0415

    request = IntradayBacktestRequest(file, start, days, hours, country, rest)
    with err.progress("backtest ...") as go_on:
        scores = score_updates(House(settings), request, on_progress=lambda line: go_on(f"backtest: {line}"))
    if as_json:
        print_json({"scores": scores})
        return
    print_table(scores, "Rest of the day after so many hours: as issued, by the plain ratio, by wfm")


def long_range(
    as_of: AsOf = None,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Days to 26 weeks and weeks to 64 weeks ahead, for capacity and monthly demand."""
    first = parse_date(as_of, "--as-of")
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    from wfm_pipeline.definitions import build_definitions  # noqa: PLC0415  (Dagster takes seconds to import)
    from wfm_pipeline.orchestration.looking_ahead import latest_weeks, run_long_range  # noqa: PLC0415
    from wfm_pipeline.reports.words.terminal import print_json, print_table  # noqa: PLC0415
    from wfm_pipeline.resources import House  # noqa: PLC0415

    house = House(settings)
    house.check()
    definitions = build_definitions(settings, is_partitioned=False)
    outcome = run_long_range(definitions, house, as_of=first, on_step=lambda _step, _what: None)
    if outcome.problems:
        raise WfmError("; ".join(outcome.problems))
    weeks = latest_weeks(house)
    if as_json:
        print_json({"weeks": weeks}, run_id=outcome.run_id, is_simulated=house.is_simulated)
        return
    shown = weeks[weeks["horizon_weeks"].isin(_SHOWN_WEEKS)]
    print_table(shown[_WEEK_COLUMNS], house.title("Calls per week, 80 % band; some of 64 weeks"))
    err.say("look at: gold.queue_week_long_range, gold.queue_day_long_range")


def _local_time(text: str | None) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text).replace(tzinfo=None) if text else None
        if moment is not None:
            sensible_date(moment.date())
    except ValueError as error:
        raise SettingsError(f"--at must be a local time as YYYY-MM-DDTHH:MM, got {shown(text)}", got=text) from error
    return moment


def _hours(text: str) -> tuple[float, ...]:
    try:
        hours = tuple(float(part.strip().lower().removesuffix("h")) for part in text.split(","))
    except ValueError as error:
        raise SettingsError(f"--after must be hours such as 2h,4h, got {text!r}", got=text) from error
    if not all(0 <= hour <= HOURS_PER_DAY for hour in hours):
        raise SettingsError(f"--after must be hours such as 2h,4h, got {text!r}", got=text)
    return hours
