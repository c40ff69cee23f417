"""The ways an alert goes out, one module each, and the choice of them by settings.

A channel is called with an alert, returns once the other side has taken it, and raises `ChannelError`
where it has not. A new way is one module, one line in `_MAKERS` and its settings. Not here: when to
try again (dispatch).
"""

from collections.abc import Callable, Mapping
from typing import Final

from wfm_pipeline.monitoring.alerts.channels.email import email_channel
from wfm_pipeline.monitoring.alerts.channels.log import log_channel
from wfm_pipeline.monitoring.alerts.channels.webhook import webhook_channel
from wfm_pipeline.settings import Settings
from wfm_pipeline.warehouse.ops.outbox import Alert

Channel = Callable[[Alert], None]
LOG: Final = "log"

_MAKERS: Mapping[str, Callable[[Settings], Channel]] = {
    LOG: lambda _: log_channel,
    "email": email_channel,
    "webhook": webhook_channel,
}


def chosen_channels(settings: Settings) -> dict[str, Channel]:
    """The channels that the settings name, by name.

    Raises:
        SettingsError: one lacks a setting it cannot do without.
    """
    return {name: _MAKERS[name](settings) for name in settings.alert_channels}
