"""`wfm allocate`: one week from CSV files, or a stretch of weeks in the warehouse."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wfm_pipeline.commands.common import (
    ANSWER,
    CHOICES,
    AsJson,
    RawCells,
    SourceName,
    WarehouseUrl,
    chosen_settings,
    out,
    tell_notices,
)
from wfm_pipeline.commands.running import run_asked
from wfm_pipeline.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd

    from wfm_pipeline.calculators.allocation import AllocationRequest
    from wfm_pipeline.domain.allocation.strategies.strategy import Allocation
    from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
    from wfm_pipeline.resources import House
    from wfm_pipeline.settings import Settings

_FILES, _STORED = "One week from CSV files", "Weeks in the warehouse"
_EITHER = (
    "allocate needs --resources R.csv, --demands D.csv and --week 2025-W28; or, in the warehouse, "
    "--from 2025-W28 [--to 2025-W31], or nothing for the coming week"
)
_TABLES_INSTEAD = "in the warehouse the planners' tables say it; leave out --from and --to to plan from CSV files"


def allocate(
    resources: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Roster; with --demands and --week.", rich_help_panel=_FILES)
    ] = None,
    demands: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Work of the week, or of its months.", rich_help_panel=_FILES)
    ] = None,
    week: Annotated[
        str | None, typer.Option(metavar="WEEK", help="ISO week, such as 2025-W28.", rich_help_panel=_FILES)
    ] = None,
    week_configuration: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Working days and hours.", rich_help_panel=_FILES)
    ] = None,
    tiers: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Capacity tiers; else the planning folder's.", rich_help_panel=_FILES),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Locality rules; else the planning folder's.", rich_help_panel=_FILES),
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Last week's --out, to count moves.", rich_help_panel=_FILES)
    ] = None,
    pairs: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Pinned and forbidden pairs.", rich_help_panel=_FILES)
    ] = None,
    windows: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Hours and leave of single people.", rich_help_panel=_FILES)
    ] = None,
    first_week: Annotated[
        str | None,
        typer.Option("--from", metavar="WEEK", help="First week; default the coming one.", rich_help_panel=_STORED),
    ] = None,
    last_week: Annotated[
        str | None, typer.Option("--to", metavar="WEEK", help="Last week; default --from.", rich_help_panel=_STORED)
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(metavar="WORDS", help="Why; kept with the versions that are made.", rich_help_panel=_STORED),
    ] = None,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    strategy: Annotated[str | None, typer.Option(help="optimal or v2.", rich_help_panel=CHOICES)] = None,
    weight: Annotated[
        str | None, typer.Option(help="Shares follow volume or workload.", rich_help_panel=CHOICES)
    ] = None,
    minimum_one: Annotated[
        bool | None, typer.Option(help="A first person everywhere before any second.", rich_help_panel=CHOICES)
    ] = None,
    stability: Annotated[
        bool | None, typer.Option(help="Fewest moves from last week, fairness unchanged.", rich_help_panel=CHOICES)
    ] = None,
    full_week: Annotated[
        bool | None,
        typer.Option(help="Only people who are there on every working day.", rich_help_panel=CHOICES),
    ] = None,
    explain: Annotated[
        list[str] | None,
        typer.Option(metavar="CN|DEMAND_ID", help="Say why (last week); repeatable.", rich_help_panel=ANSWER),
    ] = None,
    why_not: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="CN DEMAND_ID", help="Say why a person does not have a demand (last week).", rich_help_panel=ANSWER
        ),
    ] = None,
    out_file: Annotated[
        Path | None,
        typer.Option("--out", metavar="CSV", help="Write one row per resource (and week).", rich_help_panel=ANSWER),
    ] = None,
    eligibility: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Write the eligible pairs of the last week.", rich_help_panel=ANSWER),
    ] = None,
    refusals: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="Write why pairs of the last week are refused, those that lack least first.",
            rich_help_panel=ANSWER,
        ),
    ] = None,
    most_refusals: Annotated[
        int, typer.Option(min=1, help="Rows of --refusals at most.", rich_help_panel=ANSWER)
    ] = 100_000,
    raw_cells: RawCells = False,
    as_json: AsJson = False,
) -> None:
    """Fair weekly allocation: the coming week, or --from and --to, in the warehouse; or one week from CSV files."""
    files: dict[str, Any] = {
        "resources": resources,
        "demands": demands,
        "week": week,
        "week_configuration": week_configuration,
        "tiers": tiers,
        "rules": rules,
        "previous": previous,
        "pairs": pairs,
        "windows": windows,
    }
    switches: dict[str, Any] = {"minimum_one": minimum_one, "stability": stability}
    chosen: dict[str, Any] = {"strategy": strategy, "weight": weight, "full_week": full_week, **switches}
    written, asked = (
        _Files(out_file, eligibility, refusals, most_refusals, raw_cells),
        _Asked(tuple(explain or ()), why_not),
    )
    if first_week is None and last_week is not None:
        raise SettingsError(f"--to {last_week} needs --from: the first week of the stretch")
    if first_week is not None or not any(value is not None for value in files.values()):
        _refuse_files(files)
        from wfm_pipeline.calculators.allocation import chosen_options
        from wfm_pipeline.resources import House

        said = {f"allocation_{name}": value for name, value in chosen.items()}
        settings = chosen_settings(source=source, warehouse_url=warehouse, **said)
        chosen_options(House(settings), **switches)
        _in_warehouse(settings, (first_week, last_week), asked, written, reason=reason or "", as_json=as_json)
        return
    if reason is not None:
        raise SettingsError("--reason is kept with versions in the warehouse: leave it out where the answer is a file")
    if resources is None or demands is None or week is None:
        raise SettingsError(_EITHER)
    from wfm_pipeline.calculators.allocation import AllocationRequest

    settings = chosen_settings(source=source, warehouse_url=warehouse)
    _from_files(settings, AllocationRequest(**files, **chosen), asked, written, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What should be explained: people and demands by name, and a person for a demand."""

    names: tuple[str, ...]
    pair: tuple[str, str] | None

    def __bool__(self) -> bool:
        return bool(self.names) or self.pair is not None


@dataclass(frozen=True, slots=True)
class _Files:
    """Where the answer is written to; None where it is not."""

    answer: Path | None
    eligibility: Path | None
    refusals: Path | None
    most_refusals: int
    is_raw: bool

    @property
    def is_about_pairs(self) -> bool:
        """A file asks for the week itself, and not only for its rows."""
        return self.eligibility is not None or self.refusals is not None

    def write_answer(self, rows: "pd.DataFrame") -> None:
        from wfm_pipeline.files import write_csv

        if self.answer is not None:
            write_csv(rows, self.answer, is_raw=self.is_raw)

    def write_pairs(self, allocation: "Allocation") -> None:
        from wfm_pipeline.calculators.allocation import eligibility_frame, refusals_frame
        from wfm_pipeline.files import write_csv

        if self.eligibility is not None:
            write_csv(eligibility_frame(allocation), self.eligibility, is_raw=self.is_raw)
        if self.refusals is not None:
            rows, notice = refusals_frame(allocation, most=self.most_refusals)
            write_csv(rows, self.refusals, is_raw=self.is_raw)
            tell_notices([f"{self.refusals.name}: {notice}"])


def _refuse_files(given: Mapping[str, object]) -> None:
    options = {f"--{name.replace('_', '-')}": value for name, value in given.items()}
    named = [option for option, value in options.items() if value is not None]
    if named:
        raise SettingsError(f"--from takes none of {', '.join(options)}, got {', '.join(named)}: {_TABLES_INSTEAD}")


def _from_files(
    settings: "Settings",
    request: "AllocationRequest",
    asked: _Asked,
    written: _Files,
    *,
    as_json: bool,
) -> None:
    from wfm_pipeline.calculators.allocation import answer_allocation, explain
    from wfm_pipeline.reports.tables.allocation import answer_tables
    from wfm_pipeline.reports.words.terminal import print_json, print_table
    from wfm_pipeline.resources import House

    answer = answer_allocation(House(settings), request)
    said = explain(answer.allocation, asked.names, asked.pair)
    tell_notices(answer.notices)
    written.write_answer(answer.answer)
    written.write_pairs(answer.allocation)
    if as_json:
        tables = {"answer": answer.answer, "demands": answer.demands, "quality": answer.quality}
        print_json(tables, week=request.week, notices=answer.notices, explanations=said)
        return
    for title, frame in answer_tables(
        answer.answer, answer.demands, answer.quality, is_whole=written.answer is None
    ).items():
        print_table(frame, title)
    for words in said.values():
        out.say(words)


def _in_warehouse(
    settings: "Settings",
    stretch: tuple[str | None, str | None],
    asked: _Asked,
    written: _Files,
    *,
    reason: str,
    as_json: bool,
) -> None:
    from wfm_pipeline.calculators.allocation import explain, replay_week
    from wfm_pipeline.calculators.assignments import beside_approved
    from wfm_pipeline.orchestration.jobs import ALLOCATION
    from wfm_pipeline.orchestration.runs.side_jobs import weeks_request
    from wfm_pipeline.reports.tables.allocation import weeks_tables
    from wfm_pipeline.reports.words.terminal import print_json, print_table
    from wfm_pipeline.resources import House
    from wfm_pipeline.warehouse.shelves.weekly_assignments import (
        assignments_of,
        demands_of,
        planned_weeks,
        quality_of,
    )

    house = House(settings)
    started = time.monotonic()
    weeks = _weeks(house, *stretch)
    outcome = run_asked(house, ALLOCATION, lambda: weeks_request(weeks, reason=reason))
    with house.open_warehouse() as opened:
        quality, assignments, demands = (read(opened, weeks) for read in (quality_of, assignments_of, demands_of))
    tell_notices(beside_approved(house, weeks))
    written.write_answer(assignments)
    said = {}
    if asked or written.is_about_pairs:
        last = replay_week(house, [week for week in weeks if week in planned_weeks(quality)][-1])
        said = explain(last, asked.names, asked.pair)
        written.write_pairs(last)
    left = [str(week) for week in weeks if week not in planned_weeks(quality)]
    if as_json:
        print_json({"quality": quality}, run_id=outcome.run_id, explanations=said, weeks_without_demand=left)
        return
    for title, frame in weeks_tables(demands, quality).items():
        print_table(frame, house.title(title))
    for words in said.values():
        out.say(words)
    if left:
        out.say(f"left empty, for there is no demand (no forecast of calls, no planners' months): {', '.join(left)}")
    out.say(f"{len(weeks)} {'week' if len(weeks) == 1 else 'weeks'} in {time.monotonic() - started:.0f} s")
    out.say("look at: gold.weekly_resource_assignment, gold.demand_week, gold.allocation_quality")


def _weeks(house: "House", first: str | None, last: str | None) -> "list[IsoWeek]":
    """The weeks asked for; the coming one where none is."""
    from wfm_pipeline.calculators.allocation import weeks_between
    from wfm_pipeline.warehouse.shelves.weekly_assignments import coming_week

    if first is not None:
        return weeks_between(first, last or first)
    with house.open_gold() as gold:
        return [coming_week(gold, house.source_map.name)]
