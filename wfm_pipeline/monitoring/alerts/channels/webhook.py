"""Alerts as JSON posted to a URL: chat rooms, incident tools, one's own receiver."""

from collections.abc import Callable

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.alerts.channels.faults import ChannelError
from wfm_pipeline.settings import Settings
from wfm_pipeline.warehouse.ops.outbox import Alert


def webhook_channel(settings: Settings) -> Callable[[Alert], None]:
    """Posts to `alert_webhook_url`, with the alert's id as `Idempotency-Key` and in the body.

    Raises:
        SettingsError: there is no URL.
    """
    import httpx

    if settings.alert_webhook_url is None:
        raise SettingsError("alert_channels has webhook, so alert_webhook_url must be set")
    url = settings.alert_webhook_url.get_secret_value()
    token = settings.alert_webhook_token
    bearer = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
    known_authorities = httpx.create_ssl_context()  # read once, and not for every alert

    def send(alert: Alert) -> None:
        headers = {"Idempotency-Key": alert.alert_id, **bearer}
        try:
            answer = httpx.post(
                url,
                json=payload(alert),
                headers=headers,
                timeout=settings.alert_timeout_seconds,
                verify=known_authorities,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ChannelError(f"the webhook cannot be reached ({type(error).__name__})") from None
        if not answer.is_success:
            raise ChannelError(f"the webhook answered {answer.status_code}")

    return send


def payload(alert: Alert) -> dict[str, object]:
    """What is posted; `text` is the field that chat rooms show."""
    return {
        "alert_id": alert.alert_id,
        "kind": alert.kind,
        "severity": alert.severity,
        "subject": alert.subject,
        "text": f"{alert.subject}\n{alert.body}",
        **{name: value for name, value in alert.facts.items() if name != "mail"},
    }
