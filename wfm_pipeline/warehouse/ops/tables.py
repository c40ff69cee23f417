"""Tables of the ops store, once for every engine. Add tables and nullable columns here; they reach older stores by themselves.

Instants are naive UTC. Any other change needs a step in store.py and a new OPS_VERSION.
"""

from typing import Final

import sqlalchemy as sa

SCHEMA: Final = "ops"
"""Schema on PostgreSQL; a SQLite file holds nothing else and has none."""
OPS_VERSION: Final = 2
"""Raised by one with every change that an older `wfm` must not write over. 2: alerts wait, are held and are acknowledged."""

metadata = sa.MetaData(schema=SCHEMA)

schema_version = sa.Table(
    "schema_version",
    metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("applied_at", sa.DateTime, nullable=False),
    comment="One row per version this store has had.",
)

lease = sa.Table(
    "lease",
    metadata,
    sa.Column("name", sa.String, primary_key=True, comment="What is held, such as `writer`."),
    sa.Column("owner", sa.String, nullable=False, comment="What holds it, such as `wfm run` or `job nightly`."),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("run_id", sa.String, comment="Dagster run; null before there is one."),
    sa.Column("since", sa.DateTime, nullable=False),
    sa.Column("heartbeat_at", sa.DateTime, nullable=False, comment="Last sign of life."),
    comment="One row per thing that one process holds at a time: who, since when, last sign of life.",
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("alert_id", sa.String, primary_key=True, comment="One per alert; receivers see duplicates by it."),
    sa.Column("channel", sa.String, primary_key=True, comment="Way it goes out, such as `email`."),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("severity", sa.String, nullable=False),
    sa.Column("subject", sa.String, nullable=False),
    sa.Column("body", sa.String, nullable=False),
    sa.Column("facts", sa.String, nullable=False, comment="JSON object."),
    sa.Column("created_at", sa.DateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_attempt_at", sa.DateTime, comment="Null once it is delivered or given up."),
    sa.Column("delivered_at", sa.DateTime),
    sa.Column("last_error", sa.String),
    sa.Column(
        "held_until", sa.DateTime, comment="End of the quiet hours that it waits for; null where it never waited."
    ),
    sa.Column("digest_id", sa.String, comment="The alert in which it went out together with others."),
    comment="One row per alert and channel that it has to go out by.",
)

alert_state = sa.Table(
    "alert_state",
    metadata,
    sa.Column("key", sa.String, primary_key=True, comment="Name of the thing, such as `run:telephony:nightly`."),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("thing", sa.String, nullable=False, comment="What it is about in words."),
    sa.Column("incident_id", sa.String, nullable=False, comment="The same in all alerts from beginning to end."),
    sa.Column("opened_at", sa.DateTime, nullable=False),
    sa.Column("seen_at", sa.DateTime, nullable=False, comment="The latest look that counted."),
    sa.Column("told_at", sa.DateTime, nullable=False),
    sa.Column("times", sa.Integer, nullable=False, comment="How often it was seen to be wrong."),
    sa.Column("what", sa.String, nullable=False),
    sa.Column("facts", sa.String, nullable=False, comment="JSON object."),
    sa.Column("closed_at", sa.DateTime, comment="Null while it is wrong."),
    sa.Column("severity", sa.String, comment="As it was last told; null in rows of version 1: the kind's."),
    sa.Column("well_since", sa.DateTime, comment="It looks well since then, and not yet for long enough."),
    sa.Column("eased_since", sa.DateTime, comment="It looks less severe since then, and not yet for long enough."),
    sa.Column("eased_severity", sa.String, comment="The worst that it looked since then."),
    sa.Column("waits_since", sa.DateTime, comment="Since when somebody should take it; escalation counts from here."),
    sa.Column("acknowledged_by", sa.String, comment="Who takes it; never part of an alert."),
    sa.Column("acknowledged_at", sa.DateTime),
    sa.Column("acknowledged_until", sa.DateTime, comment="Null: until it is over or worse."),
    sa.Column("escalated", sa.String, comment="JSON list: steps of the escalation that were told."),
    sa.Column("children", sa.Integer, comment="Things that are swallowed by this one."),
    comment="One row per thing that was ever wrong: still, or until when.",
)

alert_pending = sa.Table(
    "alert_pending",
    metadata,
    sa.Column("key", sa.String, primary_key=True, comment="Name of the thing, as in alert_state."),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("thing", sa.String, nullable=False),
    sa.Column("severity", sa.String, nullable=False),
    sa.Column("seen_at", sa.DateTime, nullable=False, comment="The latest look that counted."),
    sa.Column("wrong_since", sa.DateTime, comment="The timer; null where it does not run."),
    sa.Column("times", sa.Integer, nullable=False, comment="How often it was seen to be wrong since then."),
    sa.Column("what", sa.String, nullable=False),
    comment="One row per thing that was wrong and not yet, or not any more, for long enough to be told.",
)

alert_tried = sa.Table(
    "alert_tried",
    metadata,
    sa.Column("incident_id", sa.String, primary_key=True, comment="As in alert_state."),
    sa.Column("tried_at", sa.DateTime, primary_key=True, comment="When it was written down."),
    sa.Column("tried_by", sa.String, nullable=False, comment="Who; never part of an alert."),
    sa.Column("what", sa.String, nullable=False),
    comment="One row per thing that somebody tried against what is wrong.",
)

note = sa.Table(
    "note",
    metadata,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
    sa.Column("noted_at", sa.DateTime, nullable=False),
    comment="One row per small fact that a run writes down for the next one.",
)
