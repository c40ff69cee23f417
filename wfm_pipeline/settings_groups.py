"""Settings of single capabilities, as groups that `Settings` (settings.py) joins: sources, readers, alerts, live coverage, times, training.

Here too: what a single queue's staffing does differently.
"""

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator, model_validator
from pydantic_settings import NoDecode

from wfm_pipeline.number_settings import OccupancyCap, Patience, Shrinkage, Target
from wfm_pipeline.secret_settings import FILE_OF, Secret, with_files
from wfm_pipeline.units import WEEKDAYS, cron_fault

MOST_ROWS_AT_ONCE: Final = 20_000_000
"""Intervals that are trained at once where nobody says otherwise [count]: 570 queues over two years of half-hours, which take
about 4 GB and three minutes of a processor (docs/how_to/train_by_groups.md)."""


class SourceEntry(BaseModel):
    """What is remembered of one source."""

    model_config = ConfigDict(extra="forbid")
    url: Secret

    @model_validator(mode="before")
    @classmethod
    def _take_file(cls, values: Any) -> Any:
        return with_files(values, ["url"]) if isinstance(values, dict) else values


class SiteSource(BaseModel):
    """One of several sources that are one site."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    map: str = Field(min_length=1)
    name: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]{0,39}$")
    url: Secret | None = None
    is_ended: bool = False

    @model_validator(mode="before")
    @classmethod
    def _take_file(cls, values: Any) -> Any:
        return with_files(values, ["url"]) if isinstance(values, dict) else values


def _form_of_sources(value: Any) -> str:
    return "list" if isinstance(value, (list, tuple)) else "table"


class SourceSettings(BaseModel):
    """Where sources are, and which of them are one site."""

    sources: Annotated[
        Annotated[dict[str, SourceEntry], Tag("table")] | Annotated[tuple[SiteSource, ...], Tag("list")],
        Discriminator(_form_of_sources),
    ] = Field(
        default_factory=dict,
        description="Sources that are one site: [[sources]] with map, url or url_file, and where two have one map a name; or "
        "one URL per source: [sources.NAME] url = '...', or url_file = '...'.",
    )

    @property
    def site_sources(self) -> tuple[SiteSource, ...]:
        """The sources that are one site; empty where there is one source."""
        return self.sources if isinstance(self.sources, tuple) else ()


class ReaderSettings(BaseModel):
    """Who reads the copies of gold, and what of persons they see."""

    reader_roles: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="PostgreSQL roles that may read the published gold (schema gold_published); given at each publish.",
    )
    readers_mode: Literal["0700", "0750", "0755"] = Field(
        "0700",
        description="Mode of the folder with the readers' copy of a DuckDB warehouse: 0750 lets its group read it, 0755 "
        "everybody; they may pass through home, and look into nothing else there.",
    )
    personal_reader_roles: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="PostgreSQL roles that may read published gold with persons as well (schema gold_personal); none: no "
        "such copy is made.",
    )
    personal_readers_mode: Literal["0700", "0750"] | None = Field(
        None,
        description="Mode of the folder with the copy of a DuckDB warehouse that shows persons: 0750 lets its group read "
        "it; not set: no such copy is made.",
    )
    planner_roles: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="PostgreSQL roles that may add and close rows of the planners' tables (schema silver) and read published "
        "gold; given at each publish.",
    )
    readers_see: Literal["pseudonyms", "keys"] = Field(
        "pseudonyms",
        description="Persons in the analysts' copy: customers, agents and planners under pseudonyms (a keyed hash) and no "
        "free text about them, or everything as it is stored.",
    )
    pseudonym_key: Secret | None = Field(
        None,
        min_length=32,
        description="Key of the pseudonyms; default: home/pseudonym.key, made at the first publish.",
    )
    pseudonym_key_file: Path | None = Field(None, description=FILE_OF.format("pseudonym_key"))

    @field_validator("reader_roles", "personal_reader_roles", "planner_roles", mode="before")
    @classmethod
    def _take_roles(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class StaffingEntry(BaseModel):
    """What a queue's staffing does differently from the others; the rest is as in the staffing_* settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    service_level: Target | None = None
    answer_target_seconds: float | None = Field(None, ge=0, le=86_400)
    patience_seconds: Patience | None = None
    max_occupancy: OccupancyCap | None = None
    shrinkage: Shrinkage | None = None
    concurrency: float | None = Field(None, ge=1, le=100)
    quantile: float | None = Field(None, ge=0.05, le=0.95)


Severity = Literal["low", "medium", "high", "critical"]
"""How bad a thing is, from the least to the worst."""
ChannelName = Literal["log", "email", "webhook", "apprise"]
"""Ways an alert goes out."""
Seconds = Annotated[float, Field(ge=0, le=86_400)]
"""A time up to a day [s]."""


class EscalationStep(BaseModel):
    """A level of the escalation plan: whom to tell besides, after how long that nobody takes an alert, of which alerts, and when."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    severity: Severity
    minutes: float = Field(ge=0, le=10_080)
    channels: tuple[ChannelName, ...] = Field(min_length=1)
    email_to: tuple[str, ...] = ()
    who: str | None = Field(None, pattern=r"^[A-Za-z][A-Za-z0-9 _-]{0,39}$")
    kinds: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    hours: str | None = None
    weekdays: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _mail_goes_by_mail(self) -> "EscalationStep":
        if self.email_to and "email" not in self.channels:
            raise ValueError("with email in channels where email_to is given")
        if self.hours is not None and quiet_range(self.hours) is None:
            raise ValueError("with hours as two different times of day, such as 08:00-18:00")
        if not set(self.weekdays) <= set(WEEKDAYS):
            raise ValueError(f"with weekdays of {', '.join(WEEKDAYS)}")
        return self

    @property
    def name(self) -> str:
        """What the step is called in the store: from which severity on, after how many minutes, and who."""
        who = f"-{'_'.join(self.who.lower().split())}" if self.who else ""
        return f"{self.severity}-{self.minutes:g}{who}"

    def is_at_work(self, local: dt.datetime) -> bool:
        """Whether it is told at this time of the site's clock: in its hours, which after midnight belong to the day before."""
        begin, end = (quiet_range(self.hours) if self.hours else None) or (dt.time.min, dt.time.max)
        date, time = local.date(), local.time()
        if begin < end:
            is_in = begin <= time < end or self.hours is None
        else:
            is_in = time >= begin or time < end
            date = date - dt.timedelta(days=1) if time < end else date
        return is_in and (not self.weekdays or WEEKDAYS[date.weekday()] in self.weekdays)


class AlertRules(BaseModel):
    """When something is told, to whom else, and when not."""

    alert_pending_seconds: dict[str, Seconds] = Field(
        default_factory=dict,
        description="Kind of alert -> how long it must be wrong before it is told [s], such as 300 for coverage_gap.",
    )
    alert_clear_seconds: dict[str, Seconds] = Field(
        default_factory=dict, description="Kind of alert -> how long it must be well before it is over [s]."
    )
    alert_escalation: tuple[EscalationStep, ...] = Field(
        (),
        description="Whom to tell besides when nobody acknowledges an alert: [[alert_escalation]] with severity (from which "
        "on), minutes, channels, and email_to where the mail goes to others; who (its name), kinds, queues, hours and weekdays "
        "where it is not told of everything, always.",
    )
    alert_quiet_hours: str | None = Field(
        None,
        description="When people sleep, site time, such as 22:00-06:00: alerts wait and come as one digest at its end.",
    )
    alert_quiet_below: Severity = Field(
        "critical",
        description="Alerts below this severity wait for the end of the quiet hours: medium, high, critical.",
    )

    @field_validator("alert_escalation")
    @classmethod
    def _check_steps(cls, steps: tuple[EscalationStep, ...]) -> tuple[EscalationStep, ...]:
        if len({step.name for step in steps}) < len(steps):
            raise ValueError("one entry per severity, minutes and who, with all its channels in it")
        return steps

    @field_validator("alert_quiet_hours")
    @classmethod
    def _check_quiet(cls, text: str | None) -> str | None:
        if text and quiet_range(text) is None:
            raise ValueError("two different times of day, such as 22:00-06:00")
        return text or None


def quiet_range(text: str) -> tuple[dt.time, dt.time] | None:
    """Beginning and end of `22:00-06:00`; None where it is not that, or both are the same."""
    try:
        begin, end = (dt.datetime.strptime(part.strip(), "%H:%M").time() for part in text.split("-"))
    except ValueError:
        return None
    return (begin, end) if begin != end else None


class AlertSettings(AlertRules):
    """Who is told, and by which ways."""

    alert_channels: Annotated[tuple[ChannelName, ...], NoDecode] = Field(
        ("log",), description="Ways an alert goes out: log, email, webhook, apprise."
    )
    alert_reminder_hours: float = Field(
        24.0, ge=0, le=8_760, description="What is still wrong is told again after so long [h]; 0: never."
    )
    alert_attempts: int = Field(
        30, ge=1, le=1_000, description="Tries per alert and channel before it is given up; thirty take about a day."
    )
    alert_first_wait_seconds: float = Field(
        30.0, ge=0.1, le=3_600, description="Wait after the first try that failed [s]; it doubles up to an hour."
    )
    alert_timeout_seconds: float = Field(10.0, ge=0.1, le=25, description="How long a channel may take to answer [s].")
    alert_ui_url: str | None = Field(
        None, description="Where people open the Dagster UI, for links in alerts: https://dagster.example.org."
    )
    alert_email_host: str | None = Field(None, description="SMTP server of the alerts.")
    alert_email_port: int = Field(587, ge=1, le=65_535, description="Its port: 587 with starttls, 465 with tls.")
    alert_email_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the line to the SMTP server is made safe."
    )
    alert_email_from: str | None = Field(None, description="Sender of the alerts.")
    alert_email_to: Annotated[tuple[str, ...], NoDecode] = Field((), description="Receivers of the alerts.")
    alert_email_user: str | None = Field(None, description="User at the SMTP server; not set: no login.")
    alert_email_password: Secret | None = Field(None, description="Its password.")
    alert_email_password_file: Path | None = Field(None, description=FILE_OF.format("alert_email_password"))
    alert_webhook_url: Secret | None = Field(None, description="Where alerts are posted as JSON.")
    alert_webhook_url_file: Path | None = Field(None, description=FILE_OF.format("alert_webhook_url"))
    alert_webhook_token: Secret | None = Field(None, description="Bearer token of the webhook.")
    alert_webhook_token_file: Path | None = Field(None, description=FILE_OF.format("alert_webhook_token"))
    alert_apprise_urls: Secret | None = Field(
        None, description="Where apprise sends alerts: one or several of its URLs, with blanks between them."
    )
    alert_apprise_urls_file: Path | None = Field(None, description=FILE_OF.format("alert_apprise_urls"))


class LiveSettings(BaseModel):
    """Where a live centre is, how often it is read, and what its board calls short."""

    live_url: Secret | None = Field(
        None,
        description="The live centre's operational tables (sql/operational): an SQLAlchemy URL. Default: the sample's own.",
    )
    live_url_file: Path | None = Field(None, description=FILE_OF.format("live_url"))
    live_standby_url: Secret | None = Field(
        None, description="Another address of the same tables, read while the first does not answer."
    )
    live_standby_url_file: Path | None = Field(None, description=FILE_OF.format("live_standby_url"))
    live_every_seconds: float = Field(30.0, ge=1, le=3_600, description="From cycle to cycle of `wfm monitor` [s].")
    live_stale_seconds: float = Field(
        120.0,
        ge=5,
        le=86_400,
        description="The centre's own time may stand still so long before its numbers are old [s].",
    )
    live_kept_connections: int = Field(5, ge=5, le=20, description="Connections to the centre that stay open.")
    live_most_connections: int = Field(20, ge=5, le=20, description="Connections to it at a time.")
    live_connect_seconds: float = Field(5.0, ge=0.1, le=60, description="Longest wait for a connection to it [s].")
    live_query_seconds: float = Field(
        10.0, ge=0.1, le=600, description="Longest wait for the rows of one question [s]."
    )
    live_adequate_from: float = Field(
        0.85, ge=0.01, le=10, description="People over need from which coverage is adequate; below is a shortage."
    )
    live_optimal_from: float = Field(0.95, ge=0.01, le=10, description="The same from which it is optimal.")
    live_optimal_to: float = Field(
        1.05, ge=0.01, le=10, description="The same up to which it is optimal; above is a surplus."
    )
    live_below_target: float = Field(
        0.22,
        ge=0.01,
        le=0.9,
        description="So far below its target lies the service level to expect when a service is told to be short [share].",
    )
    live_clear_coverage: float = Field(
        0.90,
        ge=0.01,
        le=10,
        description="Where only coverage is known: people over need from which the alert is over; above live_adequate_from.",
    )
    live_call_back_share: float | None = Field(
        None, ge=0, le=1, description="Share of callers who accept to be called back; not set: no call-back is offered."
    )
    live_action_gaps: int = Field(
        3,
        ge=0,
        le=50,
        description="Gaps for which actions are simulated in each cycle, those with most affected calls first.",
    )

    @model_validator(mode="after")
    def _check_limits(self) -> "LiveSettings":
        if not self.live_adequate_from <= self.live_optimal_from <= self.live_optimal_to:
            raise ValueError(
                "live_adequate_from, live_optimal_from and live_optimal_to must rise, such as 0.85, 0.95, 1.05"
            )
        if self.live_clear_coverage <= self.live_adequate_from:
            raise ValueError("live_clear_coverage must lie above live_adequate_from, or an alert flaps at one number")
        if self.live_kept_connections > self.live_most_connections:
            raise ValueError("live_kept_connections must be at most live_most_connections")
        return self


class ScheduleSettings(BaseModel):
    """When jobs run."""

    nightly_cron: str = Field(
        "0 3 * * *", description="When the main job runs, site time: minute hour day-of-month month weekday."
    )
    intraday_cron: str = Field(
        "10 5-23 * * *",
        description="When today's calls are read and the rest of today is updated; after nightly_cron, or it would find "
        "a day of which only the first hours are there.",
    )
    long_range_cron: str = Field("0 4 * * 1", description="When the long range is issued; after nightly_cron.")
    capacity_cron: str = Field("30 4 * * 1", description="When capacity is planned; after long_range_cron.")
    allocation_cron: str = Field("0 5 * * 1", description="When people are allocated to this week and the next.")
    model_fit_cron: str = Field("0 6 1 * *", description="When predicted and reached service level are compared.")
    coverage_cron: str = Field(
        "5 * * * *",
        description="When coverage of the hour that is over is kept, and of hours that were missed; where a live centre is set.",
    )

    @field_validator(
        "nightly_cron",
        "intraday_cron",
        "long_range_cron",
        "capacity_cron",
        "allocation_cron",
        "model_fit_cron",
        "coverage_cron",
    )
    @classmethod
    def _check_cron(cls, text: str) -> str:
        if fault := cron_fault(text):
            raise ValueError(f"must be a time of a schedule ({fault})")
        return " ".join(text.split())


class TrainingSettings(BaseModel):
    """Where models are trained: in the main job, or above a size by groups of queues, here or on one of Dagster's executors."""

    training_group_rows: int = Field(
        MOST_ROWS_AT_ONCE,
        ge=1_000,
        le=100_000_000,
        description="Intervals of history (rows of silver.queue_intervals) from above which queues are dealt to training groups "
        "that are trained one by one.",
    )
    training_executor: Literal[
        "main_job", "in_process", "multiprocess", "docker", "kubernetes", "celery", "celery_kubernetes"
    ] = Field(
        "main_job",
        description="Where several training groups are trained: one after the other in the main job, or each as a partition in a "
        "run of its own, on that executor of Dagster.",
    )
    training_executor_config: dict[str, Any] = Field(
        default_factory=dict, description="Configuration of that executor, as Dagster's documentation names it."
    )

    @property
    def is_training_handed_out(self) -> bool:
        """Several training groups are trained in runs of their own, and not in the main job."""
        return self.training_executor != "main_job"
