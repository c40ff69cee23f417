"""`wfm allocate`: one week from CSV files, or a stretch of weeks in the warehouse."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from wfm_pipeline.commands.common import (
    AsJson,
    SourceName,
    WarehouseUrl,
    chosen_settings,
    out,
    tell_notices,
    tell_step,
)
from wfm_pipeline.errors import SettingsError, WfmError
from wfm_pipeline.settings import Settings

if TYPE_CHECKING:
    from wfm_pipeline.orchestration.allocating import AllocationRequest

_EITHER = (
    "allocate needs --resources R.csv, --demands D.csv and --week 2025-W28; or, in the warehouse, "
    "--from 2025-W28 [--to 2025-W31]"
)
_TABLES_INSTEAD = "in the warehouse the planners' tables say it; leave out --from and --to to plan from CSV files"


def allocate(
    resources: Annotated[Path | None, typer.Option(metavar="CSV", help="Roster; with --demands and --week.")] = None,
    demands: Annotated[Path | None, typer.Option(metavar="CSV", help="Work of the week, or of its months.")] = None,
    week: Annotated[str | None, typer.Option(metavar="WEEK", help="ISO week, such as 2025-W28.")] = None,
    strategy: Annotated[str | None, typer.Option(help="optimal or v2.")] = None,
    weight: Annotated[str | None, typer.Option(help="Shares follow volume or workload.")] = None,
    week_configuration: Annotated[Path | None, typer.Option(metavar="CSV", help="Working days and hours.")] = None,
    tiers: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Capacity tiers; else the planning folder's.")
    ] = None,
    rules: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Locality rules; else the planning folder's.")
    ] = None,
    previous: Annotated[Path | None, typer.Option(metavar="CSV", help="Last week's --out, to count moves.")] = None,
    minimum_one: Annotated[bool | None, typer.Option(help="A first person everywhere before any second.")] = None,
    stability: Annotated[bool | None, typer.Option(help="Fewest moves from last week, fairness unchanged.")] = None,
    explain: Annotated[
        list[str] | None, typer.Option(metavar="CN|DEMAND_ID", help="Say why (last week); repeatable.")
    ] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="CSV", help="Write one row per resource (and week).")
    ] = None,
    eligibility: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Write the eligible pairs of the last week.")
    ] = None,
    first_week: Annotated[str | None, typer.Option("--from", metavar="WEEK", help="Plan in the warehouse.")] = None,
    last_week: Annotated[str | None, typer.Option("--to", metavar="WEEK", help="Last week; default --from.")] = None,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Fair weekly allocation: one week from CSV files, or --from and --to in the warehouse."""
    files = {
        "--resources": resources,
        "--demands": demands,
        "--week": week,
        "--week-configuration": week_configuration,
        "--tiers": tiers,
        "--rules": rules,
        "--previous": previous,
    }
    if first_week is None and last_week is not None:
        raise SettingsError(f"--to {last_week} needs --from: the first week of the stretch")
    if first_week is not None:
        _refuse_files(files)
        from wfm_pipeline.orchestration.allocating import chosen_options  # noqa: PLC0415
        from wfm_pipeline.resources import House  # noqa: PLC0415

        settings = chosen_settings(
            source=source,
            warehouse_url=warehouse,
            allocation_strategy=strategy,
            allocation_weight=weight,
            allocation_minimum_one=minimum_one,
            allocation_stability=stability,
        )
        chosen_options(House(settings), minimum_one=minimum_one, stability=stability)
        _in_warehouse(
            settings, (first_week, last_week or first_week), explain or [], (out_file, eligibility), as_json=as_json
        )
        return
    if resources is None or demands is None or week is None:
        raise SettingsError(_EITHER)
    from wfm_pipeline.orchestration.allocating import AllocationRequest  # noqa: PLC0415

    request = AllocationRequest(
        resources, demands, week, strategy, weight, week_configuration, tiers, rules, previous, minimum_one, stability
    )
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    _from_files(settings, request, explain or [], (out_file, eligibility), as_json=as_json)


def _refuse_files(given: Mapping[str, object]) -> None:
    named = [option for option, value in given.items() if value is not None]
    if named:
        raise SettingsError(f"--from takes none of {', '.join(given)}, got {', '.join(named)}: {_TABLES_INSTEAD}")


def _from_files(
    settings: Settings,
    request: "AllocationRequest",
    names: list[str],
    files: tuple[Path | None, Path | None],
    *,
    as_json: bool,
) -> None:
    from wfm_pipeline.orchestration import allocating  # noqa: PLC0415
    from wfm_pipeline.reports.allocation_tables import answer_tables  # noqa: PLC0415
    from wfm_pipeline.reports.terminal import print_json, print_table  # noqa: PLC0415
    from wfm_pipeline.resources import House  # noqa: PLC0415

    answer = allocating.answer_request(House(settings), request)
    said = allocating.explain(answer.allocation, names)
    tell_notices(answer.notices)
    out_file, eligibility = files
    if out_file is not None:
        allocating.write_csv(answer.answer, out_file)
    if eligibility is not None:
        allocating.write_csv(allocating.eligibility_frame(answer.allocation), eligibility)
    if as_json:
        tables = {"answer": answer.answer, "demands": answer.demands, "quality": answer.quality}
        print_json(tables, week=request.week, notices=answer.notices, explanations=said)
        return
    for title, frame in answer_tables(answer.answer, answer.demands, answer.quality, is_whole=out_file is None).items():
        print_table(frame, title)
    for words in said.values():
        out.print(escape(words))


def _in_warehouse(
    settings: Settings,
    stretch: tuple[str, str],
    names: list[str],
    files: tuple[Path | None, Path | None],
    *,
    as_json: bool,
) -> None:
    from wfm_pipeline.definitions import build_definitions  # noqa: PLC0415  (Dagster takes seconds to import)
    from wfm_pipeline.orchestration import allocating, planning_run  # noqa: PLC0415
    from wfm_pipeline.reports.allocation_tables import week_quality  # noqa: PLC0415
    from wfm_pipeline.reports.terminal import print_json, print_table  # noqa: PLC0415
    from wfm_pipeline.resources import House  # noqa: PLC0415

    house = House(settings)
    house.check()
    started = time.monotonic()
    weeks = planning_run.weeks_between(*stretch)
    outcome = planning_run.run_weeks(build_definitions(settings, is_partitioned=False), house, weeks, on_step=tell_step)
    if outcome.problems:
        raise WfmError("; ".join(outcome.problems))
    quality, said = planning_run.quality_of(house, weeks), {}
    out_file, eligibility = files
    if out_file is not None:
        allocating.write_csv(planning_run.plans_of(house, weeks), out_file)
    if names or eligibility is not None:
        last = planning_run.replay_week(house, weeks[-1])
        said = allocating.explain(last, names)
        if eligibility is not None:
            allocating.write_csv(allocating.eligibility_frame(last), eligibility)
    if as_json:
        print_json({"quality": quality}, run_id=outcome.run_id, explanations=said)
        return
    print_table(week_quality(quality), "Quality per week and strategy (structural = gap of the best possible)")
    for words in said.values():
        out.print(escape(words))
    out.print(f"{len(weeks)} {'week' if len(weeks) == 1 else 'weeks'} in {time.monotonic() - started:.0f} s")
    out.print("look at: gold.weekly_resource_assignment, gold.demand_week, gold.allocation_quality")
