"""`wfm replay`: a recorded day written into operational tables as a live centre would, or weeks of them scored."""

import datetime as dt
import time
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from wfm_pipeline.commands.common import (
    CHOICES,
    DATA,
    SCORED,
    AsJson,
    SourceName,
    WarehouseUrl,
    chosen_settings,
    err,
    out,
    parse_date,
)
from wfm_pipeline.errors import SettingsError, shown

if TYPE_CHECKING:
    from wfm_pipeline.monitoring.replay.replaying import Opening, Tick

_USUAL_WEEKS = 8
"""Four that choose, and four that judge [count]."""
_USUAL_SPEED, _USUAL_STEP, _USUAL_GAP = 60.0, 5.0, 30.0
"""An hour in a minute; live boards are renewed every few seconds [s]; half an hour without a contact is absence [min]."""


class _WallClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since some moment [s]."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait [s]."""
        time.sleep(seconds)


def replay(
    date: Annotated[
        str | None, typer.Option(metavar="DATE", help="Recorded day, YYYY-MM-DD.", rich_help_panel=DATA)
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="URL", help="Database for the operational tables, of its own.", rich_help_panel=DATA
        ),
    ] = None,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    speed: Annotated[
        float, typer.Option(min=0, help="Replay seconds per second; 0 as fast as it can.", rich_help_panel=CHOICES)
    ] = _USUAL_SPEED,
    starts: Annotated[
        str | None, typer.Option("--from", metavar="HH:MM", help="First tick, wall clock.", rich_help_panel=CHOICES)
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="HH:MM", help="Last tick; default the day's end.", rich_help_panel=CHOICES)
    ] = None,
    every: Annotated[
        float, typer.Option(min=1, help="Replay seconds from tick to tick.", rich_help_panel=CHOICES)
    ] = _USUAL_STEP,
    gap_minutes: Annotated[
        float,
        typer.Option(min=0, help="Longest pause of an agent that is waiting, not absence.", rich_help_panel=CHOICES),
    ] = _USUAL_GAP,
    as_now: Annotated[
        bool,
        typer.Option("--as-now/--keep-times", help="Lay the day onto today, or keep its own.", rich_help_panel=CHOICES),
    ] = True,
    start_over: Annotated[
        bool, typer.Option("--start-over", help="Delete an earlier replay's rows first.", rich_help_panel=CHOICES)
    ] = False,
    score: Annotated[
        bool,
        typer.Option("--score", help="Write nothing: score alerts 15 minutes ahead on weeks.", rich_help_panel=SCORED),
    ] = False,
    from_date: Annotated[
        str | None, typer.Option(metavar="DATE", help="First day of the weeks.", rich_help_panel=SCORED)
    ] = None,
    weeks: Annotated[
        int,
        typer.Option(min=2, max=104, help="Weeks; odd ones choose limits, even ones judge.", rich_help_panel=SCORED),
    ] = _USUAL_WEEKS,
    as_json: AsJson = False,
) -> None:
    """Write a recorded day into operational tables as a live centre would; a monitor beside it sees it live.

    With --score nothing is written: weeks are gone through without waiting, and
    the alerts that a live centre would have had are held against the service
    level that was reached.
    """
    if score:
        from wfm_pipeline.commands.alert_scores import show_score

        show_score(
            chosen_settings(source=source, warehouse_url=warehouse),
            parse_date(from_date, "--from-date"),
            weeks,
            as_json=as_json,
        )
        return
    day = parse_date(date, "--date")
    if day is None or to is None:
        raise SettingsError("wfm replay needs --date and --to; or --score with --from-date, which writes nothing")
    ends = {"starts": _time(starts, "--from"), "until": _time(until, "--until")}
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    from wfm_pipeline.monitoring.replay.replaying import ReplayRequest
    from wfm_pipeline.monitoring.replay.replaying import replay as replay_day
    from wfm_pipeline.resources import House
    from wfm_pipeline.units import SECONDS_PER_MINUTE

    house = House(settings)
    today = dt.datetime.now(ZoneInfo(house.site.time_zone)).date() if as_now else None
    paced = {"speed": speed, "every_seconds": every, "gap_seconds": gap_minutes * SECONDS_PER_MINUTE}
    request = ReplayRequest(date=day, to=to, today=today, is_started_over=start_over, **ends, **paced)  # type: ignore[arg-type]
    told = _Told()
    with err.progress(f"replaying {day} ...") as go_on:
        try:
            replay_day(
                house, request, clock=_WallClock(), on_open=told.open, on_tick=lambda tick: go_on(told.tick(tick))
            )
        except KeyboardInterrupt:
            err.say(f"the tables stand as of {told.as_of}; the same command goes on from there")
            raise
    out.say(f"replayed: {told.ticks:,} ticks, {told.received:,} contacts; the tables stand as of {told.as_of}")


class _Told:
    """What the screen knows of a replay."""

    def __init__(self) -> None:
        self.ticks, self.received, self.as_of = 0, 0, "before the first tick"

    def open(self, opening: "Opening") -> None:
        """Say what is replayed."""
        resumed = f"; goes on from {opening.resumed_at} UTC" if opening.resumed_at else ""
        err.say(f"{opening.contacts:,} contacts from {opening.origin}{resumed}")
        err.say(
            "agents logged in and available, groups and shifts are inferred from their contacts, no record tells them"
        )

    def tick(self, tick: "Tick") -> str:
        """Note a tick; gives the moving line."""
        self.ticks, self.received = self.ticks + 1, tick.received
        self.as_of = f"{tick.as_of_local:%Y-%m-%d %H:%M:%S}"
        return f"{self.as_of}  {tick.waiting} waiting, {tick.in_service} in service, {tick.received:,} received"


def _time(text: str | None, option: str) -> dt.time | None:
    try:
        return dt.time.fromisoformat(text) if text else None
    except ValueError as error:
        raise SettingsError(f"{option} must be a time as HH:MM, got {shown(text)}", got=text) from error
