"""What is wrong now and what was: one row per thing, so that it is told when it begins and when it ends, not at every look.

Not here: what is wrong and what of it is told (monitoring/alerts).
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

import sqlalchemy as sa

from wfm_pipeline.warehouse.ops.store import keep_others_out, upsert
from wfm_pipeline.warehouse.ops.tables import alert_state


@dataclass(frozen=True, slots=True)
class Incident:
    """What is known of a thing that is, or was, wrong.

    Attributes:
        key: Name of the thing, such as `run:telephony:nightly`.
        kind: Name of the kind of alert.
        thing: What it is about in words.
        incident_id: The same in all that is told of it from beginning to end.
        opened_at: Since when it is wrong, naive UTC.
        seen_at: The latest look that counted.
        told_at: When it was last told.
        times: How often it was seen to be wrong.
        what, facts: Of the latest look at which it was wrong.
        closed_at: Since when it is well again; None while it is wrong.
    """

    key: str
    kind: str
    thing: str
    incident_id: str
    opened_at: dt.datetime
    seen_at: dt.datetime
    told_at: dt.datetime
    times: int
    what: str
    facts: Mapping[str, object] = field(default_factory=dict)
    closed_at: dt.datetime | None = None

    @property
    def is_open(self) -> bool:
        """True while it is wrong."""
        return self.closed_at is None


def incident(ops: sa.Connection, key: str) -> Incident | None:
    """What is known of a thing; whoever asks inside `writing` is the only one to change anything until the end."""
    keep_others_out(ops, alert_state)
    row = ops.execute(_all().where(alert_state.c.key == key)).mappings().one_or_none()
    return _incident(row) if row else None


def open_incidents(ops: sa.Connection) -> list[Incident]:
    """Everything that is wrong, the oldest first."""
    chosen = _all().where(alert_state.c.closed_at.is_(None)).order_by(alert_state.c.opened_at, alert_state.c.key)
    return [_incident(row) for row in ops.execute(chosen).mappings()]


def closed_incidents(ops: sa.Connection, *, limit: int) -> list[Incident]:
    """What was wrong, the latest to end first."""
    chosen = _all().where(alert_state.c.closed_at.is_not(None)).order_by(alert_state.c.closed_at.desc()).limit(limit)
    return [_incident(row) for row in ops.execute(chosen).mappings()]


def keep(ops: sa.Connection, known: Incident) -> None:
    """Write down what is known now."""
    facts = json.dumps(dict(known.facts), sort_keys=True, default=str)
    upsert(ops, alert_state, {**asdict(known), "facts": facts})


def _all() -> sa.Select:
    return sa.select(*(alert_state.c[column.name] for column in fields(Incident)))


def _incident(row: sa.RowMapping) -> Incident:
    return Incident(**{**row, "facts": json.loads(row["facts"])})
