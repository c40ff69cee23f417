"""The kinds of alerts: what each is called and where the runbook says what to do. A new kind is one entry here and one section there."""

from dataclasses import dataclass
from typing import Final

from wfm_pipeline.settings_groups import Severity

SEVERITIES: Final[tuple[Severity, ...]] = ("low", "medium", "high", "critical")
"""From the least to the worst."""
RUNBOOK: Final = "docs/runbook.md"


def rank(severity: Severity) -> int:
    """Place of a severity; higher is worse."""
    return SEVERITIES.index(severity)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of alert.

    Attributes:
        name: Its name for machines; also the heading of its section in the runbook.
        severity: Of a sighting that says none: `high` where results are missing or wrong until somebody acts, `medium`
            where somebody should look.
        wrong: What is the matter, as a title; `{thing}` is what it is about.
        well: The same once it is over.
        pending_seconds: How long it must have been wrong before it is told [s]; `alert_pending_seconds` may say otherwise.
        clear_seconds: How long it must have been well before it is over [s]; `alert_clear_seconds` may say otherwise.
    """

    name: str
    severity: Severity
    wrong: str
    well: str
    pending_seconds: float = 0.0
    clear_seconds: float = 0.0

    @property
    def where(self) -> str:
        """Where it is written what to do."""
        return f"{RUNBOOK}#{self.name}"


RUN_FAILED: Final = Kind("run_failed", "high", "job {thing} failed", "job {thing} succeeds again")
RUN_KILLED: Final = Kind("run_killed", "high", "job {thing} was killed", "job {thing} succeeds again")
CHECK_FAILED: Final = Kind("check_failed", "medium", "check {thing} warns", "check {thing} passes again")
DATA_STALE: Final = Kind("data_stale", "high", "{thing} is out of date", "{thing} is up to date again")
COVERAGE_GAP: Final = Kind(
    "coverage_gap",
    "medium",
    "{thing} is falling short of its service level",
    "{thing} keeps its service level again",
    pending_seconds=120.0,  # a short queue of two minutes is over before anybody could move people
    clear_seconds=120.0,
)
NO_DATA: Final = Kind(
    "no_data",
    "high",
    "{thing}: no live data",
    "{thing}: live data again",
    pending_seconds=60.0,  # one answer that came late is no outage
    clear_seconds=1.0,  # one good look may be luck; the second closes it, however far apart looks are
)
SURGE_INFLOW: Final = Kind(
    "surge_inflow",
    "medium",
    "more cases come to {thing} than expected",
    "cases of {thing} come as expected again",
)
SURGE_AGE: Final = Kind(
    "surge_age",
    "medium",
    "more cases of {thing} get old than usual",
    "cases of {thing} get old as usual again",
)
SLOW_THROUGHPUT: Final = Kind(
    "slow_throughput",
    "medium",
    "fewer cases of {thing} get done than expected",
    "cases of {thing} get done as expected again",
)
_SECOND_HOUR: Final = 1.0
"""One good hour may be luck; the second closes it, however far apart looks are [s]."""
BREACH_RISK: Final = Kind(
    "breach_risk",
    "medium",
    "due times of {thing} are likely to be missed",
    "due times of {thing} are likely to be kept again",
    clear_seconds=_SECOND_HOUR,
)
OVER_DUE: Final = Kind(
    "over_due",
    "medium",
    "many cases of {thing} are past their due time",
    "few cases of {thing} are past their due time again",
    clear_seconds=_SECOND_HOUR,
)
STUCK: Final = Kind(
    "stuck",
    "low",
    "many cases of {thing} are stuck",
    "few cases of {thing} are stuck again",
    clear_seconds=_SECOND_HOUR,
)
DIGEST: Final = Kind("digest", "low", "{thing} of the quiet hours", "{thing} of the quiet hours")
TEST: Final = Kind("test", "low", "{thing}: nothing is wrong", "{thing}: nothing was wrong")

_BACKLOG: Final = (SURGE_INFLOW, SURGE_AGE, SLOW_THROUGHPUT, BREACH_RISK, OVER_DUE, STUCK)
KINDS: Final = {
    kind.name: kind
    for kind in (RUN_FAILED, RUN_KILLED, CHECK_FAILED, DATA_STALE, COVERAGE_GAP, NO_DATA, *_BACKLOG, DIGEST, TEST)
}
"""Name -> kind."""
