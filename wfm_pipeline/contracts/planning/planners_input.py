"""Contracts of what planners tell the forecast, and of what becomes of it: events, drivers, decisions, overrides, queues.

The reading side is small tables that people edit (CSV or SQL) and that keep history; the writing
side is gold: days left out, the ledger and archive of issues, final values and what they were worth.
"""

from typing import Final

from wfm_pipeline.contracts.columns import (
    QUEUE,
    QUEUE_DAY,
    QUEUE_INTERVAL,
    SOURCE,
    Column,
    Table,
    calls,
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
from wfm_pipeline.contracts.gold import QUEUE_DAY_FORECAST, QUEUE_INTERVAL_FORECAST
from wfm_pipeline.contracts.layout import BY_ISSUE
from wfm_pipeline.contracts.planning.history import HISTORY

OVERRIDE_KINDS: Final = ("factor", "add", "set")
DECISION_WORDS: Final = ("accepted", "refused")
CHANGE_KINDS: Final = ("opened", "closed", "renamed", "merged", "split")
MATCH_KINDS: Final = ("queue", "agent")
ANOMALY_KINDS: Final = ("spike", "drop", "stated")
ISSUE_CAUSES: Final = ("first", "changed", "reissued")

_QUEUE: Final = text("queue_id", "The queue, or `(all)`.", nullable=False)
_KNOWN_ON: Final = day("known_on", "First date on which it was known; null = the day it was recorded.", nullable=True)


PLANNED_EVENTS: Final = Table(
    "silver",
    "planned_events",
    "One row per event and version: what happens on some dates and may move calls.",
    ("event_id", "valid_from"),
    (
        SOURCE,
        text("event_id", "The event.", nullable=False),
        text(
            "event_type",
            "Kind, such as marketing, billing or outage; what is learnt is learnt per kind.",
            nullable=False,
        ),
        _QUEUE,
        day("first_date", "First date it acts on."),
        day("last_date", "Last date it acts on, inclusive."),
        _KNOWN_ON,
        text("note", "Words for people."),
        *HISTORY,
    ),
)

PLANNED_DRIVERS: Final = Table(
    "silver",
    "planned_drivers",
    "One row per driver, queue, date and version: a number that may move calls, such as degrees or letters sent.",
    ("driver", "queue_id", "business_date", "valid_from"),
    (
        SOURCE,
        text("driver", "Name of the driver.", nullable=False),
        _QUEUE,
        day("business_date", "The date."),
        number("value", "Its value, in the driver's own unit.", "own", nullable=False),
        _KNOWN_ON,
        *HISTORY,
    ),
)

ANOMALY_DECISIONS: Final = Table(
    "silver",
    "anomaly_decisions",
    "One row per queue, date and version: what a person says about a day that looks wrong.",
    ("queue_id", "business_date", "valid_from"),
    (
        SOURCE,
        _QUEUE,
        day("business_date", "The date."),
        text(
            "decision",
            "accepted = left out of training; refused = learnt from.",
            nullable=False,
            allowed=DECISION_WORDS,
        ),
        text("decided_by", "Who decided.", nullable=False, personal="planner"),
        text("why", "Why, in words.", personal="planner", is_free_text=True),
        *HISTORY,
    ),
)

FORECAST_OVERRIDES: Final = Table(
    "silver",
    "forecast_overrides",
    "One row per override and version: a planner's change of the forecast, with who, when and why.",
    ("override_id", "valid_from"),
    (
        SOURCE,
        text("override_id", "The override.", nullable=False),
        _QUEUE,
        local_time("from_local", "First wall-clock time it acts on."),
        local_time("until_local", "Until here, exclusive."),
        text("kind", "factor, add or set.", nullable=False, allowed=OVERRIDE_KINDS),
        number(
            "value", "Factor; or calls of the whole scope that are added, or that it is set to.", "", nullable=False
        ),
        text("author", "Who wants it.", nullable=False, personal="planner"),
        text("why", "Why, in words.", nullable=False, personal="planner", is_free_text=True),
        instant("decided_at", "When it was decided; null = when it was recorded.", nullable=True),
        flag("is_active", "False takes it back from this version on."),
        *HISTORY,
    ),
)

QUEUE_CHANGES: Final = Table(
    "silver",
    "queue_changes",
    "One row per queue, date, other queue and version: a queue that opens, closes, or hands its calls to others.",
    ("queue_id", "from_date", "other_queue_id", "valid_from"),
    (
        SOURCE,
        text("queue_id", "The queue that changes.", nullable=False),
        day("from_date", "First date on which it is so."),
        text("kind", "opened, closed, renamed, merged or split.", nullable=False, allowed=CHANGE_KINDS),
        text(
            "other_queue_id",
            "Where its calls go to from then on; the queue itself where it opens or closes, or keeps a part of a split.",
            nullable=False,
        ),
        share("share", "Part of a split queue's calls that goes there; null for other kinds."),
        _KNOWN_ON,
        text("decided_by", "Who says so.", nullable=False, personal="planner"),
        text("why", "Why, in words.", personal="planner", is_free_text=True),
        *HISTORY,
    ),
)

QUEUE_HOURS: Final = Table(
    "silver",
    "queue_hours",
    "One row per queue, stretch of dates, weekdays and version: hours of a queue that are not the site's.",
    ("queue_id", "from_date", "until_date", "weekdays", "valid_from"),
    (
        SOURCE,
        _QUEUE,
        day("from_date", "First date."),
        day("until_date", "Last date, inclusive; 2199-12-31 = until another row holds."),
        text("weekdays", "Weekdays it is about, such as mon-fri or sat;sun.", nullable=False),
        text("hours", "Windows such as 08:00-12:00;13:00-17:00, 22:00-06:00 over midnight, or closed.", nullable=False),
        text("note", "Words for people."),
        *HISTORY,
    ),
)

SOURCE_MATCHES: Final = Table(
    "silver",
    "source_matches",
    "One row per queue or person of a source and version: by which id the site knows it.",
    ("kind", "source", "source_id", "valid_from"),
    (
        text("kind", "Whether the ids are of queues or of people.", nullable=False, allowed=MATCH_KINDS),
        SOURCE,
        text("source_id", "Id in the source.", nullable=False, personal="agent"),
        text("id", "Id at the site; two ids of one source may have the same.", nullable=False, personal="agent"),
        *HISTORY,
    ),
)

QUEUE_DAY_ANOMALY: Final = Table(
    "gold",
    "queue_day_anomaly",
    "One row per queue, date and issue: a day that looks wrong, why, and whether the issue learnt from it.",
    ("queue_id", "business_date", "issued_at"),
    (
        *QUEUE_DAY,
        instant("issued_at", "The issue that found it."),
        flag("is_hindcast", "The issue was made later, see the forecast table."),
        calls("calls_actual", "Calls that came; null where a person named a day without calls known.", nullable=True),
        calls(
            "calls_expected", "Calls to be expected from its neighbours, calendar, events and drivers.", nullable=True
        ),
        number("deviation", "Log ratio of the two over its usual spread.", "spreads"),
        text(
            "kind",
            "spike or drop as the rule found it; stated = only a person says so.",
            nullable=False,
            allowed=ANOMALY_KINDS,
        ),
        text("reason", "Why it is listed, in words.", nullable=False),
        text("decision", "A person's word; null = open: please decide.", allowed=DECISION_WORDS),
        text("decided_by", "Who decided.", personal="planner"),
        flag("is_left_out", "The issue did not learn from it."),
    ),
)

FORECAST_ISSUE: Final = Table(
    "gold",
    "forecast_issue",
    "One row per issue and revision of it: the ledger of what was issued, when and why.",
    ("source", "issued_at", "revision"),
    (
        SOURCE,
        instant("issued_at", "Cutoff: start of the first target day."),
        Column("revision", "int64", "1 is the first; a later one stands in for the one before.", nullable=False, minimum=1),
        flag("is_current", "The forecast tables hold this revision; the others are in the archive."),
        text("cause", "first, changed (data or code, before its days began) or reissued (a person asked).", nullable=False, allowed=ISSUE_CAUSES),
        instant("made_at", "When it was made."),
        text("run_id", "The Dagster run that made it.", nullable=False),
        count("rows_interval", "Rows at interval grain."),
        calls("calls_mean", "Expected calls of the whole issue."),
        text("content_hash", "Fingerprint of the issue's rows at interval grain.", nullable=False),
    ),
)  # fmt: skip

FORECAST_HINDCAST: Final = Table(
    "gold",
    "forecast_hindcast",
    "One row per hindcast: what it was made with; it is made again only when that changes or a person asks.",
    ("source", "issued_at"),
    (
        SOURCE,
        instant("issued_at", "Cutoff: start of the first target day."),
        text("made_with", "Fingerprint of the method's version, its options, the horizon and the site.", nullable=False),
        instant("made_at", "When it was made."),
        text("run_id", "The Dagster run that made it.", nullable=False),
    ),
)  # fmt: skip


def _archive(table: Table) -> Table:
    """The archive of a forecast table: its columns and the revision."""
    revision = Column("revision", "int64", "Revision of the issue.", nullable=False, minimum=1)
    return Table(
        "gold",
        f"{table.name}_archive",
        f"{table.grain.split(' and issue')[0]}, issue and superseded revision: what was issued before.",
        (*table.key, "revision"),
        (*table.columns, revision),
    )


INTERVAL_ARCHIVE: Final = _archive(QUEUE_INTERVAL_FORECAST)
DAY_ARCHIVE: Final = _archive(QUEUE_DAY_FORECAST)

_FINAL_VALUES: Final = (
    Column("revision", "int64", "Revision of the issue it was made from.", nullable=False, minimum=1),
    calls("calls_mean", "Expected calls as the model says."),
    calls("calls_final", "Expected calls with the planners' overrides; the same where there is none."),
    calls("calls_final_q10", "10 % quantile, moved with the mean."),
    calls("calls_final_q50", "Median, moved with the mean."),
    calls("calls_final_q90", "90 % quantile, moved with the mean."),
    seconds("aht_seconds", "Expected handle time per answered call; null where nothing is known."),
    seconds("workload_final_seconds", "calls_final x aht_seconds; null where nothing is known of the handle time."),
    text("override_ids", "Overrides that acted on it, in the order in which they did, separated by `;`; null = none."),
    count("horizon_days", "Days from the issue: 1 is the first target day."),
    flag("is_open", "Inside the opening hours; closed rows stay 0."),
)

QUEUE_INTERVAL_FINAL: Final = Table(
    "gold",
    "queue_interval_forecast_final",
    "One row per queue, interval and issue: the model's value and the final one beside it.",
    ("queue_id", "interval_start", "issued_at"),
    (
        *QUEUE_INTERVAL,
        instant("issued_at", "The issue."),
        *_FINAL_VALUES,
    ),
    partition="business_date",
    layout=BY_ISSUE,
)

QUEUE_DAY_FINAL: Final = Table(
    "gold",
    "queue_day_forecast_final",
    "One row per queue, date and issue; final means are the sums of the intervals' final means.",
    ("queue_id", "business_date", "issued_at"),
    (
        *QUEUE_DAY,
        instant("issued_at", "The issue."),
        *_FINAL_VALUES,
    ),
    partition="business_date",
)

QUEUE_INTERVAL_OVERRIDE: Final = Table(
    "gold",
    "queue_interval_override",
    "One row per override, queue, interval and issue: the expected calls before and after it.",
    ("override_id", "queue_id", "interval_start", "issued_at"),
    (
        SOURCE,
        text("override_id", "The override.", nullable=False),
        QUEUE,
        instant("interval_start", "Start of the interval."),
        day("business_date", "Local date of the interval."),
        instant("issued_at", "The issue it acted on."),
        text("kind", "factor, add or set.", nullable=False, allowed=OVERRIDE_KINDS),
        text("author", "Who wanted it.", nullable=False, personal="planner"),
        instant("decided_at", "When it was decided."),
        flag("is_late", "The interval had begun by then: it was no forecast and is not scored."),
        calls("calls_before", "Expected calls before it."),
        calls("calls_after", "Expected calls after it."),
    ),
    partition="business_date",
)

OVERRIDE_VALUE: Final = Table(
    "gold",
    "override_value",
    "One row per override, issue and grain: forecast value added.",
    ("override_id", "issued_at", "grain"),
    (
        SOURCE,
        text("override_id", "The override.", nullable=False),
        instant("issued_at", "The issue it acted on."),
        text("grain", "Grain of the errors; scope adds everything up.", nullable=False, allowed=("interval", "day", "scope")),
        text("kind", "factor, add or set.", nullable=False, allowed=OVERRIDE_KINDS),
        text("author", "Who wanted it.", nullable=False, personal="planner"),
        count("points", "Rows scored: of known calls, and decided before they began."),
        count("points_late", "Rows left out because they had begun when it was decided."),
        calls("calls_actual", "Calls that came."),
        calls("calls_before", "Expected calls before it."),
        calls("calls_after", "Expected calls after it."),
        calls("error_before", "Sum of absolute errors before it."),
        calls("error_after", "Sum of absolute errors after it."),
        number("value_added", "(error before - error after) over calls that came; above 0 it helped. Null without calls.", "share"),
    ),
)  # fmt: skip

SITE_INPUTS: Final = (SOURCE_MATCHES,)
"""Planners' tables about the sources of a site: their `source` is the one that a row speaks of."""
PLANNERS_INPUTS: Final = (
    PLANNED_EVENTS,
    PLANNED_DRIVERS,
    ANOMALY_DECISIONS,
    FORECAST_OVERRIDES,
    QUEUE_CHANGES,
    QUEUE_HOURS,
)
ISSUE_TABLES: Final = (QUEUE_DAY_ANOMALY, FORECAST_ISSUE, FORECAST_HINDCAST, INTERVAL_ARCHIVE, DAY_ARCHIVE)
FINAL_TABLES: Final = (QUEUE_INTERVAL_FINAL, QUEUE_DAY_FINAL, QUEUE_INTERVAL_OVERRIDE)
PLANNERS_GOLD_TABLES: Final = (*ISSUE_TABLES, *FINAL_TABLES, OVERRIDE_VALUE)
