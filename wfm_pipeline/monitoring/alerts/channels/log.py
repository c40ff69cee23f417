"""Alerts into the log of the process that sends them: one line each."""

import logging

from wfm_pipeline.warehouse.ops.outbox import Alert

_LOG = logging.getLogger("wfm_pipeline.alerts")
_LEVELS = {
    "low": logging.INFO,
    "medium": logging.WARNING,
    "high": logging.ERROR,
    "critical": logging.CRITICAL,
    "warning": logging.WARNING,  # letters that an older version wrote
    "error": logging.ERROR,
}


def log_channel(alert: Alert) -> None:
    """Write the alert's line; what is over is information."""
    level = logging.INFO if alert.facts.get("event") == "closed" else _LEVELS[alert.severity]
    words = [alert.subject, alert.facts.get("what"), f"what to do: {alert.facts.get('runbook')}", alert.alert_id]
    _LOG.log(level, "%s", "; ".join(str(word) for word in words if word))
