"""What is an alert and what is not: one incident per thing that is wrong, told when it begins, now and then, and when it ends.

Pure: what was known and what is seen now go in, what is known then and what has to be told come out.
Not here: how it is worded (words) and kept (handling, the ops store).
"""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from wfm_pipeline.monitoring.alerts.kinds import KINDS, Kind
from wfm_pipeline.warehouse.ops.incidents import Incident

Event = Literal["opened", "reminder", "closed"]
_NAMESPACE: Final = uuid.UUID("6f1c7a34-3f3b-4a53-9a5e-0a7e7c0d2f11")
"""Any constant does: it makes the same cause the same id in every process."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One look at a thing.

    Attributes:
        key: Name of the thing, the same at every look, such as `run:telephony:nightly`.
        kind: What would be the matter.
        is_wrong: Whether it is.
        at: When it was so, naive UTC: the end of the run, not the time of looking.
        thing: What it is about in words.
        what: What is wrong, in one line of our own words.
        facts: Job, run, numbers: what machines may want. No personal data.
    """

    key: str
    kind: Kind
    is_wrong: bool
    at: dt.datetime
    thing: str
    what: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


def weigh(known: Incident | None, seen: Sighting, *, now: dt.datetime) -> tuple[Incident | None, Event | None]:
    """What is known after a look, and what has to be told.

    A look that is not later than the latest one changes nothing: the same run may be looked at twice.

    Args:
        known: What was known of the thing; None where it was never wrong.
        seen: The look.
        now: When it is told, naive UTC.

    Returns:
        What is known now (None where there is still nothing to know), and the event to tell, or None.
    """
    if known is not None and seen.at <= known.seen_at:
        return known, None
    if known is None or not known.is_open:
        return (_opened(seen, now), "opened") if seen.is_wrong else (known, None)
    if not seen.is_wrong:
        return dataclasses.replace(known, seen_at=seen.at, told_at=now, closed_at=seen.at), "closed"
    again = dataclasses.replace(
        known, kind=seen.kind.name, seen_at=seen.at, times=known.times + 1, what=seen.what, facts=seen.facts
    )
    return again, None


def is_due_again(known: Incident, *, now: dt.datetime, every: dt.timedelta) -> bool:
    """True where it is still wrong and was last told so long ago; zero reminds of nothing."""
    return bool(every) and known.is_open and now - known.told_at >= every


def alert_id(incident: Incident, event: Event) -> str:
    """Name of one message: the same however often it is made or sent, another for each thing told."""
    if event == "reminder":
        return f"{incident.incident_id}-reminder-{incident.told_at:%Y%m%dT%H%M%S}"
    return f"{incident.incident_id}-{event}"


def kind_of(incident: Incident) -> Kind:
    """The incident's kind."""
    return KINDS[incident.kind]


def _opened(seen: Sighting, now: dt.datetime) -> Incident:
    name = str(uuid.uuid5(_NAMESPACE, f"{seen.key} {seen.at.isoformat()}"))
    return Incident(
        key=seen.key,
        kind=seen.kind.name,
        thing=seen.thing,
        incident_id=name,
        opened_at=seen.at,
        seen_at=seen.at,
        told_at=now,
        times=1,
        what=seen.what,
        facts=seen.facts,
    )
