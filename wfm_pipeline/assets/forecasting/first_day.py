"""From which day on a forecast is asked for: what a person may choose for one run of the forecast or the long range."""

import datetime as dt

import dagster as dg

from wfm_pipeline.errors import DataError, shown
from wfm_pipeline.units import sensible_date
from wfm_pipeline.warehouse.shelves.history import ForecastInputs


class ForecastConfig(dg.Config):
    """What a person may choose for one run of the forecast.

    Attributes:
        as_of: First target day, YYYY-MM-DD; empty takes the day after the last business date known to its end,
            so that a run at noon forecasts from today on.
        reissue: Make an issue again although its days have begun; the former one goes to the archive.
    """

    as_of: str = ""
    reissue: bool = False

    def first_day(self, inputs: ForecastInputs) -> dt.date:
        """The first target day.

        Raises:
            DataError: as_of is no date, or there is no history before it.
        """
        try:
            day = sensible_date(dt.date.fromisoformat(self.as_of)) if self.as_of else inputs.first_target
        except ValueError as error:
            raise DataError(f"as_of must be a date as YYYY-MM-DD, got {shown(self.as_of)}", got=self.as_of) from error
        if day <= inputs.first_date:
            raise DataError(f"as_of {day} leaves no history: the first business date is {inputs.first_date}")
        return day
