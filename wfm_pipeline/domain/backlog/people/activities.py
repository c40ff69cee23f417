"""Planned activities of the hours to come, out of planners' rows: each at its instants, with the window it may move in.

Here: weekly rows as single activities, wall clock as instants, people of an hour taken by them. Not here: rows that are refused
(sheets), where they are moved to.

A time that clocks skip is the next that exists, one that comes twice is the first. An activity that crosses a change of clocks keeps
its wall-clock ends and so lasts an hour more or less.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.units import DAYS_PER_WEEK, SECONDS_PER_HOUR, SECONDS_PER_MINUTE

BREAK: Final = "break"
_WEEK: Final = pd.Timedelta(days=DAYS_PER_WEEK)
_MINUTE: Final = pd.Timedelta(seconds=SECONDS_PER_MINUTE)
_LOOK_BACK: Final = pd.Timedelta(days=2)
"""Activities last a day at most: none that began earlier touches the hours asked for, whatever the clocks do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One activity; instants are naive UTC.

    Attributes:
        activity_id: The planners' name; of a weekly one the date of this occurrence stands behind it.
        kind: Of `contracts.backlog.ahead.ACTIVITY_KINDS`.
        seconds: How long it lasts [s].
        agents: People it takes [agents].
        queue_id: Queue whose people it takes; None where it is a person's whose queue is not known yet.
        agent_id: The person; None where it is anybody of the queue.
        starts_at: Its start; None = it has no time yet.
        earliest_at, latest_at: Between which it may begin, both inclusive; None = it does not move, or moves at will.
        is_movable: It may begin at another time.
    """

    activity_id: str
    kind: str
    seconds: float
    agents: float
    queue_id: str | None
    agent_id: str | None = None
    starts_at: pd.Timestamp | None = None
    earliest_at: pd.Timestamp | None = None
    latest_at: pd.Timestamp | None = None
    is_movable: bool = False

    @property
    def has_window(self) -> bool:
        """It may move, but not at will."""
        return self.earliest_at is not None

    @property
    def may_be_put_off(self) -> bool:
        """It may be left to another day; a break never."""
        return self.is_movable and not self.has_window and self.kind != BREAK

    @property
    def ends_at(self) -> pd.Timestamp | None:
        """Its end, exclusive; None where it has no time yet."""
        return None if self.starts_at is None else self.starts_at + pd.Timedelta(seconds=self.seconds)


def to_utc(local: pd.Series, time_zone: str) -> pd.Series:
    """Instants of wall-clock times.

    Args:
        local: Wall-clock times without a zone, shape (n,); null stays null.
        time_zone: IANA name.

    Returns:
        Naive UTC, shape (n,).

    Example:
        >>> to_utc(pd.Series(pd.to_datetime(["2026-03-29 02:30", "2026-10-25 02:30"])), "Europe/Berlin").astype(str).tolist()
        ['2026-03-29 01:00:00', '2026-10-25 00:30:00']
    """
    first = np.ones(len(local), dtype=bool)
    zoned = pd.to_datetime(local).dt.tz_localize(time_zone, ambiguous=first, nonexistent="shift_forward")
    return zoned.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")


def activities_between(
    rows: pd.DataFrame, time_zone: str, starts_at: pd.Timestamp, ends_at: pd.Timestamp
) -> tuple[Activity, ...]:
    """Activities that touch a stretch of time, and those that have no time yet.

    Args:
        rows: Planners' columns of `silver.planned_activities`, those in force.
        time_zone: IANA name of the site's zone.
        starts_at: Start of the stretch (naive UTC).
        ends_at: Its end, exclusive.

    Returns:
        Activities by start and id; those without a time last.
    """
    timed = _occurrences(rows[rows["starts_local"].notna()], time_zone, starts_at, ends_at)
    is_in = (timed["starts_at"] < ends_at) & (timed["ends_at"] > starts_at)
    found = [_activity(row) for row in timed[is_in].sort_values(["starts_at", "activity_id"]).to_dict("records")]
    open_rows = rows[rows["starts_local"].isna()].sort_values("activity_id")
    return (*found, *(_wish(row) for row in open_rows.to_dict("records")))


def _occurrences(rows: pd.DataFrame, zone: str, starts_at: pd.Timestamp, ends_at: pd.Timestamp) -> pd.DataFrame:
    """Rows with instants, weekly ones once per week that may touch the stretch."""
    first, last = starts_at - _LOOK_BACK, ends_at + _LOOK_BACK
    begins, until = pd.to_datetime(rows["starts_local"]), pd.to_datetime(rows["weekly_until"])
    is_weekly = until.notna()
    latest = until + pd.Timedelta(days=1)
    latest = latest.mask(latest > last, last)
    low = ((first - begins) // _WEEK).clip(lower=0).where(is_weekly, 0).astype(np.int64)
    high = ((latest - begins) // _WEEK).where(is_weekly, 0).astype(np.int64)
    weeks = [np.arange(one, other + 1) for one, other in zip(low, high, strict=True)]
    every = rows.assign(week=pd.Series(weeks, index=rows.index, dtype=object), latest=latest).explode("week")
    every = every[every["week"].notna()]
    shift = pd.to_timedelta(every["week"].astype(np.int64) * DAYS_PER_WEEK, unit="D")
    local = {edge: pd.to_datetime(every[f"{edge}_local"]) + shift for edge in ("starts", "ends")}
    dated = every["activity_id"] + local["starts"].dt.strftime(" %Y-%m-%d")
    every = every.assign(
        activity_id=every["activity_id"].mask(every["weekly_until"].notna(), dated),
        **{f"{edge}_at": to_utc(times, zone) for edge, times in local.items()},
    )
    return every[every["weekly_until"].isna() | (local["starts"] < every["latest"])]


def _activity(row: dict[Any, Any]) -> Activity:
    starts, earlier, later = row["starts_at"], row["may_move_earlier_minutes"], row["may_move_later_minutes"]
    has_window = bool(row["is_movable"]) and not (pd.isna(earlier) and pd.isna(later))
    return Activity(
        activity_id=str(row["activity_id"]),
        kind=str(row["kind"]),
        seconds=(row["ends_at"] - starts).total_seconds(),
        agents=float(row["agents"]),
        queue_id=_text(row["queue_id"]),
        agent_id=_text(row["agent_id"]),
        starts_at=starts,
        earliest_at=starts - _minutes(earlier) if has_window else None,
        latest_at=starts + _minutes(later) if has_window else None,
        is_movable=bool(row["is_movable"]),
    )


def _wish(row: dict[Any, Any]) -> Activity:
    return Activity(
        activity_id=str(row["activity_id"]),
        kind=str(row["kind"]),
        seconds=float(row["minutes"]) * SECONDS_PER_MINUTE,
        agents=float(row["agents"]),
        queue_id=_text(row["queue_id"]),
        agent_id=_text(row["agent_id"]),
        is_movable=True,
    )


def _minutes(value: Any) -> pd.Timedelta:
    return pd.Timedelta(0) if pd.isna(value) else int(value) * _MINUTE


def _text(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)


def share_of_hours(hour_starts: pd.DatetimeIndex, starts_at: pd.Timestamp, seconds: float) -> FloatArray:
    """The part of each hour that a stretch takes.

    Args:
        hour_starts: Starts of hours (naive UTC), shape (n_hours,).
        starts_at: Start of the stretch.
        seconds: Its length [s].

    Returns:
        Parts [0..1], shape (n_hours,).

    Example:
        >>> hours = pd.date_range("2026-03-02 09:00", periods=3, freq="h")
        >>> share_of_hours(hours, pd.Timestamp("2026-03-02 09:45"), 4500.0).tolist()
        [0.25, 1.0, 0.0]
    """
    begins = (hour_starts - starts_at).total_seconds().to_numpy(np.float64)
    inside = np.minimum(begins + SECONDS_PER_HOUR, seconds) - np.maximum(begins, 0.0)
    return np.clip(inside, 0.0, SECONDS_PER_HOUR) / SECONDS_PER_HOUR
