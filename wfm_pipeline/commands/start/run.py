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
    from collections.abc import Mapping

    import pandas as pd
    from dagster import Definitions

    from wfm_pipeline.resources import House
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
    from wfm_pipeline.resources import House

    house = House(settings)
    house.check()  # before what takes a second to load: a map that is refused is refused at once
    from wfm_pipeline.orchestration.jobs import NIGHTLY
    from wfm_pipeline.orchestration.partitions.stale_dates import find_stale_dates
    from wfm_pipeline.orchestration.runs.main_run import run_news
    from wfm_pipeline.orchestration.runs.telling import telling
    from wfm_pipeline.reports.tables.main_run import run_tables
    from wfm_pipeline.reports.words.terminal import print_json

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
    set_aside = _set_aside(house, outcome.run_id)
    done = f"{'nothing new' if outcome.is_idle else 'done'} in {time.monotonic() - started:.0f} s"
    if as_json:
        facts = {"run_id": outcome.run_id, "is_simulated": house.is_simulated, "is_idle": outcome.is_idle}
        print_json(tables, **facts, set_aside=set_aside)
    else:
        _show(house, tables, set_aside, done)


def _set_aside(house: "House", run_id: str) -> list[str]:
    """What was refused or emptied of the rows that the run brought, a line per rule."""
    from wfm_pipeline.reports.tables.findings import findings_words
    from wfm_pipeline.warehouse.shelves.findings import findings_by_rule

    with house.open_warehouse() as opened:
        found = findings_by_rule(opened, house.source_map, run_id=run_id)
    return findings_words(found, house.source_map)


def _show(house: "House", tables: "Mapping[str, pd.DataFrame]", set_aside: list[str], done: str) -> None:
    """The tables, what was set aside, how long it took, and where to look."""
    from wfm_pipeline.reports.words.terminal import print_table

    for title, frame in tables.items():
        print_table(frame, house.title(title))
    for line in set_aside:
        out.say(f"set aside: {line}")
    if set_aside:
        out.say("`wfm findings` lists them")
    out.say(done)
    out.say(f"look at: {house.readers_place} (tables), `wfm dev` (graph, runs, pictures)")


def _graph(settings: "Settings") -> "Definitions":
    """The graph without partitions; an idle run does without it."""
    from wfm_pipeline.definitions import build_definitions

    return build_definitions(settings, is_partitioned=False)
