"""Small facts that one run writes down for the next."""

import datetime as dt

import sqlalchemy as sa

from wfm_pipeline.warehouse.ops import tables
from wfm_pipeline.warehouse.ops.store import upsert


def note(ops: sa.Connection, key: str, value: str, *, now: dt.datetime) -> None:
    """Write a fact down, in place of what the key said before."""
    upsert(ops, tables.note, {"key": key, "value": value, "noted_at": now})


def noted(ops: sa.Connection, key: str) -> str | None:
    """What the key says; None where nothing was written down."""
    return ops.scalar(sa.select(tables.note.c.value).where(tables.note.c.key == key))
