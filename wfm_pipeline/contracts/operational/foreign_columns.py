"""Columns as operational databases write them: their names, their units, the largest value that can be believed.

Not here: our own columns, in seconds and shares (columns).
"""

from typing import Final

from wfm_pipeline.contracts.columns import Column

INTERVAL_SECONDS: Final = 900
"""Length of an interval of the operational statistics [s]: fifteen minutes."""
_LONGEST_MEAN_MILLISECONDS: Final = 14_400_000
"""Four hours [ms]: a mean per call above it is a slip, as in the source maps."""
_LONGEST_SECONDS: Final = 86_400
"""One day [s]: what is measured of a contact or a queue now lasts no longer."""
_MOST_COUNTED: Final = 1_000_000
"""Largest believable count of contacts or people of one row [count]."""
WHOLE_PERCENT: Final = 100
"""Largest share in percent [%]."""


def counted(name: str, description: str, *, nullable: bool = False) -> Column:
    """A count of contacts or people, 0 to 1,000,000."""
    return Column(name, "int64", description, "count", nullable=nullable, minimum=0, maximum=_MOST_COUNTED)


def milliseconds(name: str, description: str) -> Column:
    """A mean duration in milliseconds, 0 to four hours; null where there was no contact to take it of."""
    return Column(name, "float64", description, "ms", minimum=0, maximum=_LONGEST_MEAN_MILLISECONDS)


def percent(name: str, description: str) -> Column:
    """A share in percent, 0 to 100."""
    return Column(name, "float64", description, "%", minimum=0, maximum=WHOLE_PERCENT)


def elapsed_seconds(name: str, description: str, *, nullable: bool = True) -> Column:
    """A duration in seconds, 0 to one day."""
    return Column(name, "float64", description, "s", nullable=nullable, minimum=0, maximum=_LONGEST_SECONDS)


def seconds_of_interval(name: str, description: str) -> Column:
    """Seconds of an interval that were spent so, 0 to 900."""
    return Column(name, "float64", description, "s", nullable=False, minimum=0, maximum=INTERVAL_SECONDS)
