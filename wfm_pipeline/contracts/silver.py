"""Contracts of the silver tables: cleaned rows, one home for each fact."""

from dataclasses import replace
from typing import Final

from wfm_pipeline.contracts.backlog.case_events import CASE_EVENTS
from wfm_pipeline.contracts.columns import (
    ANSWERED_MEASURES,
    BATCH_ID,
    QUEUE,
    ROW_HASH,
    SERVICE_LEVEL,
    SOURCE,
    Table,
    count,
    day,
    flag,
    instant,
    local_time,
    seconds,
    text,
)
from wfm_pipeline.contracts.layout import BY_DATE, Index

OUTCOMES: Final = ("answered", "abandoned", "other")
LEG_STATUSES: Final = ("answered", "abandoned", "transferred", "other")

CALL_LEGS = Table(
    "silver",
    "call_legs",
    "One row per leg of a call: one stay in one queue, with its service if there was one.",
    ("source", "call_id", "leg_number"),
    (
        SOURCE,
        text("call_id", "The call.", nullable=False),
        count("leg_number", "Position of the leg in its call, from 1 in order of start."),
        text("queue_id", "Queue the leg waited in."),
        text("agent_id", "Agent who answered.", personal="agent"),
        text("status", "What became of the leg.", nullable=False, allowed=LEG_STATUSES),
        instant("started_at", "When the leg began."),
        local_time("started_at_local", "When the leg began, wall clock."),
        seconds("menu_seconds", "Time in the voice menu before the queue."),
        seconds("wait_seconds", "Wait in the queue; null where the record is unusable."),
        seconds("talk_seconds", "Talk time; null where the record is unusable."),
        seconds("hold_seconds", "Hold time; null where unusable."),
        seconds("after_call_seconds", "After-call work; null where unusable."),
        text("channel", "Channel of the contact, such as `voice`."),
        text("landing_number", "Number that was dialled, digits only.", personal="customer"),
        text(
            "caller_number",
            "Caller's number, normalised digits; null if unknown or under the minimum length.",
            personal="customer",
        ),
        text("customer_id", "Customer id the source knows, where it is usable.", personal="customer"),
        text("case_id", "Case the call belongs to."),
        day("business_date", "Local date on which the leg began."),
        ROW_HASH,
        BATCH_ID,
    ),
    partition="business_date",
    layout=replace(BY_DATE, indices=(*BY_DATE.indices, Index(("call_id",), "all legs of the calls of some dates"))),
)

CALLS = Table(
    "silver",
    "calls",
    "One row per call: all its legs, attributed to the queue that was touched first.",
    ("source", "call_id"),
    (
        SOURCE,
        text("call_id", "The call.", nullable=False),
        text("queue_id", "Queue of the first leg (first touch).", nullable=False),
        text("final_queue_id", "Queue of the leg that decides the outcome.", nullable=False),
        count("transfers", "Legs after the first; 0 where legs are phones that ring at once."),
        text("channel", "Channel of the contact."),
        instant("arrived_at", "Start of the first leg."),
        local_time("arrived_at_local", "Start of the first leg, wall clock."),
        day("business_date", "Local date of the arrival."),
        text(
            "customer_key",
            "Customer: parent company, else customer of the landing number or the known id.",
            personal="customer",
        ),
        text(
            "caller_key",
            "Who called: normalised number, or known customer id where the map says so.",
            personal="customer",
        ),
        text("agent_id", "Last agent who answered.", personal="agent"),
        text(
            "outcome",
            "Of the last leg, in an answered call of the last that is not `other`; at once: answered if any leg was.",
            nullable=False,
            allowed=OUTCOMES,
        ),
        seconds(
            "wait_seconds", "Queue waits up to and including the first answered leg; at once: of the answering leg."
        ),
        seconds(
            "handle_seconds",
            "Talk + hold + after-call work over the answered legs, of an unanswered call over all; at once: of the "
            "answering leg. Null if nothing usable was recorded.",
        ),
        flag("is_redial", "A true redial: same caller and queue soon after that caller's abandoned call."),
        flag("is_open", "Arrived inside the opening hours."),
        text("case_id", "Case the call belongs to."),
        flag(
            "has_overlapping_legs", "Legs that should be in turn: one begins while the one before waits.", nullable=True
        ),
        flag(
            "is_abandoned_with_talk",
            "Abandoned, although a leg that was not passed on has talk time: the record contradicts itself.",
            nullable=True,
        ),
    ),
    partition="business_date",
    layout=BY_DATE,
)

QUEUE_INTERVALS = Table(
    "silver",
    "queue_intervals",
    "One row per queue and interval, a full grid from the queue's first date on.",
    ("queue_id", "interval_start"),
    (
        SOURCE,
        QUEUE,
        instant("interval_start", "Start of the interval."),
        day("business_date", "Local date of the interval."),
        local_time("interval_start_local", "Start of the interval, wall clock."),
        count("calls_offered", "Calls that arrived; null where the day is missing.", nullable=True),
        count("calls_answered", "Arrived here and were answered.", nullable=True),
        count("calls_abandoned", "Arrived here and gave up.", nullable=True),
        count("calls_other", "Arrived here with another outcome.", nullable=True),
        count("calls_redial", "Arrivals that are true redials.", nullable=True),
        count("calls_first_attempt", "Arrivals that are not redials.", nullable=True),
        *ANSWERED_MEASURES,
        seconds("aht_seconds", "Mean handle time of answered arrivals whose handle time is known."),
        seconds("asa_seconds", "Mean wait of answered arrivals whose wait is known."),
        SERVICE_LEVEL,
        count("agents_active", "Distinct agents who answered arrivals of the interval.", nullable=True),
        flag("is_open", "The interval starts inside the opening hours."),
        flag(
            "is_missing",
            "The source holds no rows for this open day, or for this interval where its map says so: unknown, not zero.",
        ),
    ),
    partition="business_date",
    layout=BY_DATE,
)

INTERVAL_STATISTICS = Table(
    "silver",
    "interval_statistics",
    "One row per interval and queue that a source without call records tells of; measures it does not tell are null.",
    ("source", "row_hash"),
    (
        SOURCE,
        text("queue_id", "The queue.", nullable=False),
        instant("interval_start", "Start of the source's interval."),
        local_time("interval_start_local", "Start of the source's interval, wall clock."),
        day("business_date", "Local date of the interval."),
        count("calls_offered", "Calls that arrived: as told, or answered and abandoned together."),
        count("calls_answered", "Calls that were answered.", nullable=True),
        count("calls_abandoned", "Calls that gave up.", nullable=True),
        *ANSWERED_MEASURES,
        seconds("answered_wait_seconds", "Wait of the answered calls, summed; null where it is not known."),
        ROW_HASH,
        BATCH_ID,
    ),
    partition="business_date",
    layout=BY_DATE,
)

CALENDAR_DAYS = Table(
    "silver",
    "calendar_days",
    "One row per calendar and date, from the source's first date to a year after its last.",
    ("calendar", "date"),
    (
        text("calendar", "Site or locality whose calendar it is.", nullable=False),
        day("date", "The date."),
        flag("is_holiday", "A public holiday or one of the site's own extra days."),
        text("holiday_name", "Name of the holiday."),
        text("day_type", "Kind of day.", nullable=False, allowed=("working", "weekend", "holiday")),
        flag("is_open", "The desk opens on this date."),
        flag("is_missing", "Open date inside the source's range without any row: missing, not zero."),
        text(
            "opens_at", "First opening time, wall clock HH:MM; the desk may close in between: see is_open of intervals."
        ),
        text("closes_at", "Last closing time, wall clock HH:MM, 24:00 at the end of the day."),
        flag("working_day", "Neither weekend nor holiday."),
    ),
)

CASES = Table(
    "silver",
    "cases",
    "One row per case.",
    ("source", "case_id"),
    (
        SOURCE,
        text("case_id", "The case.", nullable=False),
        text("queue_id", "Queue that works on it."),
        text("status", "Status word of the source, lower case."),
        text("priority", "Priority word of the source, lower case."),
        instant("opened_at", "When it was opened."),
        instant("closed_at", "When it was closed.", nullable=True),
        instant("due_at", "When it is due.", nullable=True),
        text("agent_id", "Agent who owns it.", personal="agent"),
        day("business_date", "Local date on which it was opened."),
        ROW_HASH,
        BATCH_ID,
    ),
    partition="business_date",
)

REJECTED_ROWS = Table(
    "silver",
    "rejected_rows",
    "One row per finding on a source row: what was refused or mended, by which rule.",
    ("source", "table", "row_hash", "rule"),
    (
        SOURCE,
        text("table", "Physical table of the source.", nullable=False),
        ROW_HASH,
        text("rule", "Name of the rule that found it.", nullable=False),
        flag("is_row_refused", "True: the row is out. False: one value was mended or emptied and the row stays."),
        text(
            "reason",
            "What was wrong, in words, with the value.",
            nullable=False,
            personal="customer",
            is_free_text=True,
        ),
        text(
            "raw", "The bronze row as JSON; null: older than rejected_raw_days.", personal="customer", is_free_text=True
        ),
        BATCH_ID,
        instant("seen_at", "When the batch came in."),
        day("business_date", "Business date of the bronze row; null where it has none.", nullable=True),
    ),
    partition="business_date",
)

SILVER_TABLES: Final = (
    CALL_LEGS,
    CALLS,
    INTERVAL_STATISTICS,
    QUEUE_INTERVALS,
    CALENDAR_DAYS,
    CASES,
    CASE_EVENTS,
    REJECTED_ROWS,
)
