"""Contracts of the capacity plan: the planners' tables it reads and the table it writes.

The arithmetic is in domain/staffing/capacity.
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
    number,
    share,
    text,
)
from wfm_pipeline.contracts.planning.history import HISTORY

PERIOD_WORDS: Final = ("month", "year")
EFFICIENCY_WORDS: Final = ("occupancy", "staffing")
LEVEL_WORDS: Final = ("mean", "q10", "q50", "q90")
_LEVELS: Final = {"mean": "expected calls", "q10": "10 %", "q50": "50 %", "q90": "90 %"}


def _heads(name: str, description: str, *, nullable: bool = True) -> Column:
    return number(name, description, "heads", nullable=nullable, minimum=0)


def _weeks(name: str, description: str, *, nullable: bool = False) -> Column:
    return Column(name, "int64", description, "weeks", nullable=nullable, minimum=0)


def _hours(name: str, description: str, *, nullable: bool = True) -> Column:
    return number(name, description, "h", nullable=nullable, minimum=0)


def _fte(prefix: str, description: str, *, is_signed: bool = False) -> tuple[Column, ...]:
    return tuple(
        number(f"{prefix}_{level}", f"{description} ({words}).", "FTE", minimum=None if is_signed else 0)
        for level, words in _LEVELS.items()
    )


HEADCOUNT: Final = Table(
    "silver",
    "headcount",
    "One row per pool of people and version: who is there, and how people come and go.",
    ("pool_id", "valid_from"),
    (
        text("pool_id", "The pool: people who share the work of its queues.", nullable=False),
        text("queues", "Its queues, separated by `;`; a queue belongs to one pool.", nullable=False),
        _heads("heads", "People paid on counted_on, without those of the listed hiring classes.", nullable=False),
        day("counted_on", "Date of the count; it holds from the Monday of its ISO week."),
        _hours("contract_hours", "Paid hours of a person's week, above 0.", nullable=False),
        share("attrition", "Leavers of a period over the people at its start, below 1.", nullable=False),
        text("attrition_per", "The period.", nullable=False, allowed=PERIOD_WORDS),
        _weeks("recruiting_weeks", "Weeks from the decision to the first paid day."),
        _weeks("training_weeks", "Weeks with productivity 0."),
        share("training_dropout", "Share of a class that leaves in training, below 1.", nullable=False),
        text("ramp", "Productivity of the weeks after training, such as `0.5;0.75`; null = 1 at once."),
        share("occupancy", "Target of handling over available time, above 0; null = the issued staffing decides."),
        *HISTORY,
    ),
)

HIRING_CLASSES: Final = Table(
    "silver",
    "hiring_classes",
    "One row per hiring class and version; an empty word is the pool's.",
    ("class_id", "valid_from"),
    (
        text("class_id", "The class.", nullable=False),
        text("pool_id", "Pool it is trained for.", nullable=False),
        day("start_date", "First paid day; it counts from the Monday of its ISO week."),
        _heads("heads", "People who start.", nullable=False),
        _weeks("training_weeks", "Weeks with productivity 0; null = the pool's.", nullable=True),
        share("training_dropout", "Share that leaves in training; null = the pool's."),
        text("ramp", "Productivity of the weeks after training; null = the pool's, `1` = none."),
        _hours("contract_hours", "Paid hours of a person's week; null = the pool's."),
        *HISTORY,
    ),
)

SHRINKAGE: Final = Table(
    "silver",
    "shrinkage",
    "One row per pool, kind, first date and version: paid time that is not available.",
    ("pool_id", "kind", "first_date", "valid_from"),
    (
        text("pool_id", "The pool, or `(all)`; its own row goes before.", nullable=False),
        text("kind", "Such as vacation, sickness, training, meetings, breaks.", nullable=False),
        flag("is_planned", "Known beforehand and movable."),
        share("share", "Share of paid time, below 1; kinds add up.", nullable=False),
        day("first_date", "First date it holds; of one kind the row that began last counts."),
        day("last_date", "Last date, inclusive; null = still.", nullable=True),
        *HISTORY,
    ),
)

CAPACITY_WEEK: Final = Table(
    "gold",
    "capacity_week",
    "One row per pool, ISO week and issue of the long range: FTE required, available and short.",
    ("pool_id", "iso_year", "iso_week", "issued_at"),
    (
        SOURCE,
        text("pool_id", "The pool; a queue of no pool stands for itself.", nullable=False),
        text("queues", "Its queues, separated by `;`.", nullable=False),
        Column("iso_year", "int64", "ISO year.", nullable=False, minimum=1900),
        Column("iso_week", "int64", "ISO week.", nullable=False, minimum=1, maximum=53),
        day("week_start", "Its Monday."),
        instant("issued_at", "Issue of the long range."),
        number("calls_mean", "Expected calls of the week.", "calls", minimum=0),
        _hours("workload_hours", "Expected calls x handle time."),
        _hours("on_phone_hours", "Hours of available people the service level or the occupancy asks for."),
        share("shrinkage", "Paid time not available, all kinds, below 1."),
        share("shrinkage_planned", "Its planned kinds."),
        share("shrinkage_unplanned", "Its other kinds."),
        *_fte("fte_required", "Hours on the phones over full-time hours"),
        *_fte("paid_fte_required", "fte_required / (1 - shrinkage)"),
        *_fte("fte_available", "Heads x productivity x contract hours / full-time hours x (1 - shrinkage)"),
        number("paid_fte_available", "Contract hours of everybody paid over full-time hours.", "FTE", minimum=0),
        *_fte("gap_fte", "Required - available; above 0 is short", is_signed=True),
        _heads("heads_start", "Heads on Monday, without those who join on it; an expected value."),
        _heads("heads_hired", "Heads of planned classes who join on Monday."),
        _heads("heads_left", "Heads who leave at the end of the week, from attrition or training."),
        _heads("heads_end", "start + hired - left; the next week's start."),
        _heads("heads_in_training", "Heads of the week in training, productivity 0."),
        count("hires_needed", "People who should start this week beyond the planned classes."),
        day("decide_by", "Monday on which recruiting for them must begin; null = nobody starts.", nullable=True),
        number("gap_fte_after_hiring", "The gap of hire_for with these people; above 0 is too soon to hire.", "FTE"),
        text("hire_for", "Which gap hiring closes.", nullable=False, allowed=LEVEL_WORDS),
        text(
            "method",
            "Where on_phone_hours come from: a stated occupancy, or the issued staffing.",
            nullable=False,
            allowed=EFFICIENCY_WORDS,
        ),
        text("reason", "What is unknown and so null; null = nothing."),
    ),
)

CAPACITY_INPUTS: Final = (HEADCOUNT, HIRING_CLASSES, SHRINKAGE)
CAPACITY_TABLES: Final = (CAPACITY_WEEK,)
