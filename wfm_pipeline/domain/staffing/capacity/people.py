"""People over the weeks of a capacity plan: who is there, who is trained, who has left.

Here: attrition per week, classes in training and on their ramp, heads and productive FTE week by
week. Not here: shrinkage (shrinkage.py), and which classes are missing (hiring.py).

Heads are expected values and are not rounded: 100 heads at 0.99 a week are 99, then 98.01. People
join on the Monday of the ISO week of their start date and leave at the end of a week, so that
start + hired - left = end, and end = start of the next week.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.staffing.faults import CapacityError
from wfm_pipeline.units import DAYS_PER_WEEK, MONTHS_PER_YEAR

Period = Literal["month", "year"]
_DAYS_PER_YEAR: Final = 365.2425
"""Mean Gregorian year [days]."""
WEEKS_PER: Final[Mapping[str, float]] = {
    "month": _DAYS_PER_YEAR / MONTHS_PER_YEAR / DAYS_PER_WEEK,
    "year": _DAYS_PER_YEAR / DAYS_PER_WEEK,
}
"""Length of a period of attrition [weeks]."""


@dataclass(frozen=True, slots=True)
class Intake:
    """How new people become productive.

    Attributes:
        training_weeks: Weeks with productivity 0 [count].
        training_dropout: Share of a class that leaves during the training, in [0, 1), at one rate a
            week; it holds in place of the attrition, not beside it.
        ramp: Productivity of the weeks after the training, each in [0, 1]; 1 from then on.
    """

    training_weeks: int = 0
    training_dropout: float = 0.0
    ramp: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.training_weeks < 0:
            raise CapacityError(f"training_weeks must be 0 or more, got {self.training_weeks}", got=self.training_weeks)
        if not 0 <= self.training_dropout < 1:
            raise CapacityError(
                f"training_dropout must be in [0, 1), got {self.training_dropout:g}; write 10 % as 0.10",
                got=self.training_dropout,
            )
        if self.training_dropout and not self.training_weeks:
            raise CapacityError("training_dropout needs training_weeks of 1 or more, got 0", got=self.training_weeks)
        if not all(0 <= step <= 1 for step in self.ramp):
            raise CapacityError(f"ramp must be productivities in [0, 1], got {self.ramp}", got=self.ramp)

    @property
    def weeks_to_full(self) -> int:
        """Weeks from the start until people are fully productive [count]."""
        return self.training_weeks + len(self.ramp)

    def productivity(self, weeks_since_start: FloatArray) -> FloatArray:
        """How productive a class is.

        Args:
            weeks_since_start: Weeks since its start, shape (n,); negative before it.

        Returns:
            Share of a full capacity [0..1], shape (n,); 0 before the start.

        Example:
            >>> Intake(training_weeks=1, ramp=(0.5,)).productivity(np.array([-1.0, 0.0, 1.0, 2.0])).tolist()
            [0.0, 0.0, 0.5, 1.0]
        """
        steps = np.concatenate([np.zeros(self.training_weeks), self.ramp, [1.0]])
        place = np.clip(weeks_since_start, 0, len(steps) - 1).astype(np.int64)
        return np.where(weeks_since_start < 0, 0.0, steps[place])

    def surviving(self, weeks_since_start: FloatArray, survival: float) -> FloatArray:
        """How much of a class is still there at the beginning of a week.

        Args:
            weeks_since_start: Weeks since its start, shape (n,); negative before it.
            survival: Share of trained people who stay a week, in (0, 1].

        Returns:
            Share of the class [0..1], shape (n,); 0 before the start.
        """
        trained = np.minimum(weeks_since_start, self.training_weeks)
        share = survival ** np.maximum(weeks_since_start - self.training_weeks, 0)
        if self.training_weeks:
            share = share * (1 - self.training_dropout) ** (np.maximum(trained, 0) / self.training_weeks)
        return np.where(weeks_since_start < 0, 0.0, share)


@dataclass(frozen=True, slots=True)
class HiringClass:
    """People who start together.

    Attributes:
        class_id: The class.
        pool_id: Pool it is trained for.
        start_date: First paid day.
        heads: People who start [count], may be a plan's fraction.
        intake: How they become productive.
        contract_hours: Paid hours of a week [h].
    """

    class_id: str
    pool_id: str
    start_date: dt.date
    heads: float
    intake: Intake
    contract_hours: float


@dataclass(frozen=True, slots=True)
class Pool:
    """People who share the work of one or several queues.

    Attributes:
        pool_id: The pool.
        queues: Its queues; a queue belongs to one pool.
        heads: People paid on `counted_on`, without those of the listed classes [count].
        counted_on: Date of the count; it holds from the Monday of its ISO week.
        contract_hours: Paid hours of a week [h].
        attrition: Share of the people there at the start of a period who leave in it, in [0, 1).
        attrition_per: The period.
        intake: How new people become productive, where a class does not say it.
        recruiting_weeks: Weeks from the decision to the first paid day [count].
        occupancy: Target share of available time that is handling, in (0, 1]; None = the issued
            staffing decides.
    """

    pool_id: str
    queues: tuple[str, ...]
    heads: float
    counted_on: dt.date
    contract_hours: float
    attrition: float
    attrition_per: Period
    intake: Intake
    recruiting_weeks: int
    occupancy: float | None = None

    @property
    def survival(self) -> float:
        """Share of the people who stay from one week to the next (0..1]."""
        return weekly_survival(self.attrition, self.attrition_per)


def weekly_survival(rate: float, per: Period) -> float:
    """Share of people who stay a week, from the share who leave in a longer period.

    Args:
        rate: Leavers of the period over the people there at its start, in [0, 1).
        per: The period.

    Returns:
        (1 - rate) to the power of one week over the period, in (0, 1].

    Raises:
        CapacityError: the rate is none, such as leavers over mean heads of more than 1.

    Example:
        >>> round(weekly_survival(0.30, "year") ** (365.2425 / 7), 12)
        0.7
    """
    if per not in WEEKS_PER:
        raise CapacityError(f"attrition_per must be {' or '.join(WEEKS_PER)}, got {per!r}", got=per)
    if not 0 <= rate < 1:
        raise CapacityError(
            f"attrition must be in [0, 1): leavers over the people at the start of the {per}, got {rate:g}; "
            "write 30 % as 0.30; leavers over mean heads x become 1 - exp(-x)",
            got=rate,
        )
    return float((1 - rate) ** (1 / WEEKS_PER[per]))


def monday_of(date: dt.date) -> dt.date:
    """Monday of a date's ISO week.

    Args:
        date: The date.

    Returns:
        Monday of its ISO week.
    """
    return date - dt.timedelta(days=date.weekday())


def weeks_since(date: dt.date, mondays: Sequence[dt.date]) -> FloatArray:
    """ISO weeks from a date's week on.

    Args:
        date: The date.
        mondays: Mondays, shape (n_weeks,).

    Returns:
        Weeks to each Monday's week, shape (n_weeks,); negative before it.
    """
    return np.array([(monday - monday_of(date)).days // DAYS_PER_WEEK for monday in mondays], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class People:
    """People of a pool week by week; shape (n_weeks,), NaN before the count.

    Attributes:
        heads_start: Heads on Monday, without those who join on it.
        heads_hired: Heads who join on Monday.
        heads_left: Heads who leave at the end of the week.
        heads_end: start + hired - left.
        heads_in_training: Heads of the week with productivity 0 for training.
        paid_fte: Contract hours of the week's heads over full-time hours [FTE].
        productive_fte: The same times productivity [FTE].
        productive_fte_sd: Standard deviation of it, everybody leaving by themselves [FTE].
    """

    heads_start: FloatArray
    heads_hired: FloatArray
    heads_left: FloatArray
    heads_end: FloatArray
    heads_in_training: FloatArray
    paid_fte: FloatArray
    productive_fte: FloatArray
    productive_fte_sd: FloatArray


def people_of(
    pool: Pool, classes: Sequence[HiringClass], mondays: Sequence[dt.date], *, full_time_hours: float
) -> People:
    """Heads and productive FTE of a pool, week by week.

    Args:
        pool: The pool with its count.
        classes: Its classes; those that start before the count too, for they are not in it.
        mondays: Weeks, one after the other, shape (n_weeks,).
        full_time_hours: Paid hours of one FTE's week [h].

    Returns:
        Heads [count] and FTE, week by week.

    Source:
        docs/methods/capacity.md, steps 4 and 5.
    """
    counted = HiringClass("(count)", pool.pool_id, pool.counted_on, pool.heads, Intake(), pool.contract_hours)
    cohorts = [(counted, False), *((one, True) for one in classes if one.pool_id == pool.pool_id)]
    sums = {name: np.zeros(len(mondays)) for name in People.__dataclass_fields__}
    for cohort, is_joining in cohorts:
        for name, values in _cohort(cohort, pool.survival, mondays, full_time_hours, is_joining=is_joining).items():
            sums[name] += values
    sums["productive_fte_sd"] = np.sqrt(sums["productive_fte_sd"])
    is_counted = weeks_since(pool.counted_on, mondays) >= 0
    return People(**{name: np.where(is_counted, values, np.nan) for name, values in sums.items()})


def _cohort(
    one: HiringClass, survival: float, mondays: Sequence[dt.date], full_time_hours: float, *, is_joining: bool
) -> dict[str, FloatArray]:
    """A cohort's part of every sum; in place of the standard deviation its variance."""
    weeks = weeks_since(one.start_date, mondays)
    share = one.intake.surviving(weeks, survival)
    heads, after = one.heads * share, one.heads * one.intake.surviving(weeks + 1, survival)
    joins = (weeks == 0) & is_joining
    fte = one.contract_hours / full_time_hours
    productive = one.intake.productivity(weeks) * fte
    return {
        "heads_start": np.where(joins, 0.0, heads),
        "heads_hired": np.where(joins, heads, 0.0),
        "heads_left": np.where(weeks < 0, 0.0, heads - after),
        "heads_end": np.where(weeks < 0, 0.0, after),
        "heads_in_training": np.where(weeks < one.intake.training_weeks, heads, 0.0),
        "paid_fte": heads * fte,
        "productive_fte": heads * productive,
        "productive_fte_sd": heads * (1 - share) * productive**2,
    }
