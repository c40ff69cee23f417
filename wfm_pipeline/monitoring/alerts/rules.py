"""The rules by which looks become alerts: how long each kind waits, whom nobody's taking calls, and when people sleep.

Not here: their application (weighing, waiting), and the settings' words and bounds (settings_groups).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.alerts.kinds import KINDS, Kind, rank
from wfm_pipeline.monitoring.alerts.quiet import QuietHours
from wfm_pipeline.settings import Settings
from wfm_pipeline.settings_groups import EscalationStep, Severity, quiet_range


@dataclass(frozen=True, slots=True)
class Rules:
    """What was chosen.

    Attributes:
        pending_seconds, clear_seconds: Kind -> seconds, where they are other than the kind's own [s].
        steps: Whom to tell besides when nobody takes an alert.
        quiet: When people sleep; None: never.
        quiet_below: What is less severe waits for their end.
        time_zone: IANA zone of the site, by whose clock levels of the escalation are at work.
        reminder: How long after the last word what is still wrong is told again; zero: never.
    """

    pending_seconds: Mapping[str, float] = field(default_factory=dict)
    clear_seconds: Mapping[str, float] = field(default_factory=dict)
    steps: tuple[EscalationStep, ...] = ()
    quiet: QuietHours | None = None
    quiet_below: Severity = "critical"
    reminder: dt.timedelta = dt.timedelta(0)
    time_zone: str = "UTC"

    @classmethod
    def of(cls, settings: Settings, *, time_zone: str) -> "Rules":
        """As the settings say.

        Raises:
            SettingsError: they name a kind of alert that there is not.
        """
        for name in ("alert_pending_seconds", "alert_clear_seconds"):
            if unknown := sorted(set(getattr(settings, name)) - set(KINDS)):
                raise SettingsError(f"{name} has {', '.join(unknown)}; kinds of alerts are {', '.join(sorted(KINDS))}")
        named = {kind for step in settings.alert_escalation for kind in step.kinds}
        if unknown := sorted(named - set(KINDS)):
            raise SettingsError(
                f"kinds of alert_escalation has {', '.join(unknown)}; kinds of alerts are {', '.join(sorted(KINDS))}"
            )
        night = quiet_range(settings.alert_quiet_hours) if settings.alert_quiet_hours else None
        return cls(
            pending_seconds=settings.alert_pending_seconds,
            clear_seconds=settings.alert_clear_seconds,
            steps=tuple(sorted(settings.alert_escalation, key=lambda step: (step.minutes, rank(step.severity)))),
            quiet=QuietHours(*night, time_zone) if night else None,
            quiet_below=settings.alert_quiet_below,
            reminder=dt.timedelta(hours=settings.alert_reminder_hours),
            time_zone=time_zone,
        )

    def local(self, now: dt.datetime) -> dt.datetime:
        """What the site's clock says, naive."""
        return now.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(self.time_zone)).replace(tzinfo=None)

    def pending(self, kind: Kind) -> dt.timedelta:
        """How long it must be wrong before it is told."""
        return dt.timedelta(seconds=self.pending_seconds.get(kind.name, kind.pending_seconds))

    def clear(self, kind: Kind) -> dt.timedelta:
        """How long it must be well before it is over."""
        return dt.timedelta(seconds=self.clear_seconds.get(kind.name, kind.clear_seconds))

    def held_until(self, severity: Severity, now: dt.datetime) -> dt.datetime | None:
        """Until when an alert waits, naive UTC; None: it goes at once."""
        return self.quiet.until(now) if self.quiet and rank(severity) < rank(self.quiet_below) else None
