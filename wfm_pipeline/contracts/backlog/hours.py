"""Contracts of hours that are over: the backlog per queue, the same by priority, and how it was worked off.

Not here: hours to come (ahead).
"""

from typing import Final

from wfm_pipeline.contracts.columns import (
    SOURCE,
    Column,
    Table,
    count,
    day,
    flag,
    instant,
    local_time,
    number,
    seconds,
    share,
    text,
)
from wfm_pipeline.contracts.layout import BY_DATE

AGE_BUCKETS: Final = 5
"""Age buckets of the tables: four limits make five [count]."""

QUEUE: Final = text("queue_id", "The queue; `(unknown)` holds cases whose queue no list knows.", nullable=False)
HOUR: Final = (
    instant("hour_start", "Start of the hour."),
    local_time("hour_start_local", "The same at the site."),
    day("business_date", "Date of the site's wall clock at the start.", nullable=False),
)
BREACH_BASES: Final = ("calibrated", "as_before", "in_order")
_BASES: Final = ("events", "case_rows")


def age_bucket(place: int) -> str:
    """Column of an age bucket.

    Args:
        place: 1 is the youngest, `AGE_BUCKETS` the oldest.

    Returns:
        Its name.

    Example:
        >>> age_bucket(1)
        'open_age_1'
    """
    return f"open_age_{place}"


def _stock() -> tuple[Column, ...]:
    buckets = (
        count(age_bucket(place), f"Open cases in age bucket {place} of {AGE_BUCKETS}, youngest first.")
        for place in range(1, AGE_BUCKETS + 1)
    )
    return (
        count("open_cases", "Open at the hour's end."),
        *buckets,
        text("age_limits_seconds", "The four ages at which the next bucket begins, rising, with commas [s].", nullable=False),
        seconds("oldest_seconds", "Age of the oldest open case; null with nobody open."),
        count("over_due", "Open and past their due time; null where cases are open and no due time is known.", nullable=True),
        count("without_due", "Open cases without a known due time."),
        count("paused", "Open cases that wait for somebody else."),
        count("stuck_moved", "Open cases moved more often than the limit."),
        count("stuck_no_progress", "Open cases without progress for the limit of working hours."),
        count("stuck", "Open cases that are one or both."),
        seconds("latency_q50_seconds", "Age at which half of the cases of the last weeks were done, open ones counted as not "
                "yet done; null where fewer are."),
        seconds("latency_q90_seconds", "The same of nine in ten."),
    )  # fmt: skip


BACKLOG_HOUR: Final = Table(
    "gold",
    "backlog_hour",
    "One row per queue and hour that is over: cases that wait at its end, and what came and went in it.",
    ("source", "queue_id", "hour_start"),
    (
        SOURCE,
        QUEUE,
        *HOUR,
        instant("hour_end", "End of the hour, exclusive."),
        flag("is_open", "The site works in this hour; null where its hours are not known.", nullable=True),
        count("open_before", "Open at the hour's start."),
        count("inflow", "Cases opened in the hour."),
        count("re_opened", "Cases opened again."),
        count("moved_in", "Open cases that came from another queue."),
        count("outflow", "Cases done."),
        count("moved_out", "Open cases that went to another queue."),
        *_stock(),
        number("work_hours", "Open cases x expected handle time; null where that is unknown and cases are open.", "h", minimum=0),
        number("clear_hours", "Hours until the backlog is worked off at the staffing to come, by mean flows; null where it is "
               "not within reach, or people or throughput are not known.", "h", minimum=0),
        number("clear_hours_q10", "The same in the best tenth of the sample paths.", "h", minimum=0),
        number("clear_hours_q90", "The same in the worst tenth.", "h", minimum=0),
        share("breach_probability", "Probability that a case of the queue passes its due time before breach_until; null where no "
              "due time or no throughput is known."),
        share("breach_in_order", "Share of the sample paths with such a breach where the earliest due is served first."),
        share("breach_as_before", "Probability of it if cases end as fast as in past weeks, in whatever order."),
        text("breach_basis", "What breach_probability is: both views weighed by what came of earlier hours, the second, or, where nothing "
             "was learnt of the queue, the first.", allowed=BREACH_BASES),
        instant("breach_until", "End of the queue's working day that the probability is of.", nullable=True),
        text("basis", "What it is counted from: events, or rows of cases that show moves, pauses and re-opens only as they last "
             "stood.", nullable=False, allowed=_BASES),
        instant("taken_at", "When the newest of the source's rows used was taken."),
        instant("as_of", "Instant of knowledge; nothing told later was used."),
    ),
    partition="business_date",
    layout=BY_DATE,
)  # fmt: skip

BACKLOG_PRIORITY_HOUR: Final = Table(
    "gold",
    "backlog_priority_hour",
    "One row per queue, priority and hour in which such cases were open.",
    ("source", "queue_id", "priority", "hour_start"),
    (
        SOURCE,
        QUEUE,
        text("priority", "The priority; `(none)` where none was told.", nullable=False),
        *HOUR,
        *_stock(),
    ),
    partition="business_date",
    layout=BY_DATE,
)

CASE_PERFORMANCE_HOUR: Final = Table(
    "gold",
    "case_performance_hour",
    "One row per queue and hour that is over: how the backlog was worked off.",
    ("source", "queue_id", "hour_start"),
    (
        SOURCE,
        QUEUE,
        *HOUR,
        count("cases_done", "Cases done in the hour."),
        number("on_product_agents", "People who worked on the queue's cases, as hours over the hour; null where it is not known.",
               "agents", minimum=0),
        number("cases_per_agent_hour", "Cases done over hours on product; null without people.", "cases/h", minimum=0),
        number("work_hours_done", "Cases done x expected handle time; null where that is unknown.", "h", minimum=0),
        number("utilisation", "Work done over hours on product; above 1 where handle times are too long; null where one is not "
               "known.", "share", minimum=0),
        share("done_in_due_share", "Of the cases done that had a due time, those done by it; null without one."),
    ),
    partition="business_date",
    layout=BY_DATE,
)  # fmt: skip

BACKLOG_TABLES: Final = (BACKLOG_HOUR, BACKLOG_PRIORITY_HOUR, CASE_PERFORMANCE_HOUR)
