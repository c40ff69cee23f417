"""`wfm staff`: agents for one row of arguments, or for every row of a CSV file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wfm_pipeline.commands.common import ANSWER, AsJson, RawCells, chosen_settings, out, tell_notices
from wfm_pipeline.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd

_ONE, _MANY = "One row", "Many rows"
_SHOWN_ROWS = 20


def staff(
    calls: Annotated[
        float | None, typer.Option(help="Calls offered in the interval; need not be whole.", rich_help_panel=_ONE)
    ] = None,
    interval_seconds: Annotated[
        float | None, typer.Option(help="Length of the interval in seconds.", rich_help_panel=_ONE)
    ] = None,
    aht_seconds: Annotated[
        float | None, typer.Option(help="Mean handle time in seconds.", rich_help_panel=_ONE)
    ] = None,
    answer_target_seconds: Annotated[
        float | None, typer.Option(help="The 20 of 80/20 in seconds.", rich_help_panel=_ONE)
    ] = None,
    service_level_target: Annotated[
        float | None, typer.Option(help="The 80 of 80/20, as 0.8.", rich_help_panel=_ONE)
    ] = None,
    patience_seconds: Annotated[
        float | None, typer.Option(help="Mean patience in seconds; none: nobody leaves.", rich_help_panel=_ONE)
    ] = None,
    max_occupancy: Annotated[
        float | None, typer.Option(help="Cap of the occupancy, such as 0.85.", rich_help_panel=_ONE)
    ] = None,
    shrinkage: Annotated[
        float | None, typer.Option(help="Paid time not available, such as 0.3.", rich_help_panel=_ONE)
    ] = None,
    file: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Rows with these words as columns.", rich_help_panel=_MANY)
    ] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", metavar="CSV", help="Write one row per row.", rich_help_panel=ANSWER)
    ] = None,
    raw_cells: RawCells = False,
    as_json: AsJson = False,
) -> None:
    """Agents needed: for one row of arguments, or for every row of --file, each row by itself."""
    from wfm_pipeline.calculators.staffing import (
        StaffingRequest,
        staff_file,
        staff_row,
    )
    from wfm_pipeline.reports.words.terminal import column_of, print_columns, print_json

    request = StaffingRequest(
        calls=calls,
        interval_seconds=interval_seconds,
        aht_seconds=aht_seconds,
        answer_target_seconds=answer_target_seconds,
        service_level_target=service_level_target,
        patience_seconds=patience_seconds,
        max_occupancy=max_occupancy,
        shrinkage=shrinkage,
    )
    if file is not None and not request.is_empty:
        raise SettingsError("give --file or the words of one row, not both; the file has them as columns")
    answered = staff_row(request) if file is None else staff_file(file, threads=chosen_settings().num_threads)
    tell_notices(answered.notices)
    if out_file is not None:
        from wfm_pipeline.files import write_csv

        write_csv(answered.rows, out_file, is_raw=raw_cells)
    if as_json:
        print_json({"answer": answered.rows}, notices=list(answered.notices))
    elif file is None:
        cells = answered.cells.items()
        print_columns([column_of(name, values, is_number=True) for name, values in cells], "Agents needed")
    else:
        _print_rows(answered.rows)


def _print_rows(rows: "pd.DataFrame") -> None:
    """The first rows, why some have no answer, and how many have one."""
    from wfm_pipeline.reports.words.terminal import print_table

    title = "Agents needed" if len(rows) <= _SHOWN_ROWS else f"Agents needed: {_SHOWN_ROWS} of {len(rows)} rows"
    shown = rows.head(_SHOWN_ROWS)
    print_table(shown.drop(columns="reason"), title)
    for row, reason in enumerate(shown["reason"], start=1):
        if reason:
            out.say(f"row {row}: {reason}")
    out.say(f"{int((rows['reason'] == '').sum())} of {len(rows)} rows have an answer")
