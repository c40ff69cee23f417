"""Hysteresis: a number is wrong past one limit and well again past another, so that one that flaps around a limit is one alert."""

import math
from dataclasses import dataclass

from wfm_pipeline.errors import SettingsError
from wfm_pipeline.monitoring.alerts.incidents import Look


@dataclass(frozen=True, slots=True)
class TwoLimits:
    """Where a number is wrong and where it is well again.

    Attributes:
        open_limit: Wrong at this number and beyond.
        clear_limit: Well again at this number and back. Which way is worse follows from the two.
    """

    open_limit: float
    clear_limit: float

    def __post_init__(self) -> None:
        """Refuse limits that leave no room between them.

        Raises:
            SettingsError: they are the same, or one is no number.
        """
        if not math.isfinite(self.open_limit - self.clear_limit) or self.open_limit == self.clear_limit:
            raise SettingsError(
                f"the limit at which an alert opens and that at which it closes must be two numbers, got {self.open_limit:g} "
                f"and {self.clear_limit:g}: put the clear limit on the good side of the open limit"
            )

    def look(self, value: float) -> Look:
        """How a number looks; a number on a limit is past it.

        Example:
            >>> coverage = TwoLimits(open_limit=0.8, clear_limit=0.9)
            >>> [coverage.look(value) for value in (0.8, 0.85, 0.9)]
            ['wrong', 'between', 'well']

        Raises:
            SettingsError: it is not a number: what is not known is a sighting of its own kind, `no_data`.
        """
        if math.isnan(value):
            raise SettingsError("a number that is not known is neither wrong nor well: tell it as no_data")
        sign = 1.0 if self.open_limit > self.clear_limit else -1.0
        if sign * value >= sign * self.open_limit:
            return "wrong"
        return "well" if sign * value <= sign * self.clear_limit else "between"
