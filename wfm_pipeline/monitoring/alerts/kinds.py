"""The kinds of alerts: what each is called and where the runbook says what to do. A new kind is one entry here and one section there."""

from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["warning", "error"]
RUNBOOK: Final = "docs/runbook.md"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of alert.

    Attributes:
        name: Its name for machines; also the heading of its section in the runbook.
        severity: `error` where results are missing or wrong until somebody acts, `warning` where somebody should look.
        wrong: What is the matter, as a title; `{thing}` is what it is about.
        well: The same once it is over.
    """

    name: str
    severity: Severity
    wrong: str
    well: str

    @property
    def where(self) -> str:
        """Where it is written what to do."""
        return f"{RUNBOOK}#{self.name}"


RUN_FAILED: Final = Kind("run_failed", "error", "job {thing} failed", "job {thing} succeeds again")
RUN_KILLED: Final = Kind("run_killed", "error", "job {thing} was killed", "job {thing} succeeds again")
CHECK_FAILED: Final = Kind("check_failed", "warning", "check {thing} warns", "check {thing} passes again")
DATA_STALE: Final = Kind("data_stale", "error", "{thing} is out of date", "{thing} is up to date again")
TEST: Final = Kind("test", "warning", "{thing}: nothing is wrong", "{thing}: nothing was wrong")

KINDS: Final = {kind.name: kind for kind in (RUN_FAILED, RUN_KILLED, CHECK_FAILED, DATA_STALE, TEST)}
"""Name -> kind."""
