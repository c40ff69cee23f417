"""How a sighting is handled: it comes in, what has to be told is written down in the same transaction, then it is sent.

Whoever dies between writing and sending loses nothing: the next who sends finds it in the outbox. Timers are in the store
too, so that they outlive whoever watches.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping

import sqlalchemy as sa

from wfm_pipeline.monitoring.alerts.channels import (
    CALLBACK,
    LOG,
    Channel,
    chosen_channels,
    report_channels,
    step_channels,
)
from wfm_pipeline.monitoring.alerts.channels.bounded import bounded
from wfm_pipeline.monitoring.alerts.digest import put_digests
from wfm_pipeline.monitoring.alerts.dispatch import Patience, Sent, send_due
from wfm_pipeline.monitoring.alerts.escalation import further_of
from wfm_pipeline.monitoring.alerts.grouping import keys_of, weigh_all
from wfm_pipeline.monitoring.alerts.incidents import Event, Sighting, severity_of
from wfm_pipeline.monitoring.alerts.rules import Rules
from wfm_pipeline.monitoring.alerts.waiting import due_steps, reminded
from wfm_pipeline.monitoring.alerts.weighing import Known
from wfm_pipeline.monitoring.alerts.words import NO_LEVEL, Further, alert_of
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.ops.incidents import Incident, incidents_of, keep, open_incidents
from wfm_pipeline.warehouse.ops.outbox import Alert, put
from wfm_pipeline.warehouse.ops.pending import keep_pending, pending_of
from wfm_pipeline.warehouse.ops.store import OpsStore


def utc_now() -> dt.datetime:
    """The time, naive UTC as everywhere in the warehouse."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


class AlertDesk:
    """Takes sightings and sees to it that somebody is told."""

    def __init__(
        self,
        house: House,
        *,
        said_aloud: Collection[str] = (),
        callback: Channel | None = None,
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        """Keep the house, whose settings choose the channels.

        Args:
            house: The house.
            said_aloud: Kinds that whoever asks says on standard error: no alert of them goes into the log besides.
            callback: Called in this process with every alert, as one more channel: at least once, again after an error.
            clock: The time, naive UTC.

        Raises:
            SettingsError: a channel lacks a setting it cannot do without, or a rule names no kind of alert.
        """
        self._house, self._clock = house, clock
        settings = house.settings
        self._rules = Rules.of(settings, time_zone=house.site.time_zone)
        own = {CALLBACK: bounded(callback, settings.alert_timeout_seconds)} if callback else {}
        self._channels: Mapping[str, Channel] = {**chosen_channels(settings), **own}
        self._reports = report_channels(settings)
        self._further = step_channels(settings)
        self._said_aloud = frozenset(said_aloud)
        self._patience = Patience.of(settings)

    def take(self, sightings: Iterable[Sighting], *, is_sent: bool = True) -> list[Alert]:
        """Weigh the looks, write down what has to be told, and send what is due; gives the alerts that are new.

        Args:
            sightings: The looks, together with those at what they hang on: an outage and its services belong in one call.
            is_sent: False leaves sending to the next who asks `send`, such as a thread of its own.

        Raises:
            WarehouseError: the ops store cannot be written: nothing is known and nothing is told, take them again.
        """
        looks = list(sightings)
        with self._house.open_ops() as store:
            with store.writing() as ops:
                told = self._weigh(ops, looks)
                self._pass_time(ops)
            if is_sent:
                self._send(store)
        return told

    def remind(self) -> list[Alert]:
        """Tell what time alone brings: reminders, escalation, the digest of the quiet hours; then send what is due."""
        with self._house.open_ops() as store:
            with store.writing() as ops:
                told = self._pass_time(ops)
            self._send(store)
        return told

    def send(self) -> list[Sent]:
        """Send what is due."""
        with self._house.open_ops() as store:
            return self._send(store)

    def _weigh(self, ops: sa.Connection, looks: list[Sighting]) -> list[Alert]:
        keys = keys_of(looks)
        incidents, timers = incidents_of(ops, keys), pending_of(ops, keys)
        known = {key: Known(incidents.get(key), timers.get(key)) for key in keys}
        weighed = weigh_all(known, looks, self._rules, now=self._clock())
        for key, state in weighed.changed.items():
            if state.incident and state.incident != known[key].incident:
                keep(ops, state.incident)
            if state.timer and state.timer != known[key].timer:
                keep_pending(ops, state.timer)
        return [self._tell(ops, incident, event) for incident, event in weighed.told]

    def _pass_time(self, ops: sa.Connection) -> list[Alert]:
        now = self._clock()
        told = put_digests(ops, source=self._house.source_map.name, now=now)
        for known in open_incidents(ops):
            if (again := reminded(known, self._rules, now=now)) is not None:
                keep(ops, again)
                told.append(self._tell(ops, again, "reminder"))
            told += self._escalate(ops, again or known, now)
        return told

    def _escalate(self, ops: sa.Connection, known: Incident, now: dt.datetime) -> list[Alert]:
        told = []
        for step in due_steps(known, self._rules, now=now):
            known = dataclasses.replace(known, escalated=(*known.escalated, step.name))
            keep(ops, known)
            told.append(self._tell(ops, known, "escalated", further_of(ops, known, step, self._rules.steps)))
        return told

    def _tell(self, ops: sa.Connection, known: Incident, event: Event, further: Further = NO_LEVEL) -> Alert:
        settings = self._house.settings
        name = self._house.source_map.name
        alert = alert_of(known, event, source=name, ui_url=settings.alert_ui_url, further=further)
        now = self._clock()
        held_until = self._rules.held_until(severity_of(known), now)
        channels = [name for name in self._ways(further.step) if name != LOG or known.kind not in self._said_aloud]
        wakes_nobody = [name for name in channels if name == LOG]
        put(ops, alert, channels=wakes_nobody, now=now)
        put(ops, alert, channels=[name for name in channels if name != LOG], now=now, held_until=held_until)
        return alert

    def _ways(self, step: str) -> list[str]:
        """Channels of a step of the escalation, or of all that is told otherwise; a callback hears everything."""
        if step:
            return [*self._further.get(step, ()), *(name for name in self._channels if name == CALLBACK)]
        others = {name for names in self._further.values() for name in names} - set(self._house.settings.alert_channels)
        return [name for name in self._channels if name not in others]

    def _send(self, store: OpsStore) -> list[Sent]:
        leave = () if CALLBACK in self._channels else (CALLBACK,)
        return send_due(store, {**self._channels, **self._reports}, self._patience, clock=self._clock, leave=leave)
