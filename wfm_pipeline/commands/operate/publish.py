"""`wfm publish`: the readers' copies of gold, renewed whole."""

from wfm_pipeline.commands.common import WarehouseUrl, chosen_settings, out


def publish(warehouse: WarehouseUrl = None) -> None:
    """Renew the readers' copies of gold whole, and the analysts' views."""
    from wfm_pipeline.resources import House

    done = House(chosen_settings(warehouse_url=warehouse)).publish()
    rows = sum(done.rows.values())
    out.say(
        f"published: {len(done.rows)} tables, {rows:,} rows, {done.seconds:.1f} s; readers find them in {done.place}"
    )
    if done.left_out:
        out.say(f"left out, for no contract says whom their rows are about: {', '.join(done.left_out)}")
