"""What a backtest stands on: intervals, calendar, and what planners had told by each origin."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from wfm_pipeline.assets.forecast_inputs import issue_instant, read_inputs
from wfm_pipeline.assets.forecasting.planners import read_plan_versions
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting.planners.known_plans import PlanVersions
from wfm_pipeline.domain.forecasting.planners.outside import Plans
from wfm_pipeline.resources import House
from wfm_pipeline.sources.files.interval_file import read_interval_file


@dataclass(frozen=True, slots=True)
class Ground:
    """What a backtest stands on.

    Attributes:
        panel: Intervals.
        site: Calendar of the desk.
        told: What planners told, in all versions; None for a plain file.
    """

    panel: pd.DataFrame
    site: Site
    told: PlanVersions | None = None

    def plans(self, house: House) -> Callable[[dt.date], Plans] | None:
        """Origin -> what planners had told by its midnight."""
        told = self.told
        return None if told is None else lambda origin: told.known_at(origin, issue_instant(house, origin))


def read_ground(house: House, file: Path | None, *, country: str | None, weekend: tuple[str, ...] | None) -> Ground:
    """Read a plain file, whose calendar is given, or the warehouse where there is none."""
    if file is None:
        with house.open_warehouse() as warehouse:
            panel = read_inputs(house, warehouse).whole_history()
            return Ground(panel, house.site, read_plan_versions(house, warehouse))
    return Ground(read_interval_file(file), Site(country=country, weekend=weekend or Site().weekend))
