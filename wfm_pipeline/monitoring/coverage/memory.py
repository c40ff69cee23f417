"""What is remembered from cycle to cycle: people that bands of calls need, service levels, past days that the centre has counted.

Needs of bands change with forecast and targets, not with the people there, and are the dearest step of a cycle where many services
are short: a search for a team at each of seven levels. Not here: search and formula (domain/coverage).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.coverage.gaps import band_heads
from wfm_pipeline.domain.coverage.intervals import projected_service_level
from wfm_pipeline.monitoring.coverage.gold_day import GoldDay

_KEYS: Final = ["service_id", "interval_start"]


class BandMemory:
    """Stands in for `gaps.band_heads` as long as forecast and targets stay."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._places: dict[tuple[object, object], int] = {}
        self._heads: list[FloatArray] = []

    def __call__(self, rows: pd.DataFrame, policy: Mapping[str, FloatArray], interval: float) -> FloatArray:
        """See `gaps.band_heads`; what was asked before is not worked out again."""
        keys = list(zip(rows[_KEYS[0]].tolist(), rows[_KEYS[1]].to_numpy().tolist(), strict=True))
        is_new = np.array([key not in self._places for key in keys], dtype=bool)
        if is_new.any():
            made = band_heads(rows[is_new], {name: values[is_new] for name, values in policy.items()}, interval)
            fresh = (key for key, new in zip(keys, is_new, strict=True) if new)
            self._places |= {key: len(self._heads) + place for place, key in enumerate(fresh)}
            self._heads += list(made)
        return np.array([self._heads[self._places[key]] for key in keys])


class LevelMemory:
    """Stands in for `intervals.projected_service_level`: rows that are as they were in the call before are not worked out again."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._asked: FloatArray = np.empty((0, 0))
        self._levels: FloatArray = np.empty(0)

    def __call__(
        self,
        calls: FloatArray,
        aht_seconds: FloatArray,
        people: FloatArray,
        policy: Mapping[str, FloatArray],
        interval: float,
    ) -> FloatArray:
        """See `intervals.projected_service_level`."""
        told = [calls, aht_seconds, people, *policy.values(), np.full(len(people), interval)]
        asked = np.column_stack([np.asarray(one, dtype=np.float64) for one in told])
        if asked.shape != self._asked.shape:
            self._asked, self._levels = np.full(asked.shape, np.inf), np.full(len(asked), np.nan)
        is_new = ~((asked == self._asked) | (np.isnan(asked) & np.isnan(self._asked))).all(axis=1)
        changed = {name: values[is_new] for name, values in policy.items()}
        levels = self._levels.copy()
        levels[is_new] = projected_service_level(
            asked[is_new, 0], asked[is_new, 1], asked[is_new, 2], changed, interval
        )
        self._asked, self._levels = asked, levels
        return levels.copy()


class CountedPast:
    """Same weekdays as the centre itself has counted them, for services that neither a forecast nor the warehouse knows."""

    def __init__(self) -> None:
        """Nothing is counted."""
        self._counts: dict[dt.date, pd.DataFrame] = {}
        self._made: tuple[GoldDay, GoldDay] | None = None

    def lacks(self, day: GoldDay, services: pd.Series) -> bool:
        """Whether nothing is known of the need of one of the services on a date that was not read yet."""
        known = day.teams.loc[day.teams["agents_required_exact"].notna(), "queue_id"]
        return day.date not in self._counts and bool(set(services) - set(known) - set(day.history["queue_id"]))

    def keep(self, date: dt.date, counts: pd.DataFrame) -> None:
        """Keep the counts of a date's same weekdays, `LiveReader.history`, in place of those of another date."""
        self._counts, self._made = {date: counts}, None

    def joined(self, day: GoldDay) -> GoldDay:
        """The date with the counts of queues that it does not know; the very object of before while nothing is newer."""
        if (counts := self._counts.get(day.date)) is None:
            return day
        if self._made is None or self._made[0] is not day:
            news = counts.loc[~counts["queue_id"].isin(day.history["queue_id"]), list(day.history.columns)]
            parts = [part for part in (day.history, news) if len(part)]
            self._made = (day, replace(day, history=pd.concat(parts, ignore_index=True)) if parts else day)
        return self._made[1]
