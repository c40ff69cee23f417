"""Contracts of hours to come: cases expected, people needed and there, what to do with their time, and what is wrong.

Not here: hours that are over (hours).
"""

from typing import Final

from wfm_pipeline.contracts.backlog.hours import HOUR, QUEUE
from wfm_pipeline.contracts.columns import (
    SOURCE,
    Column,
    Table,
    flag,
    instant,
    number,
    share,
    text,
)
from wfm_pipeline.contracts.layout import BY_DATE

ACTION_KINDS: Final = ("release", "recall")
ACTIVITY_KINDS: Final = ("training", "coaching", "meeting", "break", "other")
PEOPLE_BASES: Final = ("shifts", "presence", "no_data")
ALERT_KINDS: Final = (
    "surge_inflow",
    "surge_age",
    "slow_throughput",
    "breach_risk",
    "over_due",
    "stuck",
)
_AS_OF: Final = instant("as_of", "Instant of the question; nothing told later was used.")


def _agents(name: str, description: str) -> Column:
    return number(name, description, "agents", minimum=0)


def _cases(name: str, description: str, *, nullable: bool = True) -> Column:
    return number(name, description, "cases", nullable=nullable, minimum=0)


CASE_HOUR_FORECAST: Final = Table(
    "gold",
    "case_hour_forecast",
    "One row per queue, hour and issue: cases expected to come.",
    ("source", "queue_id", "hour_start", "issued_at"),
    (
        SOURCE,
        QUEUE,
        *HOUR,
        instant("issued_at", "When it was issued: nothing told later was used."),
        _cases("cases_mean", "Expected new cases, re-opened ones included.", nullable=False),
        _cases("cases_q10", "One in ten hours brings no more.", nullable=False),
        _cases("cases_q50", "Half of the hours bring no more.", nullable=False),
        _cases("cases_q90", "Nine in ten hours bring no more.", nullable=False),
        text("model_name", "What made it.", nullable=False),
    ),
    partition="business_date",
    layout=BY_DATE,
)

HEADCOUNT_HOUR: Final = Table(
    "gold",
    "headcount_hour",
    "One row per queue, hour to come and question: people there, people needed, on the product and off it.",
    ("source", "queue_id", "hour_start", "as_of"),
    (
        SOURCE,
        QUEUE,
        *HOUR,
        _AS_OF,
        flag("is_open", "The site works in this hour; null where its hours are not known.", nullable=True),
        _agents("scheduled", "People rostered, people of several queues in parts; null where no roster is known."),
        _agents("on_break", "Of them, on a planned break."),
        _agents("planned_off", "Of them, in training, coaching or a meeting."),
        share("shrinkage_share", "Share of the rest that is expected to be missing, beyond what is planned."),
        _agents("available", "People who would be on cases with no activity planned: neither on a break, missing, nor on calls."),
        _agents("on_product", "Of them, on the queue's cases by plan: without those in an activity."),
        _agents("off_product", "Rostered and not on the queue's cases."),
        _agents("required", "People on cases who keep the probability of a breach at the limit; null where it is not known."),
        _agents("short", "required - on_product where positive, else 0; null where one is not known."),
        number("cases_per_agent_hour", "Expected cases done in an hour of one person.", "cases/h", minimum=0),
        _cases("cases_mean", "Expected new cases of the hour."),
        text("people_from", "What the people are known from.", nullable=False, allowed=PEOPLE_BASES),
        text("reason", "Why people or need are not known; null where both are."),
    ),
    partition="business_date",
    layout=BY_DATE,
)  # fmt: skip

BACKLOG_ACTION: Final = Table(
    "gold",
    "backlog_action",
    "One row per recommendation: an activity to release or to recall, and what it does to the risk.",
    ("source", "as_of", "action_id"),
    (
        SOURCE,
        _AS_OF,
        text("action_id", "Made of queue, hour, kind and activity.", nullable=False),
        QUEUE,
        *HOUR,
        instant("hour_end", "End of what is recommended, exclusive."),
        text("kind", "`release`: people may leave the cases for it; `recall`: it is put off and people work on cases.",
             nullable=False, allowed=ACTION_KINDS),
        text("activity", "What is released or recalled.", nullable=False, allowed=ACTIVITY_KINDS),
        text("activity_id", "The planned activity; null where none is planned yet."),
        number("agents", "People it is about.", "agents", nullable=False, minimum=0),
        text("reason", "Why, in words.", nullable=False),
        share("breach_before", "Probability of a breach without it."),
        share("breach_after", "Probability of a breach with it and those before it."),
    ),
    partition="business_date",
    layout=BY_DATE,
)  # fmt: skip

BACKLOG_ALERT: Final = Table(
    "gold",
    "backlog_alert",
    "One row per queue, hour and kind of alert that stood at the hour's end.",
    ("source", "queue_id", "hour_start", "kind"),
    (
        SOURCE,
        QUEUE,
        *HOUR,
        text("kind", "What is wrong.", nullable=False, allowed=ALERT_KINDS),
        text("severity", "How bad.", nullable=False, allowed=("low", "medium", "high", "critical")),
        number("value", "What was seen, in the kind's own unit.", "own"),
        number("limit", "From where it is wrong.", "own"),
        text("words", "What is wrong, for people.", nullable=False),
        text("advice", "What to do, for people; null where nothing is known."),
        instant("since", "Start of the first hour of the unbroken stretch in which it stood."),
    ),
    partition="business_date",
    layout=BY_DATE,
)

AHEAD_TABLES: Final = (CASE_HOUR_FORECAST, HEADCOUNT_HOUR, BACKLOG_ACTION, BACKLOG_ALERT)
