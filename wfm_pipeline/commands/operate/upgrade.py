"""`wfm upgrade`: bring what an older version wrote to this one; `--dry-run` only lists what would be done."""

from typing import Annotated

import typer

from wfm_pipeline.commands.common import WarehouseUrl, chosen_settings, out


def upgrade(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would be done; change nothing.")] = False,
    warehouse: WarehouseUrl = None,
) -> None:
    """Bring a warehouse that an older version wrote up to date; nothing that cannot be made again is dropped."""
    from wfm_pipeline.resources import House

    house = House(chosen_settings(warehouse_url=warehouse))
    pending = house.pending_upgrade()
    if not pending:
        out.say("up to date: nothing to do")
        return
    if dry_run:
        for what in pending:
            out.say(f"would do: {what}")
        return
    with house.writing(owner="wfm upgrade", say=out.say, is_upgrade=True):
        out.say("the warehouse is up to date")
