"""`wfm monitor`: who is there against who is needed, now and for the rest of the day, service by service."""

import asyncio
import contextlib
import datetime as dt
import shutil
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.live import Live
from rich.text import Text

from wfm_pipeline.commands.common import (
    ANSWER,
    CHOICES,
    DATA,
    AsJson,
    SourceName,
    WarehouseUrl,
    chosen_settings,
    err,
    out,
)
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.reports.words.screen import Screen, stacked

if TYPE_CHECKING:
    from wfm_pipeline.monitoring.coverage.analyzer import Beat, CoverageAnalyzer
    from wfm_pipeline.monitoring.coverage.cycle import Cycle
    from wfm_pipeline.resources import House

_REPLAY_EVERY: Final = 5.0
"""From cycle to cycle beside a replay at an hour a minute [s]: five minutes of the recorded day."""
_ALERTS_SHOWN: Final = 4
"""New alerts that stand below the board [count]."""
_LINES_AROUND: Final = 6
"""Lines that heading, borders and caption of the table take [count]."""
_PIPE_WIDTH: Final = 170
"""Columns of a board that goes into a file or a pipe, unless `COLUMNS` says otherwise [characters]."""


def monitor(
    source_url: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="URL",
            help="Database with the operational tables; default live_url, or the sample's.",
            rich_help_panel=DATA,
        ),
    ] = None,
    is_replay: Annotated[
        bool,
        typer.Option("--replay", help="Replay the newest recorded day beside it, and show that.", rich_help_panel=DATA),
    ] = False,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    every: Annotated[
        float | None,
        typer.Option(min=1, help="Seconds from cycle to cycle; default live_every_seconds.", rich_help_panel=CHOICES),
    ] = None,
    service: Annotated[str | None, typer.Option(help="Show this service only.", rich_help_panel=ANSWER)] = None,
    agents: Annotated[
        bool, typer.Option("--agents", help="Name agents whose state cannot be true.", rich_help_panel=ANSWER)
    ] = False,
    once: Annotated[
        bool,
        typer.Option("--once", help="One cycle as a plain table; tells and keeps nothing.", rich_help_panel=ANSWER),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Watch live coverage: who is there against who is needed, gaps, their cost, and what to do first."""
    if as_json and not once:
        raise SettingsError("--json belongs to --once: it prints one cycle")
    if is_replay and source_url:
        raise SettingsError(
            "--replay makes its own database; leave --from out, or start `wfm replay --to URL` yourself"
        )
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    from wfm_pipeline.resources import House

    house = House(settings)
    house.check()
    step = every or (_REPLAY_EVERY if is_replay else settings.live_every_seconds)
    shown = _Shown(house.title("Live coverage"), house.site.time_zone, service, agents, step)
    with _centre(house, source_url, is_replay=is_replay) as urls:
        asyncio.run(
            _look(house, urls, shown, as_json=as_json) if once else _watch(house, urls, shown, is_real=not is_replay)
        )


@contextlib.contextmanager
def _centre(house: "House", url: str | None, *, is_replay: bool) -> "Iterator[Sequence[str]]":
    """Addresses that the command line says; none leaves it to the settings."""
    if not is_replay:
        yield (url,) if url else ()
        return
    from wfm_pipeline.monitoring.coverage.sample_replay import SPEED, replayed_day

    err.say("starting a replay of the newest recorded day ...")
    with replayed_day(house) as replayed:
        err.say(f"{replayed.date} is replayed {SPEED} times as fast; nothing of it is told or kept; Ctrl-C ends both")
        yield (replayed.url,)


@dataclass
class _Shown:
    """What stands on the screen.

    Attributes:
        title: Whose centre it is.
        zone: The site's zone.
        service: The only service shown; None = all.
        names_agents: Whether suspects are named.
        every: From cycle to cycle [s].
    """

    title: str
    zone: str
    service: str | None
    names_agents: bool
    every: float
    beat: "Beat | None" = None
    due_at: float = 0.0
    told: deque[str] = field(default_factory=lambda: deque(maxlen=_ALERTS_SHOWN))

    def take(self, beat: "Beat") -> None:
        """Keep a cycle, and what it told."""
        self.beat = beat
        self.due_at = time.monotonic() + self.every - beat.due.late_seconds - beat.cycle.took_seconds
        self.told.extend(
            f"{alert.facts.get('event', 'alert')}: {alert.subject}; {alert.facts.get('what', '')}"
            for alert in beat.told
        )

    def board(self, cycle: "Cycle") -> Any:
        """Rows that are shown."""
        rows = cycle.board
        return rows if self.service is None else rows[rows["service_id"] == self.service]

    def lines(self, cycle: "Cycle", *, next_seconds: float | None) -> list[Text]:
        """The header."""
        from wfm_pipeline.reports.tables.live_header import HeaderFacts, header_lines

        beat = self.beat
        return header_lines(
            HeaderFacts(
                title=self.title,
                zone=self.zone,
                as_of=cycle.as_of,
                now=dt.datetime.now(dt.UTC).replace(tzinfo=None),
                stale_since=cycle.stale_since,
                fault=cycle.fault,
                address=cycle.address,
                seconds=cycle.took_seconds,
                reading_seconds=cycle.seconds.get("reading", 0.0),
                next_seconds=next_seconds,
                statuses=cycle.board["status"].tolist(),
                findings=cycle.findings,
                suspects=cycle.suspects,
                names_agents=self.names_agents,
                has_forecast=cycle.has_forecast,
                skipped=beat.skipped if beat else 0,
                lost_alerts=beat.lost_alerts if beat else 0,
            )
        )

    def block(self, cycle: "Cycle", *, width: int, height: int | None, next_seconds: float | None) -> Any:
        """Header, board and new alerts; on a screen as many rows as it has lines."""
        from wfm_pipeline.reports.tables.live_board import board_table

        lines, told = self.lines(cycle, next_seconds=next_seconds), [Text(one, style="bold") for one in self.told]
        most = None if height is None else max(1, height - len(lines) - len(told) - _LINES_AROUND)
        board = self.board(cycle)
        table = [board_table(board, self.zone, width=width, most_rows=most)] if len(board) else []
        return stacked(*lines, *table, *told)


async def _look(house: "House", urls: Sequence[str], shown: _Shown, *, as_json: bool) -> None:
    """One cycle."""
    async with _opened(house, urls, is_real=False) as analyzer:
        cycle = await analyzer.centre.cycle()
    _check_service(cycle, shown)
    if as_json:
        _print_json(cycle, shown)
        return
    _print_block(shown, cycle)


async def _watch(house: "House", urls: Sequence[str], shown: _Shown, *, is_real: bool) -> None:
    """Cycle after cycle: on a terminal a board that moves, else a block for each."""
    async with _opened(house, urls, is_real=is_real) as analyzer:
        with _screen(shown) as refresh:
            async for beat in analyzer.beats(shown.every):
                _check_service(beat.cycle, shown)
                shown.take(beat)
                refresh()


@contextlib.contextmanager
def _screen(shown: _Shown) -> Iterator[Any]:
    if not out.is_terminal:
        yield lambda: _print_block(shown, shown.beat.cycle) if shown.beat else None
        return

    def block() -> Any:
        if shown.beat is None:
            return Text("reading the live centre ...")
        left = shown.due_at - time.monotonic()
        return shown.block(shown.beat.cycle, width=out.width, height=out.height, next_seconds=left)

    with Live(get_renderable=block, console=out, refresh_per_second=1, vertical_overflow="crop") as live:
        yield live.refresh


def _opened(house: "House", urls: Sequence[str], *, is_real: bool) -> "CoverageAnalyzer":
    from wfm_pipeline.monitoring.coverage.opening import LIVE_URL, open_analyzer

    return open_analyzer(house, urls, what="--from" if urls else LIVE_URL, is_told=is_real, is_kept=is_real)


def _check_service(cycle: "Cycle", shown: _Shown) -> None:
    if shown.service is not None and len(cycle.board) and shown.board(cycle).empty:
        from wfm_pipeline.monitoring.coverage.centre import unknown_service

        raise unknown_service(shown.service)


def _print_block(shown: _Shown, cycle: "Cycle") -> None:
    width = shutil.get_terminal_size((_PIPE_WIDTH, 1)).columns
    Screen(width=width).print(shown.block(cycle, width=width, height=None, next_seconds=None))
    shown.told.clear()


def _print_json(cycle: "Cycle", shown: _Shown) -> None:
    from wfm_pipeline.reports.words.terminal import print_json

    facts = {
        "as_of": cycle.as_of,
        "stale_since": cycle.stale_since,
        "no_data": cycle.fault or None,
        "business_date": cycle.date,
        "has_forecast": cycle.has_forecast,
        "address": cycle.address,
        "findings": cycle.findings,
        "suspect_agents": len(cycle.suspects),
        "seconds": dict(cycle.seconds),
        **({"suspects": list(cycle.suspects)} if shown.names_agents else {}),
    }
    print_json({"services": shown.board(cycle)}, **facts)
