"""What the alerts room speaks of: one look at a thing, what is told of it, and the names of alerts.

Pure. Not here: what a look does to what is known (weighing), how it is worded (words) and kept (handling, the ops store).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wfm_pipeline.monitoring.alerts.kinds import KINDS, SEVERITIES, Kind, rank
from wfm_pipeline.settings_groups import Severity
from wfm_pipeline.warehouse.ops.incidents import Incident

Event = Literal["opened", "changed", "reminder", "escalated", "closed"]
Look = Literal["wrong", "between", "well"]
"""How a thing looks: past the limit at which it is wrong, past that at which it is well again, or between the two."""


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
        severity: How bad it is; None: as its kind.
        is_between: It is neither wrong nor well again: what is open stays open, and timers go on (`limits.TwoLimits`).
        parent: Key of the thing that it hangs on, such as the source of a service; while that is wrong, this one is not
            told but counted. Both belong into one `AlertDesk.take`.
    """

    key: str
    kind: Kind
    is_wrong: bool
    at: dt.datetime
    thing: str
    what: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    severity: Severity | None = None
    is_between: bool = False
    parent: str | None = None

    @property
    def look(self) -> Look:
        """How it looks."""
        return "between" if self.is_between else "wrong" if self.is_wrong else "well"

    @property
    def weight(self) -> Severity:
        """How bad it is, its kind's where it does not say."""
        return self.severity or self.kind.severity


def kind_of(incident: Incident) -> Kind:
    """The incident's kind."""
    return KINDS[incident.kind]


def severity_of(incident: Incident) -> Severity:
    """How bad it is, as it was last told; its kind's in what an older version wrote."""
    return next((known for known in SEVERITIES if known == incident.severity), kind_of(incident).severity)


def worst(first: Severity, second: Severity) -> Severity:
    """The worse of two."""
    return max(first, second, key=rank)


def is_due_again(known: Incident, *, now: dt.datetime, every: dt.timedelta) -> bool:
    """True where it is still wrong, nobody takes it, and it was last told so long ago; zero reminds of nothing."""
    return bool(every) and known.is_open and not known.is_acknowledged(now) and now - known.told_at >= every


def alert_id(incident: Incident, event: Event, *, step: str = "") -> str:
    """Name of one message: the same however often it is made or sent, another for each thing told.

    Args:
        incident: What is known when it is told.
        event: What is told.
        step: Which step of the escalation, where it is one.
    """
    name = f"{incident.incident_id}-{event}"
    if event == "reminder":
        return f"{name}-{incident.told_at:%Y%m%dT%H%M%S}"
    if event == "changed":
        return f"{name}-{incident.severity}-{incident.seen_at:%Y%m%dT%H%M%S%f}"
    if event == "escalated":
        return f"{name}-{step}-{incident.waits_since:%Y%m%dT%H%M%S}"
    return name
