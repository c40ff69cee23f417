"""Contracts of the intraday reforecast: today's remaining calls, as often as they are updated."""

from typing import Final

from wfm_pipeline.contracts.columns import (
    QUEUE_DAY,
    QUEUE_INTERVAL,
    Table,
    calls,
    count,
    flag,
    instant,
    number,
    seconds,
)

_LEVELS: Final = ("05", "10", "25", "50", "75", "90", "95")


_ISSUE: Final = (
    instant("reforecast_at", "Start of the first interval still to come; calls at or after it were not looked at."),
    instant("issued_at", "The issue that was updated."),
)

QUEUE_INTERVAL_REFORECAST: Final = Table(
    "gold",
    "queue_interval_reforecast",
    "One row per queue, interval still to come and update of the day.",
    ("queue_id", "interval_start", "reforecast_at"),
    (
        *QUEUE_INTERVAL,
        *_ISSUE,
        calls("calls_mean", "Expected calls after what came so far."),
        *(calls(f"calls_q{level}", f"{int(level)} % quantile of calls.") for level in _LEVELS),
        calls("calls_mean_issued", "Expected calls as issued."),
        seconds("aht_seconds", "Expected handle time, as issued; null where nothing is known."),
        flag("is_open", "Inside the opening hours."),
    ),
    partition="business_date",
)

QUEUE_DAY_REFORECAST: Final = Table(
    "gold",
    "queue_day_reforecast",
    "One row per queue, date and update of the day.",
    ("queue_id", "business_date", "reforecast_at"),
    (
        *QUEUE_DAY,
        *_ISSUE,
        calls("calls_so_far", "Calls of the intervals that are over and known."),
        calls("calls_remaining_mean", "Expected calls still to come: the sum over the intervals of the update."),
        *(
            calls(f"calls_remaining_q{level}", f"{int(level)} % quantile of the calls still to come; no sum.")
            for level in _LEVELS
        ),
        calls("calls_day_mean", "So far, plus what is expected of missing intervals, plus remaining."),
        number("remaining_ratio", "Remaining calls now over remaining as issued.", "ratio", nullable=False, minimum=0),
        count("intervals_known", "Intervals that told something."),
        count("intervals_missing", "Intervals that are over and forecast as open, but not known: missing, not zero."),
        flag("is_hindcast", "The updated issue was made later for a past date."),
    ),
    partition="business_date",
)

INTRADAY_TABLES: Final = (QUEUE_INTERVAL_REFORECAST, QUEUE_DAY_REFORECAST)
