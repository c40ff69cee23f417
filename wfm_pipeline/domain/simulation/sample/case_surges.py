"""Hours in which many more cases come than usual, or hardly anybody works on them: drawn beforehand, and written down as truth.

Not here: working cases off (case_work).
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.units import DAYS_PER_WEEK, SECONDS_PER_HOUR

INFLOW, CAPACITY = "inflow", "capacity"
"""Kinds: a web form brings cases besides those of calls; a system is down and work goes on at a fraction."""
_WEEKS_BETWEEN: Final = {INFLOW: 3.0, CAPACITY: 5.0}
"""Weeks from one surge of a kind to the next, on average [weeks]."""
_HOURS: Final = {INFLOW: (2, 5), CAPACITY: (3, 6)}
"""Length of a surge, shortest and longest [h]."""
_FACTORS: Final = {INFLOW: (1.5, 3.5), CAPACITY: (0.05, 0.3)}
"""Of inflow: cases besides the queue's usual ones, over those; of capacity: what is left of it [share]."""
_FIRST_HOUR, _LAST_HOUR = 8, 14
"""When a surge may begin, wall clock [h]."""
_LEAST_OPEN_MINUTES: Final = 480
"""Days on which surges may fall are open at least so long [min]."""


def draw_surges(
    days: pd.DataFrame, usual: np.ndarray, queues: tuple[str, ...], rng: np.random.Generator
) -> pd.DataFrame:
    """Surges of a stretch of days; at least one of each kind.

    Args:
        days: Open days: date, opens_minute, closes_minute; shape (n_days,).
        usual: Cases that each queue usually gets in an open hour [cases/h], shape (n_queues,).
        queues: Ids of the queues.
        rng: Source of chance.

    Returns:
        By start: kind, queue_id, starts_at_local, ends_at_local, factor, usual_cases (of inflow: what usually comes in that time).
    """
    long = days[days["closes_minute"] - days["opens_minute"] >= _LEAST_OPEN_MINUTES].reset_index(drop=True)
    span = (days["date"].max() - days["date"].min()).days / DAYS_PER_WEEK if len(days) else 0.0
    rows = [
        row
        for kind in (INFLOW, CAPACITY)
        for row in _of_kind(kind, max(1, round(span / _WEEKS_BETWEEN[kind])), long, rng)
    ]
    found = pd.DataFrame(rows, columns=["kind", "queue", "starts_at_local", "ends_at_local", "factor"])
    position = rng.integers(len(queues), size=len(found))
    hours = (found["ends_at_local"] - found["starts_at_local"]).dt.total_seconds().to_numpy() / SECONDS_PER_HOUR
    found = found.assign(
        queue_id=np.array(queues, dtype=object)[position],
        usual_cases=np.where(found["kind"] == INFLOW, usual[position] * hours, np.nan),
    )
    names = ["kind", "queue_id", "starts_at_local", "ends_at_local", "factor", "usual_cases"]
    return found[names].sort_values(["starts_at_local", "kind"], ignore_index=True)


def _of_kind(kind: str, count: int, days: pd.DataFrame, rng: np.random.Generator) -> list[tuple[object, ...]]:
    """Surges of a kind, each on a day of its own part of the stretch, so that two do not run into each other."""
    if days.empty:
        return []
    parts = np.array_split(np.arange(len(days)), min(count, len(days)))
    rows: list[tuple[object, ...]] = []
    for part in parts:
        date = days["date"].iloc[int(rng.choice(part))]
        starts = date + pd.Timedelta(hours=int(rng.integers(_FIRST_HOUR, _LAST_HOUR, endpoint=True)))
        ends = starts + pd.Timedelta(hours=int(rng.integers(*_HOURS[kind], endpoint=True)))
        rows.append((kind, "", starts, ends, float(rng.uniform(*_FACTORS[kind]))))
    return rows


def web_cases(
    surges: pd.DataFrame, due_hours: np.ndarray, shares: tuple[float, ...], rng: np.random.Generator
) -> pd.DataFrame:
    """Cases that come by the web form while the inflow surges.

    Args:
        surges: From `draw_surges`.
        due_hours: Time until a case of each priority is due [h].
        shares: Share of each priority [0..1].
        rng: Source of chance.

    Returns:
        By time: QueueId, Created, Due, priority (its place).
    """
    inflow = surges[surges["kind"] == INFLOW]
    counts = rng.poisson(inflow["factor"].to_numpy() * inflow["usual_cases"].to_numpy())
    rows = inflow.loc[inflow.index.repeat(counts)]
    length = (rows["ends_at_local"] - rows["starts_at_local"]).dt.total_seconds().to_numpy()
    seconds = np.floor(rng.random(len(rows)) * length).astype("timedelta64[s]")
    created = rows["starts_at_local"].to_numpy("datetime64[us]") + seconds
    priority = np.searchsorted(np.cumsum(shares)[:-1], rng.random(len(rows)))
    due = created + (due_hours[priority] * SECONDS_PER_HOUR).astype("timedelta64[s]")
    frame = pd.DataFrame(
        {"QueueId": rows["queue_id"].to_numpy(object), "Created": created, "Due": due, "priority": priority}
    )
    return frame.sort_values("Created", kind="stable", ignore_index=True)


def capacity_shares(surges: pd.DataFrame, queue_id: str, hours: np.ndarray) -> np.ndarray:
    """What is left of a queue's capacity in each hour.

    Args:
        surges: From `draw_surges`.
        queue_id: The queue.
        hours: Starts of the hours, wall clock, shape (n_hours,).

    Returns:
        Shares [0..1], 1 where nothing is wrong, shape (n_hours,).
    """
    shares = np.ones(len(hours))
    mine = surges[(surges["kind"] == CAPACITY) & (surges["queue_id"] == queue_id)]
    starts, ends = (mine[name].to_numpy("datetime64[us]") for name in ("starts_at_local", "ends_at_local"))
    for start, end, factor in zip(starts, ends, mine["factor"].to_numpy(), strict=True):
        shares[(hours >= start) & (hours < end)] = factor
    return shares
