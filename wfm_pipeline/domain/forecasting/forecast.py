"""The forecast's front door: frames in, frames out.

Here: `forecast` and `forecast_from_model`, and the frames they give back. Not here: how it is
learnt (fitting) or scored (backtest).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.forecasting.desk.panel import build_panel
from wfm_pipeline.domain.forecasting.fitting import Answer, ForecastModel, answer, fit_stretches
from wfm_pipeline.domain.forecasting.handle_time import AHT_COLUMNS, HandleTimes, learn_handle_time
from wfm_pipeline.domain.forecasting.means.stated_hours import OpenAhead
from wfm_pipeline.domain.forecasting.open_future import open_ahead_of, open_cells
from wfm_pipeline.domain.forecasting.options import QUANTILE_LEVELS, ForecastOptions, quantile_column
from wfm_pipeline.domain.forecasting.planners.outside import PlannersInput
from wfm_pipeline.domain.forecasting.stretches import Stretch
from wfm_pipeline.errors import DataError


@dataclass(frozen=True, slots=True)
class ForecastResult:
    """A forecast of all queues.

    Attributes:
        intervals: One row per queue and interval: queue_id, interval_start (local), business_date,
            calls_mean, calls_q05 to calls_q95, aht_seconds, aht_q10_seconds to aht_q90_seconds,
            workload_seconds (calls_mean x aht_seconds), model_name, horizon_days, is_open.
        days: One row per queue and date: queue_id, business_date and the same values. Means are the
            sums of the intervals' means; quantiles are the day's own, never sums of quantiles.
        notes: What a reader should know: steps down, thin history, strength of the calendar effect.
        models: The fitted model, to be saved with `dump_model`; of the first stretch, where a planner states that a queue
            changes within the horizon.
        handle_times: AHT by queue and slot behind the frames, and its scatter.
    """

    intervals: pd.DataFrame
    days: pd.DataFrame
    notes: tuple[str, ...]
    models: ForecastModel
    handle_times: HandleTimes

    @property
    def facts(self) -> dict[str, object]:
        """What a reader of the run should know: queues by model, notes, and days that were left out [count]."""
        return forecast_facts(self.intervals, self.notes, self.models.outside.anomalies)


def forecast_facts(intervals: pd.DataFrame, notes: Sequence[str], anomalies: pd.DataFrame) -> dict[str, object]:
    """What a reader of a run should know of a forecast.

    Args:
        intervals: See `ForecastResult`.
        notes: What it says of itself.
        anomalies: Days that look wrong.

    Returns:
        Queues by model, notes, and days that were left out [count].
    """
    names = intervals.groupby("model_name", sort=True)["queue_id"].unique()
    return {
        "models": {str(name): sorted(map(str, queues)) for name, queues in names.items()},
        "forecast_notes": list(notes),
        "days_left_out": int(anomalies["is_left_out"].sum()),
    }


def forecast(
    history: pd.DataFrame,
    *,
    site: Site,
    origin: dt.date,
    horizon_days: int = 14,
    handle: pd.DataFrame | None = None,
    is_open_future: pd.DataFrame | None = None,
    planners: PlannersInput | None = None,
    options: ForecastOptions | None = None,
    desk: "pd.Series[float] | None" = None,
) -> ForecastResult:
    """Forecast calls and handle time of every queue from `origin` on.

    Args:
        history: One row per queue and interval: queue_id, interval_start (naive local), calls
            (>= 0, NaN = missing), optional is_open. Rows at or after the origin are not looked at.
        site: Country, weekend and own holidays of the desk.
        origin: First target date.
        horizon_days: Target dates, >= 1.
        handle: Optional columns queue_id, interval_start, answered_handle_known, handle_seconds.
        is_open_future: Optional columns interval_start (naive local) and is_open: the grid of the
            target dates. Its rows are the answer's rows; without it every date has its full grid. With queue_id and by
            (see `domain.opening.queue_calendar.QueueCalendar.open_ahead`) queues have hours of their own.
        planners: Optional events, drivers, decisions and changes of queues, as planners tell them.
        options: Choices; the defaults hold for every desk.
        desk: Midnight of a date -> calls of the whole desk, where the history is of a part of its queues (a training group);
            see `training.desk_table`.

    Returns:
        The forecast. Closed rows are 0. Quantiles never cross and are never negative.

    Raises:
        DataError: history empty or unsound (see `build_panel`), nothing before the origin, a
            horizon below one day.
        WfmError: LightGBM cannot be loaded.

    Source:
        docs/methods/forecasting.md.
    """
    chosen = options or ForecastOptions()
    if "interval_start" in history and pd.api.types.is_datetime64_dtype(history["interval_start"].dtype):
        before = history[history["interval_start"] < pd.Timestamp(origin)]
        if before.empty and len(history):
            raise DataError(f"no history before the origin {origin}: choose a later origin or load earlier days")
        history = before
    panel = build_panel(history, interval_minutes=site.interval_minutes, desk=desk)
    panel = panel.window(panel.first_date, origin)
    parts = []
    for stretch, model in fit_stretches(
        panel, site=site, horizon_days=horizon_days, options=chosen, planners=planners or PlannersInput()
    ):
        times = learn_handle_time(
            stretch.handle(handle),
            queue_ids=model.queue_ids,
            interval_minutes=model.interval_minutes,
            origin=origin,
            options=chosen,
        )
        parts.append((stretch, forecast_from_model(model, handle_times=times, is_open_future=is_open_future)))
    return _joined(parts, origin)


def _joined(parts: Sequence[tuple[Stretch, ForecastResult]], origin: dt.date) -> ForecastResult:
    """Forecasts of stretches one after the other; model and handle times are the first one's."""
    first_stretch, first = parts[0]
    notes = tuple(dict.fromkeys((*first.notes, *first_stretch.notes())))
    if len(parts) == 1:
        return replace(first, notes=notes)
    intervals = _in_order(
        [_of_dates(result.intervals, stretch) for stretch, result in parts], ["queue_id", "interval_start"]
    )
    days = _in_order([_of_dates(result.days, stretch) for stretch, result in parts], ["queue_id", "business_date"])
    for stretch, result in parts[1:]:
        since = origin + dt.timedelta(days=stretch.first)
        new = [note for note in (*result.notes, *stretch.notes()) if note not in notes]
        notes += tuple(f"from {since}: {note}" for note in new)
    return replace(first, notes=notes, intervals=intervals, days=days)


def _in_order(parts: list[pd.DataFrame], key: list[str]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True).sort_values(key, kind="stable", ignore_index=True)


def _of_dates(rows: pd.DataFrame, stretch: Stretch) -> pd.DataFrame:
    """Rows of a stretch's own target dates."""
    return rows[rows["horizon_days"].between(stretch.first + 1, stretch.until)]


def forecast_from_model(
    model: ForecastModel, *, handle_times: HandleTimes, is_open_future: pd.DataFrame | None = None
) -> ForecastResult:
    """The forecast of a fitted model, new or loaded; the same model gives the same forecast.

    Args:
        model: From `forecast(...).models` or `load_model`.
        handle_times: From `forecast(...).handle_times`.
        is_open_future: See `forecast`.

    Returns:
        The forecast, as of `forecast`.
    """
    ahead = (
        None
        if is_open_future is None
        else open_ahead_of(
            model.queue_ids,
            is_open_future,
            origin=model.origin,
            horizon_days=model.horizon_days,
            interval_minutes=model.interval_minutes,
        )
    )
    values = answer(model, hours=ahead)
    intervals = _interval_frame(model, values, handle_times, ahead)
    days = _day_frame(model, values, handle_times, intervals)
    return ForecastResult(intervals, days, _notes(model, values), model, handle_times)


def _interval_frame(model: ForecastModel, values: Answer, handle: HandleTimes, ahead: OpenAhead | None) -> pd.DataFrame:
    grid = np.ones(values.mean.shape[1:], bool) if ahead is None else ahead.grid
    queue, day, slot = np.nonzero(np.broadcast_to(grid[None], values.mean.shape))
    date = pd.Timestamp(model.origin).as_unit("us") + pd.to_timedelta(day, unit="D").as_unit("us")
    minute = pd.to_timedelta(slot * model.interval_minutes, unit="min").as_unit("us")
    is_open = model.open_slots if ahead is None else open_cells(model, values, ahead)
    frame = pd.DataFrame({"queue_id": np.array(model.queue_ids, dtype=object)[queue]}).astype({"queue_id": "str"})
    frame["interval_start"] = date + minute
    frame["business_date"] = date
    frame["calls_mean"] = values.mean[queue, day, slot]
    for position, level in enumerate(QUANTILE_LEVELS):
        frame[quantile_column(level)] = values.quantiles[queue, day, slot, position]
    frame["aht_seconds"] = handle.mean[queue, slot]
    frame[list(AHT_COLUMNS)] = handle.interval_quantiles(values.mean)[queue, day, slot]
    frame["workload_seconds"] = frame["calls_mean"] * frame["aht_seconds"]
    frame["model_name"] = _names(values)[queue]
    frame["horizon_days"] = day + 1
    frame["is_open"] = is_open[queue, day, slot]
    return frame.astype({"model_name": "str"})


def _day_frame(model: ForecastModel, values: Answer, handle: HandleTimes, intervals: pd.DataFrame) -> pd.DataFrame:
    queues, horizon = values.day_mean.shape
    queue, day = np.repeat(np.arange(queues), horizon), np.tile(np.arange(horizon), queues)
    date = pd.Timestamp(model.origin).as_unit("us") + pd.to_timedelta(day, unit="D").as_unit("us")
    frame = pd.DataFrame({"queue_id": np.array(model.queue_ids, dtype=object)[queue]}).astype({"queue_id": "str"})
    frame["business_date"] = date
    frame["calls_mean"] = values.day_mean[queue, day]
    for position, level in enumerate(QUANTILE_LEVELS):
        frame[quantile_column(level)] = values.day_quantiles[queue, day, position]
    frame["aht_seconds"] = handle.day_means(values.mean)[queue, day]
    frame[list(AHT_COLUMNS)] = handle.day_quantiles(values.mean)[queue, day]
    frame["workload_seconds"] = (values.mean * handle.mean[:, None, :]).sum(axis=2)[queue, day]
    frame["model_name"] = _names(values)[queue]
    frame["horizon_days"] = day + 1
    opened = intervals.groupby(["queue_id", "business_date"], sort=False)["is_open"].any()
    keys = pd.MultiIndex.from_frame(frame[["queue_id", "business_date"]])
    frame["is_open"] = opened.reindex(keys, fill_value=False).to_numpy(bool)
    return frame.astype({"model_name": "str"})


def _names(values: Answer) -> np.ndarray:
    return np.array([rung.model_name for rung in values.chosen], dtype=object)


def _notes(model: ForecastModel, values: Answer) -> tuple[str, ...]:
    notes = [f"trained on {model.train_from} to {model.origin - dt.timedelta(days=1)}, {len(model.queue_ids)} queues"]
    notes.append(
        f"calendar effect: {len(model.core.effect.models)} LightGBM models, strength {model.core.effect.strength:.2f}"
    )
    models = model.interval_models
    notes.append(f"interval models: weight {models.mean_weight:.2f} in the mean, {models.band_weight:.2f} in the bands")
    if not model.inner_days:
        notes.append("history too short for an inner backtest: bands have the default dispersion and nominal levels")
    notes.extend(model.outside.notes)
    for queue, rung in zip(model.queue_ids, values.chosen, strict=True):
        place = model.queue_ids.index(queue)
        weeks = f"{model.core.weeks[place]:.1f} weeks of usable history"
        why = "no calls on its last open days" if model.stopped[place] else weeks
        notes.append(f"queue {queue!r}: {rung.model_name} ({model.ended.get(queue, why)})")
    return tuple(notes)
