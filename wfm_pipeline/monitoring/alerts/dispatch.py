"""Sending what is due in the outbox, at least once, with longer and longer waits after a refusal.

A letter is taken for a while before it is sent, so that two senders rarely send the same one; one that
dies leaves it to the next. After so many tries it is given up: `wfm alerts` and `wfm doctor` show it.
"""

import datetime as dt
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from wfm_pipeline.monitoring.alerts.channels import STEPS_OF_A_TRY, Channel
from wfm_pipeline.monitoring.alerts.channels.faults import ChannelError
from wfm_pipeline.settings import Settings
from wfm_pipeline.warehouse.ops.outbox import Alert, Letter, hold_back, mark_delivered, mark_failed, take_due
from wfm_pipeline.warehouse.ops.store import OpsStore

_LOG = logging.getLogger("wfm_pipeline.alerts")
LONGEST_WAIT: Final = dt.timedelta(hours=1)
BUDGET: Final = dt.timedelta(seconds=30)
"""How long one sending goes on: Dagster waits a minute for a sensor."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how patiently to try.

    Attributes:
        attempts: Tries per letter in all.
        first_wait: Wait after the first try that failed; it doubles up to `LONGEST_WAIT`.
        hold: How long a sender may take over a letter it has taken.
    """

    attempts: int
    first_wait: dt.timedelta
    hold: dt.timedelta

    @classmethod
    def of(cls, settings: Settings) -> "Patience":
        """As the settings say."""
        return cls(
            attempts=settings.alert_attempts,
            first_wait=dt.timedelta(seconds=settings.alert_first_wait_seconds),
            hold=dt.timedelta(seconds=settings.alert_timeout_seconds * STEPS_OF_A_TRY + 5),
        )

    def next_attempt(self, tries: int, now: dt.datetime) -> dt.datetime | None:
        """When to try again after so many tries; None gives up.

        Example:
            >>> half_a_minute = dt.timedelta(seconds=30)
            >>> Patience(3, half_a_minute, half_a_minute).next_attempt(2, dt.datetime(2026, 3, 1, 12))
            datetime.datetime(2026, 3, 1, 12, 1)
        """
        if tries >= self.attempts:
            return None
        doublings = min(
            tries - 1, 30
        )  # beyond thirty the number outgrows a timedelta; the longest wait holds long before
        return now + min(self.first_wait * 2**doublings, LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one letter.

    Attributes:
        alert_id, channel: The letter.
        error: Why it did not go out; None where it did.
        is_given_up: True where nobody will try again.
    """

    alert_id: str
    channel: str
    error: str | None = None
    is_given_up: bool = False


def send_due(
    store: OpsStore,
    channels: Mapping[str, Channel],
    patience: Patience,
    *,
    clock: Callable[[], dt.datetime],
    leave: Collection[str] = (),
) -> list[Sent]:
    """Send what is due, oldest first, until nothing is or the budget is used up; what is refused is due again later.

    A channel that refuses one is asked for no other before `patience.first_wait` is over: one that is down costs one try.

    Args:
        store: The ops store.
        channels: Ways that letters go out, by name.
        patience: How often to try.
        clock: The time, naive UTC.
        leave: Channels that another process sends by.
    """
    sent: list[Sent] = []
    until = clock() + BUDGET
    while clock() <= until:
        with store.writing() as ops:
            letters = take_due(ops, now=clock(), hold=patience.hold, limit=1, leave=leave)
        if not letters:
            break
        sent += [_send(store, letter, channels, patience, clock) for letter in letters]
    return sent


def _send(
    store: OpsStore,
    letter: Letter,
    channels: Mapping[str, Channel],
    patience: Patience,
    clock: Callable[[], dt.datetime],
) -> Sent:
    try:
        channels.get(letter.channel, _no_channel)(letter.alert)
    except Exception as error:  # noqa: BLE001  (a letter that breaks its channel must not hold up the others)
        words = str(error) if isinstance(error, ChannelError) else f"the channel broke ({type(error).__name__})"
        again = patience.next_attempt(letter.attempts, clock())
        with store.writing() as ops:
            mark_failed(ops, letter, error=words, next_attempt_at=again)
            hold_back(ops, letter.channel, now=clock(), until=clock() + patience.first_wait)
        _say(letter, words, again)
        return Sent(letter.alert.alert_id, letter.channel, words, again is None)
    with store.writing() as ops:
        mark_delivered(ops, letter, now=clock())
    return Sent(letter.alert.alert_id, letter.channel)


def _no_channel(_: Alert) -> None:
    raise ChannelError("alert_channels does not name this channel any more")


def _say(letter: Letter, error: str, again: dt.datetime | None) -> None:
    name = f"alert {letter.alert.alert_id} by {letter.channel}"
    if again is None:
        _LOG.error("%s is given up after %d tries: %s", name, letter.attempts, error)
    else:
        _LOG.warning("%s did not go out: %s; next try at %s UTC", name, error, f"{again:%H:%M:%S}")
