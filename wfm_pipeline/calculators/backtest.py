"""How good would the forecast have been? Intervals, origins and peers in, predictions, scores and report out.

Here: what a backtest stands on and what its report says of that. Not here: the scores (domain/forecasting/judging),
the report's text and pictures (reports), and writing files (files).
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

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting import BacktestResult, ForecastOptions, read_folds, run_backtest
from wfm_pipeline.domain.forecasting.issues import issue_instant
from wfm_pipeline.domain.forecasting.judging.analysis import BacktestAnalysis, analyse
from wfm_pipeline.domain.forecasting.planners.known_input import PlannersVersions
from wfm_pipeline.domain.forecasting.planners.outside import PlannersInput
from wfm_pipeline.domain.sheet import NOTICES
from wfm_pipeline.domain.written_times import AS_SHOWN, TimeReading
from wfm_pipeline.errors import DataError, SettingsError
from wfm_pipeline.reports.backtest.report import ReportFacts, backtest_report
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import forecast_options
from wfm_pipeline.sources.files.interval_file import read_interval_file, read_table_file
from wfm_pipeline.warehouse.shelves.history import read_inputs
from wfm_pipeline.warehouse.shelves.planners import read_planners_versions


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRequest:
    """What is asked.

    Attributes:
        file: Interval file; None takes the warehouse's intervals.
        origins: CSV of origins; None takes the last three, a horizon apart.
        dataset: Rows of the origins file.
        horizon_days: Days ahead [days]; None takes what the origins say, else 14.
        country, weekend: Calendar of a plain file.
        reading: How times of plain files are written.
        peers: External peers as (name, file of predictions), in the order they are shown.
        title: Title of the report; None makes one from what is read.
        is_simulated: True labels a plain file's data as made; the warehouse knows it by itself.
    """

    file: Path | None = None
    origins: Path | None = None
    dataset: str | None = None
    horizon_days: int | None = None
    country: str | None = None
    weekend: tuple[str, ...] | None = None
    reading: TimeReading = AS_SHOWN
    peers: tuple[tuple[str, Path], ...] = ()
    title: str | None = None
    is_simulated: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class BacktestAnswer:
    """What came out.

    Attributes:
        result: Predictions and the benchmark's scores.
        analysis: All other tables.
        facts: Title, labels and configuration, for the report.
        notices: What of the files was read otherwise than it stands.
    """

    result: BacktestResult
    analysis: BacktestAnalysis
    facts: ReportFacts
    notices: tuple[str, ...] = ()

    def report(self) -> str:
        """The report as one HTML page."""
        return backtest_report(self.result, self.analysis, self.facts)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a backtest stands on.

    Attributes:
        panel: Intervals.
        site: Calendar of the desk.
        told: What planners told, in all versions; None for a plain file.
    """

    panel: pd.DataFrame
    site: Site
    told: PlannersVersions | None = None

    def planners(self) -> Callable[[dt.date], PlannersInput] | None:
        """Origin -> what planners had told by its midnight."""
        told = self.told
        return None if told is None else lambda origin: told.known_at(origin, issue_instant(self.site, origin))


DEFAULT_HORIZON_DAYS = 14
DEFAULT_ORIGINS = 3
_PACKAGES = ("wfm-pipeline", "lightgbm", "scikit-learn", "scipy", "numpy", "pandas", "holidays", "matplotlib")
_SHOWN_HASH_LETTERS = 12


def answer_backtest(
    house: House, request: BacktestRequest, *, on_progress: Callable[[str], None] = lambda _line: None
) -> BacktestAnswer:
    """Score our forecast, the built-in peers and the external ones at past origins.

    Raises:
        DataError: file, origins, data set and external peers do not fit together; the message says how.
    """
    ground = _read_ground(house, request)
    panel, site = ground.panel, ground.site
    folds = _folds(request, panel)
    external = {name: read_table_file(path, request.reading) for name, path in request.peers}
    options = forecast_options(house.settings)
    result = run_backtest(
        panel,
        folds,
        site=site,
        external=external,
        planners=ground.planners(),
        options=options,
        most_rows=house.settings.training_group_rows,
        on_progress=on_progress,
    )
    analysis = analyse(result, panel, site=site)
    notices = [words for frame in (panel, *external.values()) for words in frame.attrs.get(NOTICES, [])]
    return BacktestAnswer(result, analysis, _facts(house, request, ground, folds, options), tuple(notices))


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


def _read_ground(house: House, request: BacktestRequest) -> _Ground:
    """Read a plain file, whose calendar is given, or the warehouse where there is none."""
    if request.file is None:
        house.check_has("volumes")
        with house.open_warehouse() as warehouse:
            panel = read_inputs(warehouse, house.source_map).whole_history()
            return _Ground(panel, house.site, read_planners_versions(warehouse, house.source_map))
    site = Site(country=request.country, weekend=request.weekend or Site().weekend)
    return _Ground(read_interval_file(request.file, request.reading), site)


def _facts(
    house: House,
    request: BacktestRequest,
    ground: _Ground,
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
        folds = read_folds(read_table_file(request.origins, request.reading), dataset=request.dataset)
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
