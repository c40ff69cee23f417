"""Blocking checks of the weekly allocation: nobody twice, no misfit, capacity not exceeded, conserved.

The stored plan is judged again from the planners' tables, by the judge that knows no strategy.
"""

from collections.abc import Iterator
from typing import Final

import dagster as dg

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.checks.assignment_judgement import WeekFaults, judge_weeks
from wfm_pipeline.checks.verdicts import verdict
from wfm_pipeline.contracts.planning.allocation import WEEKLY_RESOURCE_ASSIGNMENT
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import locality_calendars
from wfm_pipeline.warehouse.shelves.allocation_inputs import read_allocation_inputs

_RULES: Final = {
    "nobody_twice": "A resource has one row per ISO week, and nobody of the roster is forgotten.",
    "no_misfit": "Everybody is available and eligible by platform, locality, skill and state; nobody with work is idle.",
    "capacity_is_not_exceeded": "Hours of a person = what days, tier and shrinkage allow; of a demand = its people's.",
    "people_are_conserved": "Staffed + unassigned = available, and assigned people add up to the staffed.",
}

_TOLD_FAULTS: Final = 5


def build_allocation_checks() -> list[dg.AssetChecksDefinition]:
    """The laws of the plan; contract checks are made beside those of the other tables."""
    asset = key_of(WEEKLY_RESOURCE_ASSIGNMENT)

    @dg.multi_asset_check(
        name="assignment_is_lawful",
        specs=[
            dg.AssetCheckSpec(name, asset=asset, description=description, blocking=True)
            for name, description in _RULES.items()
        ],
    )
    def assignment_is_lawful(
        context: dg.AssetCheckExecutionContext, house: dg.ResourceParam[House]
    ) -> Iterator[dg.AssetCheckResult]:
        with house.open_warehouse() as warehouse:
            inputs = read_allocation_inputs(
                warehouse,
                house.source_map,
                default_locality=house.settings.default_locality,
                calendars=locality_calendars(house.settings),
                full_week=house.settings.allocation_full_week,
                time_zone=house.site.time_zone,
            )
            judged = judge_weeks(house, warehouse, inputs, run_id=context.run.run_id)
        for name in _RULES:
            yield _result(name, judged)

    return [assignment_is_lawful]


def _result(name: str, judged: list[WeekFaults]) -> dg.AssetCheckResult:
    faults = [f"{week.week}: {fault}" for week in judged for fault in week.by_rule[name]]
    weeks = ", ".join(str(week.week) for week in judged) or "no week"
    words = f"plan of {weeks} judged again: " + ("; ".join(faults[:_TOLD_FAULTS]) or "kept")
    result = verdict(passed=not faults, words=words, expected=0, found=len(faults), numbers={"weeks": len(judged)})
    return result._replace(check_name=name, asset_key=key_of(WEEKLY_RESOURCE_ASSIGNMENT))
