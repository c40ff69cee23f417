"""What gold says of a business date: intervals, teams of the forecast, the newest update of the day, past days besides.

Read once per date and publish, not each cycle; whether there is a newer publish is asked once a minute. Where gold is away,
what was read before stands. Not here: the centre's own tables (asking).
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.calendar import interval_grid
from wfm_pipeline.domain.coverage.required import BAND_COLUMNS
from wfm_pipeline.domain.forecasting.planners.overrides import with_final_band
from wfm_pipeline.domain.staffing.forecast_teams import staff_forecast
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import staffing_policies, staffing_policy
from wfm_pipeline.units import SECONDS_PER_MINUTE
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline.warehouse.shelves.coverage.same_weekdays import read_same_weekdays

_LOG = logging.getLogger(__name__)
ASKED_EVERY_SECONDS: Final = 60.0
"""How often gold is asked whether there is a newer publish [s]: runs publish once an hour at most."""
_KEYS: Final = ["queue_id", "interval_start"]
_TEAMS: Final = (*_KEYS, "calls_mean", "aht_seconds", "agents_required_exact", *BAND_COLUMNS)
_PAST: Final = ("queue_id", "interval_start_local", "calls_offered", "aht_seconds")


@dataclass(frozen=True, slots=True, eq=False)
class GoldDay:
    """A business date as gold has it.

    Attributes:
        date: The date.
        publish_id: The publish that it is from; None where nothing is published.
        site_grid: The site's intervals: interval_start, interval_start_local, is_open.
        is_open: queue_id, interval_start, is_open as the forecast has them; other queues have the site's hours.
        teams: Teams of the newest issue, see `required.RequiredRequest`.
        reforecast: The newest update of the day; None = none.
        history: Past same weekdays, see `required.RequiredRequest`; only where a queue has no team.
        issued_at: The issue; None = no forecast stands for the date.
        is_hindcast: The issue was made later, from what was known then.
    """

    date: dt.date
    publish_id: str | None
    site_grid: pd.DataFrame
    is_open: pd.DataFrame
    teams: pd.DataFrame
    reforecast: pd.DataFrame | None
    history: pd.DataFrame
    issued_at: pd.Timestamp | None = None
    is_hindcast: bool = False

    def intervals(self, queues: Iterable[str]) -> pd.DataFrame:
        """The day's intervals of some queues: queue_id, interval_start, interval_start_local, is_open."""
        names = sorted(set(queues))
        grid = self.site_grid
        rows = pd.DataFrame(
            {
                "queue_id": np.repeat(np.array(names, dtype=object), len(grid)),
                **{
                    name: np.tile(grid[name].to_numpy(), len(names))
                    for name in ("interval_start", "interval_start_local")
                },
                "is_open": np.tile(grid["is_open"].to_numpy(bool), len(names)),
            }
        )
        told = self.is_open.set_index(_KEYS)["is_open"].reindex(pd.MultiIndex.from_frame(rows[_KEYS]))
        own = np.where(told.isna(), rows["is_open"], told.to_numpy())
        return rows.assign(is_open=own.astype(bool))


@dataclass(slots=True)
class GoldDays:
    """The date of now and what gold says of it, kept until there is a newer publish.

    Attributes:
        house: The house.
        clock: Seconds since some moment [s].
    """

    house: House
    clock: Callable[[], float] = time.monotonic
    _day: GoldDay | None = field(default=None, init=False)
    _asked_at: float = field(default=-np.inf, init=False)

    def day(self, date: dt.date, queues: Iterable[str]) -> GoldDay:
        """The date; the very object of before where nothing is newer.

        Args:
            date: Business date.
            queues: Queues whose past days are wanted where no forecast stands.
        """
        known = self._day if self._day is not None and self._day.date == date else None
        if known is not None and self.clock() - self._asked_at < ASKED_EVERY_SECONDS:
            return known
        self._asked_at = self.clock()
        try:
            with self.house.open_gold() as gold:
                publish_id = _publish_of(gold)
                if known is None or known.publish_id != publish_id:
                    self._day = _read(self.house, gold, date, publish_id, set(queues))
        except WarehouseError as error:
            _LOG.info("gold cannot be read: %s", error)
            self._day = known or _without_gold(self.house, date)
        assert self._day is not None
        return self._day


def _publish_of(gold: GoldReader) -> str | None:
    rows = gold.rows("publication")
    return str(rows["publish_id"].max()) if len(rows) else None


def _read(house: House, gold: GoldReader, date: dt.date, publish_id: str | None, queues: set[str]) -> GoldDay:
    forecast = _latest(gold, house, "queue_interval_forecast", "issued_at", date)
    forecast = forecast if forecast is not None else pd.DataFrame(columns=[*_TEAMS, "is_open", "issued_at"])
    teams = _teams(house, gold, forecast, date)
    missing = queues - set(teams.loc[teams["agents_required_exact"].notna(), "queue_id"])
    return GoldDay(
        date,
        publish_id,
        interval_grid(house.site, date, date),
        forecast[[*_KEYS, "is_open"]],
        teams,
        _latest(gold, house, "queue_interval_reforecast", "reforecast_at", date),
        _past(house, date) if missing else _no_past(),
        forecast["issued_at"].iloc[0] if len(forecast) else None,
        bool(forecast["is_hindcast"].any()) if len(forecast) else False,
    )


def _latest(gold: GoldReader, house: House, table: str, column: str, date: dt.date) -> pd.DataFrame | None:
    """Rows of the newest issue or update of a date; None where there are none, or the table is not made yet."""
    try:
        rows = gold.latest(table, column, **house.in_source(), business_date=date)
    except WarehouseError as error:
        _LOG.info("gold.%s is not there: %s", table, error)
        return None
    return rows if len(rows) else None


def _teams(house: House, gold: GoldReader, forecast: pd.DataFrame, date: dt.date) -> pd.DataFrame:
    """Teams of the issue; one that was never staffed, such as a hindcast, is staffed here with the same policy."""
    if forecast.empty:
        return pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in _TEAMS})
    staffed = _latest(gold, house, "queue_interval_staffing", "issued_at", date)
    if staffed is not None and staffed["issued_at"].iloc[0] == forecast["issued_at"].iloc[0]:
        told = staffed[[*_KEYS, "calls_final", "agents_required_exact"]]
    else:
        rows = forecast.assign(calls_final=np.nan)
        seconds = float(house.site.interval_minutes * SECONDS_PER_MINUTE)
        policies, default = staffing_policies(house.settings), staffing_policy(house.settings)
        made = staff_forecast(rows, seconds, policies, default, threads=house.settings.num_threads)
        told = made[[*_KEYS, "agents_required_exact"]].assign(calls_final=np.nan)
    rows = with_final_band(forecast.merge(told, on=_KEYS, how="left"))
    return rows[list(_TEAMS)]


def _past(house: House, date: dt.date) -> pd.DataFrame:
    """Same weekdays of silver; none where the warehouse cannot be read now, which is tried again with the next publish."""
    try:
        with open_warehouse(house.warehouse_url, house.settings.home, is_read_only=True) as warehouse:
            return read_same_weekdays(warehouse, house.source_map, date)
    except WarehouseError as error:
        _LOG.info("past days cannot be read: %s", error)
        return _no_past()


def _without_gold(house: House, date: dt.date) -> GoldDay:
    """Nothing is published: only the site's own hours, and what silver has."""
    none = pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in (*_TEAMS, "is_open")})
    return GoldDay(
        date,
        None,
        interval_grid(house.site, date, date),
        none[[*_KEYS, "is_open"]],
        none[list(_TEAMS)],
        None,
        _past(house, date),
    )


def _no_past() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=_dtype(name)) for name in _PAST})


def _dtype(name: str) -> str:
    return {"queue_id": "object", "is_open": "object"}.get(name, "datetime64[us]" if "interval" in name else "float64")
