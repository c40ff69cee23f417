"""Settings of the hourly backlog: when it runs, what it promises of alerts, and who gets its report.

Not here: rules of counting, which belong to a source's map ([backlog]); who is told of alerts (settings_groups).
"""

from typing import Annotated, Any

from pydantic import BaseModel, Field, field_validator, model_validator
from pydantic_settings import NoDecode

from wfm_pipeline.settings_groups import ChannelName
from wfm_pipeline.units import cron_fault


class BacklogSettings(BaseModel):
    """Hourly backlog and control of the workforce."""

    backlog_cron: str = Field(
        "5 * * * *",
        description="When the backlog of the hour that is over is counted, and of hours that were missed; where cases are read.",
    )
    backlog_history_days: int = Field(
        56,
        ge=7,
        le=366,
        description="Days of hours that arrivals, throughput and the limits of surges are learnt from.",
    )
    backlog_ahead_hours: int = Field(24, ge=1, le=168, description="Hours to come that are forecast and planned [h].")
    backlog_breach_limit: float = Field(
        0.1, ge=0.001, le=0.999, description="Wanted probability that a case of a queue passes its due time, at most."
    )
    backlog_false_alarms_per_week: float = Field(
        1.0,
        ge=0.01,
        le=100,
        description="False alarms a week over all queues together, of each of the three streams: inflow, age and throughput.",
    )
    backlog_over_due_share: float = Field(
        0.1, ge=0, le=1, description="Share of a queue's open cases past their due time from which it is told."
    )
    backlog_stuck_share: float = Field(
        0.1, ge=0, le=1, description="Share of a queue's open cases that are stuck from which it is told."
    )
    backlog_least_cases: int = Field(
        5, ge=1, le=1_000_000, description="Fewer cases past their due time, or stuck, are told of by no alert."
    )
    backlog_case_share: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Share of the people on the phones of a queue with calls who are free for its cases [0..1]; none: the share "
        "of their time in which they waited for a call in the same hours of past weeks. People of queues without calls are free.",
    )
    backlog_break_move_minutes: int = Field(
        0,
        ge=0,
        le=240,
        description="How far a break of the roster may be moved within its shift to help a queue [min]; 0: not.",
    )
    backlog_group_from: int = Field(
        4,
        ge=2,
        le=10_000,
        description="From so many queues with the same kind of alert on, one alert tells of all of them.",
    )
    backlog_report_channels: Annotated[tuple[ChannelName, ...], NoDecode] = Field(
        (), description="Ways the hourly report goes out: email, webhook, apprise, log; none: it is only kept."
    )
    backlog_report_email_to: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Receivers of the hourly report by mail; default: alert_email_to."
    )
    backlog_report_from_hour: int = Field(
        7, ge=0, le=23, description="First hour of the site's day whose report is sent [h]."
    )
    backlog_report_until_hour: int = Field(
        19, ge=1, le=24, description="Hour of the site's day from which no report is sent any more [h]."
    )

    @field_validator("backlog_report_channels", "backlog_report_email_to", mode="before")
    @classmethod
    def _split_backlog_lists(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("backlog_cron")
    @classmethod
    def _check_backlog_cron(cls, text: str) -> str:
        if fault := cron_fault(text):
            raise ValueError(f"must be a time of a schedule ({fault})")
        return " ".join(text.split())

    @model_validator(mode="after")
    def _check_report_hours(self) -> "BacklogSettings":
        if self.backlog_report_from_hour >= self.backlog_report_until_hour:
            raise ValueError("backlog_report_from_hour must lie before backlog_report_until_hour, such as 7 and 19")
        return self
