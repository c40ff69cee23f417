"""`wfm assignments`: versions of weekly assignments, what differs between two, and approving one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wfm_pipeline.commands.common import ANSWER, AsJson, RawCells, SourceName, WarehouseUrl, chosen_settings, out, tell
from wfm_pipeline.errors import SettingsError

if TYPE_CHECKING:
    from wfm_pipeline.resources import House

_LOOK, _APPROVE = "Look", "Approve"


def assignments(
    week: Annotated[
        str | None,
        typer.Option(metavar="WEEK", help="ISO week, such as 2025-W28; default all weeks.", rich_help_panel=_LOOK),
    ] = None,
    diff: Annotated[
        tuple[int, int] | None,
        typer.Option(
            metavar="OLD NEW",
            help="Who moved from version OLD to NEW, and which inputs changed.",
            rich_help_panel=_LOOK,
        ),
    ] = None,
    months: Annotated[
        bool,
        typer.Option(
            "--months", help="Resource-weeks per demand and month, of what readers see.", rich_help_panel=_LOOK
        ),
    ] = False,
    version: Annotated[
        int | None,
        typer.Option(
            "--approve",
            metavar="VERSION",
            help="Let readers see this version until another is approved; an earlier one undoes.",
            rich_help_panel=_APPROVE,
        ),
    ] = None,
    approved_by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who approves.", rich_help_panel=_APPROVE)
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="WORDS", help="Why.", rich_help_panel=_APPROVE)] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="CSV", help="Write the table.", rich_help_panel=ANSWER)
    ] = None,
    raw_cells: RawCells = False,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """Versions of weekly assignments: what was made when and why, what differs, and which one is approved."""
    _refuse_odd_words(week, diff, version, approved_by, reason)
    if months and not (week is None and diff is None and version is None):
        raise SettingsError("--months sums all weeks up: leave --week, --diff and --approve out")
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    from wfm_pipeline.resources import House

    house = House(settings)
    if version is not None and week is not None:
        _approve(house, week, version, approved_by or "", reason)
    if diff is not None and week is not None:
        _tell_diff(house, week, diff, out_file, is_raw=raw_cells, as_json=as_json)
    elif months:
        _tell_months(house, out_file, is_raw=raw_cells, as_json=as_json)
    else:
        _tell_versions(house, week, out_file, is_raw=raw_cells, as_json=as_json)


def _refuse_odd_words(
    week: str | None, diff: tuple[int, int] | None, version: int | None, approved_by: str | None, reason: str | None
) -> None:
    if week is None and (diff is not None or version is not None):
        raise SettingsError("--diff and --approve need --week: which week's versions are meant")
    if diff is not None and version is not None:
        raise SettingsError("--diff looks and --approve writes: one at a time")
    if (version is None) != (approved_by is None):
        raise SettingsError("--approve VERSION and --by NAME belong together: a person approves")
    if version is None and reason is not None:
        raise SettingsError("--reason says why a version is approved: give --approve and --by too")


def _approve(house: "House", week: str, version: int, approved_by: str, reason: str | None) -> None:
    from wfm_pipeline.calculators.assignments import ApprovalRequest, approve

    request = ApprovalRequest(week=week, version=version, approved_by=approved_by, reason=reason)
    with house.writing(owner="assignments", say=tell):
        is_new = approve(house, request)
    tell(f"{week}: version {version} {'is approved now' if is_new else 'was approved already, nothing is changed'}")


def _tell_versions(house: "House", week: str | None, out_file: Path | None, *, is_raw: bool, as_json: bool) -> None:
    from wfm_pipeline.calculators.assignments import versions_of
    from wfm_pipeline.files import write_csv
    from wfm_pipeline.reports.tables.assignments import versions_table, weeks_table
    from wfm_pipeline.reports.words.terminal import print_json, print_table

    ledger, approvals = versions_of(house, week)
    rows = weeks_table(ledger, approvals) if week is None else versions_table(ledger, approvals)
    if out_file is not None:
        write_csv(rows, out_file, is_raw=is_raw)
    title = f"Versions of {week}" if week else "Weeks and the version that readers see"
    if as_json:
        print_json({"versions": rows}, is_simulated=house.is_simulated)
    else:
        print_table(rows, house.title(title))


def _tell_diff(
    house: "House", week: str, diff: tuple[int, int], out_file: Path | None, *, is_raw: bool, as_json: bool
) -> None:
    from wfm_pipeline.calculators.assignments import compare_versions
    from wfm_pipeline.files import write_csv
    from wfm_pipeline.reports.words.terminal import print_json, print_table

    found = compare_versions(house, week, *diff)
    if out_file is not None:
        write_csv(found.moves, out_file, is_raw=is_raw)
    if as_json:
        print_json({"moves": found.moves, "demands": found.demands}, inputs=list(found.inputs))
        return
    between = f"{week}, version {diff[0]} to {diff[1]}"
    out.say(f"inputs that differ: {'; '.join(found.inputs) or 'none'}")
    if len(found.moves) and out_file is None:
        print_table(found.moves, house.title(f"Who moved, {between}: {len(found.moves)}"))
    if len(found.demands):
        print_table(found.demands, house.title(f"Demands that differ, {between}"))
    out.say(f"{len(found.moves)} {'person has' if len(found.moves) == 1 else 'people have'} another demand")


def _tell_months(house: "House", out_file: Path | None, *, is_raw: bool, as_json: bool) -> None:
    from wfm_pipeline.calculators.assignments import months_of
    from wfm_pipeline.files import write_csv
    from wfm_pipeline.reports.words.terminal import print_json, print_table

    rows = months_of(house)
    if out_file is not None:
        write_csv(rows, out_file, is_raw=is_raw)
    if as_json:
        print_json({"months": rows}, is_simulated=house.is_simulated)
        return
    totals = rows.groupby("month", as_index=False)[["resource_weeks", "ideal_weeks"]].sum()
    if out_file is None:
        print_table(rows, house.title("Resource-weeks per demand and month"))
    print_table(totals, house.title("Resource-weeks per month"))
