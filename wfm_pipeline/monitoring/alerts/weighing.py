"""What a look does to what is known of a thing: the state machine between well, pending, open and over again.

    well -> pending    a look that is wrong
    pending -> well    a look that is well
    pending -> open    a look that is wrong, `pending_seconds` after the first: told
    open -> over       a look that is well, `clear_seconds` after the first without one that was wrong in between: told

A look between two limits changes no state and stops no timer. A worse severity is told at once, a lesser one after
`clear_seconds`. Pure: timers are instants in what is known, so that whoever goes on where another was killed goes on with
them. Not here: things that hang on others (grouping), what time alone brings (waiting).
"""

import dataclasses
import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

from wfm_pipeline.monitoring.alerts.incidents import Event, Sighting, severity_of, worst
from wfm_pipeline.monitoring.alerts.kinds import rank
from wfm_pipeline.monitoring.alerts.rules import Rules
from wfm_pipeline.settings_groups import Severity
from wfm_pipeline.warehouse.ops.incidents import Incident
from wfm_pipeline.warehouse.ops.pending import Pending

_NAMESPACE: Final = uuid.UUID("6f1c7a34-3f3b-4a53-9a5e-0a7e7c0d2f11")
"""Any constant does: it makes the same cause the same id in every process."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a thing.

    Attributes:
        incident: What is, or was, wrong with it; None where nothing ever was for long enough.
        timer: Its timer, running or not; None where it never had one.
    """

    incident: Incident | None = None
    timer: Pending | None = None

    @property
    def is_open(self) -> bool:
        """True where it is wrong and told."""
        return self.incident is not None and self.incident.is_open

    @property
    def is_pending(self) -> bool:
        """True where its timer runs."""
        return self.timer is not None and self.timer.wrong_since is not None

    @property
    def seen_at(self) -> dt.datetime | None:
        """The latest look that counted."""
        return max((one.seen_at for one in (self.incident, self.timer) if one), default=None)


def weigh(known: Known, seen: Sighting, rules: Rules, *, now: dt.datetime) -> tuple[Known, Event | None]:
    """What is known after a look, and what has to be told.

    A look that is not later than the latest one changes nothing: the same run may be looked at twice.

    Args:
        known: What was known of the thing.
        seen: The look.
        rules: How long its kind waits.
        now: When it is told, naive UTC.

    Returns:
        What is known now, and the event to tell, or None.
    """
    if known.seen_at is not None and seen.at <= known.seen_at:
        return known, None
    if known.incident is not None and known.incident.is_open:
        incident, event = _look_at_open(known.incident, seen, rules, now)
        return Known(incident, known.timer), event
    if seen.look == "wrong":
        return _look_at_wrong(known, seen, rules, now)
    if known.timer is None or known.timer.wrong_since is None:
        return known, None
    since = known.timer.wrong_since if seen.look == "between" else None
    return Known(known.incident, dataclasses.replace(known.timer, seen_at=seen.at, wrong_since=since)), None


def without_timer(known: Known, *, at: dt.datetime) -> Known:
    """The same with its timer stopped."""
    if known.timer is None or known.timer.wrong_since is None:
        return known
    stopped = dataclasses.replace(known.timer, wrong_since=None, seen_at=max(at, known.timer.seen_at))
    return Known(known.incident, stopped)


def _look_at_wrong(known: Known, seen: Sighting, rules: Rules, now: dt.datetime) -> tuple[Known, Event | None]:
    running = known.timer if known.is_pending else None
    since = (running.wrong_since if running else None) or seen.at
    times = running.times + 1 if running else 1
    if seen.at - since >= rules.pending(seen.kind):
        opened = _opened(seen, since, times, rules.held_until(seen.weight, now) or now, now)
        return Known(opened, without_timer(known, at=seen.at).timer), "opened"
    timer = Pending(seen.key, seen.kind.name, seen.thing, seen.weight, seen.at, since, times, seen.what)
    return Known(known.incident, timer), None


def _look_at_open(known: Incident, seen: Sighting, rules: Rules, now: dt.datetime) -> tuple[Incident, Event | None]:
    looked = dataclasses.replace(known, seen_at=seen.at)
    if seen.look == "wrong":
        return _look_at_still_wrong(looked, seen, rules, now)
    if seen.look == "between":
        return looked, None
    since = known.well_since or seen.at
    if seen.at - since < rules.clear(seen.kind):
        return dataclasses.replace(looked, well_since=since), None
    over = dataclasses.replace(looked, told_at=now, closed_at=since, well_since=None)
    return dataclasses.replace(over, eased_since=None, eased_severity=None), "closed"


def _look_at_still_wrong(
    known: Incident, seen: Sighting, rules: Rules, now: dt.datetime
) -> tuple[Incident, Event | None]:
    again = dataclasses.replace(
        known, kind=seen.kind.name, times=known.times + 1, what=seen.what, facts=seen.facts, well_since=None
    )
    told = severity_of(known)
    if rank(seen.weight) > rank(told):
        return _worse(again, seen.weight, rules.held_until(seen.weight, now) or now, now), "changed"
    if seen.weight == told:
        return dataclasses.replace(again, severity=told, eased_since=None, eased_severity=None), None
    return _eased(again, seen, rules.clear(seen.kind), now)


def _worse(known: Incident, severity: Severity, waits_since: dt.datetime, now: dt.datetime) -> Incident:
    """Whoever took it, took a lesser matter: somebody has to take it anew."""
    taken = dataclasses.replace(known, acknowledged_by=None, acknowledged_at=None, acknowledged_until=None)
    return dataclasses.replace(
        taken,
        severity=severity,
        told_at=now,
        waits_since=waits_since,
        escalated=(),
        eased_since=None,
        eased_severity=None,
    )


def _eased(known: Incident, seen: Sighting, clear: dt.timedelta, now: dt.datetime) -> tuple[Incident, Event | None]:
    """It is told as the worst that it looked since it eased; whoever takes it is not told."""
    since = known.eased_since or seen.at
    before = dataclasses.replace(known, severity=known.eased_severity) if known.eased_severity else None
    now_so = worst(severity_of(before), seen.weight) if before else seen.weight
    if seen.at - since < clear:
        return dataclasses.replace(known, eased_since=since, eased_severity=now_so), None
    goes_on = rank(seen.weight) < rank(now_so)
    eased = dataclasses.replace(
        known,
        severity=now_so,
        eased_since=seen.at if goes_on else None,
        eased_severity=seen.weight if goes_on else None,
    )
    if known.is_acknowledged(now):
        return eased, None
    return dataclasses.replace(eased, told_at=now), "changed"


def _opened(seen: Sighting, since: dt.datetime, times: int, waits_since: dt.datetime, now: dt.datetime) -> Incident:
    name = str(uuid.uuid5(_NAMESPACE, f"{seen.key} {since.isoformat()}"))
    return Incident(
        key=seen.key,
        kind=seen.kind.name,
        thing=seen.thing,
        incident_id=name,
        opened_at=since,
        seen_at=seen.at,
        told_at=now,
        times=times,
        what=seen.what,
        facts=seen.facts,
        severity=seen.weight,
        waits_since=waits_since,
    )
