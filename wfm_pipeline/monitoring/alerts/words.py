"""How an alert reads: one line, a few lines of text, and the same for machines. No secret and no personal data gets past here.

Not here: what has to be told (incidents) and how it goes out (channels).
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from wfm_pipeline.monitoring.alerts.incidents import Event, alert_id, kind_of, severity_of
from wfm_pipeline.reports.words.plain_words import one_line
from wfm_pipeline.urls import masked
from wfm_pipeline.warehouse.ops.incidents import Incident
from wfm_pipeline.warehouse.ops.outbox import Alert

_ADDRESS: Final = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_LONG_NUMBER: Final = re.compile(r"\+?\d(?:[ ()/-]?\d){6,}")
"""Seven digits or more: a caller's or a customer's number, unless it begins as a date does."""
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_QUOTED: Final = re.compile(r"(?<!\w)('[^']*'|\"[^\"]*\")(?!\w)")
"""What a message quotes is a value of somebody's data."""
_LONGEST: Final = 500
"""Letters of what is wrong that go into an alert; the rest is in the run [count]."""


@dataclass(frozen=True, slots=True)
class Further:
    """What a level of the escalation is told besides.

    Attributes:
        step: Its name in the store.
        who: What people call it; empty where it has no name.
        is_at_once: It is told when the alert opens, before anybody could have taken it.
        told: What was told to whom and when, the oldest first.
        tried: What was tried, the oldest first.
    """

    step: str = ""
    who: str = ""
    is_at_once: bool = False
    told: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()


NO_LEVEL: Final = Further()
"""What is told to everybody."""


def alert_of(
    incident: Incident, event: Event, *, source: str, ui_url: str | None, further: Further = NO_LEVEL
) -> Alert:
    """The message of an event.

    Args:
        incident: What is known.
        event: What is told of it.
        source: Whose house it is.
        ui_url: Where the Dagster UI is, for a link to the run; None leaves it out.
        further: Of a level of the escalation, where it goes to one.
    """
    kind, severity = kind_of(incident), severity_of(incident)
    title = (kind.well if event == "closed" else kind.wrong).format(thing=incident.thing)
    first = {"reminder": "still: ", "changed": f"now {severity}: ", "escalated": _called(further)}.get(event, "")
    subject = f"[wfm {source}] {first}{title}"
    name = alert_id(incident, event, step=further.step)
    facts = {
        "event": event,
        "incident_id": incident.incident_id,
        "source": source,
        "thing": incident.thing,
        "what": plain(incident.what),
        "since": _instant(incident.opened_at),
        "until": _instant(incident.closed_at) if incident.closed_at else None,
        "times": incident.times,
        "children": incident.children,
        "escalation": further.step or None,
        "who": further.who or None,
        "told": list(further.told),
        "tried": list(further.tried),
        "runbook": kind.where,
        **incident.facts,
        "link": _link(incident, ui_url),
    }
    return Alert(name, incident.kind, severity, subject, _body(title, severity, facts, name), facts)


def plain(text: str) -> str:
    """Words on one line, not too long, without passwords, quoted values, mail addresses and long numbers."""
    line = _QUOTED.sub("'...'", masked(one_line(" ".join(text.split()))))
    line = _LONG_NUMBER.sub(_number, _ADDRESS.sub("(address)", line))
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."


def _number(found: re.Match[str]) -> str:
    return found.group() if _DATE.match(found.group()) else "(number)"


def _body(title: str, severity: str, facts: dict[str, object], name: str) -> str:
    lines = [
        ("what", facts["what"]),
        ("severity", severity),
        ("since", facts["since"]),
        ("until", facts["until"]),
        ("times", facts["times"] if facts["times"] != 1 else None),
        ("things that hang on it and are not told", facts["children"]),
        ("job", facts.get("job")),
        ("run", facts.get("run_id")),
        ("look at", facts["link"]),
        ("what to do", facts["runbook"]),
        ("alert", name),
    ]
    so_far = [*_list("told so far", facts["told"]), *_list("tried so far", facts["tried"])]
    return "\n".join([f"{title}.", "", *(f"{word}: {value}" for word, value in lines if value), *so_far])


def _list(title: str, lines: object) -> list[str]:
    return ["", f"{title}:", *(f"- {line}" for line in lines)] if isinstance(lines, list) and lines else []


def _called(further: Further) -> str:
    if further.is_at_once:
        return f"for {further.who}: " if further.who else ""
    return "nobody takes it: "


def _link(incident: Incident, ui_url: str | None) -> str | None:
    run = incident.facts.get("run_id")
    return f"{ui_url.rstrip('/')}/runs/{run}" if ui_url and run else None


def _instant(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
