"""How a sighting is handled: it comes in, what has to be told is written down in the same transaction, then it is sent.

Whoever dies between writing and sending loses nothing: the next who sends finds it in the outbox.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Collection, Iterable

import sqlalchemy as sa

from wfm_pipeline.monitoring.alerts.channels import LOG, chosen_channels
from wfm_pipeline.monitoring.alerts.dispatch import Patience, Sent, send_due
from wfm_pipeline.monitoring.alerts.incidents import Event, Sighting, is_due_again, weigh
from wfm_pipeline.monitoring.alerts.words import alert_of
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.ops.incidents import Incident, incident, keep, open_incidents
from wfm_pipeline.warehouse.ops.outbox import Alert, put
from wfm_pipeline.warehouse.ops.store import OpsStore


def utc_now() -> dt.datetime:
    """The time, naive UTC as everywhere in the warehouse."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


class AlertDesk:
    """Takes sightings and sees to it that somebody is told."""

    def __init__(
        self, house: House, *, said_aloud: Collection[str] = (), clock: Callable[[], dt.datetime] = utc_now
    ) -> None:
        """Keep the house, whose settings choose the channels.

        Args:
            house: The house.
            said_aloud: Kinds that whoever asks says on standard error: no alert of them goes into the log besides.
            clock: The time, naive UTC.

        Raises:
            SettingsError: a channel lacks a setting it cannot do without.
        """
        self._house, self._clock = house, clock
        self._channels = chosen_channels(house.settings)
        self._said_aloud = frozenset(said_aloud)
        self._patience = Patience.of(house.settings)

    def take(self, sightings: Iterable[Sighting]) -> list[Alert]:
        """Weigh each look, write down what has to be told, and send what is due; gives the alerts that are new.

        Raises:
            WarehouseError: the ops store cannot be written: nothing is known and nothing is told, take them again.
        """
        with self._house.open_ops() as store:
            told = [alert for seen in sightings for alert in self._weigh(store, seen)]
            self._send(store)
        return told

    def remind(self) -> list[Alert]:
        """Tell again what is still wrong and was last told long ago; then send what is due."""
        every = dt.timedelta(hours=self._house.settings.alert_reminder_hours)
        with self._house.open_ops() as store:
            with store.writing() as ops:
                late = [known for known in open_incidents(ops) if is_due_again(known, now=self._clock(), every=every)]
                told = [
                    self._tell(ops, dataclasses.replace(known, told_at=self._clock()), "reminder") for known in late
                ]
            self._send(store)
        return told

    def send(self) -> list[Sent]:
        """Send what is due."""
        with self._house.open_ops() as store:
            return self._send(store)

    def _weigh(self, store: OpsStore, seen: Sighting) -> list[Alert]:
        with store.writing() as ops:
            before = incident(ops, seen.key)
            known, event = weigh(before, seen, now=self._clock())
            if known is None or known == before:
                return []
            if event is None:
                keep(ops, known)
                return []
            return [self._tell(ops, known, event)]

    def _tell(self, ops: sa.Connection, known: Incident, event: Event) -> Alert:
        alert = alert_of(known, event, source=self._house.source_map.name, ui_url=self._house.settings.alert_ui_url)
        keep(ops, known)
        channels = [name for name in self._channels if name != LOG or known.kind not in self._said_aloud]
        put(ops, alert, channels=channels, now=self._clock())
        return alert

    def _send(self, store: OpsStore) -> list[Sent]:
        return send_due(store, self._channels, self._patience, clock=self._clock)
