"""`wfm alerts`: what is wrong now, what was, what did not go out; who takes it; and a try of every channel."""

from enum import StrEnum
from typing import Annotated

import typer

from wfm_pipeline.commands.common import AsJson, SourceName, WarehouseUrl, chosen_settings, out
from wfm_pipeline.errors import SettingsError


class Action(StrEnum):
    """What to do."""

    LIST = "list"
    ACK = "ack"
    TEST = "test"


def alerts(
    action: Annotated[
        Action,
        typer.Argument(
            help="list; ack: take an alert, so that nobody is reminded or called; test: send a test by every channel "
            "and say what happened."
        ),
    ] = Action.LIST,
    alert: Annotated[
        str | None, typer.Argument(metavar="ID", help="With ack: id of the alert, or how it begins.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="With ack: who takes it.")] = None,
    until: Annotated[
        str | None,
        typer.Option(
            help="With ack: until when, site time: '2026-03-01 18:00' or 18:00. Default: until it is over, or worse."
        ),
    ] = None,
    recent: Annotated[int, typer.Option(min=0, max=1_000, help="How many that are over to show.")] = 10,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List what is wrong, pending, held, over and not gone out; take an alert; or try the channels."""
    from wfm_pipeline.monitoring.alerts.handling import utc_now
    from wfm_pipeline.monitoring.alerts.overview import alert_tables, for_people, try_channels
    from wfm_pipeline.monitoring.alerts.taking import acknowledge
    from wfm_pipeline.reports.words.terminal import print_json, print_table
    from wfm_pipeline.resources import House

    if action is not Action.ACK and (alert or by or until):
        raise SettingsError("ID, --by and --until belong to `wfm alerts ack ID --by NAME`")
    if action is Action.ACK and not (alert and by):
        raise SettingsError("`wfm alerts ack` needs the alert's id and --by NAME; `wfm alerts` lists what is open")
    house = House(chosen_settings(source=source, warehouse_url=warehouse))
    house.check()
    if action is Action.ACK:
        acknowledge(house, alert or "", by=by or "", until=until, now=utc_now())
    tried = try_channels(house) if action is Action.TEST else None
    tables = {"channels": tried} if tried is not None else alert_tables(house, recent=recent)
    if as_json:
        print_json(tables)
    else:
        for title, frame in tables.items():
            if len(frame):
                print_table(for_people(frame), title.replace("_", " "))
            else:
                out.say(f"{title.replace('_', ' ')}: none")
    if tried is not None and not (tried["went_out"] == "yes").all():
        raise typer.Exit(1)
