"""What could be done about a gap: only what is possible, each with what it gains and costs.

Here: who could stay or come early, whose break or off-product work could lie elsewhere, which service could lend, and
which calls could be called back. Not here: places for moved stretches (moves), the trial itself and the order (trials).

A gap that is over has no actions, and of one that runs only the rest can be helped. What is not possible is not
offered: no overtime without somebody whose shift ends or begins in reach, no lending without a service in surplus all
along and a person of it who has the skill and is not registered, no call-back without a known share of callers who accept
it and people to spare later. Overtime is paid; what moves people who are paid anyway costs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import ROUNDING, FloatArray
from wfm_pipeline.domain.coverage.cost import service_rates
from wfm_pipeline.domain.coverage.grid import DayGrid, cut, grid_of, seconds_per_interval, stretches_without
from wfm_pipeline.domain.coverage.intervals import STANDARD_LIMITS, SURPLUS, CoverageLimits
from wfm_pipeline.domain.coverage.moves import Room, movable
from wfm_pipeline.domain.coverage.trials import (
    CALL_BACK,
    LEND,
    MOVE_BREAK,
    MOVE_OFF_PRODUCT,
    OVERTIME,
    Action,
    Gain,
    Simulator,
    Trial,
    ranked,
)
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline.units import SECONDS_PER_HOUR

WARM_UP_INTERVALS: Final = 4
"""Intervals before a gap with which its trial begins [count]: a floor is not empty when a gap begins."""


@dataclass(frozen=True, slots=True)
class ActionLimits:
    """How far people may be moved.

    Attributes:
        overtime_reach_seconds: Most time between the end (or start) of a shift and the gap [s].
        overtime_longest_seconds: Longest overtime of a person [s].
        break_reach_seconds: How far a break may be moved [s].
        off_product_reach_seconds: How far off-product work may be moved [s].
        call_back_reach_seconds: Time after the gap within which callers must be called back [s].
        call_back_share: Share of callers who would wait too long and accept to be called back [0..1]; None = not known, and
            nothing is offered.
    """

    overtime_reach_seconds: float = 0.5 * SECONDS_PER_HOUR
    overtime_longest_seconds: float = 2.0 * SECONDS_PER_HOUR
    break_reach_seconds: float = 1.0 * SECONDS_PER_HOUR
    off_product_reach_seconds: float = 8.0 * SECONDS_PER_HOUR
    call_back_reach_seconds: float = 2.0 * SECONDS_PER_HOUR
    call_back_share: float | None = None


STANDARD_REACH: Final = ActionLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequest:
    """What actions are looked for in.

    Attributes:
        gaps: See `gaps.coverage_gaps`.
        intervals: See `intervals.coverage_intervals`.
        registrations: agent_id, service_id, is_registered (False: has the skill, does not work for it now).
        shifts: agent_id, starts_at, ends_at.
        breaks: The same columns.
        off_product: The same columns: training, meetings and other work off the phones.
        rates: See `cost.service_rates`.
        interval_seconds: Length of an interval [s].
        policies: Service -> what its people should achieve.
        default: Policy of the other services.
        simulate: Tries a gap without and with an action.
        reach: How far people may be moved.
        limits: Limits of the statuses, as the intervals had.
    """

    gaps: pd.DataFrame
    intervals: pd.DataFrame
    registrations: pd.DataFrame
    shifts: pd.DataFrame
    breaks: pd.DataFrame
    off_product: pd.DataFrame
    rates: pd.DataFrame
    interval_seconds: float
    policies: Mapping[str, StaffingPolicy]
    default: StaffingPolicy
    simulate: Simulator
    reach: ActionLimits = STANDARD_REACH
    limits: CoverageLimits = STANDARD_LIMITS


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """One gap with what its actions look at."""

    request: ActionRequest
    gap_id: str
    service_id: str
    rows: pd.DataFrame
    grid: DayGrid
    room: Room
    agents_short: int
    affected_calls: float
    hourly_cost: float
    overtime_multiplier: float
    currency: str | None

    @property
    def registered(self) -> pd.Series:
        """Agents who work for the service."""
        rows = self.request.registrations
        return rows.loc[(rows["service_id"] == self.service_id) & rows["is_registered"].astype(bool), "agent_id"]

    @property
    def is_gap(self) -> np.ndarray:
        """Intervals of the gap that can still be helped, shape (n_intervals,)."""
        starts, step = self.grid.starts, pd.Timedelta(seconds=self.grid.interval_seconds)
        return np.asarray((starts < self.room.ends_at) & (starts + step > self.room.starts_at))

    def of_service(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of the agents who work for the service."""
        return frame[frame["agent_id"].isin(self.registered)]


def gap_actions(request: ActionRequest) -> dict[str, tuple[Action, ...]]:
    """What could be done about each gap.

    Args:
        request: What is looked at.

    Returns:
        gap_id -> actions, cheapest per point of service level first; a gap without any has an empty tuple.

    Source:
        docs/methods/coverage.md, step 7.
    """
    rates = service_rates(request.gaps["service_id"], request.rates)
    asked = request.gaps.loc[(request.gaps["ends_at"] > request.gaps["as_of"]).astype(bool), "service_id"]
    rows = request.intervals[request.intervals["service_id"].isin(asked)]
    by_service = dict(tuple(rows.groupby("service_id", sort=False)))
    found: dict[str, tuple[Action, ...]] = {}
    for gap, rate in zip(request.gaps.to_dict("records"), rates.to_dict("records"), strict=True):
        if gap["ends_at"] <= gap["as_of"]:
            found[gap["gap_id"]] = ()
            continue
        case = _case(request, gap, rate, by_service[gap["service_id"]])
        offers = [*_overtime(case), *_moves(case), *_lending(case), *_call_back(case)]
        found[gap["gap_id"]] = ranked(offers)
    return found


def _case(request: ActionRequest, gap: dict, rate: dict, rows: pd.DataFrame) -> _Case:
    grid = grid_of(rows["interval_start"], request.interval_seconds)
    on_grid = rows.set_index("interval_start").reindex(grid.starts)
    spare = (on_grid["people"] - request.limits.adequate_from * on_grid["agents_required"]).to_numpy(np.float64)
    room = Room(grid, spare, max(gap["starts_at"], gap["as_of"]), gap["ends_at"], gap["as_of"])
    currency = rate["currency"] if isinstance(rate["currency"], str) else None
    return _Case(
        request,
        gap["gap_id"],
        gap["service_id"],
        on_grid,
        grid,
        room,
        int(gap["agents_short"]),
        float(gap["affected_calls"]),
        float(rate["hourly_cost"]),
        float(rate["overtime_multiplier"]),
        currency,
    )


def _overtime(case: _Case) -> list[Action]:
    """People whose shift ends before or in the gap stay, people whose shift begins in or after it come early."""
    extra = _beyond_shifts(case)
    helps = cut(extra, case.room.starts_at, case.room.ends_at)
    extra = extra.assign(helps=helps["ends_at"] - helps["starts_at"]).dropna(subset=["helps"])
    extra = extra.sort_values(["helps", "agent_id", "starts_at"], ascending=[False, True, True])
    picked = extra.drop_duplicates("agent_id").head(case.agents_short)
    if picked.empty:
        return []
    paid = float((picked["ends_at"] - picked["starts_at"]).dt.total_seconds().sum() / SECONDS_PER_HOUR)
    people = _people(picked["starts_at"], picked["ends_at"], case.grid)
    cost = paid * case.hourly_cost * case.overtime_multiplier
    return _offer(case, OVERTIME, people, who=tuple(map(str, picked["agent_id"])), cost=cost)


def _beyond_shifts(case: _Case) -> pd.DataFrame:
    """Stretches before or after shifts that reach the gap, outside the agents' own shifts.

    Overtime runs from the end of a shift on, or up to its start: what lies between shift and gap is paid too.
    """
    shifts, limits, room = case.of_service(case.request.shifts), case.request.reach, case.room
    reach, longest = (
        pd.Timedelta(seconds=seconds) for seconds in (limits.overtime_reach_seconds, limits.overtime_longest_seconds)
    )
    ends, starts = shifts["ends_at"], shifts["starts_at"]
    stays = shifts[(ends >= max(room.starts_at - reach, room.as_of)) & (ends < room.ends_at)]
    comes = shifts[(starts > room.starts_at) & (starts <= room.ends_at + reach)]
    late = stays.assign(starts_at=stays["ends_at"], ends_at=stays["ends_at"] + longest)
    early = comes.assign(starts_at=comes["starts_at"] - longest, ends_at=comes["starts_at"])
    extra = pd.concat([cut(late, room.as_of, room.ends_at), cut(early, room.starts_at, room.ends_at + reach)])
    return stretches_without(extra, shifts)


def _moves(case: _Case) -> list[Action]:
    """Breaks and off-product work that lie elsewhere."""
    request, found = case.request, list[Action]()
    breaks, work, shifts = (case.of_service(one) for one in (request.breaks, request.off_product, request.shifts))
    for kind, stretches, others, reach in (
        (MOVE_BREAK, breaks, work, request.reach.break_reach_seconds),
        (MOVE_OFF_PRODUCT, work, breaks, request.reach.off_product_reach_seconds),
    ):
        who, people = movable(
            stretches, others, shifts, case.room, reach=pd.Timedelta(seconds=reach), most=case.agents_short
        )
        found += _offer(case, kind, people, who=who, cost=0.0) if who else []
    return found


def _lending(case: _Case) -> list[Action]:
    """Services in surplus all along the gap lend people who have the skill and are rostered all along."""
    rows, room = case.request.registrations, case.room
    has_skill = rows[(rows["service_id"] == case.service_id) & ~rows["is_registered"].astype(bool)]["agent_id"]
    shifts = case.request.shifts
    there = shifts[(shifts["starts_at"] <= room.starts_at) & (shifts["ends_at"] >= room.ends_at)]["agent_id"]
    works = rows[rows["is_registered"].astype(bool) & rows["agent_id"].isin(has_skill) & rows["agent_id"].isin(there)]
    found = []
    for service, people in works.groupby("service_id", sort=True)["agent_id"]:
        spare = _surplus(case, str(service))
        lent = sorted(set(map(str, people)))[: min(spare, case.agents_short)]
        if lent:
            found += _offer(case, LEND, len(lent) * case.is_gap, who=tuple(lent), cost=0.0, from_service=str(service))
    return found


def _surplus(case: _Case, service: str) -> int:
    """Whole people whom a service does not need in any interval of the gap; 0 unless it is in surplus all along."""
    rows = case.request.intervals
    starts = case.grid.starts[case.is_gap]
    mine = rows[(rows["service_id"] == service) & rows["interval_start"].isin(starts)]
    if len(mine) < len(starts) or not (mine["status"] == SURPLUS).all():
        return 0
    return int(np.floor((mine["people"] - mine["agents_required"]).min() + ROUNDING))


def _call_back(case: _Case) -> list[Action]:
    """Callers who would wait too long are called back after the gap, where people are to spare."""
    share, room = case.request.reach.call_back_share, case.room
    if not share or not case.affected_calls > 0:
        return []
    starts = case.grid.starts
    until = room.ends_at + pd.Timedelta(seconds=case.request.reach.call_back_reach_seconds)
    is_later = np.asarray((starts >= room.ends_at) & (starts < until))
    over_need = (case.rows["people"] - case.rows["agents_required"]).to_numpy(np.float64)[is_later]
    seconds = float(np.nansum(np.maximum(over_need, 0.0)) * case.grid.interval_seconds)
    calls = case.rows["calls_mean"].to_numpy(np.float64)
    in_gap = float(calls[case.is_gap].sum())
    taken = min(share * case.affected_calls, in_gap)
    handle = float(np.nanmean(case.rows["aht_seconds"].to_numpy(np.float64)[case.is_gap]))
    if not 0 < taken * handle <= seconds:
        return []
    fewer = np.where(case.is_gap, calls * (1 - taken / in_gap), calls)
    return _offer(case, CALL_BACK, np.zeros(len(starts)), cost=0.0, calls=fewer, taken=taken)


def _offer(
    case: _Case, kind: str, people: FloatArray, *, cost: float, who: tuple[str, ...] = (),
    from_service: str | None = None, calls: FloatArray | None = None, taken: float = 0.0,
) -> list[Action]:  # fmt: skip
    """An action with what it gains; none where the gap cannot be tried out."""
    trial = _trial(case)
    if trial is None:
        return []
    window, before = trial
    there = before.people + people[window]
    changed = replace(before, people=there, calls=before.calls if calls is None else calls[window])
    gain: Gain = case.request.simulate(before, changed)
    hours = float(people[case.is_gap].sum() * case.grid.interval_seconds / SECONDS_PER_HOUR)
    currency = None if np.isnan(cost) else case.currency
    return [Action(case.gap_id, kind, len(who), hours, taken, cost, currency, gain, who, from_service)]


def _trial(case: _Case) -> tuple[slice, Trial] | None:
    """The gap as it is, begun a little earlier; None where calls, handle time or people are not known in it."""
    inside = np.flatnonzero(case.is_gap)
    rows = case.rows.assign(aht_seconds=case.rows["aht_seconds"].where(case.rows["calls_mean"] != 0, 1.0))
    known = rows[["calls_mean", "aht_seconds", "people"]].notna().all(axis=1).to_numpy()
    if not known[inside].all():
        return None
    first = int(inside[0])
    while first > max(inside[0] - WARM_UP_INTERVALS, 0) and known[first - 1]:
        first -= 1
    window = slice(first, int(inside[-1]) + 1)
    part, policy = rows[window], case.request.policies.get(case.service_id, case.request.default)
    return window, Trial(
        part["calls_mean"].to_numpy(np.float64),
        part["aht_seconds"].to_numpy(np.float64),
        part["people"].to_numpy(np.float64) * policy.concurrency,
        case.is_gap[window],
        case.grid.interval_seconds,
        policy.answer_target_seconds,
        policy.patience_seconds or np.inf,
    )


def _people(starts: pd.Series, ends: pd.Series, grid: DayGrid) -> FloatArray:
    """Stretches as people per interval, shape (n_intervals,)."""
    who = np.zeros(len(starts), dtype=np.int64)
    seconds = seconds_per_interval(who, grid.seconds_of(starts), grid.seconds_of(ends), people=1, grid=grid)
    return seconds[0] / grid.interval_seconds
