"""Acknowledgement: somebody takes an open alert, so that nobody is reminded or called about it until it is over, or worse.

Here too: what somebody tried against it, written down for whoever is called next.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from wfm_pipeline.errors import SettingsError, shown
from wfm_pipeline.monitoring.alerts.waiting import acknowledged
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.ops.incidents import Incident, incident, keep, open_incidents
from wfm_pipeline.warehouse.ops.tried import Tried, keep_tried

_SHORTEST_ID = 4
"""Fewer letters of an id could be meant for another [count]."""
_LONGEST_NAME = 100
"""Letters of the name of who takes it [count]."""
_LONGEST_NOTE = 300
"""Letters of what was tried [count]."""


def acknowledge(house: House, name: str, *, by: str, until: str | None, now: dt.datetime) -> Incident:
    """Note who takes an open alert; a second note replaces the first.

    Args:
        house: The house.
        name: Id of the matter or of one of its alerts, or how it begins.
        by: Who takes it.
        until: Until when, on the site's clock: `2026-03-01 18:00`, or `18:00` for the next time it is that; None: until it
            is over, or worse.
        now: The time, naive UTC.

    Returns:
        The incident as it is known now.

    Raises:
        SettingsError: no open alert has the id or several have, nobody is named, or the time is none that is to come.
    """
    who = _line(by, "--by must say who takes it", _LONGEST_NAME)
    ends = _instant(until, house.site.time_zone, now) if until else None
    with house.open_ops() as store, store.writing() as ops:
        found = open_one(ops, name)
        known = incident(ops, found.key)
        if known is None or not known.is_open or known.incident_id != found.incident_id:
            raise SettingsError(f"the alert {shown(name)} is over by now", got=name)
        taken = acknowledged(known, by=who, until=ends, now=now)
        keep(ops, taken)
    return taken


def note_tried(house: House, name: str, *, by: str, what: str, now: dt.datetime) -> Tried:
    """Write down what was tried against an open alert; whoever is called next reads it, without who it was.

    Args:
        house: The house.
        name: Id of the matter or of one of its alerts, or how it begins.
        by: Who tried it.
        what: What was done.
        now: The time, naive UTC.

    Returns:
        What was written down.

    Raises:
        SettingsError: no open alert has the id or several have, or nobody or nothing is named.
    """
    who = _line(by, "--by must say who tried it", _LONGEST_NAME)
    done = _line(what, "--note must say what was tried", _LONGEST_NOTE)
    with house.open_ops() as store, store.writing() as ops:
        tried = Tried(open_one(ops, name).incident_id, now, who, done)
        keep_tried(ops, tried)
    return tried


def open_one(ops: sa.Connection, name: str) -> Incident:
    """The open alert that is meant.

    Raises:
        SettingsError: no open alert has the id, or several have.
    """
    found = [known for known in open_incidents(ops) if _is_meant(known, name)]
    if len(found) != 1:
        how_many = "several open alerts have" if found else "no open alert has"
        raise SettingsError(f"{how_many} the id {shown(name)}; `wfm alerts` lists what is open", got=name)
    return found[0]


def _line(text: str, must: str, longest: int) -> str:
    line = " ".join(text.split())
    if not line or len(line) > longest or not line.isprintable():
        raise SettingsError(f"{must}, in at most {longest} letters, got {shown(text)}", got=text)
    return line


def _is_meant(known: Incident, name: str) -> bool:
    text = name.strip().lower()
    return len(text) >= _SHORTEST_ID and (
        known.incident_id.startswith(text) or text.startswith(f"{known.incident_id}-")
    )


def _instant(text: str, time_zone: str, now: dt.datetime) -> dt.datetime:
    """A time of the site's clock as naive UTC; one that comes twice is the first, one that the clock skips comes after it."""
    zone = ZoneInfo(time_zone)
    today = now.replace(tzinfo=dt.UTC).astimezone(zone).date()
    try:
        if len(text.strip()) <= len("18:00"):
            time = dt.time.fromisoformat(text.strip().zfill(len("18:00")))
            days = (dt.datetime.combine(today + dt.timedelta(days=more), time) for more in (0, 1))
            return next(at for at in (_utc(local, zone) for local in days) if at > now)
        local = dt.datetime.fromisoformat(text.strip())
        at = _utc(local, zone) if local.tzinfo is None else local.astimezone(dt.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise SettingsError(f"--until must be a time such as '2026-03-01 18:00' or 18:00, got {shown(text)}") from None
    if at <= now:
        raise SettingsError(f"--until must be a time to come on the site's clock ({time_zone}), got {shown(text)}")
    return at


def _utc(local: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return local.replace(tzinfo=zone).astimezone(dt.UTC).replace(tzinfo=None)
