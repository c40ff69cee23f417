"""Contracts of the long range: days to half a year and weeks to more than a year ahead."""

from typing import Final

from wfm_pipeline.contracts.columns import (
    QUEUE,
    QUEUE_DAY,
    SOURCE,
    Table,
    calls,
    count,
    day,
    flag,
    instant,
    seconds,
    text,
)

_LEVELS: Final = ("05", "10", "25", "50", "75", "90", "95")

_VALUES: Final = (
    calls("calls_mean", "Expected calls; the value to add up and to plan from."),
    *(calls(f"calls_q{level}", f"{int(level)} % quantile of calls, from joint draws.") for level in _LEVELS),
    seconds("aht_seconds", "Expected handle time per answered call, as of the last 8 weeks; null where unknown."),
    text(
        "model_name",
        "What it was made of: season and trend where they were used, and the level's rung.",
        nullable=False,
    ),
)
_ISSUED_AT: Final = instant("issued_at", "Cutoff: start of the first target day. Nothing at or after it was known.")

QUEUE_DAY_LONG_RANGE: Final = Table(
    "gold",
    "queue_day_long_range",
    "One row per queue, date and issue, to 26 weeks ahead.",
    ("queue_id", "business_date", "issued_at"),
    (
        *QUEUE_DAY,
        _ISSUED_AT,
        *_VALUES,
        count("horizon_days", "Days from the issue: 1 is the first target day."),
        flag("is_open", "Expected to be open; closed days forecast 0."),
    ),
    partition="business_date",
)

QUEUE_WEEK_LONG_RANGE: Final = Table(
    "gold",
    "queue_week_long_range",
    "One row per queue, whole ISO week and issue, to 64 weeks ahead; means are the sums of the week's days.",
    ("queue_id", "iso_year", "iso_week", "issued_at"),
    (
        SOURCE,
        QUEUE,
        count("iso_year", "ISO year."),
        count("iso_week", "ISO week, 1 to 53."),
        day("week_start", "Its Monday."),
        _ISSUED_AT,
        *_VALUES,
        count("horizon_weeks", "Whole weeks from the issue: 1 is the first."),
    ),
)

LONG_RANGE_TABLES: Final = (QUEUE_DAY_LONG_RANGE, QUEUE_WEEK_LONG_RANGE)
