"""What is wrong now and what was: one row per thing, so that it is told when it begins and when it ends, not at every look.

Not here: what is not wrong for long enough to be told (pending.py), and what of it is told (monitoring/alerts).
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields

import sqlalchemy as sa

from wfm_pipeline.warehouse.ops.store import keep_others_out, rows_of, upsert
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
        severity: As it was last told; None in rows of an older version, where it is the kind's.
        well_since: It looks well since then, and not yet for long enough to be over.
        eased_since, eased_severity: It looks less severe since then, at worst so, and not yet for long enough.
        waits_since: Since when somebody should take it.
        acknowledged_by, acknowledged_at: Who takes it, since when; None while nobody does.
        acknowledged_until: Until when; None: until it is over, or worse.
        escalated: Steps of the escalation that were told.
        children: Things that it swallowed at the latest look that counted them [count].
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
    severity: str | None = None
    well_since: dt.datetime | None = None
    eased_since: dt.datetime | None = None
    eased_severity: str | None = None
    waits_since: dt.datetime | None = None
    acknowledged_by: str | None = None
    acknowledged_at: dt.datetime | None = None
    acknowledged_until: dt.datetime | None = None
    escalated: tuple[str, ...] = ()
    children: int = 0

    @property
    def is_open(self) -> bool:
        """True while it is wrong."""
        return self.closed_at is None

    def is_acknowledged(self, now: dt.datetime) -> bool:
        """True while somebody takes it."""
        return self.acknowledged_by is not None and (self.acknowledged_until is None or now < self.acknowledged_until)


def incident(ops: sa.Connection, key: str) -> Incident | None:
    """What is known of a thing; whoever asks inside `writing` is the only one to change anything until the end."""
    keep_others_out(ops, alert_state)
    row = ops.execute(_all().where(alert_state.c.key == key)).mappings().one_or_none()
    return _incident(row) if row else None


def incidents_of(ops: sa.Connection, keys: Iterable[str]) -> dict[str, Incident]:
    """Key -> what is known, of the things that were ever wrong; others are kept out as in `incident`."""
    keep_others_out(ops, alert_state)
    return {row["key"]: _incident(row) for row in rows_of(ops, _all(), alert_state, keys)}


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
    upsert(ops, alert_state, {**asdict(known), "facts": facts, "escalated": json.dumps(known.escalated)})


def _all() -> sa.Select:
    return sa.select(*(alert_state.c[column.name] for column in fields(Incident)))


def _incident(row: sa.RowMapping) -> Incident:
    escalated = tuple(json.loads(row["escalated"] or "[]"))
    given = {**row, "facts": json.loads(row["facts"]), "escalated": escalated, "children": row["children"] or 0}
    return Incident(**given)
