"""Alerts by apprise: over a hundred services (chat rooms, pagers, text messages) by URLs of its own, which are secrets."""

import logging
from collections.abc import Callable
from typing import Final

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.alerts.channels.faults import ChannelError
from wfm_pipeline.settings import Settings
from wfm_pipeline.urls import keep_secret
from wfm_pipeline.warehouse.ops.outbox import Alert

_TYPES: Final = {"low": "info", "medium": "warning", "high": "failure", "critical": "failure"}
"""Severity -> what apprise calls it; what is over is a success."""


def apprise_channel(settings: Settings) -> Callable[[Alert], None]:
    """Sends to every URL of `alert_apprise_urls`; one that does not take it makes all of them due again.

    Raises:
        SettingsError: there is no URL, apprise does not know one, or it is not installed.
    """
    if settings.alert_apprise_urls is None:
        raise SettingsError("alert_channels has apprise, so alert_apprise_urls must be set")
    try:
        import apprise
    except ImportError:
        raise SettingsError("alert_channels has apprise, which needs: pip install 'wfm-pipeline[apprise]'") from None
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it says URLs, which are secrets
    others = apprise.Apprise()
    for place, url in enumerate(settings.alert_apprise_urls.get_secret_value().split(), start=1):
        keep_secret(url)
        if not others.add(url):
            raise SettingsError(f"alert_apprise_urls: apprise does not know its URL number {place}")

    def send(alert: Alert) -> None:
        kind = "success" if alert.facts.get("event") == "closed" else _TYPES.get(alert.severity, "failure")
        is_taken = others.notify(title=alert.subject, body=alert.body, notify_type=apprise.NotifyType(kind))
        if not is_taken:
            raise ChannelError("a service of apprise did not take it")

    return send
