"""The three streams: what is looked at in an hour, what was expected of it, and its score; high is wrong in each.

Inflow: cases opened and re-opened, in every hour, also when the site is closed: nights are expected from nights. Age: by how much the open
cases past the first age limit grew. Throughput: cases done, against what former weeks did in that hour and not more than there was to do. Age
and throughput are not looked at in closed hours: nobody works, the sums stand still and go on in the next open hour.

A queue with fewer weeks than an expectation needs, or without a case in them, has no score.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.backlog.hours import AGE_BUCKETS, age_bucket
from wfm_pipeline.domain.arrays import BoolArray, FloatArray
from wfm_pipeline.domain.backlog.surges.expected import LOOKED_BACK, expected_changes, expected_counts
from wfm_pipeline.domain.backlog.surges.request import AGE, INFLOW, THROUGHPUT, SurgeRequest
from wfm_pipeline.domain.backlog.surges.scores import change_scale, count_scores, spread_of
from wfm_pipeline.domain.backlog.surges.weekly_grid import WeeklyGrid, in_a_row

OLD_BUCKETS: Final = tuple(age_bucket(place) for place in range(2, AGE_BUCKETS + 1))
"""Buckets past the first age limit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stream:
    """A stream; arrays have the shape (weeks + 1, 7, 24, n_queues).

    Attributes:
        kind: Kind of the alert it raises.
        seen: What was seen: cases, or a change of old cases.
        expected: What was expected of it.
        scores: High is wrong; NaN: no score.
        spread: Of counts, doubt added; None of changes.
        scale: Usual size of changes, shape (7, 24, n_queues); None of counts.
        stock: Of changes: the open cases past the first age limit themselves; None of counts.
    """

    kind: str
    seen: FloatArray
    expected: FloatArray
    scores: FloatArray
    spread: FloatArray | None = None
    scale: FloatArray | None = None
    stock: FloatArray | None = None

    @property
    def sign(self) -> float:
        """1 where many are wrong, -1 where few are."""
        return -1.0 if self.kind == THROUGHPUT else 1.0


def streams_of(request: SurgeRequest, grid: WeeklyGrid) -> list[Stream]:
    """The streams of which the rows know something.

    Args:
        request: The question; its rows as gold.backlog_hour.
        grid: Where these rows stand.

    Returns:
        Inflow, age where there are age buckets, and throughput.
    """
    hours = request.hours
    is_worked = ~(grid.laid(hours["is_open"].map({True: 1.0, False: 0.0}).astype(np.float64)) == 0.0)
    given = None if request.inflow_forecast is None else _given(request, grid)
    counts = grid.laid(hours["inflow"].to_numpy(np.float64) + hours["re_opened"].to_numpy(np.float64))
    found = [count_stream(INFLOW, counts, weeks=grid.weeks, given=given)]
    if set(OLD_BUCKETS) <= set(hours.columns):
        stock = grid.laid(hours[list(OLD_BUCKETS)].sum(axis=1, skipna=False))
        found.append(age_stream(stock, is_worked, weeks=grid.weeks))
    to_do = grid.laid(hours[["open_before", "inflow", "re_opened", "moved_in"]].sum(axis=1, skipna=False))
    done = np.where(is_worked, grid.laid(hours["outflow"]), np.nan)
    found.append(count_stream(THROUGHPUT, done, weeks=grid.weeks, most=to_do))
    return found


def count_stream(
    kind: str, counts: FloatArray, *, weeks: int, given: FloatArray | None = None, most: FloatArray | None = None
) -> Stream:
    """A stream of cases.

    Args:
        kind: Kind of alert; of `slow_throughput` few are wrong, else many.
        counts: Shape (n_weeks, 7, 24, n_queues), NaN where an hour is not looked at.
        weeks: The first weeks are learnt from; what comes after them is only scored [count].
        given: Expected counts that somebody else knows, NaN where nobody does.
        most: What there was to do at the most, NaN where that is not known.

    Returns:
        The stream.
    """
    expected, doubt = expected_counts(counts)
    if given is not None:
        expected, doubt = np.where(np.isnan(given), expected, given), np.where(np.isnan(given), doubt, 0.0)
    if most is not None:
        expected = np.where(np.isnan(most), expected, np.minimum(expected, most))
    expected = np.where(_is_old(counts, weeks) & (expected > 0), expected, np.nan)
    spread = doubt + spread_of(counts[:weeks], expected[:weeks], doubt[:weeks])
    sign = -1.0 if kind == THROUGHPUT else 1.0
    scores = sign * count_scores(counts, expected, spread)
    return Stream(kind=kind, seen=counts, expected=expected, scores=scores, spread=spread)


def age_stream(stock: FloatArray, is_worked: BoolArray, *, weeks: int) -> Stream:
    """The stream of ages: how much the stock of old cases grew in each hour of work.

    Args:
        stock: Open cases past the first age limit at the hour's end, shape (n_weeks, 7, 24, n_queues); NaN: not known.
        is_worked: The hour is one of work, same shape.
        weeks: The first weeks are learnt from [count].

    Returns:
        The stream.
    """
    row = in_a_row(stock)
    grown = np.full(row.shape, np.nan)
    grown[1:] = row[1:] - row[:-1]
    changes = np.where(is_worked, grown.reshape(stock.shape), np.nan)
    expected = np.where(_is_old(changes, weeks), expected_changes(changes), np.nan)
    scale = change_scale(changes[:weeks], expected[:weeks])
    has_moved = np.nansum(np.abs(changes[:weeks]), axis=(0, 1, 2)) > 0
    scores = np.where(has_moved, (changes - expected) / scale, np.nan)
    return Stream(kind=AGE, seen=changes, expected=expected, scores=scores, scale=scale, stock=stock)


def _is_old(seen: FloatArray, weeks: int) -> BoolArray:
    """Queues with rows so many weeks back that an hour after them can be expected, shape (n_queues,)."""
    if weeks < LOOKED_BACK:
        return np.zeros(seen.shape[-1], dtype=np.bool_)
    has_rows: BoolArray = np.any(~np.isnan(seen[: weeks - LOOKED_BACK + 1]), axis=(0, 1, 2))
    return has_rows


def _given(request: SurgeRequest, grid: WeeklyGrid) -> FloatArray:
    """What a forecast expected, laid as the rows are."""
    forecast = request.inflow_forecast
    assert forecast is not None
    means = forecast.set_index(["queue_id", "hour_start"])["cases_mean"].astype(np.float64)
    means = means[~means.index.duplicated(keep="last")]
    asked = pd.MultiIndex.from_frame(request.hours[["queue_id", "hour_start"]])
    return grid.laid(means.reindex(asked).reset_index(drop=True))
