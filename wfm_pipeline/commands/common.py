"""What all commands share: the two consoles, common options, settings, dates, progress."""

import datetime as dt
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from wfm_pipeline.errors import SettingsError, WfmError, shown
from wfm_pipeline.reports.words.plain_words import one_line
from wfm_pipeline.reports.words.screen import Screen
from wfm_pipeline.units import sensible_date

if TYPE_CHECKING:
    from wfm_pipeline.domain.written_times import TimeReading
    from wfm_pipeline.settings import Settings

out = Screen(soft_wrap=True)
err = Screen(stderr=True, soft_wrap=True)

DATA, CHOICES, ANSWER = "Where the data are", "How it is worked out", "The answer"
SCORED, PLAIN_FILE = "What is scored", "What a plain file does not say"
"""Panels that the help of several commands has."""

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.", rich_help_panel=ANSWER)]
SourceName = Annotated[
    str | None, typer.Option("--source", help="Name of a source map, or a path to one.", rich_help_panel=DATA)
]
WarehouseUrl = Annotated[
    str | None, typer.Option("--warehouse", help="Warehouse URL, as WFM_WAREHOUSE_URL.", rich_help_panel=DATA)
]
DateFormat = Annotated[
    str | None,
    typer.Option(help="How times are written, such as '%d/%m/%Y %H:%M'; ISO needs none.", rich_help_panel=PLAIN_FILE),
]
TimeZone = Annotated[
    str | None,
    typer.Option(help="Whose wall clock times with offsets mean, such as Europe/Zurich.", rich_help_panel=PLAIN_FILE),
]
RawCells = Annotated[
    bool,
    typer.Option(
        "--raw-cells",
        help="Write cells as they are, also those a spreadsheet runs as formulas.",
        rich_help_panel=ANSWER,
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="First day to forecast, YYYY-MM-DD; default the first that was not over when it was read.",
    ),
]

_STEP_STARTS: dict[str, float] = {}


def chosen_settings(**overrides: Any) -> "Settings":
    """Settings of file and environment, with what the command line says instead; warns of unknown variables."""
    from wfm_pipeline.settings import keep_compiled_code, load_settings, unknown_variables

    for name in unknown_variables():
        err.say(f"nothing reads {name}", head="warning:", style="yellow")
    settings = load_settings(**overrides)
    keep_compiled_code(settings.home)
    return settings


def written_folders() -> list[Path]:
    """Folders whose disks a command writes to; none where the settings themselves are wrong."""
    from wfm_pipeline.settings import load_settings

    try:
        return [load_settings().home, Path(tempfile.gettempdir())]
    except (WfmError, OSError):
        return []


def parse_date(text: str | None, option: str) -> dt.date | None:
    """A date of the command line.

    Raises:
        SettingsError: it is none; the message names the option.
    """
    try:
        return sensible_date(dt.date.fromisoformat(text)) if text else None
    except ValueError as error:
        raise SettingsError(
            f"{option} must be a date as YYYY-MM-DD, 1990 to 2199, got {shown(text)}", got=text
        ) from error


def time_reading(date_format: str | None, time_zone: str | None) -> "TimeReading":
    """How times of a plain file are written, as the command line says.

    Raises:
        SettingsError: a format without day, month and year, or an unknown time zone.
    """
    from wfm_pipeline.contracts.source.site import Site
    from wfm_pipeline.domain.written_times import TimeReading

    parts = [("%d", "%j"), ("%m", "%b", "%B", "%j"), ("%Y", "%y")]
    if date_format is not None and not all(any(part in date_format for part in either) for either in parts):
        raise SettingsError(
            f"--date-format must name day, month and year, such as '%d/%m/%Y %H:%M', got {shown(date_format)}",
            got=date_format,
        )
    if time_zone is not None:
        Site(time_zone=time_zone)  # which knows what a zone is
    return TimeReading(date_format=date_format, time_zone=time_zone)


def tell_step(step: str, what: str) -> None:
    """One line per finished step of a run, with its seconds."""
    now = time.monotonic()
    if what == "started":
        _STEP_STARTS[step] = now
        return
    colour = {"done": "green", "waits": "yellow"}.get(what, "red")
    seconds = now - _STEP_STARTS.get(step, now)
    name = one_line(step.replace("__", ".", 1))
    err.print(Text.assemble("  ", (f"{what:6}", colour), f" {name} ", (f"{seconds:.1f} s", "dim")))


def tell(words: str) -> None:
    """One line on standard error about what the command waits for or does on the side."""
    err.say(words)


def tell_notices(notices: tuple[str, ...] | list[str]) -> None:
    """What the user should know though it is no fault, on standard error."""
    for notice in notices:
        err.say(notice, head="notice:", style="yellow")
