"""The ways an alert goes out, one module each, and the choice of them by settings.

A channel is called with an alert, returns once the other side has taken it, and raises `ChannelError`
where it has not. A new way is one module, one line in `_MAKERS` and its settings. Not here: when to
try again (dispatch).
"""

from collections.abc import Callable, Mapping
from typing import Final

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.alerts.channels.apprise_urls import apprise_channel
from wfm_pipeline.monitoring.alerts.channels.bounded import bounded
from wfm_pipeline.monitoring.alerts.channels.email import email_channel
from wfm_pipeline.monitoring.alerts.channels.log import log_channel
from wfm_pipeline.monitoring.alerts.channels.webhook import webhook_channel
from wfm_pipeline.settings import Settings
from wfm_pipeline.settings_groups import EscalationStep
from wfm_pipeline.warehouse.ops.outbox import Alert

Channel = Callable[[Alert], None]
LOG: Final = "log"
CALLBACK: Final = "callback"
"""Not chosen by settings: a Python callable that whoever makes an `AlertDesk` gives it."""
EMAIL: Final = "email"
REPORT: Final = "backlog:"
"""What the name of a channel begins with by which the hourly report of the backlog goes out, to its own receivers."""
STEPS_OF_A_TRY: Final = 3
"""A mail is a connection, a greeting and a letter, each within `alert_timeout_seconds`: so long may a whole try take [count]."""

_MAKERS: Mapping[str, Callable[[Settings], Channel]] = {
    LOG: lambda _: log_channel,
    EMAIL: email_channel,
    "webhook": webhook_channel,
    "apprise": apprise_channel,
}


def chosen_channels(settings: Settings) -> dict[str, Channel]:
    """The channels that the settings name, by name: first those of every alert, then those of the escalation.

    Raises:
        SettingsError: one lacks a setting it cannot do without.
    """
    steps = {name: step for step in settings.alert_escalation for name in _names(step)}
    chosen = {name: _made(name, steps.get(name), settings) for name in (*settings.alert_channels, *steps)}
    limit = settings.alert_timeout_seconds * STEPS_OF_A_TRY
    return {name: send if name == LOG else bounded(send, limit) for name, send in chosen.items()}


def report_channels(settings: Settings) -> dict[str, Channel]:
    """The channels of the hourly report of the backlog, by name; no alert goes by them.

    Raises:
        SettingsError: one lacks a setting it cannot do without.
    """
    to = settings.backlog_report_email_to or settings.alert_email_to
    own = settings.model_copy(update={"alert_email_to": to})
    limit = settings.alert_timeout_seconds * STEPS_OF_A_TRY
    try:
        made = {name: _MAKERS[name](own) for name in settings.backlog_report_channels}
    except SettingsError as error:
        raise SettingsError(str(error).replace("alert_channels", "backlog_report_channels")) from None
    return {f"{REPORT}{name}": send if name == LOG else bounded(send, limit) for name, send in made.items()}


def step_channels(settings: Settings) -> dict[str, tuple[str, ...]]:
    """Name of each step of the escalation -> names of its channels."""
    return {step.name: tuple(_names(step)) for step in settings.alert_escalation}


def _names(step: EscalationStep) -> list[str]:
    """Mail that goes to others than every alert's is a channel of its own."""
    return [f"{EMAIL}:{step.name}" if name == EMAIL and step.email_to else name for name in step.channels]


def _made(name: str, step: EscalationStep | None, settings: Settings) -> Channel:
    if step is not None and name == f"{EMAIL}:{step.name}":
        return email_channel(settings.model_copy(update={"alert_email_to": step.email_to}))
    return _MAKERS[name](settings)
