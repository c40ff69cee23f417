"""`wfm capacity`: FTE required, available and short, from the warehouse's long range or from CSV files."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wfm_pipeline.commands.common import (
    ANSWER,
    CHOICES,
    AsJson,
    RawCells,
    SourceName,
    WarehouseUrl,
    chosen_settings,
    err,
    out,
    tell_notices,
)
from wfm_pipeline.commands.running import run_asked
from wfm_pipeline.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd

    from wfm_pipeline.resources import House

_FILES = "From CSV files"
_SHOWN = {
    "week": "week",
    "fte_required_mean": "required",
    "fte_required_q10": "req_q10",
    "fte_required_q90": "req_q90",
    "fte_available_mean": "available",
    "gap_fte_mean": "gap",
    "gap_fte_q10": "gap_q10",
    "gap_fte_q90": "gap_q90",
    "heads_end": "heads",
    "hires_needed": "hires",
    "decide_by": "decide_by",
    "gap_fte_after_hiring": "gap_left",
}
"""Column of gold.capacity_week -> its short name on the screen."""
_EVERY_WEEKS = 4


def capacity(
    file: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Weekly calls; then no warehouse is needed.", rich_help_panel=_FILES),
    ] = None,
    headcount: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Pools; else the planning folder's.", rich_help_panel=_FILES)
    ] = None,
    hiring_classes: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Classes; else the folder's.", rich_help_panel=_FILES)
    ] = None,
    shrinkage: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Shrinkage; else the folder's.", rich_help_panel=_FILES)
    ] = None,
    occupancy: Annotated[
        float | None, typer.Option(help="For pools that state none, such as 0.85.", rich_help_panel=_FILES)
    ] = None,
    hire_for: Annotated[
        str | None, typer.Option(help="Gap that hiring closes: mean, q10, q50 or q90.", rich_help_panel=CHOICES)
    ] = None,
    every_week: Annotated[
        bool, typer.Option("--every-week", help="Show every week, not one in four.", rich_help_panel=ANSWER)
    ] = False,
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="CSV", help="Write every pool and week.", rich_help_panel=ANSWER)
    ] = None,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    raw_cells: RawCells = False,
    as_json: AsJson = False,
) -> None:
    """Weeks ahead: FTE required, available and short, and whom to hire by when."""
    settings = chosen_settings(source=source, warehouse_url=warehouse, capacity_hire_for=hire_for)
    from wfm_pipeline.calculators.capacity import CapacityRequest, answer_capacity
    from wfm_pipeline.files import write_csv
    from wfm_pipeline.reports.words.terminal import print_json
    from wfm_pipeline.resources import House

    house = House(settings)
    files = {"--headcount": headcount, "--hiring-classes": hiring_classes, "--shrinkage": shrinkage}
    notices: list[str] = []
    if file is not None:
        request = CapacityRequest(
            weeks=file, headcount=headcount, hiring_classes=hiring_classes, shrinkage=shrinkage, occupancy=occupancy
        )
        answer = answer_capacity(house, request)
        plan, notices = answer.weeks, list(answer.notices)
    else:
        given = [name for name, value in {**files, "--occupancy": occupancy}.items() if value is not None]
        if given:
            raise SettingsError(
                f"{', '.join(given)} needs --file: in the warehouse the planners' tables say it", got=given
            )
        plan = _in_warehouse(house)
    tell_notices(notices)
    if out_file is not None:
        write_csv(plan, out_file, is_raw=raw_cells)
    if as_json:
        print_json({"weeks": plan}, notices=notices)
        return
    _print(plan, str if file is not None else house.title, is_whole=every_week)
    if file is None:
        err.say("look at: gold.capacity_week")


def _in_warehouse(house: "House") -> "pd.DataFrame":
    from wfm_pipeline.orchestration.jobs import CAPACITY
    from wfm_pipeline.orchestration.runs.side_jobs import CAPACITY_REQUEST
    from wfm_pipeline.warehouse.shelves.working_issues import latest_capacity

    run_asked(house, CAPACITY, lambda: CAPACITY_REQUEST)
    with house.open_warehouse() as opened:
        return latest_capacity(opened, house.source_map)


def _print(plan: "pd.DataFrame", title: Callable[[str], str], *, is_whole: bool) -> None:
    from wfm_pipeline.reports.words.terminal import print_table

    if plan.empty:
        out.say("no weeks: the forecast is empty")
        return
    years = plan["iso_year"].astype(str) + "-W" + plan["iso_week"].astype(str).str.zfill(2)
    shown = plan.assign(week=years, decide_by=plan["decide_by"].astype(str).where(plan["decide_by"].notna(), "-"))
    for pool, rows in shown.groupby("pool_id"):
        number = range(len(rows))
        kept = [
            is_whole or week % _EVERY_WEEKS == 0 or hires > 0
            for week, hires in zip(number, rows["hires_needed"], strict=True)
        ]
        words = f"FTE on the phones, {pool}" + ("" if all(kept) else f": {sum(kept)} of {len(rows)} weeks")
        print_table(rows.loc[kept, list(_SHOWN)].rename(columns=_SHOWN), title(words))
        for reason, weeks in rows["reason"].value_counts().items():
            out.say(f"{weeks} weeks: {reason}")
