"""Who holds what: the words behind a lock. The lock itself dies with its owner (locks.py); a lease only tells."""

import datetime as dt
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from wfm_pipeline.warehouse.ops.store import upsert
from wfm_pipeline.warehouse.ops.tables import lease


@dataclass(frozen=True, slots=True)
class Lease:
    """One holder.

    Attributes:
        name: What is held.
        owner: What holds it, in words.
        host, pid: Where it runs.
        run_id: Dagster run, where there is one.
        since: Since when, UTC.
        heartbeat_at: Last sign of life, UTC.
    """

    name: str
    owner: str
    host: str
    pid: int
    run_id: str | None
    since: dt.datetime
    heartbeat_at: dt.datetime

    def __str__(self) -> str:
        """Who holds it and since when, for a message."""
        run = f", run {self.run_id[:8]}" if self.run_id else ""
        return f"{self.owner} (host {self.host}, process {self.pid}{run}) since {self.since:%Y-%m-%d %H:%M:%S} UTC"


def write_lease(ops: sa.Connection, held: Lease) -> None:
    """Note a holder, in place of the one before."""
    upsert(ops, lease, asdict(held))


def holder(ops: sa.Connection, name: str) -> Lease | None:
    """Who holds it, or held it and died; None where it was given back."""
    row = ops.execute(sa.select(lease).where(lease.c.name == name)).mappings().one_or_none()
    return Lease(**row) if row else None


def give_back(ops: sa.Connection, held: Lease) -> None:
    """Take one's own note away; a later holder's stays."""
    is_ours = (lease.c.name == held.name) & (lease.c.host == held.host) & (lease.c.pid == held.pid)
    ops.execute(sa.delete(lease).where(is_ours, lease.c.since == held.since))


def leases_of_run(ops: sa.Connection, run_id: str) -> list[Lease]:
    """What a Dagster run holds, or held when it died."""
    rows = ops.execute(sa.select(lease).where(lease.c.run_id == run_id).order_by(lease.c.name)).mappings()
    return [Lease(**row) for row in rows]
