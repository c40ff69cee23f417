"""What is wrong now: so that a thing is told once when it begins and once when it ends, not every time it is looked at."""

import datetime as dt

import sqlalchemy as sa

from wfm_pipeline.warehouse.ops.store import upsert
from wfm_pipeline.warehouse.ops.tables import alert_state


def open_alert(ops: sa.Connection, key: str, *, kind: str, alert_id: str, now: dt.datetime) -> bool:
    """It is wrong: True where it was not before, which is when it should be told."""
    if is_open(ops, key):
        return False
    values = {"kind": kind, "is_open": True, "opened_at": now, "closed_at": None, "last_alert_id": alert_id}
    upsert(ops, alert_state, {"key": key, **values})
    return True


def close_alert(ops: sa.Connection, key: str, *, now: dt.datetime) -> bool:
    """It is well again: True where it was wrong before."""
    if not is_open(ops, key):
        return False
    ops.execute(sa.update(alert_state).where(alert_state.c.key == key).values(is_open=False, closed_at=now))
    return True


def is_open(ops: sa.Connection, key: str) -> bool:
    """True where it is wrong still; whoever asks inside `writing` is the only one to answer."""
    state = sa.select(alert_state.c.is_open).where(alert_state.c.key == key).with_for_update()
    return bool(ops.scalar(state))
