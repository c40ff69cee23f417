"""`wfm run`: the main job in this process, and its result tables."""

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from wfm_pipeline.commands.common import (
    AsJson,
    AsOf,
    SourceName,
    WarehouseUrl,
    chosen_settings,
    err,
    out,
    parse_date,
    tell,
    tell_notices,
    tell_step,
)
from wfm_pipeline.errors import WfmError

if TYPE_CHECKING:
    from dagster import Definitions

    from wfm_pipeline.settings import Settings


def run(
    source: SourceName = None,
    as_of: AsOf = None,
    reissue: Annotated[
        bool, typer.Option("--reissue", help="Issue again what stands; the former goes to the archive.")
    ] = False,
    warehouse: WarehouseUrl = None,
    as_json: AsJson = False,
) -> None:
    """The main job: the whole graph in one process, from call records to a scored forecast."""
    first_day = parse_date(as_of, "--as-of")
    settings = chosen_settings(source=source, warehouse_url=warehouse)
    from wfm_pipeline.orchestration.jobs import NIGHTLY
    from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
    from wfm_pipeline.orchestration.runs.main_run import run_news
    from wfm_pipeline.orchestration.runs.telling import telling
    from wfm_pipeline.reports.tables.main_run import run_tables
    from wfm_pipeline.reports.words.terminal import print_json, print_table
    from wfm_pipeline.resources import House

    house = House(settings)
    house.check()
    started = time.monotonic()
    with ExitStack() as held:
        with telling(house, NIGHTLY):
            held.enter_context(house.writing(owner="wfm run", say=tell))
            stale = find_stale_dates(house)
        tell_notices(stale.notices)
        outcome = run_news(
            house,
            stale,
            lambda: _graph(settings),
            as_of=first_day,
            on_step=tell_step,
            say=lambda words: err.say(words, head=f"{house.title('source')}:"),
            is_reissue=reissue,
        )
    if outcome.problems:
        raise WfmError("; ".join(outcome.problems))
    with house.open_gold() as gold:
        tables = run_tables(gold, run_id=outcome.run_id, source=house.source_map.name)
    if as_json:
        print_json(tables, run_id=outcome.run_id, is_simulated=house.is_simulated, is_idle=outcome.is_idle)
        return
    for title, frame in tables.items():
        print_table(frame, house.title(title))
    word = "nothing new" if outcome.is_idle else "done"
    out.say(f"{word} in {time.monotonic() - started:.0f} s")
    out.say(f"look at: {house.readers_place} (tables), `wfm dev` (graph, runs, pictures)")


def _graph(settings: "Settings") -> "Definitions":
    """The graph without partitions; an idle run does without it."""
    from wfm_pipeline.definitions import build_definitions

    return build_definitions(settings, is_partitioned=False)
