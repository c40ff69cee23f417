"""The backtest command's way: read intervals, origins and peers, score, write predictions and report.

Here: files and settings in, files out. Not here: the scores (domain/forecasting), the report's text
and pictures (reports), or the command's words (cli).
"""

import dataclasses
import datetime as dt
import hashlib
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pandas as pd

from wfm_pipeline.domain.forecasting import BacktestResult, ForecastOptions, read_folds, run_backtest
from wfm_pipeline.domain.forecasting.judging.analysis import BacktestAnalysis, analyse
from wfm_pipeline.errors import DataError, SettingsError
from wfm_pipeline.machine import answer_file
from wfm_pipeline.orchestration.backtest_ground import Ground, read_ground
from wfm_pipeline.reports.backtest.report import ReportFacts, backtest_report
from wfm_pipeline.resources import House
from wfm_pipeline.sources.files.interval_file import read_table_file


@dataclass(frozen=True, slots=True)
class BacktestRequest:
    """What is asked.

    Attributes:
        file: Interval file; None takes the warehouse's intervals.
        origins: CSV of origins; None takes the last three, a horizon apart.
        dataset: Rows of the origins file.
        horizon_days: Days ahead [days]; None takes what the origins say, else 14.
        country, weekend: Calendar of a plain file.
        peers: External peers as (name, file of predictions), in the order they are shown.
        title: Title of the report; None makes one from what is read.
        is_simulated: True labels a plain file's data as made; the warehouse knows it by itself.
    """

    file: Path | None
    origins: Path | None
    dataset: str | None
    horizon_days: int | None
    country: str | None
    weekend: tuple[str, ...] | None
    peers: tuple[tuple[str, Path], ...] = ()
    title: str | None = None
    is_simulated: bool = False


@dataclass(frozen=True, slots=True)
class BacktestAnswer:
    """What a request is answered with.

    Attributes:
        result: Predictions and the benchmark's scores.
        analysis: All other tables.
        facts: Title, labels and configuration, for the report.
    """

    result: BacktestResult
    analysis: BacktestAnalysis
    facts: ReportFacts

    def report(self) -> str:
        """The report as one HTML page."""
        return backtest_report(self.result, self.analysis, self.facts)


DEFAULT_HORIZON_DAYS = 14
DEFAULT_ORIGINS = 3
_PACKAGES = ("wfm-pipeline", "lightgbm", "scikit-learn", "scipy", "numpy", "pandas", "holidays", "matplotlib")
_SHOWN_HASH_LETTERS = 12


def run_request(house: House, request: BacktestRequest, *, on_progress: Callable[[str], None]) -> BacktestAnswer:
    """Answer a request.

    Raises:
        DataError: file, origins, data set and external peers do not fit together; the message says how.
    """
    ground = read_ground(house, request.file, country=request.country, weekend=request.weekend)
    panel, site = ground.panel, ground.site
    folds = _folds(request, panel)
    external = {name: read_table_file(path) for name, path in request.peers}
    options = house.forecast_options
    result = run_backtest(
        panel, folds, site=site, external=external, plans=ground.plans(house), options=options, on_progress=on_progress
    )
    analysis = analyse(result, panel, site=site)
    return BacktestAnswer(result, analysis, _facts(house, request, ground, folds, options))


def named_files(words: Sequence[str]) -> tuple[tuple[str, Path], ...]:
    """External peers from words such as `prophet=predictions.parquet`.

    Raises:
        SettingsError: a word has no name or no file, or a name comes twice.
    """
    pairs = []
    for word in words:
        name, _, file = word.partition("=")
        if not name.strip() or not file.strip():
            raise SettingsError(f"--peer must look like NAME=predictions.parquet, got {word!r}", got=word)
        pairs.append((name.strip(), Path(file.strip())))
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise SettingsError(f"--peer names must differ, got {', '.join(names)}", got=names)
    return tuple(pairs)


def _facts(
    house: House,
    request: BacktestRequest,
    ground: Ground,
    folds: pd.DataFrame,
    options: ForecastOptions,
) -> ReportFacts:
    panel, site = ground.panel, ground.site
    is_file = request.file is not None
    name = request.dataset or (request.file.stem if request.file is not None else house.source_map.name)
    calendar = f"{site.country or 'no country'}; weekend {', '.join(site.weekend) or 'none'}"
    first, last = panel["interval_start"].min(), panel["interval_start"].max()
    data = {
        "data": f"{'file ' + request.file.name if request.file is not None else 'warehouse, source ' + name}, "
        f"{len(panel):,} intervals of {panel['queue_id'].nunique()} queues, {first:%Y-%m-%d} to {last:%Y-%m-%d}, "
        f"content {_fingerprint(panel)}",
        "origins": f"{len(folds)}, {folds['origin'].min():%Y-%m-%d} to {folds['origin'].max():%Y-%m-%d}, "
        f"{folds['horizon_days'].min()} to {folds['horizon_days'].max()} days ahead",
        "calendar": calendar,
        "planners' tables": f"{ground.told.counted()}; at each origin only what was recorded or known by then"
        if ground.told
        else "none, a plain file",
        "external peers": ", ".join(f"{peer} ({path.name})" for peer, path in request.peers) or "none",
    }
    return ReportFacts(
        title=request.title or f"Forecast backtest: {name}",
        is_simulated=request.is_simulated or (not is_file and house.is_simulated),
        data=data,
        configuration={key: str(value) for key, value in dataclasses.asdict(options).items()},
        versions={"python": platform.python_version()} | {package: metadata.version(package) for package in _PACKAGES},
    )


def _fingerprint(panel: pd.DataFrame) -> str:
    """The first letters of the content's hash, whatever the order of rows: two reports on equal data agree."""
    rows = panel[["queue_id", "interval_start", "calls"]].sort_values(["queue_id", "interval_start"], kind="stable")
    hashed = pd.util.hash_pandas_object(rows, index=False).to_numpy()
    return hashlib.sha256(hashed.tobytes()).hexdigest()[:_SHOWN_HASH_LETTERS]


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
    with answer_file(path) as beside:
        result.predictions.to_parquet(beside, index=False)


def write_report(answer: BacktestAnswer, path: Path) -> None:
    """Write the report, beside its place and then swapped in."""
    report = answer.report()
    with answer_file(path) as beside:
        beside.write_text(report, encoding="utf-8")
