"""Learning a forecast and answering from what was learnt, on arrays.

Here: the model, what goes into it, and its arrays of answers. Not here: keeping it (saved_model),
frames of the outside world (forecast), or scoring (judging/backtest).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.arrays import BoolArray, FloatArray
from wfm_pipeline.domain.forecasting.bands.inner_backtest import RIVALS, InnerForecasts, inner_forecasts
from wfm_pipeline.domain.forecasting.bands.interval_models import IntervalModels, learn_interval_models
from wfm_pipeline.domain.forecasting.bands.learnt_bands import DAY_BANDS, INTERVAL_BANDS, BandModel, learn_bands
from wfm_pipeline.domain.forecasting.bands.peer_share import PeerShare, learn_peer_share
from wfm_pipeline.domain.forecasting.desk.calendar_facts import FEATURES, ORDINARY, day_types
from wfm_pipeline.domain.forecasting.desk.panel import CallPanel
from wfm_pipeline.domain.forecasting.desk.state import DeskState, observe
from wfm_pipeline.domain.forecasting.desk.stopped import stopped_queues, without_history
from wfm_pipeline.domain.forecasting.means.core import CoreModel, expected_calls, learn_core, open_ahead
from wfm_pipeline.domain.forecasting.means.ladder import Chosen, rung_for
from wfm_pipeline.domain.forecasting.means.peers import PEERS, peer_week
from wfm_pipeline.domain.forecasting.means.stated_hours import OpenAhead, laid_in
from wfm_pipeline.domain.forecasting.options import RUNG_CLOSED, RUNG_MODEL, RUNG_PROFILE, ForecastOptions
from wfm_pipeline.domain.forecasting.planners.outside import Outside, PlannersInput, look_outside
from wfm_pipeline.domain.forecasting.stretches import Stretch, changes_known, stretches
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import DAYS_PER_WEEK

NOBODY_ENDED: Final[Mapping[str, str]] = MappingProxyType({})
"""No planner states that a queue takes no calls."""


@dataclass(frozen=True, slots=True)
class ForecastModel:
    """All that a forecast needs once it is learnt; can be saved and asked again.

    Attributes:
        queue_ids: Queues it knows, sorted.
        origin: First target date; nothing from here on was known.
        train_from: First date of the training window.
        horizon_days: Target dates it can answer.
        interval_minutes: Length of an interval [min].
        features: Calendar features, in the order the trees know them.
        options: The choices it was learnt with.
        core: Means.
        interval_bands: Bands per interval.
        day_bands: Bands per day.
        open_slots: Shape (queues, horizon, slots): open as far as the history tells.
        inner_days: Distinct days of the inner backtest behind the bands; 0 means default bands.
        interval_models: LightGBM models of the top rung, with the weights they earned.
        peers: Simple averages, with the share they earned.
        plain: Shape (queues, horizon): neither closed nor a day with a name.
        outside: Events, drivers and days left out; its panel is not kept.
        stopped: Shape (queues,): the queue has stopped; its forecast is 0.
        ended: Queue that takes no calls as a planner states -> why, in words.
        met_slots: Shape (queues, slots): the history says something of the slot, if only that nobody called.
    """

    queue_ids: tuple[str, ...]
    origin: dt.date
    train_from: dt.date
    horizon_days: int
    interval_minutes: int
    features: tuple[str, ...]
    options: ForecastOptions
    core: CoreModel
    interval_bands: BandModel
    day_bands: BandModel
    open_slots: BoolArray
    inner_days: int
    interval_models: IntervalModels
    peers: PeerShare
    plain: BoolArray
    outside: Outside
    stopped: BoolArray
    ended: Mapping[str, str]
    met_slots: BoolArray


@dataclass(frozen=True, slots=True)
class Answer:
    """A forecast as arrays.

    Attributes:
        mean: Shape (queues, horizon, slots) [calls].
        quantiles: Shape (queues, horizon, slots, levels) [calls].
        day_mean: Shape (queues, horizon), the sums of `mean` [calls].
        day_quantiles: Shape (queues, horizon, levels) [calls].
        chosen: The rung of each queue.
    """

    mean: FloatArray
    quantiles: FloatArray
    day_mean: FloatArray
    day_quantiles: FloatArray
    chosen: tuple[Chosen, ...]


def fit_panel(
    panel: CallPanel,
    *,
    site: Site,
    horizon_days: int,
    options: ForecastOptions,
    planners: PlannersInput | None = None,
    ended: Mapping[str, str] = NOBODY_ENDED,
) -> ForecastModel:
    """Learn a forecast of the dates right after a panel.

    Args:
        panel: All calls before the origin; its last date is the day before it.
        site: Calendar of the desk.
        horizon_days: Target dates [days], >= 1.
        options: The forecast's choices.
        planners: Events, drivers and decisions of planners; none if left out.
        ended: Queue that takes no calls as a planner states -> why, in words.

    Returns:
        A model that answers the next `horizon_days` dates.

    Raises:
        DataError: horizon_days below 1, or a panel without any row.

    Source:
        docs/methods/forecasting.md.
    """
    origin = _origin_after(panel, horizon_days, is_empty_allowed=bool(ended))
    types = day_types(site, panel.first_date, panel.calls.shape[1] + horizon_days)
    stopped = stopped_queues(panel) | np.isin(panel.queue_ids, list(ended))
    outside = look_outside(without_history(panel, stopped), types, planners or PlannersInput(), options)
    state = observe(outside.panel, types)
    core = learn_core(state, options)
    plain = ~state.closed & (types.day_class == ORDINARY)
    # Bands are learnt on what will be issued, so the peers' part goes into the rehearsal before them.
    inner, peers = _rehearse(state, plain, options)
    return ForecastModel(
        queue_ids=panel.queue_ids,
        origin=origin,
        train_from=panel.first_date,
        horizon_days=horizon_days,
        interval_minutes=panel.interval_minutes,
        features=FEATURES,
        options=options,
        core=core,
        interval_bands=_interval_bands(inner, options),
        day_bands=_day_bands(inner, options),
        open_slots=open_ahead(state, core),
        inner_days=int(np.unique(inner.date).size),
        interval_models=_interval_models(core, inner, state.features, options),
        peers=peers,
        plain=plain[:, state.known :],
        outside=replace(outside, panel=panel.window(origin, origin)),
        stopped=stopped,
        ended=dict(ended),
        met_slots=np.asarray((~np.isnan(panel.calls)).any(axis=1)),
    )


def fit_stretches(
    panel: CallPanel, *, site: Site, horizon_days: int, options: ForecastOptions, planners: PlannersInput
) -> tuple[tuple[Stretch, ForecastModel], ...]:
    """Learn a forecast for each stretch of the horizon on which the same statements about queues hold.

    Args:
        panel: See `fit_panel`; calls under the names they came under.
        site: Calendar of the desk.
        horizon_days: Target dates [days], >= 1.
        options: The forecast's choices.
        planners: What planners tell.

    Returns:
        Stretches in order of time with their models; one where no queue changes within the horizon.

    Raises:
        DataError: see `fit_panel`.
    """
    origin = panel.first_date + dt.timedelta(days=panel.calls.shape[1])
    told = changes_known(planners.changes, origin)
    return tuple(
        (
            stretch,
            fit_panel(
                stretch.history(panel),
                site=site,
                horizon_days=horizon_days,
                options=options,
                planners=planners,
                ended=stretch.ownership.ended,
            ),
        )
        for stretch in stretches(told, panel.queue_ids, origin=origin, horizon_days=horizon_days)
    )


def _origin_after(panel: CallPanel, horizon_days: int, *, is_empty_allowed: bool) -> dt.date:
    """The first target date: the day after the panel's last."""
    if horizon_days < 1:
        raise DataError(f"horizon_days must be at least 1, got {horizon_days}", got=horizon_days)
    origin = panel.first_date + dt.timedelta(days=panel.calls.shape[1])
    if not panel.has_row.any() and not is_empty_allowed:
        raise DataError(
            f"no history before the origin {origin}: choose a later origin or load earlier days", origin=origin
        )
    return origin


def _rehearse(state: DeskState, plain: BoolArray, options: ForecastOptions) -> tuple[InnerForecasts, PeerShare]:
    """Forecasts of past days as they would have been issued, and the share of simple averages in them."""
    inner = inner_forecasts(state, options)
    plain_then = plain[:, inner.date]
    peers = learn_peer_share(inner, plain_then, {name: peer_week(state.panel, PEERS[name]) for name in RIVALS})
    weekday = state.types.weekday[inner.date]
    return replace(inner, mean=peers.blend(inner.mean, inner.ahead, weekday, plain_then)), peers


def _interval_bands(inner: InnerForecasts, options: ForecastOptions) -> BandModel:
    queues, _, slots = inner.mean.shape
    date = np.repeat(inner.date, slots)
    flat = (queues, -1) if inner.mean.size else (queues, 0)
    return learn_bands(
        inner.mean.reshape(flat),
        inner.actual.reshape(flat),
        date,
        np.repeat(inner.ahead, slots),
        default=options.dispersion_default,
        level_bands=INTERVAL_BANDS,
    )


def _interval_models(
    core: CoreModel, inner: InnerForecasts, features: FloatArray, options: ForecastOptions
) -> IntervalModels:
    """Learnt only where a queue has history for the top rung."""
    if all(rung_for(float(weeks), options) != RUNG_MODEL for weeks in core.weeks):
        return IntervalModels()
    return learn_interval_models(inner, features, options)


def _day_bands(inner: InnerForecasts, options: ForecastOptions) -> BandModel:
    known = ~np.isnan(inner.actual)
    actual = np.where(known.any(axis=2), np.nansum(inner.actual, axis=2), np.nan)
    mean = np.where(known, inner.mean, 0.0).sum(axis=2)
    return learn_bands(mean, actual, inner.date, inner.ahead, default=options.dispersion_default, level_bands=DAY_BANDS)


def answer(model: ForecastModel, *, hours: OpenAhead | None = None) -> Answer:
    """Ask a model for its forecast.

    Args:
        model: A fitted model.
        hours: When queues are known to be open; None: as learnt.

    Returns:
        Means and quantiles [calls], and the rung of each queue.
    """
    core, models = model.core, model.interval_models
    mean, chosen = expected_calls(core, model.options, lambda profile: models.corrected_mean(profile, core.features))
    mean, chosen = _with_peers(model, mean, chosen)
    chosen = tuple(
        Chosen(RUNG_CLOSED, is_stated=queue in model.ended) if shut else rung
        for queue, rung, shut in zip(model.queue_ids, chosen, model.stopped, strict=True)
    )
    mean = np.where(model.open_slots, mean, 0.0) * np.exp(model.outside.lift)[:, :, None]
    if hours is not None:
        mean = laid_in(mean, hours, was_met=model.met_slots, can_call=~model.stopped)
    queues, horizon, slots = mean.shape
    ahead = np.arange(1, horizon + 1)
    flat = mean.reshape(queues, -1)
    doubt = model.outside.doubt
    quantiles = model.interval_bands.quantiles(flat, np.repeat(ahead, slots), np.repeat(doubt, slots, axis=1))
    quantiles = quantiles.reshape(queues, horizon, slots, -1)
    on_top = np.array([rung.rung == RUNG_MODEL for rung in chosen])
    corrected = models.corrected_quantiles(quantiles, mean, core.features)
    day_mean = mean.sum(axis=2)
    return Answer(
        mean=mean,
        quantiles=np.where(on_top[:, None, None, None], corrected, quantiles),
        day_mean=day_mean,
        day_quantiles=model.day_bands.quantiles(day_mean, ahead, doubt),
        chosen=chosen,
    )


def _with_peers(
    model: ForecastModel, mean: FloatArray, chosen: tuple[Chosen, ...]
) -> tuple[FloatArray, tuple[Chosen, ...]]:
    """Means with the peers' share on the rungs that stand on a queue's own level, and the names that say so."""
    ahead = np.arange(1, model.horizon_days + 1)
    weekday = (model.origin.weekday() + ahead - 1) % DAYS_PER_WEEK
    joined = np.array([rung.rung in (RUNG_MODEL, RUNG_PROFILE) for rung in chosen])
    blended = model.peers.blend(mean, ahead, weekday, model.plain)
    named = [
        replace(rung, beside=name if own else "")
        for rung, name, own in zip(chosen, model.peers.names, joined, strict=True)
    ]
    return np.where(joined[:, None, None], blended, mean), tuple(named)
