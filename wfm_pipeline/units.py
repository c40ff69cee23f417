"""Constants with a unit, and nothing else: the one place where a number of seconds gets its name."""

from typing import Final

SECONDS_PER_MINUTE: Final = 60
SECONDS_PER_HOUR: Final = 3_600
SECONDS_PER_DAY: Final = 86_400
MINUTES_PER_HOUR: Final = 60
MINUTES_PER_DAY: Final = 1_440
DAYS_PER_WEEK: Final = 7
INTERVAL_MINUTES_ALLOWED: Final = (5, 15, 30, 60)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Short weekday names; the position equals `datetime.date.weekday()`."""
