"""`wfm alerts`: what is wrong now, what was, what did not go out; who takes it, what was tried, who is called when; and a try of every channel."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from wfm_pipeline.commands.common import AsJson, SourceName, WarehouseUrl, chosen_settings, out
from wfm_pipeline.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd


class Action(StrEnum):
    """What to do."""

    LIST = "list"
    ACK = "ack"
    TRIED = "tried"
    TOLD = "told"
    LEVELS = "levels"
    TEST = "test"


def alerts(
    action: Annotated[
        Action,
        typer.Argument(
            help="list; ack: take an alert, so that nobody is reminded or called; tried: write down what was tried, for whoever "
            "is called next; told: what was told of an alert to whom, and what was tried; levels: who is called when; test: send "
            "a test by every channel and say what happened."
        ),
    ] = Action.LIST,
    alert: Annotated[
        str | None, typer.Argument(metavar="ID", help="With ack, tried, told: id of the alert, or how it begins.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="With ack, tried: who takes it, or tried it.")] = None,
    until: Annotated[
        str | None,
        typer.Option(
            help="With ack: until when, site time: '2026-03-01 18:00' or 18:00. Default: until it is over, or worse."
        ),
    ] = None,
    note: Annotated[str | None, typer.Option(help="With tried: what was tried.")] = None,
    recent: Annotated[int, typer.Option(min=0, max=1_000, help="How many that are over to show.")] = 10,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """List what is wrong, pending, held, over and not gone out; take an alert; say what was tried; or try the channels."""
    from wfm_pipeline.monitoring.alerts.escalation import levels_table
    from wfm_pipeline.monitoring.alerts.handling import utc_now
    from wfm_pipeline.monitoring.alerts.overview import alert_tables, history_tables, try_channels
    from wfm_pipeline.monitoring.alerts.taking import acknowledge, note_tried
    from wfm_pipeline.resources import House

    _refuse(action, alert, by=by, until=until, note=note)
    house = House(chosen_settings(source=source, warehouse_url=warehouse))
    house.check()
    if action is Action.LEVELS:
        _show({"levels": levels_table(house.settings)}, as_json=as_json)
        return
    if action is Action.ACK:
        acknowledge(house, alert or "", by=by or "", until=until, now=utc_now())
    if action is Action.TRIED:
        note_tried(house, alert or "", by=by or "", what=note or "", now=utc_now())
    if action in (Action.TRIED, Action.TOLD):
        _show(history_tables(house, alert or ""), as_json=as_json)
        return
    tried = try_channels(house) if action is Action.TEST else None
    _show({"channels": tried} if tried is not None else alert_tables(house, recent=recent), as_json=as_json)
    if tried is not None and not (tried["went_out"] == "yes").all():
        raise typer.Exit(1)


def _refuse(action: Action, alert: str | None, **words: str | None) -> None:
    """Words that the action does not take, and words that it lacks.

    Raises:
        SettingsError: there are some.
    """
    belongs = {"by": {Action.ACK, Action.TRIED}, "until": {Action.ACK}, "note": {Action.TRIED}}
    takes_id = action in (Action.ACK, Action.TRIED, Action.TOLD)
    if (alert and not takes_id) or any(said and action not in belongs[name] for name, said in words.items()):
        raise SettingsError(
            "ID, --by and --until belong to `wfm alerts ack ID --by NAME`, --note to `wfm alerts tried ID --by NAME --note TEXT`, "
            "ID alone to `wfm alerts told ID`"
        )
    if action is Action.ACK and not (alert and words["by"]):
        raise SettingsError("`wfm alerts ack` needs the alert's id and --by NAME; `wfm alerts` lists what is open")
    if action is Action.TRIED and not (alert and words["by"] and words["note"]):
        raise SettingsError(
            "`wfm alerts tried` needs the alert's id, --by NAME and --note TEXT; `wfm alerts` lists what is open"
        )
    if action is Action.TOLD and not alert:
        raise SettingsError("`wfm alerts told` needs the alert's id; `wfm alerts` lists what is open")


def _show(tables: "dict[str, pd.DataFrame]", *, as_json: bool) -> None:
    from wfm_pipeline.monitoring.alerts.overview import for_people
    from wfm_pipeline.reports.words.terminal import print_json, print_table

    if as_json:
        print_json(tables)
        return
    for title, frame in tables.items():
        if len(frame):
            print_table(for_people(frame), title.replace("_", " "))
        else:
            out.say(f"{title.replace('_', ' ')}: none")
