"""Types of settings that are numbers or dates with the same smallest and largest value in several places.

Here: what pydantic checks. Not here: the bounds themselves, which the mathematics shares (units.py), and
which settings there are (settings.py).
"""

import datetime as dt
from typing import Annotated

from pydantic import Field

from wfm_pipeline.units import (
    EARLIEST_DATE,
    LARGEST_SHRINKAGE,
    LARGEST_TARGET,
    LATEST_DATE,
    LONGEST_PATIENCE_SECONDS,
    SHORTEST_PATIENCE_SECONDS,
    SMALLEST_OCCUPANCY_CAP,
    SMALLEST_TARGET,
)

Patience = Annotated[float, Field(ge=SHORTEST_PATIENCE_SECONDS, le=LONGEST_PATIENCE_SECONDS)]
"""Mean patience [s]."""
Target = Annotated[float, Field(ge=SMALLEST_TARGET, le=LARGEST_TARGET)]
"""Share of callers [0..1]."""
OccupancyCap = Annotated[float, Field(ge=SMALLEST_OCCUPANCY_CAP, le=1)]
"""Largest occupancy [0..1]."""
Shrinkage = Annotated[float, Field(ge=0, le=LARGEST_SHRINKAGE)]
"""Paid time not available [0..1]."""
Day = Annotated[dt.date, Field(ge=EARLIEST_DATE, le=LATEST_DATE)]
"""A date of our age."""
