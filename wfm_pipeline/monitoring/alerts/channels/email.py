"""Alerts as plain e-mails through an SMTP server; one that has parts of a mail in its facts shows them beside its text."""

import base64
import smtplib
import ssl
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime
from typing import Any

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.alerts.channels.faults import ChannelError
from wfm_pipeline.settings import Settings
from wfm_pipeline.warehouse.ops.outbox import Alert

_ON_ONE_LINE = SMTP.clone(max_line_length=300)
"""An id is on the line of its header: where a longer one is folded, what a receiver compares begins with a blank [characters]."""
_DOMAIN = "wfm-pipeline.invalid"
"""Right-hand side of message ids; it belongs to nobody (RFC 2606)."""


def email_channel(settings: Settings) -> Callable[[Alert], None]:
    """Sends to `alert_email_to` through `alert_email_host`.

    Raises:
        SettingsError: host, sender or receivers are not set.
    """
    missing = [
        name for name in ("alert_email_host", "alert_email_from", "alert_email_to") if not getattr(settings, name)
    ]
    if missing:
        raise SettingsError(f"alert_channels has email, so {', '.join(missing)} must be set", missing=missing)
    password = settings.alert_email_password.get_secret_value() if settings.alert_email_password else ""

    def send(alert: Alert) -> None:
        try:
            with _connection(settings) as smtp:
                if settings.alert_email_user:
                    smtp.login(settings.alert_email_user, password)
                smtp.send_message(email_of(alert, settings.alert_email_from or "", settings.alert_email_to))
        except smtplib.SMTPResponseException as error:
            raise ChannelError(f"the mail server answered {error.smtp_code}") from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            raise ChannelError(f"the mail server refused every receiver ({', '.join(map(str, codes))})") from None
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelError(f"the mail server cannot be used ({type(error).__name__})") from None

    return send


def email_of(alert: Alert, sender: str, receivers: tuple[str, ...]) -> EmailMessage:
    """The message; the alert's id is its Message-ID, and all of one incident hang together as a thread."""
    message = EmailMessage(policy=_ON_ONE_LINE)
    message["From"], message["To"], message["Subject"] = sender, ", ".join(receivers), alert.subject
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = f"<{alert.alert_id}@{_DOMAIN}>"
    message["References"] = f"<{alert.facts.get('incident_id', alert.alert_id)}@{_DOMAIN}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Wfm-Alert-Id"] = alert.alert_id
    message["X-Wfm-Kind"] = alert.kind
    message.set_content(alert.body)
    if "mail" in alert.facts:
        _add_html(message, alert.facts["mail"])
    return message


def _add_html(message: EmailMessage, parts: Mapping[str, Any]) -> None:
    """The same as HTML beside the plain text, with its pictures inside."""
    message.add_alternative(parts["html"], subtype="html")
    shown = list(message.iter_parts())[-1]
    assert isinstance(shown, EmailMessage)
    for name, content in parts["pictures"].items():
        picture = base64.b64decode(content)
        shown.add_related(picture, "image", "png", cid=f"<{name}>", filename=f"{name}.png", disposition="inline")


def _connection(settings: Settings) -> smtplib.SMTP:
    host, port, timeout = settings.alert_email_host or "", settings.alert_email_port, settings.alert_timeout_seconds
    if settings.alert_email_security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=timeout, context=ssl.create_default_context())
    smtp = smtplib.SMTP(host, port, timeout=timeout)
    if settings.alert_email_security == "starttls":
        try:
            smtp.starttls(context=ssl.create_default_context())
        except BaseException:
            smtp.close()
            raise
    return smtp
