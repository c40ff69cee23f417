"""Contracts of live coverage: people against need per service and interval, and the gaps.

Not here: how they are worked out (domain/coverage), and keeping them (warehouse/shelves).
"""

from typing import Final

from wfm_pipeline.contracts.columns import Column, Table, count, day, instant, local_time, number, share, text
from wfm_pipeline.contracts.layout import BY_SERVICE_DATE

_SERVICE: Final = text("service_id", "The service.", nullable=False)
_AS_OF: Final = instant("as_of", "Instant of the question; nothing after it was known.")
_BASES: Final = ("forecast", "same_weekdays", "closed", "no_data")


def _agents(name: str, description: str) -> Column:
    """People, parts of people too; null where they are not known."""
    return number(name, description, "agents", minimum=0)


COVERAGE_INTERVAL: Final = Table(
    "gold",
    "coverage_interval",
    "One row per service and interval: people there against people needed, as of the last question.",
    ("service_id", "interval_start"),
    (
        _SERVICE,
        instant("interval_start", "Start of the interval."),
        local_time("interval_start_local", "The same at the site."),
        day("business_date", "Date of the site's wall clock.", nullable=False),
        count("agents_required", "Whole people needed on the phones; null where it is not known.", nullable=True),
        _agents("agents_required_exact", "The same as a real number."),
        _agents("agents_scheduled", "People rostered, without breaks; people of several services in parts."),
        _agents("agents_actual", "People on the phones; null where no states are recorded, and before the interval."),
        _agents("agents_available", "Of them, those who could take a contact now."),
        _agents("people", "Those counted: actual once the interval has begun, scheduled before."),
        text("people_from", "Which of the two.", nullable=False, allowed=("actual", "scheduled")),
        number(
            "coverage", "People over required; null where nobody is needed or something is unknown.", "share", minimum=0
        ),
        text(
            "status",
            "Where coverage lies; `no_data` where people or need are not known.",
            nullable=False,
            allowed=("optimal", "adequate", "shortage", "surplus", "no_data"),
        ),
        share("service_level_target", "Service level aimed at.", nullable=False),
        share(
            "projected_service_level", "Service level to expect with these people; null without calls or people known."
        ),
        number("calls_mean", "Expected calls.", "calls", minimum=0),
        number("aht_seconds", "Their expected handle time.", "s", minimum=0),
        number("offered_load_erlangs", "Calls x handle time / length of the interval.", "erlangs", minimum=0),
        text("basis", "From what the need is known.", nullable=False, allowed=_BASES),
        text("reason", "Why need or people are not known, with table and stretch; null where both are."),
        _AS_OF,
    ),
    partition="business_date",
    layout=BY_SERVICE_DATE,
)

COVERAGE_GAP: Final = Table(
    "gold",
    "coverage_gap",
    "One row per gap: neighbouring shortages of a service.",
    ("gap_id",),
    (
        text("gap_id", "Made of service and start: it lasts while the gap grows.", nullable=False),
        _SERVICE,
        instant("starts_at", "Start of the first interval."),
        instant("ends_at", "End of the last one, exclusive."),
        day("business_date", "Date of the site's wall clock at the start.", nullable=False),
        count("intervals", "Intervals of the gap."),
        text(
            "severity",
            "By the service level to expect, below the target.",
            nullable=False,
            allowed=("low", "medium", "high", "critical", "unknown"),
        ),
        count("agents_short", "Whole people missing in its worst interval."),
        number("agent_hours_short", "People missing x hours.", "h", nullable=False, minimum=0),
        number("coverage_min", "Smallest coverage.", "share", nullable=False, minimum=0),
        share("projected_service_level", "Service level to expect, by calls; null without calls."),
        share("service_level_target", "Service level aimed at.", nullable=False),
        number("calls", "Expected calls.", "calls", minimum=0),
        number(
            "affected_calls", "Calls in target with the people needed and not with those there.", "calls", minimum=0
        ),
        number("cost", "The hours short as overtime; null where a rate is not known.", "currency", minimum=0),
        text("currency", "ISO 4217 code of the cost; null where it is not known."),
        share("confidence", "Part of the calls' band in which it would still be a shortage; null without a band."),
        text("confidence_from", "What the confidence is from.", nullable=False, allowed=("band", "no_band")),
        text("people_from", "Whose people.", nullable=False, allowed=("actual", "scheduled", "both")),
        text("basis", "From what the need is known.", nullable=False, allowed=_BASES),
        text(
            "actions",
            "What could be done, cheapest per point of service level first: JSON list of kind, agents, agent_hours, calls, cost, "
            "currency, cost_per_point, gain with ends, from_service. It names no person. Null = not looked for.",
        ),
        _AS_OF,
    ),
    partition="business_date",
    layout=BY_SERVICE_DATE,
)

COVERAGE_TABLES: Final = (COVERAGE_INTERVAL, COVERAGE_GAP)
