"""The hourly report of the backlog to the coordination group: once per hour and channel, in the group's hours.

A report is a letter of the outbox like any alert: who is killed before it went out leaves it to the next sender, and a channel that
refuses is asked again later. A newer report takes the place of one that has not gone out, for nobody wants the hours of a night in the
morning. Not here: what a report says (reports/backlog), and how a channel sends (monitoring/alerts/channels).
"""

import base64
import datetime as dt
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from wfm_pipeline.errors import DataError, SettingsError, WarehouseError
from wfm_pipeline.monitoring.alerts.channels import EMAIL, REPORT, report_channels
from wfm_pipeline.monitoring.alerts.handling import AlertDesk, utc_now
from wfm_pipeline.monitoring.alerts.rules import Rules
from wfm_pipeline.monitoring.backlog.asking import newest_hour_end, view_of
from wfm_pipeline.reports.backlog.mail import PICTURE, BacklogMail, mail_of
from wfm_pipeline.reports.backlog.view import BacklogView
from wfm_pipeline.reports.words.site_clock import local_time
from wfm_pipeline.resources import House
from wfm_pipeline.units import SECONDS_PER_HOUR
from wfm_pipeline.warehouse.ops.outbox import Alert, channels_of, not_delivered, put, withdraw

_LOG = logging.getLogger("wfm_pipeline.backlog")
_PAGE: Final = "docs/how_to/hourly_backlog.md"
KIND: Final = "backlog_report"
OLDEST: Final = dt.timedelta(hours=3)
"""A report of an hour that ended longer ago helps nobody to act: hours that are caught up after an outage are kept and not sent."""
Clock = Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of a report.

    Attributes:
        status: `sent` by all its channels now, `earlier` where it had been put in before, `waiting` for another try by some,
            `not_due` where nobody wants it, `failed` where it could not be made.
        words: The same for people: by which channels, or why not.
    """

    status: Literal["sent", "earlier", "waiting", "not_due", "failed"]
    words: str


def send_report(house: House, at: dt.datetime | None = None, *, clock: Clock = utc_now) -> Reported:
    """Send the report of the hour that ended, once; whatever goes wrong is said and stops nobody.

    It may be asked as often as one likes, by a run once gold is published or by a sensor every minute: what was sent costs a look.

    Args:
        house: The house, whose gold is published with that hour.
        at: End of the hour, naive UTC; None takes the newest that is published.
        clock: The time, naive UTC.
    """
    try:
        return _send_hour(house, at, clock)
    except Exception as error:  # noqa: BLE001  (a report that cannot be made must not stop the run that counted the hour)
        _LOG.exception("the report of the backlog could not be sent")
        ours = isinstance(error, (DataError, SettingsError, WarehouseError))
        return Reported("failed", str(error) if ours else f"the report could not be made ({type(error).__name__})")


def send_asked(house: House, view: BacklogView, *, clock: Clock = utc_now) -> Reported:
    """Send the report of a view now, because somebody asks for it: at any hour, and again.

    Raises:
        SettingsError: no channel is set for reports, or one lacks a setting.
    """
    if not house.settings.backlog_report_channels:
        raise SettingsError(
            "backlog_report_channels names no channel, so there is nobody to send the report to: set it to email or webhook "
            f"({_PAGE})"
        )
    name = f"backlog_asked-{house.source_map.name}-{clock():%Y%m%dT%H%M%S%f}"
    return _put_and_send(house, view, name, clock, is_newest=False)


def _send_hour(house: House, at: dt.datetime | None, clock: Clock) -> Reported:
    if not house.settings.backlog_report_channels:
        return Reported("not_due", "backlog_report_channels names no channel")
    newest = newest_hour_end(house)
    end = at or newest
    if newest is None or end is None:
        return Reported("not_due", "no hour of the backlog is published yet")
    if newest != end:
        return Reported("not_due", f"gold's newest hour ends {newest:%Y-%m-%d %H:%M} UTC, not {end:%Y-%m-%d %H:%M}")
    if reason := _why_not(house, end, clock()):
        return Reported("not_due", reason)
    name = f"{_begins(house)}{end:%Y%m%dT%H%M}"
    if _is_in(house, name):
        return Reported("earlier", "it had been put in before")
    return _put_and_send(house, view_of(house, now=clock()), name, clock, is_newest=True)


def _is_in(house: House, name: str) -> bool:
    """Whether every channel has the report already."""
    with house.open_ops() as store, store.reading() as ops:
        return channels_of(ops, name) >= report_channels(house.settings).keys()


def _why_not(house: House, at: dt.datetime, now: dt.datetime) -> str:
    """Why the hour's report is sent to nobody; empty where it is."""
    settings, quiet = house.settings, Rules.of(house.settings, time_zone=house.site.time_zone).quiet
    if now - at > OLDEST:
        return f"the hour ended more than {OLDEST.total_seconds() / SECONDS_PER_HOUR:.0f} hours ago"
    local = local_time(at - dt.timedelta(hours=1), ZoneInfo(house.site.time_zone))
    if not settings.backlog_report_from_hour <= local.hour < settings.backlog_report_until_hour:
        return f"the hour from {local:%H:%M} is not of the group's hours"
    return "people sleep now (alert_quiet_hours)" if quiet and quiet.until(now) else ""


def _begins(house: House) -> str:
    """How the names of a house's hourly reports begin; the hour follows, so that an hour has one report."""
    return f"backlog-{house.source_map.name}-"


def _put_and_send(house: House, view: BacklogView, name: str, clock: Clock, *, is_newest: bool) -> Reported:
    desk, channels = AlertDesk(house, clock=clock), report_channels(house.settings)
    mail, thread = mail_of(view), f"{_begins(house)}{view.hour_end:%Y%m%d}"
    with house.open_ops() as store, store.writing() as ops:
        for channel in channels:
            put(ops, _letter(house, mail, name, channel, thread), channels=[channel], now=clock())
        if is_newest:
            withdraw(ops, kind=KIND, begins=_begins(house), kept=name)
    desk.send()
    with house.open_ops() as store, store.reading() as ops:
        left = [letter for letter in not_delivered(ops) if letter.alert_id == name]
    if left:
        faults = (f"{letter.channel.removeprefix(REPORT)}: {letter.last_error or 'not tried yet'}" for letter in left)
        return Reported("waiting", f"not gone out yet, tried again later: {'; '.join(faults)}")
    return Reported("sent", f"{mail.subject}; by {', '.join(channel.removeprefix(REPORT) for channel in channels)}")


def _letter(house: House, mail: BacklogMail, name: str, channel: str, thread: str) -> Alert:
    """The report as one channel takes it: a mail with its parts, or text with rows for programs."""
    facts: dict[str, Any] = {
        "event": "report", "incident_id": thread,
        "source": house.source_map.name, "what": mail.totals, "runbook": _PAGE, "is_simulated": mail.is_simulated,
    }  # fmt: skip
    if channel == f"{REPORT}{EMAIL}":
        return Alert(name, KIND, "low", mail.subject, mail.text, {**facts, "mail": _mail_parts(mail)})
    return Alert(name, KIND, "low", mail.subject, mail.first_lines, {**facts, "queues": list(mail.rows)})


def _mail_parts(mail: BacklogMail) -> Mapping[str, Any]:
    pictures = {PICTURE: base64.b64encode(mail.picture).decode()} if mail.picture else {}
    return {"html": mail.html, "pictures": pictures}
