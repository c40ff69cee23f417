"""Cases to come, hour by hour: what the same hours of the week brought, drawn to the desk's shape where a queue has seen few.

Here: means, spread and quantiles of counts per queue and hour. Not here: which rows are counted (the caller), futures (draws, one room up).

1. A queue's level: cases per hour of its known hours, recent weeks counting more.
2. Its shape over the week: what each hour of the week brought, drawn to level x the desk's shape with the weight of `DRAWN_BY_WEEKS`.
3. What is left scatters: by day, shared by its hours, and by hour.
An hour of a day on which nobody works is like the same hour of the weekday with the fewest cases.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import LEAST_DIVISOR, BoolArray, FloatArray, IntArray
from wfm_pipeline.domain.backlog.ahead.draws import Spread
from wfm_pipeline.units import DAYS_PER_WEEK, HOURS_PER_DAY

HALVED_AFTER_WEEKS: Final = 8.0
"""Weeks after which an hour counts half [weeks]; chosen on the first half of the folds (docs/methods/backlog.md)."""
DRAWN_BY_WEEKS: Final = 4.0
"""Weeks that the desk's shape weighs beside a queue's own [weeks]; chosen likewise."""
MOST_DISPERSION: Final = 4.0
"""Over-dispersion f of Var = m + f m^2 beyond which it is not believed: a few odd days of a small queue make any."""
DRAWN_BY_DAYS: Final = 10.0
"""Days that the desk's spread weighs beside a queue's own [days]."""
_WEEK: Final = DAYS_PER_WEEK * HOURS_PER_DAY


@dataclass(frozen=True, slots=True, eq=False)
class HourCounts:
    """What is learnt from; queues in order of names, hours in order of time.

    Attributes:
        queues: Names, shape (queues,).
        hour_of_week: Local hour of the week, Monday 0 o'clock is 0, shape (hours,).
        weeks_ago: From each hour to now [weeks], shape (hours,).
        day: Day of each hour, rising, shape (hours,).
        counts: Cases, NaN where the hour of the queue is not known, shape (queues, hours).
    """

    queues: tuple[str, ...]
    hour_of_week: IntArray
    weeks_ago: FloatArray
    day: IntArray
    counts: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class HourMeans:
    """What is expected.

    Attributes:
        queues: Names.
        by_hour: Expected cases by hour of the week, shape (queues, 168).
        day_spread, hour_spread: Over-dispersion f of Var = m + f m^2, shape (queues,).
    """

    queues: tuple[str, ...]
    by_hour: FloatArray
    day_spread: FloatArray
    hour_spread: FloatArray


def hour_counts(rows: pd.DataFrame, *, now: pd.Timestamp) -> HourCounts:
    """Counts of past hours as a table.

    Args:
        rows: queue_id, hour_start (naive UTC), hour_start_local, business_date, cases (NaN unknown); one row per queue and hour; a row that is not there is not known.
        now: Instant of knowledge; rows from it on are not looked at.

    Returns:
        The counts.
    """
    known = rows[rows["hour_start"] < now]
    table = known.pivot_table(index="queue_id", columns="hour_start", values="cases", aggfunc="sum", observed=True)
    hours = known.drop_duplicates("hour_start").set_index("hour_start").loc[table.columns]
    ago = (now - pd.DatetimeIndex(table.columns)).total_seconds().to_numpy() / (3_600 * _WEEK)
    return HourCounts(
        tuple(str(one) for one in table.index),
        hours_of_week(hours["hour_start_local"]),
        ago,
        pd.factorize(hours["business_date"], sort=True)[0].astype(np.int64),
        table.to_numpy(np.float64),
    )


def hours_of_week(local: pd.Series) -> IntArray:
    """Hour of the week, Monday 0 o'clock is 0.

    Args:
        local: Local instants.

    Returns:
        0 to 167.

    Example:
        >>> hours_of_week(pd.Series(pd.to_datetime(["2026-03-03 05:00"]))).tolist()
        [29]
    """
    return (local.dt.day_of_week * HOURS_PER_DAY + local.dt.hour).to_numpy(np.int64)


def learn_hours(past: HourCounts) -> HourMeans:
    """Means and spread of every queue.

    Args:
        past: Counts of past hours.

    Returns:
        What is expected. A queue without any known hour, and a desk without any case, expects none.
    """
    is_known = ~np.isnan(past.counts)
    counts = np.nan_to_num(past.counts)
    weight = np.where(is_known, 0.5 ** (past.weeks_ago / HALVED_AFTER_WEEKS), 0.0)
    seen, hours = _by_hour_of_week(counts * weight, past), _by_hour_of_week(weight, past)
    shape = seen.sum(axis=0) / np.maximum(hours.sum(axis=0), LEAST_DIVISOR)
    expected = np.maximum((hours * shape).sum(axis=1), LEAST_DIVISOR)
    level = seen.sum(axis=1) / expected
    means = (seen + DRAWN_BY_WEEKS * level[:, None] * shape) / np.maximum(hours + DRAWN_BY_WEEKS, LEAST_DIVISOR)
    of_day, of_hour = _spread(counts, means[:, past.hour_of_week], is_known, past.day)
    return HourMeans(past.queues, means, of_day, of_hour)


def expected_cases(means: HourMeans, queue_ids: pd.Series, local: pd.Series, is_day_off: BoolArray) -> FloatArray:
    """Expected cases of hours to come.

    Args:
        means: What was learnt.
        queue_ids: Queue of each row.
        local: Local start of each row's hour.
        is_day_off: Nobody works on the row's date, though its weekday is a working day as a rule; shape (n,).

    Returns:
        Cases, shape (n,); 0 for a queue that was not seen.
    """
    queue = pd.Index(means.queues).get_indexer(pd.Index(queue_ids))
    by_day = means.by_hour.reshape(len(means.queues), DAYS_PER_WEEK, HOURS_PER_DAY).sum(axis=(0, 2))
    quietest = int(by_day.argmin())
    hour = hours_of_week(local)
    hour = np.where(is_day_off, quietest * HOURS_PER_DAY + hour % HOURS_PER_DAY, hour)
    found = means.by_hour[np.maximum(queue, 0), hour] if len(means.queues) else np.zeros(len(hour))
    return np.where(queue >= 0, found, 0.0)


def spread_of(means: HourMeans) -> dict[str, Spread]:
    """How inflow scatters.

    Args:
        means: What was learnt.

    Returns:
        Queue -> spread, of inflow alone.
    """
    pairs = zip(means.queues, means.day_spread.tolist(), means.hour_spread.tolist(), strict=True)
    return {queue: Spread(inflow_day=of_day, inflow_hour=of_hour) for queue, of_day, of_hour in pairs}


def count_quantiles(
    mean: FloatArray, day_spread: FloatArray, hour_spread: FloatArray, levels: tuple[float, ...]
) -> FloatArray:
    """Quantiles of an hour's count.

    Args:
        mean: Means, shape (n,) [cases].
        day_spread: f of the day, shape (n,).
        hour_spread: f of the hour, shape (n,).
        levels: Levels, in (0, 1).

    Returns:
        Smallest counts with at least the level's probability of no more, shape (n, levels) [cases].

    Source:
        Negative binomial law with Var = m + f m^2; of two factors f = (1 + f_day)(1 + f_hour) - 1.
    """
    from scipy.stats import nbinom

    spread = np.maximum((1 + day_spread) * (1 + hour_spread) - 1, 1e-6)
    size, centre = (1 / spread)[:, None], np.maximum(mean, LEAST_DIVISOR)[:, None]
    found = nbinom.ppf(np.array(levels)[None, :], size, size / (size + centre))
    return np.where(mean[:, None] > 0, found, 0.0)


def _by_hour_of_week(values: FloatArray, past: HourCounts) -> FloatArray:
    found = np.zeros((_WEEK, len(values)))
    np.add.at(found, past.hour_of_week, values.T)
    return found.T


def _spread(counts: FloatArray, means: FloatArray, is_known: BoolArray, day: IntArray) -> tuple[FloatArray, FloatArray]:
    """Over-dispersion f of days and of hours by moments, drawn to the desk's, shape (queues,)."""
    expected = means * is_known
    by_day = np.zeros((2, int(day.max(initial=-1)) + 1, len(counts)))
    for place, values in enumerate((counts * is_known, expected)):
        np.add.at(by_day[place], day, values.T)
    of_day = _moments(by_day[0].T, by_day[1].T)
    both = _moments(counts * is_known, expected)
    return of_day, np.clip((1 + both) / (1 + of_day) - 1, 0.0, MOST_DISPERSION)


def _moments(counts: FloatArray, means: FloatArray) -> FloatArray:
    """Over-dispersion f of Var = m + f m^2 of each row, drawn to that of all rows together."""
    above = ((counts - means) ** 2 - means).sum(axis=1)
    squares = (means**2).sum(axis=1)
    desk = np.clip(above.sum() / max(squares.sum(), LEAST_DIVISOR), 0.0, MOST_DISPERSION)
    some = squares / np.maximum(means.max(axis=1, initial=0.0) ** 2, LEAST_DIVISOR)
    own = above / np.maximum(squares, LEAST_DIVISOR)
    return np.clip((own * some + desk * DRAWN_BY_DAYS) / (some + DRAWN_BY_DAYS), 0.0, MOST_DISPERSION)
