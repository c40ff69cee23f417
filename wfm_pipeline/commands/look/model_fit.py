"""`wfm model-fit`: how honest are the models? Words in, one call, words out."""

import time
from pathlib import Path
from typing import Annotated

import typer

from wfm_pipeline.commands.common import (
    ANSWER,
    AsJson,
    RawCells,
    SourceName,
    WarehouseUrl,
    chosen_settings,
    err,
    out,
)
from wfm_pipeline.commands.running import run_asked


def model_fit(
    picture: Annotated[
        Path | None, typer.Option(metavar="PNG", help="Write the picture to this file.", rich_help_panel=ANSWER)
    ] = None,
    out_file: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="CSV", help="Write one row per queue, month and presence rule.", rich_help_panel=ANSWER
        ),
    ] = None,
    source: SourceName = None,
    warehouse: WarehouseUrl = None,
    raw_cells: RawCells = False,
    as_json: AsJson = False,
) -> None:
    """Compare the service level that Erlang C, Erlang A and the simulation predict with the one reached."""
    from wfm_pipeline.files import write_csv
    from wfm_pipeline.orchestration.jobs import MODEL_FIT
    from wfm_pipeline.orchestration.runs.side_jobs import model_fit_request
    from wfm_pipeline.reports.figures.model_fit import write_model_fit_picture
    from wfm_pipeline.reports.tables.model_fit import model_fit_tables
    from wfm_pipeline.reports.words.terminal import print_json, print_table
    from wfm_pipeline.resources import House

    house = House(chosen_settings(source=source, warehouse_url=warehouse))
    started = time.monotonic()
    outcome = run_asked(house, MODEL_FIT, lambda: model_fit_request(house))
    with house.open_gold() as gold:
        months = gold.rows("queue_model_fit", **house.in_source())
        presence = gold.rows("agent_presence_month", **house.in_source())
    if out_file is not None:
        write_csv(months, out_file, is_raw=raw_cells)
    if picture is not None:
        write_model_fit_picture(months, picture, title=house.title("Service level reached and predicted"))
    tables = model_fit_tables(months, presence)
    if as_json:
        print_json({**tables, "months": months}, run_id=outcome.run_id, is_simulated=house.is_simulated)
        return
    for title, frame in tables.items():
        print_table(frame, house.title(title.replace("_", " ")))
    out.say("look at: gold.queue_model_fit (every month), gold.agent_presence_month")
    err.say(f"done in {time.monotonic() - started:.0f} s")
