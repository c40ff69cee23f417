"""The escalation plan as people read it, and what a level is told when it is called: to whom what was told, when, and what was tried.

All of it stands in the ops store: letters in the outbox, notes of who tried something. Names of people are in neither line. Not here: which level
is due (waiting).
"""

from collections.abc import Iterable
from typing import Final

import pandas as pd
import sqlalchemy as sa

from wfm_pipeline.monitoring.alerts.words import Further, plain
from wfm_pipeline.settings import Settings
from wfm_pipeline.settings_groups import EscalationStep
from wfm_pipeline.warehouse.ops.incidents import Incident
from wfm_pipeline.warehouse.ops.outbox import Posted, posted_of
from wfm_pipeline.warehouse.ops.tried import tried_of

EVERYBODY: Final = "receivers of every alert"
_LEVEL_COLUMNS: Final = [
    "level",
    "who",
    "after_minutes",
    "severity_from",
    "kinds",
    "queues",
    "hours",
    "weekdays",
    "channels",
]
_MOST_LINES: Final = 20
"""Lines of each sort that go into an alert, the newest [count]."""


def further_of(ops: sa.Connection, known: Incident, step: EscalationStep, steps: Iterable[EscalationStep]) -> Further:
    """What a level is told besides the matter itself."""
    return Further(
        step=step.name,
        who=step.who or "",
        is_at_once=step.minutes == 0,
        told=tuple(told_lines(ops, known.incident_id, steps)[-_MOST_LINES:]),
        tried=tuple(tried_lines(ops, known.incident_id)[-_MOST_LINES:]),
    )


def told_lines(ops: sa.Connection, incident_id: str, steps: Iterable[EscalationStep]) -> list[str]:
    """What was told of a matter, to whom, when, and by which ways it went out, the oldest first."""
    names = {step.name: step.who or step.name for step in steps}
    by_alert = dict[str, list[Posted]]()
    for letter in posted_of(ops, incident_id):
        by_alert.setdefault(letter.alert_id, []).append(letter)
    return [_told(alert_id.removeprefix(f"{incident_id}-"), letters, names) for alert_id, letters in by_alert.items()]


def tried_lines(ops: sa.Connection, incident_id: str) -> list[str]:
    """What was tried, the oldest first, without who did."""
    return [f"{tried.tried_at:%Y-%m-%d %H:%M} UTC {plain(tried.what)}" for tried in tried_of(ops, [incident_id])]


def levels_table(settings: Settings) -> pd.DataFrame:
    """The levels in the order in which they are called."""
    steps = sorted(settings.alert_escalation, key=lambda step: (step.minutes, step.name))
    everybody = (0, EVERYBODY, 0.0, "low", "all", "all", "always", "all", ", ".join(settings.alert_channels) or "none")
    rows = [everybody, *(_level(number, step) for number, step in enumerate(steps, start=1))]
    return pd.DataFrame(rows, columns=_LEVEL_COLUMNS)


def _level(number: int, step: EscalationStep) -> tuple[object, ...]:
    return (
        number, step.who or step.name, step.minutes, step.severity, ", ".join(step.kinds) or "all",
        ", ".join(step.queues) or "all", step.hours or "always", ", ".join(step.weekdays) or "all",
        ", ".join(step.channels),
    )  # fmt: skip


def _told(rest: str, letters: list[Posted], names: dict[str, str]) -> str:
    """One alert: its id without the matter's begins with the event, then the step where it is one."""
    event = rest.split("-", 1)[0]
    step = next((name for name in sorted(names, key=len, reverse=True) if rest.startswith(f"escalated-{name}-")), "")
    whom = names.get(step, EVERYBODY if event != "escalated" else "a level that is not in the plan any more")
    ways = ", ".join(f"{letter.channel.split(':', 1)[0]} ({_state(letter)})" for letter in letters)
    return f"{letters[0].created_at:%Y-%m-%d %H:%M} UTC {event} to {whom}: {ways}"


def _state(letter: Posted) -> str:
    if letter.delivered_at:
        return f"out {letter.delivered_at:%H:%M}"
    if letter.digest_id:
        return "in a digest"
    return (
        "waits for the end of the quiet hours" if letter.is_held else "given up" if letter.is_given_up else "on its way"
    )
