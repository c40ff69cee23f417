"""How a table that grows is kept where an engine lets us choose: months apart from each other, and indices.

A declaration of the contract, which says nothing of the rows: an engine that has no such thing passes over it, and the
same rows come back from every layout. Not here: how an engine does it (warehouse/engines).
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Index:
    """One index, and the query it is for.

    Attributes:
        columns: Its columns, in order.
        reason: The query that it answers, in words.
    """

    columns: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table's rows are kept.

    Attributes:
        months_by: Date or instant by whose month the rows are kept apart; None for a table that stays small.
        indices: Its indices; each costs a little at every write.
    """

    months_by: str | None = None
    indices: tuple[Index, ...] = ()


PLAIN: Final = Layout()
"""Rows in one place, without an index."""
BY_DATE: Final = Layout(
    "business_date", (Index(("business_date", "source"), "the dates that a run replaces; a source's first and last"),)
)
"""Rows of calls: a run replaces those of some dates, and most dates are of the past."""
BY_ISSUE: Final = Layout(
    "issued_at",
    (
        Index(("issued_at",), "one issue; the newest, which the analysts' view shows"),
        Index(
            ("queue_id", "interval_start", "issued_at"),
            "laws that hold a forecast, its final values and staffing together",
        ),
    ),
)
"""Rows of forecasts: a run replaces those of one issue, and every night leaves one more."""
BY_SERVICE_DATE: Final = Layout(
    "business_date", (Index(("business_date", "service_id"), "the hours that a look replaces; a service's day"),)
)
"""Rows of live coverage: a look replaces some services' hours of a date."""
