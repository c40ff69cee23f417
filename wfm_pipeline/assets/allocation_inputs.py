"""What the weekly allocation reads: planners' tables that hold now, and the final forecast of calls.

Files of the planning folder are taken in with history first; a file that is not there leaves its
table to SQL. The plan is made from the tables alone.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import dagster as dg
import pandas as pd

from wfm_pipeline.assets.allocation_calls import DEMAND_COLUMNS, days_without_final, planned_days, weekly_calls
from wfm_pipeline.assets.common import Flow, Stopwatch, materialized, report, spec
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.planning.allocation import (
    ALLOCATION_INPUTS,
    ALLOCATION_RESOURCES,
    CAPACITY_TIERS,
    LOCALITY_RULES,
    MONTHLY_DEMAND,
    QUEUE_DEMAND_MAP,
    WEEK_CONFIGURATION,
)
from wfm_pipeline.contracts.planning.history import planner_key
from wfm_pipeline.domain.allocation.problem import CapacityTier, Demand, Resource
from wfm_pipeline.domain.allocation.strategies.strategy import Options
from wfm_pipeline.domain.allocation.tables.frames import WeekAnswer, allocate_week
from wfm_pipeline.domain.allocation.tables.locality import LocalityPolicy
from wfm_pipeline.domain.allocation.tables.planning import FILES, planning_rows
from wfm_pipeline.domain.allocation.tables.sheets import read_resources, read_rules, read_tiers, read_week_configuration
from wfm_pipeline.domain.allocation.week.demand import read_demands
from wfm_pipeline.domain.allocation.week.week_plan import WeekTable
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.resources import House
from wfm_pipeline.sources.files.planning_files import brought_by, read_text_table
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.shelves.versions import open_rows, take_in

GROUP = "allocation"


def table_key(table: Table) -> dg.AssetKey:
    """Key of a table's asset."""
    return dg.AssetKey([table.layer, table.name])


def build_planning_assets() -> list[dg.AssetsDefinition]:
    """The planners' tables, kept with history."""

    @dg.multi_asset(
        name="planning_inputs",
        specs=[
            spec(table, deps=[], made_in=__name__).replace_attributes(group_name=GROUP) for table in ALLOCATION_INPUTS
        ],
    )
    def planning_inputs(
        context: dg.AssetExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.MaterializeResult]:
        with house.open_warehouse() as warehouse:
            for name, table in FILES.items():
                watch = Stopwatch()
                flow = _take_in(house, warehouse, name)
                metadata = report(context, house, warehouse, table.full_name, flow, watch)
                yield materialized(context, asset_key=table_key(table), metadata=metadata)

    return [planning_inputs]


def _take_in(house: House, warehouse: Warehouse, name: str) -> Flow:
    table, path = FILES[name], house.planning_file(name)
    if path is None:
        warehouse.create(table)
        return Flow(0, 0, notes={"file": "none: the table is as SQL left it"})
    rows, notices = planning_rows(name, read_text_table(path))
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    step = take_in(warehouse, table, rows, key=planner_key(table), now=now, changed_by=brought_by(path))
    notes = {"file": path.name, "opened": step.opened, "closed": step.closed, "notices": notices}
    return Flow(len(rows), step.opened, rows_duplicate=len(rows) - step.opened, notes=notes)


@dataclass(frozen=True)
class Planning:
    """Everything a stretch of weeks is planned from.

    Attributes:
        resources, tiers, table, policy: As the planners' tables stand now.
        monthly: Planners' monthly forecasts.
        queue_demand_map: Queue -> demands.
        calls: Weekly demand from the forecast of calls: `forecast_demand`'s rows.
        without_final: ISO week -> queue days of it whose forecast has no final values: the model's are planned.
        notices: What the reader should know.
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

    def demands(self, week: IsoWeek) -> tuple[list[Demand], list[str]]:
        """The week's work from both sources, and notices."""
        from_calls = self.calls[(self.calls["iso_year"] == week.iso_year) & (self.calls["iso_week"] == week.iso_week)]
        work: list[Demand] = []
        notices: list[str] = []
        for frame in (from_calls[DEMAND_COLUMNS], self._months_of(week)):
            if len(frame):
                found, said = read_demands(frame, week, self.table, self.policy)
                work, notices = [*work, *found], [*notices, *said]
        if from_calls.empty and len(self.queue_demand_map):
            notices.append(f"no forecast of calls reaches {week}: the demands of queues are not in its plan")
        if len(from_calls) and week in self.without_final:
            notices.append(
                f"{self.without_final[week]} queue days of {week} come from forecasts without final values "
                "(hindcasts): the model's are planned"
            )
        return work, notices

    def _months_of(self, week: IsoWeek) -> pd.DataFrame:
        """Rows of the months the week touches; all rows where a demand has none there, so that it is told."""
        if self.monthly.empty:
            return self.monthly
        months = {(date.year, date.month) for date in week.dates}
        keys = zip(self.monthly["year"], self.monthly["month"], strict=True)
        touched = self.monthly[[key in months for key in keys]]
        return touched if touched["demand_id"].nunique() == self.monthly["demand_id"].nunique() else self.monthly

    def answer(
        self, house: House, week: IsoWeek, options: Options, previous: Mapping[str, str | None] | None
    ) -> WeekAnswer:
        """Allocate one week."""
        work, notices = self.demands(week)
        return allocate_week(
            self.resources,
            work,
            week,
            self.table,
            options=options,
            weight=house.allocation_weight(),
            tiers=self.tiers,
            previous=previous,
            notices=notices,
        )


def read_planning(house: House, warehouse: Warehouse) -> Planning:
    """Read what holds now.

    Raises:
        WarehouseError: the planners' tables are not there yet.
        AllocationError, InvalidRuleError: a row that SQL brought is wrong; the message names it.
    """
    people, _ = read_resources(open_rows(warehouse, ALLOCATION_RESOURCES).rename(columns={"resource_cn": "cn"}))
    configuration, _ = read_week_configuration(open_rows(warehouse, WEEK_CONFIGURATION))
    policy = read_rules(open_rows(warehouse, LOCALITY_RULES), default_locality=house.settings.default_locality)
    queue_map = open_rows(warehouse, QUEUE_DEMAND_MAP)
    days = planned_days(house, warehouse)
    calls, notices = weekly_calls(days, queue_map, policy)
    table = WeekTable(configuration, calendars=house.locality_calendars)
    return Planning(
        people,
        read_tiers(open_rows(warehouse, CAPACITY_TIERS)),
        table,
        policy,
        open_rows(warehouse, MONTHLY_DEMAND),
        queue_map,
        calls,
        (*notices, *table.notices()),
        days_without_final(days),
    )


def weeks_of(dates: Iterable[dt.date]) -> list[IsoWeek]:
    """ISO weeks that dates lie in, in the dates' order."""
    return list(dict.fromkeys(IsoWeek.of(date) for date in dates))
