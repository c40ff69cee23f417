"""How many connections a live reader opens and how long it waits.

Not here: settings of a site (settings).
"""

from dataclasses import dataclass
from typing import Final

from wfm_pipeline.errors import SettingsError

FEWEST_CONNECTIONS: Final = 5
MOST_CONNECTIONS: Final = 20
"""Bounds of a pool [connections]: a centre's database serves its telephony first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLimits:
    """Limits of one address.

    Attributes:
        kept_connections: Connections that stay open once they were needed [count], 5 to 20.
        most_connections: Connections at a time [count], `kept_connections` to 20.
        connect_seconds: Longest wait for a connection [s].
        query_seconds: Longest wait for one question's rows, in threads for those of all questions together [s].
        attempts: Tries of a read that loses its connection [count]; one while the address is known to be out.
        first_wait_seconds: Wait before the second try [s]; it doubles, with some luck in it.
        longest_wait_seconds: Longest wait between tries [s].
    """

    kept_connections: int = FEWEST_CONNECTIONS
    most_connections: int = MOST_CONNECTIONS
    connect_seconds: float = 5.0
    query_seconds: float = 10.0
    attempts: int = 3
    first_wait_seconds: float = 0.2
    longest_wait_seconds: float = 2.0

    def __post_init__(self) -> None:
        """Refuse limits with which nothing is read."""
        if not FEWEST_CONNECTIONS <= self.kept_connections <= self.most_connections <= MOST_CONNECTIONS:
            raise SettingsError(
                f"a pool keeps {FEWEST_CONNECTIONS} connections or more and opens {MOST_CONNECTIONS} at most, got "
                f"{self.kept_connections} kept and {self.most_connections} at most",
                got=(self.kept_connections, self.most_connections),
            )
        if min(self.connect_seconds, self.query_seconds, self.first_wait_seconds) <= 0 or self.attempts < 1:
            raise SettingsError(
                f"time-outs and waits must be above 0 and tries at least 1, got connect {self.connect_seconds:g} s, query "
                f"{self.query_seconds:g} s, first wait {self.first_wait_seconds:g} s, {self.attempts} tries",
                got=self.attempts,
            )


STANDARD_LIMITS: Final = ReaderLimits()
