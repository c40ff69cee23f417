"""What time, and somebody who takes it, do to an open incident: reminders, and further receivers where nobody does.

Pure. Not here: what a look brings (weighing), and the end of the quiet hours (digest).
"""

import dataclasses
import datetime as dt
import fnmatch

from wfm_pipeline.monitoring.alerts.incidents import is_due_again, severity_of
from wfm_pipeline.monitoring.alerts.kinds import rank
from wfm_pipeline.monitoring.alerts.rules import Rules
from wfm_pipeline.settings_groups import EscalationStep
from wfm_pipeline.warehouse.ops.incidents import Incident


def reminded(known: Incident, rules: Rules, *, now: dt.datetime) -> Incident | None:
    """The incident once it is told again; None where that is not due, or has to wait for the end of the quiet hours."""
    is_due = is_due_again(known, now=now, every=rules.reminder)
    if not is_due or rules.held_until(severity_of(known), now):
        return None
    return dataclasses.replace(known, told_at=now)


def acknowledged(known: Incident, *, by: str, until: dt.datetime | None, now: dt.datetime) -> Incident:
    """The incident once somebody takes it; when that runs out, the escalation begins anew."""
    return dataclasses.replace(
        known,
        acknowledged_by=by,
        acknowledged_at=now,
        acknowledged_until=until,
        waits_since=until or known.waits_since,
        escalated=(),
    )


def due_steps(known: Incident, rules: Rules, *, now: dt.datetime) -> list[EscalationStep]:
    """Steps of the escalation that are due now, the earliest first: nobody took it for so long, and they were not told yet.

    Of what waits for the end of the quiet hours nobody further is told before. A step that is not at work is due once it is.
    """
    if not known.is_open or known.is_acknowledged(now) or rules.held_until(severity_of(known), now):
        return []
    since = known.waits_since or known.told_at
    return [
        step
        for step in rules.steps
        if step.name not in known.escalated
        and rank(severity_of(known)) >= rank(step.severity)
        and is_meant(step, known)
        and step.is_at_work(rules.local(now))
        and now - since >= dt.timedelta(minutes=step.minutes)
    ]


def is_meant(step: EscalationStep, known: Incident) -> bool:
    """Whether a step is told of such a matter: its kind, and its queue where the step names queues (`*` stands for any letters)."""
    if step.kinds and known.kind not in step.kinds:
        return False
    facts = known.facts
    several = facts.get("queues")
    queues = [*(several if isinstance(several, list) else []), facts.get("queue_id"), facts.get("service_id")]
    return not step.queues or any(
        fnmatch.fnmatchcase(str(queue), pattern) for queue in queues if queue is not None for pattern in step.queues
    )
