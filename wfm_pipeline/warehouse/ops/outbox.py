"""The outbox: alerts on their way out, at least once.

A sender takes what is due, sends it, and then marks it delivered or failed. One that dies in between
leaves its rows to the next sender, once the time it had for them is over: then a receiver may see an
alert twice, with the same `alert_id`. Not here: how a channel sends.
"""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa

from wfm_pipeline.warehouse.ops.store import insert_if_new
from wfm_pipeline.warehouse.ops.tables import outbox


@dataclass(frozen=True, slots=True)
class Alert:
    """What has to be told.

    Attributes:
        alert_id: Its name, the same on every channel and in every attempt.
        kind: What sort of thing happened, such as `run_failed`.
        severity: `low`, `medium`, `high` or `critical`; `warning` or `error` in letters of an older version.
        subject: One line.
        body: What happened and what to do.
        facts: The same for machines; JSON values.
    """

    alert_id: str
    kind: str
    severity: str
    subject: str
    body: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Letter:
    """An alert that is to go out by one channel.

    Attributes:
        alert: The alert.
        channel: The way it goes.
        created_at: When it was put in, UTC.
        attempts: How many senders have taken it, this one included.
    """

    alert: Alert
    channel: str
    created_at: dt.datetime
    attempts: int


def put(
    ops: sa.Connection,
    alert: Alert,
    *,
    channels: Iterable[str],
    now: dt.datetime,
    held_until: dt.datetime | None = None,
) -> int:
    """Put an alert in, to go out by each channel; one that is in already stays. Gives how many are new.

    Args:
        ops: A connection that writes.
        alert: The alert.
        channels: Ways it goes out.
        now: From when it is due, UTC.
        held_until: It waits for the end of the quiet hours instead, to go out in a digest; None does not wait.
    """
    row = {
        "alert_id": alert.alert_id,
        "kind": alert.kind,
        "severity": alert.severity,
        "subject": alert.subject,
        "body": alert.body,
        "facts": json.dumps(dict(alert.facts), sort_keys=True, default=str),
        "created_at": now,
        "attempts": 0,
        "next_attempt_at": None if held_until else now,
        "held_until": held_until,
    }
    return sum(insert_if_new(ops, outbox, {**row, "channel": channel}) for channel in channels)


def take_due(
    ops: sa.Connection,
    *,
    now: dt.datetime,
    hold: dt.timedelta,
    limit: int = 100,
    leave: Collection[str] = (),
) -> list[Letter]:
    """Take what is due, oldest first, for a while: another sender gets it once `hold` is over and nothing was marked.

    Args:
        ops: A connection that writes.
        now: The time, UTC.
        hold: For how long.
        limit: How many at most.
        leave: Channels that somebody else sends by.
    """
    due = (
        sa.select(outbox)
        .where(outbox.c.next_attempt_at <= now, outbox.c.channel.not_in(list(leave)))
        .order_by(outbox.c.created_at, outbox.c.alert_id, outbox.c.channel)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    letters = [_letter(row) for row in ops.execute(due).mappings()]
    for letter in letters:
        _mark(ops, letter, attempts=letter.attempts, next_attempt_at=now + hold)
    return letters


def mark_delivered(ops: sa.Connection, letter: Letter, *, now: dt.datetime) -> None:
    """It went out."""
    _mark(ops, letter, delivered_at=now, next_attempt_at=None, last_error=None)


def mark_failed(ops: sa.Connection, letter: Letter, *, error: str, next_attempt_at: dt.datetime | None) -> None:
    """It did not go out; it is due again then, or given up with None."""
    _mark(ops, letter, last_error=error, next_attempt_at=next_attempt_at)


def hold_back(ops: sa.Connection, channel: str, *, now: dt.datetime, until: dt.datetime) -> None:
    """What is due by a channel that does not answer waits until then, so that a sender asks it once and not for each."""
    is_due = (outbox.c.channel == channel) & (outbox.c.next_attempt_at <= now)
    ops.execute(sa.update(outbox).where(is_due).values(next_attempt_at=until))


def held(ops: sa.Connection, *, until: dt.datetime) -> list[Letter]:
    """Letters whose quiet hours are over by then and that are in no digest yet, oldest first."""
    chosen = (
        sa.select(outbox)
        .where(outbox.c.held_until <= until, outbox.c.digest_id.is_(None))
        .order_by(outbox.c.created_at, outbox.c.alert_id, outbox.c.channel)
    )
    return [_letter(row) for row in ops.execute(chosen).mappings()]


def mark_in_digest(ops: sa.Connection, letter: Letter, digest_id: str) -> None:
    """It goes out with that alert."""
    _mark(ops, letter, digest_id=digest_id)


def _mark(ops: sa.Connection, letter: Letter, **values: Any) -> None:
    is_it = (outbox.c.alert_id == letter.alert.alert_id) & (outbox.c.channel == letter.channel)
    ops.execute(sa.update(outbox).where(is_it, outbox.c.delivered_at.is_(None)).values(**values))


def _letter(row: sa.RowMapping) -> Letter:
    names = ("alert_id", "kind", "severity", "subject", "body")
    alert = Alert(**{name: row[name] for name in names}, facts=json.loads(row["facts"]))
    return Letter(alert, row["channel"], row["created_at"], row["attempts"] + 1)


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter as it stands in the outbox.

    Attributes:
        alert_id, channel, subject: The letter.
        created_at: When it was put in, UTC.
        attempts: Tries so far.
        delivered_at: When it went out; None where it has not.
        next_attempt_at: When it is tried again; None where it is delivered or given up.
        last_error: Why the last try failed.
        severity: Of the alert.
        held_until: End of the quiet hours that it waits, or waited, for.
        digest_id: The alert it went out with, or goes out with.
    """

    alert_id: str
    channel: str
    subject: str
    created_at: dt.datetime
    attempts: int
    delivered_at: dt.datetime | None
    next_attempt_at: dt.datetime | None
    last_error: str | None
    severity: str
    held_until: dt.datetime | None
    digest_id: str | None

    @property
    def is_held(self) -> bool:
        """True where it waits for the end of the quiet hours."""
        return self.held_until is not None and self.digest_id is None

    @property
    def is_given_up(self) -> bool:
        """True where it never went out and nobody will try again."""
        return self.delivered_at is None and self.next_attempt_at is None and not self.is_held


def posted(ops: sa.Connection, *, limit: int) -> list[Posted]:
    """The newest letters, newest first."""
    columns = [outbox.c[column.name] for column in fields(Posted)]
    rows = ops.execute(sa.select(*columns).order_by(outbox.c.created_at.desc(), outbox.c.channel).limit(limit))
    return [Posted(**row) for row in rows.mappings()]


def not_delivered(ops: sa.Connection) -> list[Posted]:
    """The letters that have not gone out, oldest first: waiting for another try or for the end of the quiet hours, or given up.

    Of those in a digest, the digest says whether it went out.
    """
    columns = [outbox.c[column.name] for column in fields(Posted)]
    is_out = outbox.c.delivered_at.is_not(None) | outbox.c.digest_id.is_not(None)
    chosen = sa.select(*columns).where(~is_out).order_by(outbox.c.created_at, outbox.c.channel)
    return [Posted(**row) for row in ops.execute(chosen).mappings()]


def channels_of(ops: sa.Connection, alert_id: str) -> set[str]:
    """Channels by which an alert was put in, whatever became of it."""
    return set(ops.scalars(sa.select(outbox.c.channel).where(outbox.c.alert_id == alert_id)))


def withdraw(ops: sa.Connection, *, kind: str, begins: str, kept: str) -> int:
    """Take back what a newer letter stands for: letters not gone out are removed, of those gone out the content is emptied.

    Args:
        ops: A connection that writes.
        kind: Their kind.
        begins: How their names begin.
        kept: The name of the newer one.

    Returns:
        How many were on their way.
    """
    older = (
        (outbox.c.kind == kind) & outbox.c.alert_id.startswith(begins, autoescape=True) & (outbox.c.alert_id != kept)
    )
    gone = ops.execute(sa.delete(outbox).where(older, outbox.c.delivered_at.is_(None))).rowcount
    ops.execute(sa.update(outbox).where(older, outbox.c.facts != "{}").values(facts="{}", body=""))
    return gone


def posted_of(ops: sa.Connection, incident_id: str) -> list[Posted]:
    """Every letter about one matter, the oldest first; ids of its alerts begin with its own."""
    columns = [outbox.c[column.name] for column in fields(Posted)]
    chosen = sa.select(*columns).where(outbox.c.alert_id.startswith(f"{incident_id}-", autoescape=True))
    ordered = chosen.order_by(outbox.c.created_at, outbox.c.alert_id, outbox.c.channel)
    return [Posted(**row) for row in ops.execute(ordered).mappings()]


def forget(ops: sa.Connection, *, before: dt.datetime) -> int:
    """Take out what was put in before then and is delivered or given up; gives how many letters."""
    is_over = outbox.c.next_attempt_at.is_(None) & (outbox.c.held_until.is_(None) | outbox.c.digest_id.is_not(None))
    return ops.execute(sa.delete(outbox).where(is_over, outbox.c.created_at < before)).rowcount
