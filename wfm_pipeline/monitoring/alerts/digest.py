"""The digest: what waited for the end of the quiet hours, as one alert for each channel.

A letter that waits and the digest it goes into change in one transaction; the digest then goes out as any alert does. Not
here: what waits (rules), when the hours end (quiet).
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from wfm_pipeline.monitoring.alerts.kinds import DIGEST, SEVERITIES
from wfm_pipeline.warehouse.ops.outbox import Alert, Letter, held, mark_in_digest, put

_NAMESPACE: Final = uuid.UUID("d0f6a4d2-6f0e-4b43-8a51-0d9c2a0b7e55")
"""Any constant does: the same alerts make the same digest in every process."""
_MOST_LINES: Final = 50
"""Alerts that a digest names in its text; all of them are in its facts [count]."""


def put_digests(ops: sa.Connection, *, source: str, now: dt.datetime) -> list[Alert]:
    """Put what has waited long enough into one digest per channel; gives the digests."""
    by_channel = defaultdict[str, list[Letter]](list)
    for letter in held(ops, until=now):
        by_channel[letter.channel].append(letter)
    digests = []
    for channel, letters in by_channel.items():
        digest = digest_of([letter.alert for letter in letters], channel=channel, source=source)
        put(ops, digest, channels=[channel], now=now)
        for letter in letters:
            mark_in_digest(ops, letter, digest.alert_id)
        digests.append(digest)
    return digests


def digest_of(alerts: Sequence[Alert], *, channel: str, source: str) -> Alert:
    """One alert that tells of several, in the order in which they came.

    Args:
        alerts: At least one.
        channel: The way it goes: each has a digest of its own, for each may have missed other alerts.
        source: Whose house it is.
    """
    name = f"digest-{uuid.uuid5(_NAMESPACE, ' '.join([channel, *(alert.alert_id for alert in alerts)]))}"
    count = f"{len(alerts)} alerts" if len(alerts) > 1 else "1 alert"
    title = DIGEST.wrong.format(thing=count)
    lines = [_line(alert) for alert in alerts[:_MOST_LINES]]
    more = [f"and {len(alerts) - _MOST_LINES} more"] if len(alerts) > _MOST_LINES else []
    facts = {
        "event": "digest",
        "incident_id": name,
        "source": source,
        "what": title,
        "runbook": DIGEST.where,
        "alerts": [{"alert_id": alert.alert_id, "severity": alert.severity, **alert.facts} for alert in alerts],
    }
    body = "\n".join([f"{title}.", "", *lines, *more, "", f"what to do: {DIGEST.where}", f"alert: {name}"])
    worst = max((alert.severity for alert in alerts), key=_rank)
    return Alert(name, DIGEST.name, worst, f"[wfm {source}] {title}", body, facts)


def _line(alert: Alert) -> str:
    since, until = alert.facts.get("since"), alert.facts.get("until")
    times = f"since {since}" + (f" until {until}" if until else "") if since else ""
    what = alert.facts.get("what")
    return "; ".join(str(part) for part in (f"{alert.severity}: {alert.subject}", times, what) if part)


def _rank(severity: str) -> int:
    return next((place for place, known in enumerate(SEVERITIES) if known == severity), 0)
