"""What the alerts room knows, as tables for people, and a try of its channels."""

import uuid

import pandas as pd

from wfm_pipeline.monitoring.alerts.channels import chosen_channels
from wfm_pipeline.monitoring.alerts.channels.faults import ChannelError
from wfm_pipeline.monitoring.alerts.kinds import KINDS, TEST
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.ops.incidents import Incident, closed_incidents, open_incidents
from wfm_pipeline.warehouse.ops.outbox import Alert, Posted, not_delivered

_INCIDENT_COLUMNS = ["kind", "thing", "since", "until", "times", "what", "what_to_do"]
_LETTER_COLUMNS = ["alert_id", "channel", "subject", "tries", "next_try", "last_error"]


def alert_tables(house: House, *, recent: int) -> dict[str, pd.DataFrame]:
    """What is wrong, what was (so many, the latest first), and what did not go out."""
    with house.open_ops() as store, store.reading() as ops:
        wrong, over = open_incidents(ops), closed_incidents(ops, limit=recent)
        waiting = not_delivered(ops)
    return {
        "wrong_now": pd.DataFrame([_incident(known) for known in wrong], columns=_INCIDENT_COLUMNS),
        "over": pd.DataFrame([_incident(known) for known in over], columns=_INCIDENT_COLUMNS),
        "not_gone_out": pd.DataFrame([_letter(letter) for letter in waiting], columns=_LETTER_COLUMNS),
    }


def try_channels(house: House) -> pd.DataFrame:
    """Send a test by every channel at once, past the outbox; says what each answered."""
    name = f"test-{uuid.uuid4()}"
    title = TEST.wrong.format(thing="test of the channels")
    facts = {"event": "test", "incident_id": name, "source": house.source_map.name, "runbook": TEST.where}
    subject, body = f"[wfm {house.source_map.name}] {title}", f"{title}.\n\nwhat to do: {TEST.where}\nalert: {name}"
    alert = Alert(name, TEST.name, TEST.severity, subject, body, facts)
    rows = []
    for channel, send in chosen_channels(house.settings).items():
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


def _incident(known: Incident) -> tuple[str, str, str, str, int, str, str]:
    until = f"{known.closed_at:%Y-%m-%d %H:%M}" if known.closed_at else ""
    return (
        known.kind, known.thing, f"{known.opened_at:%Y-%m-%d %H:%M}", until, known.times, known.what,
        KINDS[known.kind].where,
    )  # fmt: skip


def _letter(letter: Posted) -> tuple[str, str, str, int, str, str]:
    again = f"{letter.next_attempt_at:%Y-%m-%d %H:%M:%S}" if letter.next_attempt_at else "given up"
    return letter.alert_id, letter.channel, letter.subject, letter.attempts, again, letter.last_error or ""
