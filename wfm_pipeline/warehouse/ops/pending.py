"""What is wrong and not yet for long enough to be told: one timer per thing, which outlives whoever watches it.

Not here: what was told (incidents.py), and how long is long enough (monitoring/alerts).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields

import sqlalchemy as sa

from wfm_pipeline.warehouse.ops.store import rows_of, upsert
from wfm_pipeline.warehouse.ops.tables import alert_pending


@dataclass(frozen=True, slots=True)
class Pending:
    """The timer of a thing.

    Attributes:
        key, kind, thing, severity, what: The thing, as it looked when it was last wrong.
        seen_at: The latest look that counted, naive UTC.
        wrong_since: Since when it is wrong; None where the timer does not run.
        times: How often it was seen to be wrong since then [count].
    """

    key: str
    kind: str
    thing: str
    severity: str
    seen_at: dt.datetime
    wrong_since: dt.datetime | None
    times: int
    what: str


def pending_of(ops: sa.Connection, keys: Iterable[str]) -> dict[str, Pending]:
    """Key -> timer, running or not, of the things that ever had one; ask `incidents_of` before, which keeps others out."""
    return {row["key"]: Pending(**row) for row in rows_of(ops, _all(), alert_pending, keys)}


def running_pending(ops: sa.Connection) -> list[Pending]:
    """The timers that run, the oldest first."""
    is_running = alert_pending.c.wrong_since.is_not(None)
    chosen = _all().where(is_running).order_by(alert_pending.c.wrong_since, alert_pending.c.key)
    return [Pending(**row) for row in ops.execute(chosen).mappings()]


def keep_pending(ops: sa.Connection, timer: Pending) -> None:
    """Write a timer down."""
    upsert(ops, alert_pending, asdict(timer))


def _all() -> sa.Select:
    return sa.select(*(alert_pending.c[column.name] for column in fields(Pending)))
