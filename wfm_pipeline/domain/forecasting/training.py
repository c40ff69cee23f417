"""Training requests: all that a group of queues is forecast from, so that it can be done anywhere and not twice.

Here: dealing a request for all queues out to groups, what of the desk every group is told, the fingerprint by which an
answer is known to be of a request, and the groups' answers as one. Not here: which queue goes where (groups.py), how a
forecast is made (forecast.py), or where requests and answers lie (warehouse/models/training_shelf).

A group is a desk of its own: level, calendar effect, drift and bands are learnt from its queues. What it cannot see
for itself is told by a table that is worked out once from all queues: the calls of the whole desk per date, which tell
the dates on which the desk was closed.
"""

import datetime as dt
import hashlib
import pickle
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.stand_ins import ALL
from wfm_pipeline.domain.forecasting.forecast import ForecastResult, forecast, forecast_facts
from wfm_pipeline.domain.forecasting.groups import TrainingGroup, deal_queues
from wfm_pipeline.domain.forecasting.options import FORECAST_VERSION, ForecastOptions
from wfm_pipeline.domain.forecasting.planners.outside import PlannersInput
from wfm_pipeline.errors import DataError

_Kind = TypeVar("_Kind", "TrainingRequest", ForecastResult)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRequest:
    """What is forecast, and from what; see `forecast`.

    Attributes:
        history, handle, is_open_future, planners: Tables, as `forecast` takes them.
        site: Calendar of the desk.
        origin: First target date.
        horizon_days: Target dates [days], >= 1.
        options: The forecast's choices.
        desk: From `desk_table`, where the queues are a part of the desk; None: they are all of it.
    """

    history: pd.DataFrame
    handle: pd.DataFrame
    is_open_future: pd.DataFrame
    planners: PlannersInput
    site: Site
    origin: dt.date
    horizon_days: int
    options: ForecastOptions
    desk: "pd.Series[float] | None" = None

    def answer(self) -> ForecastResult:
        """The forecast.

        Returns:
            The same for the same request, here or elsewhere.

        Raises:
            DataError: see `forecast`.
        """
        return forecast(**{field.name: getattr(self, field.name) for field in fields(self)})

    def fingerprint(self, *made_with: str) -> str:
        """What an answer is of: the same for the same rows in any order, whatever the number of threads.

        Args:
            made_with: Versions of the program and of what it computes with.

        Returns:
            32 hexadecimal digits.
        """
        told = (getattr(self.planners, field.name) for field in fields(self.planners))
        tables = [self.history, self.handle, self.is_open_future, *told]
        tables += [] if self.desk is None else [self.desk.rename("calls").rename_axis("date").reset_index()]
        options = replace(self.options, num_threads=1)
        parts = (FORECAST_VERSION, _plain(self.site), self.origin, self.horizon_days, options, *made_with)
        digest = hashlib.sha256(repr(parts).encode())
        for table in tables:
            digest.update(_content(table))
        return digest.hexdigest()[:32]


def dump_training(value: TrainingRequest | ForecastResult) -> bytes:
    """A request or an answer as bytes, for the model store.

    Args:
        value: Either.

    Returns:
        A pickle: load only what you wrote yourself.
    """
    plain = replace(value, site=_plain(value.site)) if isinstance(value, TrainingRequest) else value
    return pickle.dumps(plain, protocol=pickle.HIGHEST_PROTOCOL)


def load_training(content: bytes, kind: type[_Kind]) -> _Kind:
    """A request or an answer from `dump_training`.

    Args:
        content: What `dump_training` gave, out of a store of our own.
        kind: Which of the two.

    Returns:
        The same value.

    Raises:
        DataError: the bytes hold something else.
    """
    value = pickle.loads(content)  # noqa: S301 (our own store; the docstring of dump_training says so)
    if not isinstance(value, kind):
        raise DataError(
            f"the stored bytes hold a {type(value).__name__}, not a {kind.__name__}", got=type(value).__name__
        )
    return value


def deal_request(whole: TrainingRequest, *, most_rows: int) -> dict[TrainingGroup, TrainingRequest]:
    """A request for all queues as one for each training group.

    Args:
        whole: For all queues.
        most_rows: Intervals of history before the origin from above which queues are dealt to groups [count], >= 1.

    Returns:
        Group -> its request, in order of names; the very request where there is one group. A queue without history before
        the origin is in none.
    """
    before = whole.history["interval_start"] < pd.Timestamp(whole.origin)
    rows = {str(name): int(count) for name, count in whole.history.loc[before, "queue_id"].value_counts().items()}
    changes = whole.planners.changes
    bound = zip(changes["queue_id"].astype(str), changes["other_queue_id"].astype(str), strict=True)
    groups = deal_queues(rows, most_rows=most_rows, bound=bound)
    if len(groups) <= 1:
        return dict.fromkeys(groups, whole)
    desk = desk_table(whole.history[before])
    return {group: _part(whole, group.queue_ids, rows.keys() - set(group.queue_ids), desk) for group in groups}


def desk_table(history: pd.DataFrame) -> "pd.Series[float]":
    """Calls of the whole desk per date.

    Args:
        history: queue_id, interval_start (naive local), calls (NaN = missing) and is_open, before an origin.

    Returns:
        Midnight of a date -> calls [calls], in order; NaN on dates of which nothing is known. Slots that are shut tell nothing.
    """
    calls = history["calls"].where(history["is_open"])
    return calls.groupby(history["interval_start"].dt.normalize()).sum(min_count=1).sort_index()


def _part(
    whole: TrainingRequest, queue_ids: Sequence[str], others: Collection[str], desk: "pd.Series[float]"
) -> TrainingRequest:
    """The request of some queues: their own rows, and those of no queue or of one that nobody knows."""
    until = pd.Timestamp(whole.origin)
    history, handle = (
        table[table["queue_id"].isin(queue_ids) & (table["interval_start"] < until)].reset_index(drop=True)
        for table in (whole.history, whole.handle)
    )
    ahead = whole.is_open_future
    if "queue_id" in ahead:
        ahead = ahead[ahead["queue_id"].isin([*queue_ids, ALL])].reset_index(drop=True)
    told = {field.name: getattr(whole.planners, field.name) for field in fields(whole.planners)}
    planners = PlannersInput(**{name: _not_of(table, others) for name, table in told.items()})
    return replace(whole, history=history, handle=handle, is_open_future=ahead, planners=planners, desk=desk)


def _not_of(table: pd.DataFrame, queue_ids: Collection[str]) -> pd.DataFrame:
    return table[~table["queue_id"].isin(queue_ids)].reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class JoinedForecast:
    """The groups' forecasts as one.

    Attributes:
        intervals, days: As of `ForecastResult`, of all queues.
        anomalies: Days that look wrong, as of `Outside`.
        facts: What a reader of the run should know, as of `ForecastResult`.
    """

    intervals: pd.DataFrame
    days: pd.DataFrame
    anomalies: pd.DataFrame
    facts: Mapping[str, object]


def join_forecasts(results: Mapping[str, ForecastResult]) -> JoinedForecast:
    """Forecasts of groups side by side.

    Args:
        results: Name of a group -> its forecast; at least one.

    Returns:
        Rows in order of queues and time; a group's own values to the bit. Notes bear the group's name where there are several.
    """
    parts = list(results.values())
    if len(parts) == 1:
        return JoinedForecast(parts[0].intervals, parts[0].days, parts[0].models.outside.anomalies, parts[0].facts)
    notes = [f"group {name}: {note}" for name, result in results.items() for note in result.notes]
    anomalies = _stacked([part.models.outside.anomalies for part in parts], ["queue_id", "business_date"])
    intervals = _stacked([part.intervals for part in parts], ["queue_id", "interval_start"])
    days = _stacked([part.days for part in parts], ["queue_id", "business_date"])
    return JoinedForecast(intervals, days, anomalies, forecast_facts(intervals, notes, anomalies))


def _stacked(parts: Sequence[pd.DataFrame], key: list[str]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True).sort_values(key, kind="stable", ignore_index=True)


def _plain(site: Site) -> Site:
    """The site with mappings that can be written down."""
    return replace(site, opening_hours=dict(site.opening_hours), extra_holidays=dict(site.extra_holidays))


def _content(table: pd.DataFrame) -> bytes:
    """The rows of a table as bytes, in any order of its rows."""
    hashed = np.sort(pd.util.hash_pandas_object(table, index=False).to_numpy())
    return f"{list(table.columns)}{len(table)}".encode() + hashed.tobytes()
