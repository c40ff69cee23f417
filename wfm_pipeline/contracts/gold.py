"""Contracts of the gold tables: what people use."""

from typing import Final

from wfm_pipeline.contracts.columns import (
    ANSWERED_MEASURES,
    QUEUE_DAY,
    QUEUE_INTERVAL,
    SERVICE_LEVEL,
    SOURCE,
    Table,
    calls,
    count,
    day,
    flag,
    instant,
    number,
    seconds,
    share,
    text,
)
from wfm_pipeline.contracts.layout import BY_ISSUE

_FORECAST_VALUES: Final = (
    calls("calls_mean", "Expected calls as the model says; the value to add up. People are planned from calls_final."),
    calls("calls_q05", "5 % quantile of calls."),
    calls("calls_q10", "10 % quantile of calls."),
    calls("calls_q25", "25 % quantile of calls."),
    calls("calls_q50", "Median of calls; the value scored per interval."),
    calls("calls_q75", "75 % quantile of calls."),
    calls("calls_q90", "90 % quantile of calls."),
    calls("calls_q95", "95 % quantile of calls."),
    seconds("aht_seconds", "Expected handle time per answered call; null where nothing is known."),
    seconds("aht_q10_seconds", "10 % quantile of the AHT of an interval (or day) with a call."),
    seconds("aht_q50_seconds", "Median of the same."),
    seconds("aht_q90_seconds", "90 % quantile of the same."),
    seconds("workload_seconds", "calls_mean x aht_seconds; days are the sums of their intervals."),
    text(
        "model_name",
        "Rung of the ladder that made it, `+` a simple peer with a share, `stepped_down:` and why where it healed itself.",
        nullable=False,
    ),
    count("horizon_days", "Days from the issue: 1 is the first target day."),
    flag("is_open", "Inside the opening hours; closed rows forecast 0."),
    flag("is_hindcast", "Made later for a past issue date, knowing only what was known then."),
)

QUEUE_INTERVAL_FORECAST = Table(
    "gold",
    "queue_interval_forecast",
    "One row per queue, interval and issue.",
    ("queue_id", "interval_start", "issued_at"),
    (
        *QUEUE_INTERVAL,
        instant("issued_at", "Cutoff: start of the first target day. Nothing at or after it was known."),
        *_FORECAST_VALUES,
    ),
    partition="business_date",
    layout=BY_ISSUE,
)

QUEUE_DAY_FORECAST = Table(
    "gold",
    "queue_day_forecast",
    "One row per queue, date and issue; the means are the sums of the intervals' means.",
    ("queue_id", "business_date", "issued_at"),
    (
        *QUEUE_DAY,
        instant("issued_at", "Cutoff: start of the first target day."),
        *_FORECAST_VALUES,
    ),
    partition="business_date",
)

QUEUE_DAY_ACTUAL = Table(
    "gold",
    "queue_day_actual",
    "One row per queue and date: what really came, added up from the intervals.",
    ("queue_id", "business_date"),
    (
        *QUEUE_DAY,
        count("calls_offered", "Calls that arrived; null where the day is missing.", nullable=True),
        count("calls_answered", "Arrived and were answered.", nullable=True),
        count("calls_abandoned", "Arrived and gave up.", nullable=True),
        count("calls_other", "Arrived with another outcome.", nullable=True),
        count("calls_redial", "Arrivals that are true redials.", nullable=True),
        *ANSWERED_MEASURES,
        seconds("aht_seconds", "handle_seconds / answered_handle_known; null where none is known."),
        SERVICE_LEVEL,
        flag("is_missing", "The source holds no rows for this open day: unknown, not zero."),
    ),
    partition="business_date",
)

FORECAST_ACCURACY = Table(
    "gold",
    "forecast_accuracy",
    "One row per issue, queue, grain and horizon band; queue `(all)` adds the queues up first.",
    ("issued_at", "queue_id", "grain", "horizon_band"),
    (
        SOURCE,
        instant("issued_at", "The issue that is scored."),
        text("queue_id", "The queue, or `(all)`.", nullable=False),
        text("grain", "Grain of the errors.", nullable=False, allowed=("interval", "day", "horizon")),
        text("horizon_band", "Days of the horizon, such as `1-7`, or `1-14` for the whole.", nullable=False),
        flag("is_hindcast", "The issue was made later, see the forecast table."),
        count("points", "Scored rows; missing and closed ones are left out."),
        calls("calls_actual", "Calls that came."),
        number("wmape", "Sum of absolute errors over sum of calls; null without calls.", "0..", minimum=0),
        number("bias", "Sum of (forecast - actual) over sum of calls.", "share"),
        number("pinball_loss", "Mean of the q10, q50 and q90 losses over mean calls.", "share", minimum=0),
        share("band_coverage", "Share of points inside [q10, q90]."),
        number("volume_error", "Absolute error of the total over the total.", "share", minimum=0),
        number("wmape_median6", "The same score of the median of the last 6 same weekdays.", "0..", minimum=0),
        number("wmape_mean8", "The same score of the mean of the last 8 same weekdays.", "0..", minimum=0),
        number("wmape_seasonal_naive", "The same score of the same weekday last week.", "0..", minimum=0),
        number("wmape_floor", "Expected score if the true rate were known (Poisson).", "0..", minimum=0),
    ),
)

CUSTOMER_BEHAVIOR = Table(
    "gold",
    "customer_behavior",
    "One row per customer, with the segment its calling pattern falls in.",
    ("customer_key",),
    (
        SOURCE,
        text(
            "customer_key",
            "The customer; `(unknown)` gathers the calls without an id.",
            nullable=False,
            personal="customer",
        ),
        count("calls", "Calls in the window."),
        number("calls_per_week", "Calls per week of the window.", "calls/week", nullable=False, minimum=0),
        number(
            "calls_per_week_shrunk",
            "The same as expected: nearer to everybody's the shorter it is known.",
            "calls/week",
            minimum=0,
        ),
        number("weeks_known", "Weeks from its first call to the end of the window.", "weeks", minimum=0),
        count(
            "answered_handle_known",
            "Answered calls whose handle time is known: what aht_seconds is the mean of.",
            nullable=True,
        ),
        seconds("aht_seconds", "Mean handle time of answered calls whose handle time is known."),
        seconds(
            "aht_seconds_shrunk", "The same as expected: nearer to everybody's the fewer are known; null where none is."
        ),
        seconds("handle_sd_seconds", "Standard deviation of those handle times; null with fewer than two."),
        share("abandon_share", "Abandoned over offered."),
        share("redial_share", "Redials over offered."),
        count("peak_weekday_hour", "Busiest hour of the week: weekday (Monday 0) x 24 + hour, local.", nullable=True),
        count("segment_id", "Number of the segment; null for customers without an id.", nullable=True),
        text("segment_name", "Name from the segment's centre, such as `high_volume_long_calls`.", nullable=False),
        day("segment_since", "Run since which the customer is in it; null for customers without an id.", nullable=True),
        text(
            "previous_segment_name", "The segment it was in before, whenever that was; null where it has had one alone."
        ),
    ),
)

CUSTOMER_SEGMENT = Table(
    "gold",
    "customer_segment",
    "One row per segment and run: what its customers have in common, and how sure it is.",
    ("segmented_until", "segment_id"),
    (
        SOURCE,
        day("segmented_until", "Last business date of the calls the run saw."),
        count("segment_id", "Number of the segment; it lasts over runs and is never given twice."),
        text("segment_name", "Name against the median customer; it lasts while it is true.", nullable=False),
        text("description", "The segment in absolute words: share of calls and work, calls per week, handle time."),
        day("segment_since", "First run of the segment."),
        count("customers", "Customers in it."),
        count("calls", "Their calls in the window."),
        share("call_share", "Their calls over all calls, those of unknown customers included."),
        share(
            "workload_share",
            "Their answered calls x AHT over everybody's; null where none of their handle times is known.",
        ),
        number("calls_per_week", "Calls per week at the centre.", "calls/week", minimum=0),
        seconds("aht_seconds", "Handle time at the centre; null where nobody's is known."),
        share("abandon_share", "Abandoned over offered."),
        share("redial_share", "Redials over offered."),
        count("peak_weekday_hour", "Busiest hour of the week: weekday (Monday 0) x 24 + hour, local.", nullable=True),
        text("queue_mix", "JSON object, queue -> share of the segment's calls, greatest first."),
        share("stability", "How alike it comes again when customers are drawn anew (Jaccard); 1 for one group of all."),
        number(
            "silhouette",
            "How clearly the run's segments stand apart, -1..1; null where nothing could be compared.",
            "-1..1",
        ),
        number("silhouette_by_chance", "Mean of the same among customers without groups.", "-1..1"),
        share(
            "p_value",
            "Share of populations without groups that look as clumped; above 0.025 no new grouping is taken up.",
        ),
    ),
)

CUSTOMER_SEGMENT_CHANGE = Table(
    "gold",
    "customer_segment_change",
    "One row per customer and run that found it in another segment than before.",
    ("changed_on", "customer_key"),
    (
        SOURCE,
        day("changed_on", "Last business date of the calls the run saw."),
        text("customer_key", "The customer.", nullable=False, personal="customer"),
        count("segment_id", "The segment it is in now."),
        text("segment_name", "Its name.", nullable=False),
        count("previous_segment_id", "The segment it was in before; null for a new customer.", nullable=True),
        text("previous_segment_name", "Its name."),
        text(
            "change",
            "`first_seen`: a new customer. `moved`: nearer to another segment. `regrouped`: its former segment is no more.",
            nullable=False,
            allowed=("first_seen", "moved", "regrouped"),
        ),
    ),
)

PIPELINE_HEALTH = Table(
    "gold",
    "pipeline_health",
    "One row per run and table: what came in and what became of it.",
    ("run_id", "table_name"),
    (
        SOURCE,
        text("run_id", "The Dagster run.", nullable=False),
        text("table_name", "The table, with its layer.", nullable=False),
        count("rows_in", "Rows read."),
        count("rows_loaded", "Rows that went in."),
        count("rows_rejected", "Rows refused with a reason."),
        count("rows_duplicate", "Rows that were there already or were replaced by a newer version."),
        seconds("seconds", "Time the step took."),
        day("freshness", "Last business date the table holds.", nullable=True),
        text(
            "findings",
            "JSON object, finding -> rows or calls of the run: refused, mended, or contradicting themselves.",
        ),
        text("not_made", "Why the table stays empty: what the source lacks; null where it is made."),
    ),
)

GOLD_TABLES: Final = (
    QUEUE_INTERVAL_FORECAST,
    QUEUE_DAY_FORECAST,
    QUEUE_DAY_ACTUAL,
    FORECAST_ACCURACY,
    CUSTOMER_BEHAVIOR,
    CUSTOMER_SEGMENT,
    CUSTOMER_SEGMENT_CHANGE,
    PIPELINE_HEALTH,
)
