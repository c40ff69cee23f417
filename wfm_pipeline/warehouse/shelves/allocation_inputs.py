"""What the weekly allocation plans from: planners' tables that hold now, and the final forecast of calls.

The plan is made from the tables alone. Not here: taking planners' files in (assets), the plans that were made
(weekly_assignments.py) and the allocation (domain/allocation).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from wfm_pipeline.contracts.planning.allocation import (
    ALLOCATION_PAIRS,
    ALLOCATION_RESOURCES,
    ALLOCATION_WINDOWS,
    CAPACITY_TIERS,
    LOCALITY_RULES,
    MONTHLY_DEMAND,
    QUEUE_DEMAND_MAP,
    WEEK_CONFIGURATION,
)
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.allocation.faults import NoDemandError
from wfm_pipeline.domain.allocation.pairs import Pair
from wfm_pipeline.domain.allocation.problem import CapacityTier, Demand, Resource, Weight
from wfm_pipeline.domain.allocation.strategies.strategy import Options
from wfm_pipeline.domain.allocation.tables.frames import WeekAnswer, allocate_week
from wfm_pipeline.domain.allocation.tables.locality import LocalityPolicy
from wfm_pipeline.domain.allocation.tables.several_weeks import Previous
from wfm_pipeline.domain.allocation.tables.sheets import (
    read_pairs,
    read_resources,
    read_rules,
    read_tiers,
    read_windows,
)
from wfm_pipeline.domain.allocation.tables.week_rows import read_week_configuration
from wfm_pipeline.domain.allocation.week.demand import read_demands
from wfm_pipeline.domain.allocation.week.person_hours import PersonWindow
from wfm_pipeline.domain.allocation.week.week_hours import WeekTable
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.shelves.planned_calls import DEMAND_COLUMNS, days_without_final, read_planned_calls
from wfm_pipeline.warehouse.shelves.versions import open_rows


@dataclass(frozen=True)
class AllocationInputs:
    """Everything a stretch of weeks is planned from.

    Attributes:
        resources, tiers, table, policy: As the planners' tables stand now.
        monthly: Planners' monthly forecasts.
        queue_demand_map: Queue -> demands.
        calls: Weekly demand from the forecast of calls: `forecast_demand`'s rows.
        without_final: ISO week -> queue days of it whose forecast has no final values: the model's are planned.
        notices: What the reader should know.
        long_range: ISO week that only the long range reaches -> date of that issue.
        pairs: Pinned and forbidden pairs.
        full_week: Count only people who are there on every working day of a week.
        windows: When single people work and are on leave.
    """

    resources: list[Resource]
    tiers: list[CapacityTier]
    table: WeekTable
    policy: LocalityPolicy
    monthly: pd.DataFrame
    queue_demand_map: pd.DataFrame
    calls: pd.DataFrame
    notices: tuple[str, ...]
    without_final: Mapping[IsoWeek, int] = field(default_factory=dict)
    long_range: Mapping[IsoWeek, dt.date] = field(default_factory=dict)
    pairs: tuple[Pair, ...] = ()
    full_week: bool = False
    windows: tuple[PersonWindow, ...] = ()

    def demands(self, week: IsoWeek) -> tuple[list[Demand], list[str]]:
        """The week's work from both sources, and notices."""
        from_calls = self.calls[(self.calls["iso_year"] == week.iso_year) & (self.calls["iso_week"] == week.iso_week)]
        work: list[Demand] = []
        notices: list[str] = []
        for frame in (from_calls[DEMAND_COLUMNS], self._months_of(week)):
            if len(frame):
                found, said = read_demands(frame, week, self.table, self.policy)
                work, notices = [*work, *found], [*notices, *said]
        places = dict(zip(from_calls["demand_id"].astype(str), from_calls["demand_from"], strict=True))
        lobs = _lobs(self.queue_demand_map)
        work = [
            replace(
                one,
                demand_from=places.get(str(one.demand_id), one.demand_from),
                main_lob=lobs.get(str(one.demand_id), one.main_lob),
            )
            for one in work
        ]
        return work, [*notices, *self._of_calls(week, is_reached=len(from_calls) > 0)]

    def _of_calls(self, week: IsoWeek, *, is_reached: bool) -> list[str]:
        """Where the calls of a week come from, where that is not the final forecast."""
        notices = []
        if not is_reached and len(self.queue_demand_map):
            notices.append(f"no forecast of calls reaches {week}: the demands of queues are not in its plan")
        if is_reached and week in self.long_range:
            notices.append(
                f"{week} is planned from the long range of {self.long_range[week]}: no forecast of days reaches it"
            )
        if is_reached and week in self.without_final:
            notices.append(
                f"{self.without_final[week]} queue days of {week} come from forecasts without final values "
                "(hindcasts): the model's are planned"
            )
        return notices

    def _months_of(self, week: IsoWeek) -> pd.DataFrame:
        """Rows of the months the week touches; all rows where a demand has none there, so that it is told."""
        if self.monthly.empty:
            return self.monthly
        months = {(date.year, date.month) for date in week.dates}
        keys = zip(self.monthly["year"], self.monthly["month"], strict=True)
        touched = self.monthly[[key in months for key in keys]]
        return touched if touched["demand_id"].nunique() == self.monthly["demand_id"].nunique() else self.monthly

    def answer(self, week: IsoWeek, *, options: Options, weight: Weight | None, previous: Previous) -> WeekAnswer:
        """Allocate one week.

        Args:
            week: The week.
            options: The strategy and its switches.
            weight: What ideal shares follow; None leaves it to the handle times.
            previous: Plan of the week before; None where there is none.

        Raises:
            NoDemandError: there is nothing to do in the week; says why.
        """
        work, notices = self.demands(week)
        try:
            return allocate_week(
                self.resources,
                work,
                week,
                self.table,
                options=options,
                weight=weight,
                tiers=self.tiers,
                previous=previous,
                pairs=self.pairs,
                full_week=self.full_week,
                windows=self.windows,
                notices=notices,
            )
        except NoDemandError as error:
            raise NoDemandError(f"{week} has no demand: {self._why_empty}") from error

    @property
    def _why_empty(self) -> str:
        queues = "no forecast of calls reaches it" if len(self.queue_demand_map) else "queue_demand_map has no row"
        return f"{queues}, and monthly_demand names no work"


def read_allocation_inputs(
    warehouse: Warehouse,
    source_map: SourceMap,
    *,
    default_locality: str,
    calendars: Mapping[str, Site],
    full_week: bool = False,
    time_zone: str = "UTC",
) -> AllocationInputs:
    """Read what holds now.

    Args:
        warehouse: An open warehouse.
        source_map: The source whose calls are planned for.
        default_locality: Locality of whom no rule gives one.
        calendars: Locality, or state with one of its own -> its calendar.
        full_week: Count only people who are there on every working day of a week.
        time_zone: Whose clock windows are where a row names none.

    Raises:
        WarehouseError: the planners' tables are not there yet.
        AllocationError, InvalidRuleError: a row that SQL brought is wrong; the message names it.
    """
    # Of an older version: the next run of the planners' tables makes it.
    for table in (ALLOCATION_PAIRS, ALLOCATION_WINDOWS):
        warehouse.create(table)
    people, _ = read_resources(open_rows(warehouse, ALLOCATION_RESOURCES))
    configuration, _ = read_week_configuration(open_rows(warehouse, WEEK_CONFIGURATION))
    policy = read_rules(open_rows(warehouse, LOCALITY_RULES), default_locality=default_locality)
    queue_map = open_rows(warehouse, QUEUE_DEMAND_MAP)
    planned = read_planned_calls(warehouse, source_map)
    calls, notices = planned.weekly(queue_map, policy)
    weeks = WeekTable(configuration, calendars=calendars)
    return AllocationInputs(
        people,
        read_tiers(open_rows(warehouse, CAPACITY_TIERS)),
        weeks,
        policy,
        open_rows(warehouse, MONTHLY_DEMAND),
        queue_map,
        calls,
        (*notices, *weeks.notices()),
        days_without_final(planned.days),
        planned.long_range,
        tuple(read_pairs(open_rows(warehouse, ALLOCATION_PAIRS))),
        full_week,
        tuple(read_windows(open_rows(warehouse, ALLOCATION_WINDOWS), time_zone=time_zone)),
    )


def _lobs(queue_map: pd.DataFrame) -> dict[str, str]:
    """Main lines of business of each demand of queues that has some."""
    known = queue_map.dropna(subset=["main_lob"])
    found = known.groupby(known["demand_id"].astype(str))["main_lob"].agg(lambda names: "; ".join(sorted(set(names))))
    return {str(name): str(lob) for name, lob in found.items()}
