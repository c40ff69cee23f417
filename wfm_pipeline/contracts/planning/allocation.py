"""Contracts of the weekly allocation: the planners' tables it reads and the tables it writes.

The reading side is small tables that people edit (CSV or SQL) and that keep history; the writing
side is gold. The arithmetic is in domain/allocation.
"""

from typing import Final

from wfm_pipeline.contracts.columns import QUEUE, Column, Table, count, day, flag, number, seconds, share, text
from wfm_pipeline.contracts.planning.history import HISTORY

LOCALITY_WORDS: Final = ("Domestic", "Global")
PHASE_WORDS: Final = ("pinned", "exclusive", "scored", "remainder", "optimal")
PAIR_WORDS: Final = ("pinned", "forbidden")
WINDOW_WORDS: Final = ("work", "leave")
STRATEGY_WORDS: Final = ("optimal", "v2")
WEIGHT_WORDS: Final = ("volume", "workload")
NO_WEIGHT: Final = "none"
"""All forecasts are 0: people are spread evenly, and no weight decides."""
DEMAND_FROM_WORDS: Final = ("issue", "long_range_days", "stand_in", "long_range_weeks", "months", "weeks")
"""Where the cases of a demand come from: the newest forecast issued, the long range's days or weeks, the same weekday of the
week beside, planners' months, or stated weeks."""
MATCH_WORDS: Final = ("contains", "exact", "regex", "startswith", "endswith")


def _hours(name: str, description: str, *, nullable: bool = True) -> Column:
    return number(name, description, "h", nullable=nullable, minimum=0)


def _fte(name: str, description: str, *, nullable: bool = False, is_signed: bool = False) -> Column:
    return number(name, description, "FTE", nullable=nullable, minimum=None if is_signed else 0)


def _cases(name: str, description: str, *, nullable: bool = False) -> Column:
    return number(name, description, "cases", nullable=nullable, minimum=0)


ISO_WEEK: Final = (
    Column("iso_year", "int64", "ISO year of the week.", nullable=False, minimum=1900),
    Column("iso_week", "int64", "ISO week, Monday to Sunday.", nullable=False, minimum=1, maximum=53),
)
_MONTH: Final = (
    Column("year", "int64", "Calendar year.", nullable=False, minimum=1900),
    Column("month", "int64", "Month of the year.", nullable=False, minimum=1, maximum=12),
)
_WORK: Final = (
    text("platform", "Platform the work is done on.", nullable=False),
    text("case_type", "Skill it needs.", nullable=False),
    text("state", "State it belongs to; `N/A` is served only by people who list `N/A`.", nullable=False),
)
_PLACE: Final = (
    text("locality", "Locality; null = the rules decide by main_lob.", allowed=LOCALITY_WORDS),
    text("main_lob", "Main line of business."),
    text("worktype", "Kind of work; some rules look here."),
)

ALLOCATION_RESOURCES: Final = Table(
    "silver",
    "allocation_resources",
    "One row per resource and stretch of time in which nothing about it changed: who had which skills when.",
    ("resource_cn", "valid_from"),
    (
        text("resource_cn", "Number of the person.", nullable=False, personal="agent"),
        text("platform", "The one platform the person works on.", nullable=False),
        text("locality", "Where the person works.", nullable=False, allowed=LOCALITY_WORDS),
        text("skills", "Case types, separated by `;`.", nullable=False),
        text("states", "States, separated by `;`; `N/A` stands for any.", nullable=False),
        day("available_from", "First date of availability; null = open.", nullable=True),
        day("available_until", "Last date of availability; null = open.", nullable=True),
        flag("is_active", "False keeps the person out."),
        text("capacity_tier_id", "Capacity tier; null = productivity 1."),
        *HISTORY,
    ),
)

ALLOCATION_PAIRS: Final = Table(
    "silver",
    "allocation_pairs",
    "One row per person, demand, first week and version: a pair that planners have pinned or forbidden.",
    ("resource_cn", "demand_id", "from_week", "valid_from"),
    (
        text("resource_cn", "Number of the person.", nullable=False, personal="agent"),
        text("demand_id", "The demand.", nullable=False),
        text(
            "rule",
            "`pinned`: the person does this demand alone; `forbidden`: never this one.",
            nullable=False,
            allowed=PAIR_WORDS,
        ),
        text("from_week", "First week in which it holds, such as 2025-W28.", nullable=False),
        text("until_week", "Last week, included; null = until it is taken out."),
        text("reason", "Why, in the planner's words.", personal="agent", is_free_text=True),
        *HISTORY,
    ),
)

ALLOCATION_WINDOWS: Final = Table(
    "silver",
    "allocation_windows",
    "One row per person, kind, first date, weekdays, hours and version: when a person works or is on leave.",
    ("resource_cn", "kind", "from_date", "weekdays", "hours", "valid_from"),
    (
        text("resource_cn", "Number of the person.", nullable=False, personal="agent"),
        text("kind", "`work`: the hours of those days; `leave`: not there then.", nullable=False, allowed=WINDOW_WORDS),
        day("from_date", "First date."),
        day("until_date", "Last date, included; null = until it is taken out.", nullable=True),
        text("weekdays", "`all`, or days such as `mon;wed`.", nullable=False),
        text("hours", "Windows of a day, such as `08:00-12:00,16:00-20:00` or `22:00-06:00`.", nullable=False),
        text("time_zone", "Whose clock the hours are; null = the site's."),
        text("reason", "Why, in the planner's words.", personal="agent", is_free_text=True),
        *HISTORY,
    ),
)

CAPACITY_TIERS: Final = Table(
    "silver",
    "capacity_tiers",
    "One row per capacity tier and version.",
    ("tier_id", "valid_from"),
    (
        text("tier_id", "The tier.", nullable=False),
        text("name", "Name for people."),
        share("productivity", "Share of a full capacity.", nullable=False),
        *HISTORY,
    ),
)

LOCALITY_RULES: Final = Table(
    "silver",
    "locality_rules",
    "One row per locality rule and version; the open versions hold for the next run.",
    ("rule_id", "valid_from"),
    (
        count("rule_id", "Number of the rule; decides between equal priorities."),
        text("rule_name", "Name for people.", nullable=False),
        text("pattern", "What to look for in main_lob, ignoring case.", nullable=False),
        text("match_type", "How it is looked for.", nullable=False, allowed=MATCH_WORDS),
        text("result_locality", "The answer; null = look in fallback_field.", allowed=LOCALITY_WORDS),
        text("fallback_field", "Field to look in where there is no answer."),
        text("fallback_pattern", "Text in that field that means Domestic; without it Global."),
        Column("priority", "int64", "Smaller comes first.", nullable=False),
        flag("is_active", "False switches the rule off."),
        *HISTORY,
    ),
)

WEEK_CONFIGURATION: Final = Table(
    "silver",
    "week_configuration",
    "One row per month, ISO week, locality and version: the part of the week inside the month.",
    ("year", "month", "iso_year", "iso_week", "locality", "valid_from"),
    (
        *_MONTH,
        *ISO_WEEK,
        text("locality", "Domestic or Global, or a state's own calendar such as `Domestic-TX`.", nullable=False),
        Column("working_days", "float64", "Working days.", "days", nullable=False, minimum=0, maximum=7),
        Column("work_hours", "float64", "Paid hours of a day.", "h", nullable=False, minimum=0, maximum=24),
        share("shrinkage", "Paid time not available, below 1.", nullable=False),
        share("occupancy", "Share of available time that is handling, above 0.", nullable=False),
        *HISTORY,
    ),
)

QUEUE_DEMAND_MAP: Final = Table(
    "silver",
    "queue_demand_map",
    "One row per queue, demand and version: which part of a queue's calls is which work.",
    ("queue_id", "demand_id", "valid_from"),
    (
        QUEUE,
        text("demand_id", "The demand.", nullable=False),
        *_WORK,
        *_PLACE,
        share("share", "Share of the queue's calls; the shares of a queue add up to 1.", nullable=False),
        *HISTORY,
    ),
)

MONTHLY_DEMAND: Final = Table(
    "silver",
    "monthly_demand",
    "One row per demand, month and version: planners' forecasts of work that has no calls.",
    ("demand_id", "year", "month", "valid_from"),
    (
        text("demand_id", "The demand.", nullable=False),
        *_WORK,
        *_PLACE,
        *_MONTH,
        _cases("monthly_forecast", "Cases expected in the month."),
        seconds("handle_seconds", "Mean handle time of a case."),
        *HISTORY,
    ),
)

DEMAND_WEEK: Final = Table(
    "gold",
    "demand_week",
    "One row per demand and ISO week.",
    ("demand_id", "iso_year", "iso_week"),
    (
        text("demand_id", "The demand.", nullable=False),
        *ISO_WEEK,
        _WORK[0],
        text("locality", "Locality whose people do it.", nullable=False, allowed=LOCALITY_WORDS),
        *_WORK[1:],
        text(
            "main_lob",
            "Main line of business; several joined by `; `; null = nobody says, or planned before this was kept.",
        ),
        _cases("weekly_forecast", "Cases expected in the week."),
        text(
            "demand_from",
            "Where they come from, several joined by `+`: `issue` (the forecast), `long_range_days`, `stand_in` (the same "
            "weekday of the week beside), `long_range_weeks`, `months` (planners), `weeks` (stated); null = planned before this was kept.",
        ),
        seconds("handle_seconds", "Mean handle time of a case; null where unknown."),
        _hours("workload_hours", "Cases times handle time; null where the handle time is unknown."),
        _fte("ideal_fte", "Share of the locality's available people, in proportion to volume or workload."),
        _fte("required_fte", "Workload over one person's hours of the week; null where unknown.", nullable=True),
        count("assigned", "People who got it."),
        _hours("assigned_hours", "Hours those people can handle.", nullable=False),
        _hours("ideal_hours", "Share of the hours of the locality's available people, as ideal_fte is of the heads."),
        _fte("assigned_fte", "assigned_hours over one person's hours of the week.", nullable=True),
        _fte(
            "need_gap",
            "required_fte - assigned_fte: gap against the need; null where the need is unknown. Below 0 = more than needed.",
            nullable=True,
            is_signed=True,
        ),
        count("eligible", "Available people who may do it."),
        count(
            "exclusive",
            "Those of them who may do nothing else: shared with no other demand; null = planned before this was kept.",
            nullable=True,
        ),
        _fte(
            "gap",
            "Ideal - assigned: gap against the fair share of heads; below 0 = more than the ideal.",
            is_signed=True,
        ),
        _fte(
            "structural_gap",
            "Ideal - its count in the week whose chi-square gap is the smallest; another plan may give this demand more.",
            is_signed=True,
        ),
        _fte(
            "surplus",
            "Assigned above the ideal; `wfm allocate --explain` says whether training them would help another demand.",
        ),
        text(
            "gap_reason",
            "Where the eligible went, what would open the demand to more, and what came of trying it out; null = no gap.",
        ),
        text(
            "closed_by",
            "Skill or state for so many people who can be spared that, tried out, leaves less than one person of the gap; "
            "nobody is counted for two demands; null = none does, or no gap.",
        ),
    ),
)

WEEKLY_RESOURCE_ASSIGNMENT: Final = Table(
    "gold",
    "weekly_resource_assignment",
    "One row per resource and ISO week, also for people without a demand.",
    ("resource_cn", "iso_year", "iso_week"),
    (
        text("resource_cn", "Number of the person.", nullable=False, personal="agent"),
        *ISO_WEEK,
        text("demand_id", "The demand; null = unassigned, see reason."),
        text("phase", "Phase that decided; null = unassigned.", allowed=PHASE_WORDS),
        share("score", "Sum of the four parts; null = unassigned."),
        share("urgency_score", "What the demand lacked of its ideal, weighted."),
        share("exclusivity_score", "1 over the demands open to the person, weighted."),
        share("state_score", "State listed itself 1, through `N/A` 0.5, weighted."),
        share("skill_score", "One skill 1, several 0.5, weighted."),
        text("runner_up_demand_id", "Next best demand open to the person; null = there is no other."),
        share("runner_up_score", "Score of the runner-up."),
        _hours("weekly_capacity_hours", "Days present x hours x (1 - shrinkage) x productivity.", nullable=False),
        text("capacity_tier_id", "Capacity tier of the person."),
        text("reason", "Why there is no demand; null = there is one."),
        text("strategy", "Strategy that made it.", nullable=False, allowed=STRATEGY_WORDS),
    ),
)


def _measures(prefix: str, whose: str, unit: str = "FTE") -> tuple[Column, ...]:
    return (
        share(f"{prefix}unmet_share", f"Sum of max(0, ideal - {whose}) over sum of ideal; null without ideal."),
        number(f"{prefix}chi_square_gap", f"Sum of ({whose} - ideal)^2 / ideal, ideal > 0.", unit, minimum=0),
        share(f"{prefix}jain_index", f"Jain index of {whose} / ideal, ideal > 0; 1 is perfectly even."),
    )


ALLOCATION_QUALITY: Final = Table(
    "gold",
    "allocation_quality",
    "One row per ISO week and strategy.",
    ("iso_year", "iso_week", "strategy"),
    (
        *ISO_WEEK,
        text("strategy", "The strategy.", nullable=False, allowed=STRATEGY_WORDS),
        text(
            "weight",
            "What ideal shares are proportional to; `none`: all forecasts are 0, people are spread evenly.",
            nullable=False,
            allowed=(*WEIGHT_WORDS, NO_WEIGHT),
        ),
        count("available", "People available in the week."),
        count("staffed", "People with a demand."),
        count("unassigned", "Available people without one."),
        *_measures("", "assigned"),
        *_measures("optimal_", "best possible count"),
        *_measures("hours_", "assigned hours", "h"),
        count(
            "moved_since_last_week",
            "People with another demand than in last week's plan; null = no last week.",
            nullable=True,
        ),
        flag("is_chosen", "True: the plan in weekly_resource_assignment is this strategy's."),
        text("run_id", "The Dagster run that made it.", nullable=False),
    ),
)

ALLOCATION_ACCURACY: Final = Table(
    "gold",
    "allocation_accuracy",
    "One row per ISO week: the plan against what came.",
    ("iso_year", "iso_week"),
    (
        *ISO_WEEK,
        count("demands", "Demands planned or with work, of those whose actual work is known (calls)."),
        count("demands_unknown", "Planned demands of which nothing says what came: not in the scores."),
        number("wmape", "Absolute errors of weekly demand over demand; null without demand.", "0..", minimum=0),
        number("bias", "Sum of (plan - actual) over demand; null without demand.", "share"),
        _hours("workload_gap_hours", "Actual workload above the hours assigned, over demands.", nullable=False),
    ),
)

ALLOCATION_INPUTS: Final = (
    ALLOCATION_RESOURCES,
    ALLOCATION_PAIRS,
    ALLOCATION_WINDOWS,
    CAPACITY_TIERS,
    LOCALITY_RULES,
    WEEK_CONFIGURATION,
    QUEUE_DEMAND_MAP,
    MONTHLY_DEMAND,
)
ALLOCATION_TABLES: Final = (DEMAND_WEEK, WEEKLY_RESOURCE_ASSIGNMENT, ALLOCATION_QUALITY, ALLOCATION_ACCURACY)
