"""What stands around the board of live coverage: as of when, whether it is old, how the cycle went, what was told.

Not here: the table (live_board) and printing (reports/words/screen).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd
from rich.text import Text

from wfm_pipeline.reports.words.plain_words import one_line
from wfm_pipeline.reports.words.site_clock import local_time
from wfm_pipeline.units import SECONDS_PER_MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderFacts:
    """What the header tells.

    Attributes:
        title: Whose centre it is, and that its data are simulated where they are.
        zone: The site's IANA zone.
        as_of: When the numbers were true (naive UTC); None where nothing was read.
        now: Our clock (naive UTC).
        stale_since: Since when nothing newer came (naive UTC); None while they move.
        fault: Why there is no live data; empty where there is.
        address: Which address answered; None where none did.
        seconds: How long the cycle took [s].
        reading_seconds: Of that, the reading [s].
        next_seconds: Time to the next cycle [s]; None where there is none.
        statuses: Status of each service.
        findings: What was refused or does not count [count].
        suspects: Agents with a state too long to be true, by name; shown by name only where `names_agents`.
        names_agents: Whether agents are named.
        has_forecast: Whether a forecast stands for the date.
        skipped: Cycles left out so far [count].
        lost_alerts: Cycles whose alerts could not be written [count].
    """

    title: str
    zone: str
    as_of: pd.Timestamp | None
    now: dt.datetime
    stale_since: dt.datetime | None
    fault: str
    address: str | None
    seconds: float
    reading_seconds: float
    next_seconds: float | None
    statuses: Sequence[str]
    findings: int
    suspects: Sequence[str]
    names_agents: bool
    has_forecast: bool
    skipped: int = 0
    lost_alerts: int = 0


def header_lines(facts: HeaderFacts) -> list[Text]:
    """Lines above the board, the worst ones in red and in words."""
    lines = [_first(facts)]
    if facts.stale_since is not None:
        since = local_time(facts.stale_since, ZoneInfo(facts.zone))
        age = _ago((facts.now - facts.stale_since).total_seconds())
        lines.append(Text(f"STALE since {since:%Y-%m-%d %H:%M:%S} ({age}): these numbers are old", style="bold red"))
    if facts.fault:
        lines.append(Text(one_line(facts.fault), style="red"))
    return [*lines, _counts(facts), *_notes(facts)]


def _first(facts: HeaderFacts) -> Text:
    zone = ZoneInfo(facts.zone)
    as_of = (
        "as of: nothing read yet" if facts.as_of is None else f"as of {local_time(facts.as_of, zone):%Y-%m-%d %H:%M:%S}"
    )
    line = Text.assemble(
        (one_line(facts.title), "bold"), "   ", (as_of, "bold" if facts.stale_since is None else "bold red")
    )
    if facts.next_seconds is not None:
        line.append(f"   next cycle in {max(0.0, facts.next_seconds):.0f} s", "dim")
    return line


def _counts(facts: HeaderFacts) -> Text:
    found = pd.Series(list(facts.statuses), dtype=object).value_counts()
    services = f"{len(facts.statuses):,} services" + "".join(
        f", {count:,} {str(word).replace('_', ' ')}" for word, count in found.items()
    )
    need = (
        "need by forecast"
        if facts.has_forecast
        else "NO FORECAST for this date: need by the last four same weekdays, where known"
    )
    parts = [
        services,
        need,
        f"findings {facts.findings:,}",
        f"suspect agents {len(facts.suspects)}",
        f"cycle {facts.seconds:.1f} s (reading {facts.reading_seconds:.1f})",
        *([f"from {facts.address}"] if facts.address else []),
    ]
    return Text(one_line(" · ".join(parts)), style="dim")


def _notes(facts: HeaderFacts) -> list[Text]:
    notes = []
    if facts.suspects and facts.names_agents:
        notes.append(Text(one_line(f"suspect, not counted: {', '.join(facts.suspects)}"), style="yellow"))
    if facts.skipped:
        notes.append(Text(f"cycles left out so far, for one took too long: {facts.skipped}", style="yellow"))
    if facts.lost_alerts:
        notes.append(
            Text(
                f"cycles whose alerts could not be written, and were said again by the next: {facts.lost_alerts}",
                style="red",
            )
        )
    return notes


def _ago(seconds: float) -> str:
    if seconds < 2 * SECONDS_PER_MINUTE:
        return f"{seconds:.0f} s"
    minutes = seconds / SECONDS_PER_MINUTE
    return f"{minutes:.0f} min" if minutes < 2 * SECONDS_PER_MINUTE else f"{minutes / SECONDS_PER_MINUTE:,.0f} h"
