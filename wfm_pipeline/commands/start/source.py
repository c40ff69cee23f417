"""`wfm source propose URL|FILE`: a first source map, by looking."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wfm_pipeline.commands.common import out
from wfm_pipeline.errors import SettingsError


class Action(StrEnum):
    """What can be done."""

    PROPOSE = "propose"


def source(
    action: Annotated[Action, typer.Argument(help="propose: write a first map.")],
    place: Annotated[str, typer.Argument(metavar="URL|FILE", help="A database, a folder of exports, or one file.")],
    table: Annotated[str | None, typer.Option(help="Which table, where there are several.")] = None,
    to: Annotated[
        Path | None, typer.Option("--out", metavar="TOML", help="Write the map here; it must not be there yet.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1, max=100_000, help="Rows to look at.")] = 1_000,
) -> None:
    """A first source map, by looking at the first rows: names, types, empties, and which column looks like what."""
    assert action is Action.PROPOSE
    if to is not None and to.exists():
        raise SettingsError(f"{to} is there already: name another file, or take it away", got=str(to))
    from wfm_pipeline.calculators.source_look import ProposeRequest, propose_map

    text = propose_map(ProposeRequest(place=place, table=table, rows=rows))
    if to is None:
        sys.stdout.write(text)
        return
    to.write_text(text, encoding="utf-8")
    out.say(f"{to}: look at the lines that say GUESS, then `wfm check {to}`")
