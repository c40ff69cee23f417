"""Capacity plan: FTE required, available and short, per pool and ISO week, weeks ahead.

Here: the weeks of a long-range forecast with the planners' tables become rows of
`gold.capacity_week`. Not here: the parts (work.py, people.py, shrinkage.py,
hiring.py), reading planners' cells (sheets.py), and tables (assets).

FTE of this plan are on the phones: hours of available time over full-time hours. Paid FTE stand
beside them: required over (1 - shrinkage), and the contracts of everybody on the payroll. Nothing is
rounded but people to hire. Where something is unknown the value is null and `reason` says what.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.staffing.capacity.hiring import Hiring, hires_to_close
from wfm_pipeline.domain.staffing.capacity.people import HiringClass, People, Pool, people_of
from wfm_pipeline.domain.staffing.capacity.shrinkage import Shrinkage, ShrinkageRow, shrinkage_of
from wfm_pipeline.domain.staffing.capacity.work import Efficiency, hours_at_occupancy, on_phone_hours, workload_hours
from wfm_pipeline.domain.staffing.faults import CapacityError
from wfm_pipeline.units import DAYS_PER_WEEK

Level = Literal["mean", "q10", "q50", "q90"]
LEVELS: Final[tuple[Level, ...]] = ("mean", "q10", "q50", "q90")
DEMAND_COLUMNS: Final = ("queue_id", "week_start", *(f"calls_{level}" for level in LEVELS), "aht_seconds")
_NINETIETH: Final = 1.2815515655446004
"""Standard deviations from the middle to the 90 % quantile of a normal distribution: scipy.special.ndtri(0.9)."""


@dataclass(frozen=True, slots=True)
class PlannersTables:
    """What planners say.

    Attributes:
        pools: The pools; a queue in none of them is planned by itself, without people.
        classes: Hiring classes.
        shrinkage: Shrinkage by kind.
    """

    pools: tuple[Pool, ...] = ()
    classes: tuple[HiringClass, ...] = ()
    shrinkage: tuple[ShrinkageRow, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a queue in two pools, and a class of no pool."""
        owners: dict[str, str] = {}
        for pool in self.pools:
            for queue in pool.queues:
                if queue in owners:
                    raise CapacityError(
                        f"queue {queue} is in two pools, {owners[queue]} and {pool.pool_id}; keep one", got=queue
                    )
                owners[queue] = pool.pool_id
        names = {pool.pool_id for pool in self.pools}
        for one in self.classes:
            if one.pool_id not in names:
                raise CapacityError(
                    f"class {one.class_id} is for the pool {one.pool_id}, which headcount does not name; "
                    f"it names {', '.join(sorted(names)) or 'none'}",
                    got=one.pool_id,
                )


@dataclass(frozen=True, slots=True)
class CapacityOptions:
    """How the plan is made.

    Attributes:
        full_time_hours: Paid hours of one FTE's week [h], > 0.
        hire_for: Which gap hiring should close: at the expected calls, or at a quantile.
        bundle_weeks: Weeks whose needs one class covers [count], >= 1.
    """

    full_time_hours: float = 40.0
    hire_for: Level = "mean"
    bundle_weeks: int = 4


@dataclass(frozen=True, slots=True)
class _Required:
    """Hours on the phones per level, calls and workload of a pool; shape (n_weeks,); the reasons of its nulls."""

    calls: FloatArray
    workload: Mapping[Level, FloatArray]
    on_phone: Mapping[Level, FloatArray]
    method: str
    reasons: list[str]


def plan_facts(rows: pd.DataFrame) -> dict[str, object]:
    """What a plan comes to.

    Args:
        rows: Rows of `plan_capacity`.

    Returns:
        Pools, weeks in which one is short, people to hire and rows with unknowns [count]; the largest gap [FTE].
    """
    short = rows[rows["gap_fte_mean"] > 0]
    return {
        "pools": int(rows["pool_id"].nunique()),
        "weeks_short": len(short),
        "largest_gap_fte": float(short["gap_fte_mean"].max()) if len(short) else 0.0,
        "hires_needed": int(rows["hires_needed"].sum()),
        "rows_with_unknowns": int(rows["reason"].notna().sum()),
    }


def plan_capacity(
    demand: pd.DataFrame, tables: PlannersTables, efficiency: Mapping[str, Efficiency], options: CapacityOptions
) -> pd.DataFrame:
    """The plan of every pool and week.

    Args:
        demand: One issue of weekly calls: `DEMAND_COLUMNS`, unique by queue and week; week_start is a
            Monday; aht_seconds null where unknown.
        tables: What planners say.
        efficiency: Queue -> what its issued staffing teaches; used where a pool states no occupancy.
        options: How the plan is made.

    Returns:
        One row per pool and ISO week from the first to the last week of the demand, in that order,
        with the columns of `gold.capacity_week` but source and issued_at. Pools without any queue in
        the demand have no rows; no demand gives no rows.

    Raises:
        CapacityError: shrinkage of 1 or more; a pool that is called as a queue which is not its own.

    Source:
        docs/methods/capacity.md.
    """
    if demand.empty:
        return pd.DataFrame()
    mondays = _mondays(demand["week_start"])
    known = {str(queue) for queue in demand["queue_id"]}
    pooled = [pool for pool in tables.pools if known & set(pool.queues)]
    owned = {queue for pool in pooled for queue in pool.queues}
    _refuse_namesakes(pooled, known - owned)
    groups: list[tuple[str, tuple[str, ...], Pool | None]] = [(pool.pool_id, pool.queues, pool) for pool in pooled]
    groups += [(queue, (queue,), None) for queue in known - owned]
    by_queue = _by_queue(demand, mondays)
    rows = [
        _pool_rows(name, pool, _required(queues, pool, by_queue, efficiency, len(mondays)), tables, mondays, options)
        .assign(queues=";".join(sorted(queues)))
        for name, queues, pool in sorted(groups, key=lambda group: group[0])
    ]  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def _refuse_namesakes(pools: Sequence[Pool], alone: set[str]) -> None:
    for pool in pools:
        if pool.pool_id in alone:
            raise CapacityError(
                f"pool {pool.pool_id} is called as a queue that is in no pool; add the queue to a pool or rename the pool",
                got=pool.pool_id,
            )


def _mondays(starts: pd.Series) -> list[dt.date]:
    """Every Monday from the first to the last, so that a week without a forecast is seen to be missing."""
    dates = pd.to_datetime(starts)
    return [moment.date() for moment in pd.date_range(dates.min(), dates.max(), freq=f"{DAYS_PER_WEEK}D")]


def _by_queue(demand: pd.DataFrame, mondays: Sequence[dt.date]) -> dict[str, pd.DataFrame]:
    """Queue -> its weeks in order, NaN where the forecast has none."""
    dated = demand.assign(week_start=pd.to_datetime(demand["week_start"]).dt.date)
    return {
        str(queue): rows.set_index("week_start").reindex(pd.Index(mondays)) for queue, rows in dated.groupby("queue_id")
    }


def _required(
    queues: Sequence[str],
    pool: Pool | None,
    by_queue: Mapping[str, pd.DataFrame],
    efficiency: Mapping[str, Efficiency],
    count: int,
) -> _Required:
    """Sums over a pool's queues: a null anywhere makes the sum null, for a part is not the whole."""
    calls = np.zeros(count)
    workload: dict[Level, FloatArray] = {level: np.zeros(count) for level in LEVELS}
    on_phone: dict[Level, FloatArray] = {level: np.zeros(count) for level in LEVELS}
    reasons = [""] * count
    for queue in sorted(queues):
        weeks = by_queue.get(queue)
        for level in LEVELS:
            offered = np.full(count, np.nan) if weeks is None else weeks[f"calls_{level}"].to_numpy(np.float64)
            aht = np.full(count, np.nan) if weeks is None else weeks["aht_seconds"].to_numpy(np.float64)
            work = workload_hours(offered, aht)
            workload[level] += work
            hours = _on_phone(work, pool, efficiency.get(queue))
            on_phone[level] += hours
            if level == "mean":
                calls += offered
                reasons = [
                    _joined(said, _unknown_work(queue, *values))
                    for said, *values in zip(reasons, offered, work, hours, strict=True)
                ]
    return _Required(calls, workload, on_phone, "occupancy" if _states_occupancy(pool) else "staffing", reasons)


def _states_occupancy(pool: Pool | None) -> bool:
    return pool is not None and pool.occupancy is not None


def _on_phone(work: FloatArray, pool: Pool | None, efficiency: Efficiency | None) -> FloatArray:
    if pool is not None and pool.occupancy is not None:
        return hours_at_occupancy(work, pool.occupancy)
    if efficiency is None:
        return np.where(work == 0, 0.0, np.nan)
    return on_phone_hours(work, efficiency)


def _unknown_work(queue: str, calls: float, work: float, on_phone: float) -> str:
    if np.isnan(calls):
        return f"no forecast of queue {queue}"
    if np.isnan(work):
        return f"handle time of queue {queue} is unknown"
    return f"no staffing was issued for queue {queue} and its pool states no occupancy" if np.isnan(on_phone) else ""


def _joined(*words: str) -> str:
    return "; ".join(dict.fromkeys(word for word in words if word))


def _pool_rows(
    name: str,
    pool: Pool | None,
    required: _Required,
    tables: PlannersTables,
    mondays: Sequence[dt.date],
    options: CapacityOptions,
) -> pd.DataFrame:
    shrinkage = shrinkage_of(tables.shrinkage, name, mondays)
    people = _people(pool, tables.classes, mondays, options)
    need = {level: hours / options.full_time_hours for level, hours in required.on_phone.items()}
    there = _available(people, shrinkage)
    gap = _gaps(need, there)
    hiring = _hiring(pool, gap[options.hire_for], shrinkage, mondays, options)
    # Gap and hiring are counted in available FTE; paid FTE stand beside them for the budget.
    paid = {level: values / (1 - shrinkage.total) for level, values in need.items()}
    columns: dict[str, object] = {
        "pool_id": name,
        "iso_year": [monday.isocalendar().year for monday in mondays],
        "iso_week": [monday.isocalendar().week for monday in mondays],
        "week_start": pd.to_datetime(pd.Series(mondays)),
        "calls_mean": required.calls,
        "workload_hours": required.workload["mean"],
        "on_phone_hours": required.on_phone["mean"],
        "shrinkage": shrinkage.total,
        "shrinkage_planned": shrinkage.planned,
        "shrinkage_unplanned": shrinkage.unplanned,
        **{f"fte_required_{level}": values for level, values in need.items()},
        **{f"paid_fte_required_{level}": values for level, values in paid.items()},
        **{f"fte_available_{level}": values for level, values in there.items()},
        "paid_fte_available": people.paid_fte,
        **{f"gap_fte_{level}": values for level, values in gap.items()},
        **{field: getattr(people, field) for field in _HEADS},
        "hires_needed": hiring.heads,
        "decide_by": pd.to_datetime(pd.Series(hiring.decide_by, dtype=object)),
        "gap_fte_after_hiring": gap[options.hire_for] - hiring.fte_added,
        "hire_for": options.hire_for,
        "method": required.method,
        "reason": pd.Series(_reasons(pool, required, people, shrinkage), dtype=object),
    }
    return pd.DataFrame(columns).astype({"hires_needed": "int64"})


_HEADS: Final = ("heads_start", "heads_hired", "heads_left", "heads_end", "heads_in_training")


def _people(
    pool: Pool | None, classes: Sequence[HiringClass], mondays: Sequence[dt.date], options: CapacityOptions
) -> People:
    if pool is None:
        return People(**{name: np.full(len(mondays), np.nan) for name in People.__dataclass_fields__})
    return people_of(pool, classes, mondays, full_time_hours=options.full_time_hours)


def _available(people: People, shrinkage: Shrinkage) -> dict[Level, FloatArray]:
    """Productive FTE that are there; the band is that of people leaving by themselves, normal, never below 0."""
    share = 1 - shrinkage.total
    half = _NINETIETH * people.productive_fte_sd
    return {
        "mean": people.productive_fte * share,
        "q10": np.maximum(people.productive_fte - half, 0) * share,
        "q50": people.productive_fte * share,
        "q90": (people.productive_fte + half) * share,
    }


def _gaps(need: Mapping[Level, FloatArray], there: Mapping[Level, FloatArray]) -> dict[Level, FloatArray]:
    """Required - available. Calls and leavers are independent: their half-widths add as squares do."""
    middle = need["q50"] - there["q50"]
    return {
        "mean": need["mean"] - there["mean"],
        "q10": middle - np.hypot(need["q50"] - need["q10"], there["q90"] - there["q50"]),
        "q50": middle,
        "q90": middle + np.hypot(need["q90"] - need["q50"], there["q50"] - there["q10"]),
    }


def _hiring(
    pool: Pool | None,
    gap: FloatArray,
    shrinkage: Shrinkage,
    mondays: Sequence[dt.date],
    options: CapacityOptions,
) -> Hiring:
    if pool is None:
        return Hiring(np.zeros(len(mondays)), (None,) * len(mondays), np.zeros(len(mondays)))
    worth = pool.contract_hours / options.full_time_hours * (1 - shrinkage.total)
    return hires_to_close(gap, worth, pool, mondays, bundle_weeks=options.bundle_weeks)


def _reasons(pool: Pool | None, required: _Required, people: People, shrinkage: Shrinkage) -> list[str | None]:
    headcount = "no pool of headcount has the queue" if pool is None else "the week lies before the count of heads"
    return [
        _joined(
            said,
            headcount if np.isnan(heads) else "",
            "no row of shrinkage holds in the week" if np.isnan(share) else "",
        )
        or None
        for said, heads, share in zip(required.reasons, people.heads_start, shrinkage.total, strict=True)
    ]


def with_occupancy(tables: PlannersTables, occupancy: float) -> PlannersTables:
    """The tables with an occupancy for the pools that state none.

    Args:
        tables: What planners say.
        occupancy: Occupancy of the pools that state none, in (0, 1].

    Returns:
        The tables; pools that state one keep it.
    """
    pools = tuple(pool if pool.occupancy is not None else replace(pool, occupancy=occupancy) for pool in tables.pools)
    return replace(tables, pools=pools)
