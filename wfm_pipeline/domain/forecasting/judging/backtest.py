"""Rolling-origin backtest: our forecast and the built-in peers, scored side by side.

Here: the folds, the runs and their predictions. Not here: the scores' definitions (scores) or
reading and writing files (the caller).
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.arrays import BoolArray, FloatArray
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel, build_panel, desk_closed_dates
from wfm_pipeline.domain.forecasting.fitting import answer, fit_stretches
from wfm_pipeline.domain.forecasting.groups import TrainingGroup, deal_queues
from wfm_pipeline.domain.forecasting.judging.external_peers import checked_predictions, external_rows
from wfm_pipeline.domain.forecasting.judging.scores import score_backtest
from wfm_pipeline.domain.forecasting.means.peers import PEERS, peer_forecast
from wfm_pipeline.domain.forecasting.options import METHOD, QUANTILE_LEVELS, ForecastOptions, quantile_column
from wfm_pipeline.domain.forecasting.planners.outside import PlannersInput
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import MINUTES_PER_DAY

LONGEST_HORIZON_DAYS: Final = 366
"""As the setting horizon_days."""
FOLD_COLUMNS = ("dataset", "fold", "origin", "horizon_days", "train_from")
METHODS = (METHOD, *PEERS)


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """A backtest.

    Attributes:
        predictions: One row per method, fold, queue and interval that the panel holds: method,
            origin, queue_id, interval_start, calls_mean, calls_q05 to calls_q95.
        scores: One row per method, see `score_backtest`.
        fold_scores: One row per origin and method.
        notes: What the forecast said about itself, one line per origin and queue that stepped down.
        judged: The predictions with `calls` (what came, NaN = unknown) and `is_scored`.
    """

    predictions: pd.DataFrame
    scores: pd.DataFrame
    fold_scores: pd.DataFrame
    notes: tuple[str, ...]
    judged: pd.DataFrame


def read_folds(folds: pd.DataFrame, *, dataset: str | None = None) -> pd.DataFrame:
    """Check a table of folds and keep one data set's.

    Args:
        folds: Columns dataset, fold, origin, horizon_days, train_from; more are ignored. Dates may
            be text.
        dataset: Data set to keep; None keeps all, which must then be of one data set.

    Returns:
        Rows in order of origin, dates as datetime64, horizon_days as int.

    Raises:
        DataError: a column is missing, a value cannot be read, the data set is unknown or not
            named although there are several, an origin comes twice, or training would begin at or
            after the origin.
    """
    absent = [name for name in FOLD_COLUMNS if name not in folds.columns]
    if absent:
        raise DataError(
            f"folds need columns {', '.join(FOLD_COLUMNS)}; missing {absent}, present {list(folds.columns)}",
            missing=absent,
        )
    datasets = folds["dataset"].astype(str).fillna("")
    known = sorted(datasets.unique())
    if dataset is None and len(known) > 1:
        raise DataError(f"folds hold several data sets ({', '.join(known)}): name one", known=known)
    rows = folds[datasets == (dataset if dataset is not None else known[0] if known else "")].copy()
    if rows.empty:
        raise DataError(f"folds hold no data set {dataset!r}; known: {', '.join(known) or 'none'}", known=known)
    try:
        for name in ("origin", "train_from"):
            rows[name] = pd.to_datetime(rows[name]).astype("datetime64[us]")
        rows["horizon_days"] = rows["horizon_days"].astype(int)
    except (ValueError, TypeError, OverflowError) as error:  # the last: a number of thousands of digits
        raise DataError(f"folds need dates like 1999-03-14 and whole horizon_days: {error}") from error
    if rows["origin"].duplicated().any():
        raise DataError(
            f"an origin comes twice in the folds: {rows['origin'][rows['origin'].duplicated()].iloc[0].date()}"
        )
    late = rows[(rows["train_from"] >= rows["origin"]) | ~rows["horizon_days"].between(1, LONGEST_HORIZON_DAYS)]
    if len(late):
        raise DataError(
            f"fold {late['fold'].iloc[0]} must train before its origin and look 1 to {LONGEST_HORIZON_DAYS} days ahead",
            fold=late["fold"].iloc[0],
        )
    return rows[list(FOLD_COLUMNS)].sort_values("origin").reset_index(drop=True)


def run_backtest(
    panel: pd.DataFrame,
    folds: pd.DataFrame,
    *,
    site: Site,
    horizon_days: int | None = None,
    methods: Sequence[str] | None = None,
    external: Mapping[str, pd.DataFrame] | None = None,
    planners: Callable[[dt.date], PlannersInput] | None = None,
    options: ForecastOptions | None = None,
    most_rows: int | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> BacktestResult:
    """Forecast from every origin, with all methods, knowing nothing from the origin on.

    Args:
        panel: Interval file: queue_id, interval_start (local, no zone), calls, optional is_open.
        folds: From `read_folds`.
        site: Calendar of the desk.
        horizon_days: Days ahead; None takes each fold's own.
        methods: Names from METHODS; None takes all.
        external: Name -> predictions made elsewhere for the same origins, see `external_rows`.
        planners: Origin -> what planners had told by then, for our forecast; None: they told nothing.
        options: Choices of our forecast.
        most_rows: Intervals before an origin from above which our forecast is made by training groups [count]; None: never.
        on_progress: Told one line per origin.

    Returns:
        Predictions and scores. Every interval that the panel holds in a fold has exactly one row
        per method; closed and missing days are forecast, but not scored.

    Raises:
        DataError: panel or folds are unsound, a method is unknown, a fold has no training data or
            no interval to be scored on, or an external peer bears a name of ours or does not
            answer every scored row.
    """
    chosen = _chosen(methods, external or {})
    given = {name: checked_predictions(name, made) for name, made in (external or {}).items()}
    cube = build_panel(panel, interval_minutes=site.interval_minutes)
    closed = desk_closed_dates(cube)
    parts: list[pd.DataFrame] = []
    notes: list[str] = []
    for fold in _folds(folds, horizon_days):
        past = cube.window(fold.train_from, fold.origin)
        future = cube.window(fold.origin, fold.origin + dt.timedelta(days=fold.horizon_days))
        if not past.has_row.any() or not future.has_row.any():
            raise DataError(
                f"fold with origin {fold.origin} has no rows before or after its origin in the panel",
                origin=fold.origin,
            )
        # A desk that was closed against expectation judges nobody: no method could know it.
        scored = future.has_row & ~np.isnan(future.calls) & ~_ahead(closed, cube, future)[None, :, None]
        told = planners(fold.origin) if planners else None
        for method in chosen:
            mean, quantiles, remarks = _run(
                method, past, site=site, horizon=fold.horizon_days, planners=told, options=options, most_rows=most_rows
            )
            parts.append(_rows(method, future, scored, mean, quantiles))
            notes.extend(f"{fold.origin}: {remark}" for remark in remarks)
        if on_progress:
            on_progress(f"{fold.origin}: {len(chosen)} methods")
    everything = pd.concat(parts, ignore_index=True)
    asked = everything[everything["method"] == chosen[0]]
    others = [external_rows(name, made, asked) for name, made in given.items()]
    everything = pd.concat([everything, *others], ignore_index=True)
    scores, fold_scores = score_backtest(everything)
    predictions = everything.drop(columns=["calls", "is_scored"])
    return BacktestResult(predictions, scores, fold_scores, tuple(notes), everything)


def _chosen(methods: Sequence[str] | None, external: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    chosen = tuple(methods or METHODS)
    unknown = sorted(set(chosen) - set(METHODS))
    if unknown:
        raise DataError(f"methods must be of {', '.join(METHODS)}, got {', '.join(unknown)}", got=unknown)
    taken = sorted(set(external) & set(METHODS))
    if taken:
        raise DataError(f"an external peer cannot be called {', '.join(taken)}: that is a method of ours", got=taken)
    return chosen


@dataclass(frozen=True, slots=True)
class _Fold:
    origin: dt.date
    train_from: dt.date
    horizon_days: int


def _folds(folds: pd.DataFrame, horizon_days: int | None) -> list[_Fold]:
    columns = (folds["origin"].dt.date, folds["train_from"].dt.date, folds["horizon_days"])
    return [
        _Fold(origin, train_from, horizon_days or int(horizon))
        for origin, train_from, horizon in zip(*columns, strict=True)
    ]


def _ahead(closed: BoolArray, cube: CallPanel, future: CallPanel) -> BoolArray:
    """The closed dates of the target days; dates past the end of the panel hold nothing to score."""
    offset = (future.first_date - cube.first_date).days
    part = closed[offset : offset + future.calls.shape[1]]
    return np.pad(part, (0, future.calls.shape[1] - len(part)))


def _run(
    method: str,
    past: CallPanel,
    *,
    site: Site,
    horizon: int,
    planners: PlannersInput | None,
    options: ForecastOptions | None,
    most_rows: int | None,
) -> tuple[FloatArray, FloatArray, list[str]]:
    if method in PEERS:
        return *peer_forecast(past, PEERS[method], horizon), []
    told, chosen = planners or PlannersInput(), options or ForecastOptions()
    groups = _groups(past, told, most_rows)
    if len(groups) <= 1:
        return _ours(past, site, horizon, told, chosen)
    return _by_groups(past, groups, lambda part: _ours(part, site, horizon, told, chosen))


def _groups(past: CallPanel, planners: PlannersInput, most_rows: int | None) -> tuple[TrainingGroup, ...]:
    """Training groups of the queues that have history, as an issue of the same day would have them."""
    rows = {
        name: int(count) for name, count in zip(past.queue_ids, past.has_row.sum(axis=(1, 2)), strict=True) if count
    }
    bound = zip(planners.changes["queue_id"], planners.changes["other_queue_id"], strict=True)
    return () if most_rows is None else deal_queues(rows, most_rows=most_rows, bound=bound)


def _by_groups(
    past: CallPanel,
    groups: Sequence[TrainingGroup],
    make: Callable[[CallPanel], tuple[FloatArray, FloatArray, list[str]]],
) -> tuple[FloatArray, FloatArray, list[str]]:
    """The groups' forecasts in the places of their queues; 0 where a queue has no history."""
    made = {group.queue_ids: make(past.part(group.queue_ids)) for group in groups}
    first_mean, first_quantiles, _ = next(iter(made.values()))
    mean = np.zeros((len(past.queue_ids), *first_mean.shape[1:]))
    quantiles = np.zeros((len(past.queue_ids), *first_quantiles.shape[1:]))
    for names, (own_mean, own_quantiles, _) in made.items():
        places = pd.Index(past.queue_ids).get_indexer(pd.Index(names))
        mean[places], quantiles[places] = own_mean, own_quantiles
    return mean, quantiles, [remark for _, _, remarks in made.values() for remark in remarks]


def _ours(
    past: CallPanel, site: Site, horizon: int, planners: PlannersInput, options: ForecastOptions
) -> tuple[FloatArray, FloatArray, list[str]]:
    """Our forecast of the panel's queues, each target day from the stretch it lies in."""
    means, quantiles, remarks = [], [], []
    for stretch, model in fit_stretches(past, site=site, horizon_days=horizon, options=options, planners=planners):
        values = answer(model)
        place = pd.Index(model.queue_ids).get_indexer(pd.Index(past.queue_ids))
        days = slice(stretch.first, stretch.until)
        means.append(values.mean[place, days])
        quantiles.append(values.quantiles[place, days])
        pairs = zip(model.queue_ids, values.chosen, strict=True)
        remarks += [f"queue {queue!r}: {rung.model_name}" for queue, rung in pairs if rung.reasons or rung.is_stated]
        remarks += stretch.notes()
    return np.concatenate(means, axis=1), np.concatenate(quantiles, axis=1), remarks


def _rows(method: str, future: CallPanel, scored: BoolArray, mean: FloatArray, quantiles: FloatArray) -> pd.DataFrame:
    """The intervals that the panel holds, with the forecast, what came, and whether it is scored."""
    queue, day, slot = np.nonzero(future.has_row)
    origin = pd.Timestamp(future.first_date).as_unit("us")
    minute = pd.to_timedelta(day * MINUTES_PER_DAY + slot * future.interval_minutes, unit="min").as_unit("us")
    frame = pd.DataFrame({"queue_id": np.array(future.queue_ids, dtype=object)[queue]}).astype({"queue_id": "str"})
    frame.insert(0, "method", method)
    frame.insert(1, "origin", origin)
    frame["interval_start"] = origin + minute
    frame["calls_mean"] = mean[queue, day, slot]
    for position, level in enumerate(QUANTILE_LEVELS):
        frame[quantile_column(level)] = quantiles[queue, day, slot, position]
    frame["calls"] = future.calls[queue, day, slot]
    frame["is_scored"] = scored[queue, day, slot]
    return frame.astype({"method": "str"})
