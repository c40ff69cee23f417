"""The backtest command's way: read intervals and origins, score, write the predictions."""

import datetime as dt
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from wfm_pipeline.assets.forecast_inputs import read_inputs
from wfm_pipeline.contracts.site import Site
from wfm_pipeline.domain.forecasting import BacktestResult, ForecastOptions, read_folds, run_backtest
from wfm_pipeline.errors import DataError
from wfm_pipeline.resources import House
from wfm_pipeline.sources.interval_file import read_interval_file, read_table_file


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """What is asked.

    Attributes:
        file: Interval file; None takes the warehouse's intervals.
        origins: CSV of origins; None takes the last three, a horizon apart.
        dataset: Rows of the origins file.
        horizon_days: Days ahead [days]; None takes what the origins say, else 14.
        country, weekend: Calendar of a plain file.
    """

    file: Path | None
    origins: Path | None
    dataset: str | None
    horizon_days: int | None
    country: str | None
    weekend: tuple[str, ...] | None


DEFAULT_HORIZON_DAYS = 14
DEFAULT_ORIGINS = 3


def run_request(house: House, request: BacktestRequest, *, on_progress: Callable[[str], None]) -> BacktestResult:
    """Answer a request.

    Raises:
        DataError: file, origins and data set do not fit together; the message says how.
    """
    panel, site = _panel(house, request)
    folds = _folds(request, panel)
    options = ForecastOptions(seed=house.settings.seed, num_threads=house.settings.num_threads)
    return run_backtest(panel, folds, site=site, options=options, on_progress=on_progress)


def _panel(house: House, request: BacktestRequest) -> tuple[pd.DataFrame, Site]:
    if request.file is None:
        with house.open_warehouse() as warehouse:
            return read_inputs(house, warehouse).history, house.site
    default = Site()
    site = Site(country=request.country, weekend=request.weekend or default.weekend)
    return read_interval_file(request.file), site


def _folds(request: BacktestRequest, panel: pd.DataFrame) -> pd.DataFrame:
    if request.origins is not None:
        folds = read_folds(read_table_file(request.origins), dataset=request.dataset)
        return folds.assign(horizon_days=request.horizon_days) if request.horizon_days else folds
    horizon = request.horizon_days or DEFAULT_HORIZON_DAYS
    first, last = panel["interval_start"].min().normalize(), panel["interval_start"].max().normalize()
    starts = [last + dt.timedelta(days=1) - dt.timedelta(days=horizon * back) for back in range(DEFAULT_ORIGINS, 0, -1)]
    starts = [start for start in starts if start > first]
    if not starts:
        raise DataError(
            f"the intervals span {first.date()} to {last.date()}: too short for an origin {horizon} days back"
        )
    rows = {
        "dataset": "last",
        "fold": range(len(starts)),
        "origin": starts,
        "horizon_days": horizon,
        "train_from": first,
    }
    return read_folds(pd.DataFrame(rows))


def write_predictions(result: BacktestResult, path: Path) -> None:
    """Write every prediction as Parquet, beside its place and then swapped in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        result.predictions.to_parquet(beside, index=False)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
