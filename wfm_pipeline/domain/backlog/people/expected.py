"""What to expect of people from the same hours of past weeks: who goes missing, and who is free between calls.

Here: ratios of sums over past weeks. Not here: what planners state (the caller puts that first), reading past weeks.

An hour is compared with the same hour of the same weekday by the wall clock, so that a change of clocks moves nothing. Where these
hours hold too few hours of people, all past hours of the queue stand in; where they hold too few as well, nothing is expected.
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.errors import DataError
from wfm_pipeline.units import DAYS_PER_WEEK

LEAST_PERSON_HOURS: Final = 20.0
"""Past hours of people below which no share is taken of them [h]: one person absent for an hour moves it by 5 points."""
PAST_COLUMNS: Final = ("queue_id", "hour_start_local", "rostered_hours", "present_hours", "idle_hours")


def past_local_hours(hour_start_local: pd.Series, weeks: int) -> list[pd.Series]:
    """The same hours of past weeks by the wall clock.

    Args:
        hour_start_local: Wall-clock starts of hours, shape (n,).
        weeks: Weeks to look back [count], >= 1.

    Returns:
        One series per week, the newest first, each of shape (n,).
    """
    return [hour_start_local - pd.Timedelta(days=DAYS_PER_WEEK * week) for week in range(1, weeks + 1)]


def expected_shares(hours: pd.DataFrame, past: pd.DataFrame, *, weeks: int) -> pd.DataFrame:
    """Shares of people who go missing and who are free between calls.

    Args:
        hours: queue_id, hour_start_local: the hours asked for; the hour that comes twice has the same shares twice.
        past: queue_id, hour_start_local, rostered_hours (without breaks and planned activities), present_hours (signed in and not
            off), idle_hours (of them, waiting for a contact) [h]; one row per queue and hour that was recorded, NaN = unknown.
        weeks: Weeks back that count [count].

    Returns:
        shrinkage_share, idle_share [0..1], null where too few past hours are known; index and order of `hours`. More people
        present than rostered are nobody missing.

    Raises:
        DataError: a column is missing.
    """
    lacking = [name for name in PAST_COLUMNS if name not in past.columns]
    if lacking:
        raise DataError(f"past hours of people need columns {', '.join(PAST_COLUMNS)}; missing {', '.join(lacking)}")
    own = _sums_of_same_hours(hours, past, weeks)
    every = past.assign(**_pairs(past)).groupby("queue_id")[list(_PAIR_NAMES)].sum()
    pooled = every.reindex(hours["queue_id"]).fillna(0.0)
    missing = _ratio(own, pooled, "came", "rostered")
    idle = _ratio(own, pooled, "idle", "present")
    return pd.DataFrame({"shrinkage_share": np.clip(1 - missing, 0.0, 1.0), "idle_share": idle}, index=hours.index)


_PAIR_NAMES: Final = ("rostered", "came", "present", "idle")


def _pairs(past: pd.DataFrame) -> dict[str, pd.Series]:
    """Hours of both sides of each ratio, only where both are known."""
    rostered, present, idle = (past[name].astype(np.float64) for name in PAST_COLUMNS[2:])
    is_both, is_idle = rostered.notna() & present.notna(), present.notna() & idle.notna()
    return {
        "rostered": rostered.where(is_both, 0.0),
        "came": present.where(is_both, 0.0),
        "present": present.where(is_idle, 0.0),
        "idle": idle.where(is_idle, 0.0),
    }


def _sums_of_same_hours(hours: pd.DataFrame, past: pd.DataFrame, weeks: int) -> pd.DataFrame:
    known = past.assign(**_pairs(past)).groupby(["queue_id", "hour_start_local"])[list(_PAIR_NAMES)].sum()
    total = np.zeros((len(hours), len(_PAIR_NAMES)))
    for local in past_local_hours(hours["hour_start_local"], weeks):
        keys = pd.MultiIndex.from_arrays([hours["queue_id"], local], names=known.index.names)
        total += known.reindex(keys).fillna(0.0).to_numpy(np.float64)
    return pd.DataFrame(total, columns=list(_PAIR_NAMES))


def _ratio(own: pd.DataFrame, pooled: pd.DataFrame, part: str, whole: str) -> FloatArray:
    found = np.full(len(own), np.nan)
    for sums in (pooled, own):  # what the same hours say stands above what all hours say
        base, share = sums[whole].to_numpy(np.float64), sums[part].to_numpy(np.float64)
        is_enough = base >= LEAST_PERSON_HOURS
        found[is_enough] = share[is_enough] / base[is_enough]
    return found
