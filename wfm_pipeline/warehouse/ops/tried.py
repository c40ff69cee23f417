"""What people tried against what is wrong, as they wrote it down. Not here: what of it is told (monitoring/alerts)."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

import sqlalchemy as sa

from wfm_pipeline.warehouse.ops.store import insert_if_new
from wfm_pipeline.warehouse.ops.tables import alert_tried


@dataclass(frozen=True, slots=True)
class Tried:
    """One thing that was tried.

    Attributes:
        incident_id: The matter.
        tried_at: When it was written down, naive UTC.
        tried_by: Who.
        what: What was done, in one line.
    """

    incident_id: str
    tried_at: dt.datetime
    tried_by: str
    what: str


def keep_tried(ops: sa.Connection, tried: Tried) -> bool:
    """Write it down; the same instant of one matter is written once. Says whether it is new."""
    return insert_if_new(ops, alert_tried, asdict(tried))


def tried_of(ops: sa.Connection, incident_ids: Iterable[str]) -> list[Tried]:
    """What was tried against these, the oldest first."""
    columns = [alert_tried.c[column.name] for column in fields(Tried)]
    chosen = sa.select(*columns).where(alert_tried.c.incident_id.in_(sorted(set(incident_ids))))
    rows = ops.execute(chosen.order_by(alert_tried.c.tried_at, alert_tried.c.incident_id)).mappings()
    return [Tried(**row) for row in rows]
