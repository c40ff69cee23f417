"""`wfm check MAP`: does a source map fit its source? A look at the first rows, nothing is loaded."""

from typing import Annotated

import typer

from wfm_pipeline.commands.common import AsJson, chosen_settings, err, out


def check(
    source: Annotated[str, typer.Argument(metavar="MAP", help="Name of a source map, or the path of one.")],
    rows: Annotated[int, typer.Option(min=1, max=100_000, help="Rows to look at per table.")] = 1_000,
    as_json: AsJson = False,
) -> None:
    """Does a source map fit? Per column: values that fit, the first that does not, and what to write instead.

    Ends with 1 where a value does not fit or a column is missing.
    """
    settings = chosen_settings(source=source)
    import pandas as pd

    from wfm_pipeline.calculators.source_look import CheckRequest, check_map
    from wfm_pipeline.reports.words.terminal import print_json, print_table
    from wfm_pipeline.resources import House

    house, tables, faults = House(settings), {}, 0
    for found in check_map(house, CheckRequest(rows=rows)):
        for notice in found.notices:
            err.say(f"{found.table}: {notice}", head="notice:")
        tables[f"{found.table}: first {found.rows:,} rows"] = pd.DataFrame(
            [
                (each.column, each.declared, each.filled, each.misfits, each.first_misfit or "-", each.mend or "-")
                for each in found.columns
            ],
            columns=["column", "declared", "filled", "misfits", "first_misfit", "mend"],
        )
        faults += sum(bool(each.mend) for each in found.columns)
    if as_json:
        print_json(tables, faults=faults)
    else:
        for title, frame in tables.items():
            print_table(frame, title)
        out.say(f"{faults} columns need a mend" if faults else f"the map fits; next: wfm run --source {source}")
    raise typer.Exit(1 if faults else 0)
