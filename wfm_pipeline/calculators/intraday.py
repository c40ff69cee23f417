"""How good would the update of the day have been? Past days of a file or the warehouse in, scores out.

Not here: the scores (domain/forecasting/intraday/backtest) and updating today, which is a run's work
(assets/forecasting/intraday).
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting.intraday.backtest import run_intraday_backtest
from wfm_pipeline.domain.sheet import NOTICES
from wfm_pipeline.domain.written_times import AS_SHOWN, TimeReading
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import plain_forecast_options
from wfm_pipeline.sources.files.interval_file import read_interval_file
from wfm_pipeline.warehouse.shelves.history import read_inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class IntradayBacktestRequest:
    """What is asked.

    Attributes:
        file: Interval file; None takes the warehouse's intervals.
        first: First scored date; None takes `days` dates before the end.
        days: Open days to score [days].
        after_hours: Hours of opening after which is updated [h].
        country, weekend: Calendar of a plain file.
        reading: How times of a plain file are written.
    """

    file: Path | None = None
    first: dt.date | None = None
    days: int = 28
    after_hours: Sequence[float] = (2.0, 4.0)
    country: str | None = None
    weekend: tuple[str, ...] | None = None
    reading: TimeReading = AS_SHOWN


@dataclass(frozen=True, slots=True, eq=False)
class IntradayBacktestAnswer:
    """What came out.

    Attributes:
        scores: One row per hours of opening and method; see `run_intraday_backtest`.
        notices: What of the file was read otherwise than it stands.
    """

    scores: pd.DataFrame
    notices: tuple[str, ...] = ()


def answer_intraday_backtest(
    house: House, request: IntradayBacktestRequest, *, on_progress: Callable[[str], None] = lambda _line: None
) -> IntradayBacktestAnswer:
    """Score the update, doing nothing and the plain ratio on past days.

    Raises:
        DataError: the file cannot be read, or holds too few days.
    """
    if request.file is None:
        with house.open_warehouse() as warehouse:
            panel, site = read_inputs(warehouse, house.source_map).whole_history(), house.site
    else:
        site = Site(country=request.country, weekend=request.weekend or Site().weekend)
        panel = read_interval_file(request.file, request.reading)
    end: dt.date = panel["interval_start"].max().date()
    scores = run_intraday_backtest(
        panel,
        site=site,
        first=request.first or end - dt.timedelta(days=request.days - 1),
        days=request.days,
        after_hours=request.after_hours,
        options=plain_forecast_options(house.settings),
        on_progress=on_progress,
    )
    return IntradayBacktestAnswer(scores, tuple(panel.attrs.get(NOTICES, [])))
