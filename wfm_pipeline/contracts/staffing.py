"""Contract of the staffing table: how many people every queue and interval of a forecast needs."""

from typing import Final

from wfm_pipeline.contracts.columns import QUEUE_INTERVAL, Table, count, instant, number, seconds, share, text
from wfm_pipeline.contracts.layout import BY_ISSUE

QUEUE_INTERVAL_STAFFING: Final = Table(
    "gold",
    "queue_interval_staffing",
    "One row per queue, interval and issue of the forecast: the team it needs.",
    ("queue_id", "interval_start", "issued_at"),
    (
        *QUEUE_INTERVAL,
        instant("issued_at", "Issue of the forecast that is staffed."),
        number("calls_mean", "Expected calls as the model says.", "calls", nullable=False, minimum=0),
        number(
            "calls_final",
            "Expected calls with the planners' overrides: what is staffed; null = the issue has no final values, "
            "calls_mean is staffed.",
            "calls",
            minimum=0,
        ),
        number("calls_staffed", "Calls at the chosen quantile: what the team is for.", "calls", minimum=0),
        seconds("aht_seconds", "Expected handle time."),
        number(
            "offered_load_erlangs",
            "Expected calls that are staffed x aht_seconds / length of the interval.",
            "erlangs",
            minimum=0,
        ),
        count("agents_required", "Smallest whole team on the phones that meets the targets.", nullable=True),
        number("agents_required_exact", "The same as a real number; add these up over a pool.", "agents", minimum=0),
        count("agents_scheduled", "Heads to roster: exact / (1 - shrinkage), rounded up once.", nullable=True),
        number("workload_minutes", "Expected calls that are staffed x aht_seconds / 60.", "min", minimum=0),
        number("staffing_minutes", "agents_scheduled x minutes of the interval.", "min", minimum=0),
        share("service_level", "Answered in the target over offered, expected over the band with agents_required."),
        share("occupancy", "Busy over staffed time, expected over the band."),
        share("abandon_share", "Abandoned over offered, expected over the band; 0 without patience."),
        text(
            "method",
            "Queueing model; `_modified_load` where handle times of 10 minutes or more shift the load.",
            nullable=False,
            allowed=("erlang_c", "erlang_a", "erlang_c_modified_load", "erlang_a_modified_load"),
        ),
        share("quantile", "Quantile of the calls the team is for.", nullable=False),
        text("reason", "Why there is no number, such as `no handle time`; null where there is one."),
    ),
    partition="business_date",
    layout=BY_ISSUE,
)

STAFFING_TABLES: Final = (QUEUE_INTERVAL_STAFFING,)
