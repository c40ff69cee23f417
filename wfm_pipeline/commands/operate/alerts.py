"""`wfm alerts`: what is wrong now, what was, what did not go out, and a try of every channel."""

from enum import StrEnum
from typing import Annotated

import typer

from wfm_pipeline.commands.common import AsJson, SourceName, WarehouseUrl, chosen_settings, out


class Action(StrEnum):
    """What to do."""

    LIST = "list"
    TEST = "test"


def alerts(
    action: Annotated[
        Action, typer.Argument(help="list, or test: send a test by every channel and say what happened.")
    ] = Action.LIST,
    recent: Annotated[int, typer.Option(min=0, max=1_000, help="How many that are over to show.")] = 10,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List what is wrong, what was, and alerts that did not go out; or try the channels."""
    from wfm_pipeline.monitoring.alerts.overview import alert_tables, try_channels
    from wfm_pipeline.reports.words.terminal import print_json, print_table
    from wfm_pipeline.resources import House

    house = House(chosen_settings(source=source, warehouse_url=warehouse))
    house.check()
    tried = try_channels(house) if action is Action.TEST else None
    tables = {"channels": tried} if tried is not None else alert_tables(house, recent=recent)
    if as_json:
        print_json(tables)
    else:
        for title, frame in tables.items():
            if len(frame):
                print_table(frame, title.replace("_", " "))
            else:
                out.say(f"{title.replace('_', ' ')}: none")
    if tried is not None and not (tried["went_out"] == "yes").all():
        raise typer.Exit(1)
