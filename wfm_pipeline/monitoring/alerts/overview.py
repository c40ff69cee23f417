"""What the alerts room knows, as tables for people, and a try of its channels."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Mapping

import pandas as pd

from wfm_pipeline.monitoring.alerts.channels import chosen_channels, report_channels
from wfm_pipeline.monitoring.alerts.channels.faults import ChannelError
from wfm_pipeline.monitoring.alerts.escalation import told_lines
from wfm_pipeline.monitoring.alerts.handling import utc_now
from wfm_pipeline.monitoring.alerts.incidents import severity_of
from wfm_pipeline.monitoring.alerts.kinds import KINDS, TEST
from wfm_pipeline.monitoring.alerts.rules import Rules
from wfm_pipeline.monitoring.alerts.taking import open_one
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.ops.incidents import Incident, closed_incidents, open_incidents
from wfm_pipeline.warehouse.ops.outbox import Alert, Posted, not_delivered
from wfm_pipeline.warehouse.ops.pending import Pending, running_pending
from wfm_pipeline.warehouse.ops.tried import tried_of

_INCIDENT_COLUMNS = [
    "id", "severity", "kind", "thing", "since", "until", "times", "children", "what", "acknowledged_by",
    "acknowledged_at", "acknowledged_until", "escalated", "tried", "what_to_do",
]  # fmt: skip
_OVER_COLUMNS = ["kind", "thing", "since", "until", "times", "what", "what_to_do"]
_PENDING_COLUMNS = ["severity", "kind", "thing", "wrong_since", "told_from", "times", "what"]
_HELD_COLUMNS = ["alert_id", "channel", "severity", "subject", "held_until"]
_SHOWN_ID = 8
"""Letters of an id that people see: enough to tell open alerts apart [count]."""
_LETTER_COLUMNS = ["alert_id", "channel", "subject", "tries", "next_try", "last_error"]


def alert_tables(house: House, *, recent: int) -> dict[str, pd.DataFrame]:
    """What is wrong, what is not wrong for long enough yet, what was (so many, the latest first), and what did not go out."""
    rules = Rules.of(house.settings, time_zone=house.site.time_zone)
    now = utc_now()
    with house.open_ops() as store, store.reading() as ops:
        wrong, over, pending = open_incidents(ops), closed_incidents(ops, limit=recent), running_pending(ops)
        letters, tried = not_delivered(ops), Counter(one.incident_id for one in tried_of(ops, _ids(wrong)))
    waiting = [letter for letter in letters if not letter.is_held]
    held = [letter for letter in letters if letter.is_held]
    return {
        "wrong_now": pd.DataFrame([_incident(known, now, tried) for known in wrong], columns=_INCIDENT_COLUMNS),
        "pending": pd.DataFrame([_pending(timer, rules) for timer in pending], columns=_PENDING_COLUMNS),
        "over": pd.DataFrame([_incident(known, now, tried) for known in over], columns=_INCIDENT_COLUMNS)[
            _OVER_COLUMNS
        ],
        "held_for_quiet_hours": pd.DataFrame([_held(letter) for letter in held], columns=_HELD_COLUMNS),
        "not_gone_out": pd.DataFrame([_letter(letter) for letter in waiting], columns=_LETTER_COLUMNS),
    }


def for_people(table: pd.DataFrame) -> pd.DataFrame:
    """The same with ids as short as `wfm alerts ack` takes them, and without columns that say nothing."""
    shown = table.assign(id=table["id"].str[:_SHOWN_ID]) if "id" in table else table
    return shown.loc[:, shown.map(lambda value: value not in {"", 0}).any()]


def try_channels(house: House) -> pd.DataFrame:
    """Send a test by every channel of alerts and of reports at once, past the outbox; says what each answered."""
    name = f"test-{uuid.uuid4()}"
    title = TEST.wrong.format(thing="test of the channels")
    facts = {"event": "test", "incident_id": name, "source": house.source_map.name, "runbook": TEST.where}
    subject, body = f"[wfm {house.source_map.name}] {title}", f"{title}.\n\nwhat to do: {TEST.where}\nalert: {name}"
    alert = Alert(name, TEST.name, TEST.severity, subject, body, facts)
    rows = []
    for channel, send in {**chosen_channels(house.settings), **report_channels(house.settings)}.items():
        try:
            send(alert)
            rows.append((channel, "yes", ""))
        except ChannelError as error:
            rows.append((channel, "NO", str(error)))
    return pd.DataFrame(rows, columns=["channel", "went_out", "why_not"])


def letters_words(house: House) -> str:
    """How the outbox is, in words.

    Raises:
        ChannelError: an alert was given up.
    """
    with house.open_ops() as store, store.reading() as ops:
        waiting, wrong = not_delivered(ops), open_incidents(ops)
    given_up = [letter for letter in waiting if letter.is_given_up]
    if given_up:
        last = given_up[-1]
        raise ChannelError(f"{len(given_up)} alerts were given up, the last by {last.channel}: {last.last_error}")
    return f"{', '.join(house.settings.alert_channels) or 'no channel'}; {len(wrong)} open, {len(waiting)} on their way"


def history_tables(house: House, name: str) -> dict[str, pd.DataFrame]:
    """What was told of an open alert to whom and when, and what was tried by whom.

    Raises:
        SettingsError: no open alert has the id, or several have.
    """
    with house.open_ops() as store, store.reading() as ops:
        known = open_one(ops, name)
        told, tried = (
            told_lines(ops, known.incident_id, house.settings.alert_escalation),
            tried_of(ops, [known.incident_id]),
        )
    rows = [(_minute(one.tried_at), one.tried_by, one.what) for one in tried]
    return {
        "told": pd.DataFrame({"told": told}),
        "tried": pd.DataFrame(rows, columns=["tried_at", "tried_by", "what"]),
    }


def _ids(known: list[Incident]) -> list[str]:
    return [one.incident_id for one in known]


def _incident(known: Incident, now: dt.datetime, tried: Mapping[str, int]) -> tuple[object, ...]:
    is_taken = known.is_acknowledged(now)
    return (
        known.incident_id, severity_of(known), known.kind, known.thing, _minute(known.opened_at),
        _minute(known.closed_at), known.times, known.children, known.what,
        (known.acknowledged_by or "") if is_taken else "", _minute(known.acknowledged_at) if is_taken else "",
        _minute(known.acknowledged_until) if is_taken else "", ", ".join(known.escalated),
        tried.get(known.incident_id, 0), KINDS[known.kind].where,
    )  # fmt: skip


def _pending(timer: Pending, rules: Rules) -> tuple[object, ...]:
    told_from = timer.wrong_since + rules.pending(KINDS[timer.kind]) if timer.wrong_since else None
    return (
        timer.severity, timer.kind, timer.thing, _second(timer.wrong_since), _second(told_from), timer.times, timer.what
    )  # fmt: skip


def _held(letter: Posted) -> tuple[str, str, str, str, str]:
    return letter.alert_id, letter.channel, letter.severity, letter.subject, _minute(letter.held_until)


def _letter(letter: Posted) -> tuple[str, str, str, int, str, str]:
    again = _second(letter.next_attempt_at) or "given up"
    return letter.alert_id, letter.channel, letter.subject, letter.attempts, again, letter.last_error or ""


def _minute(at: dt.datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


def _second(at: dt.datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""
