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
from wfm_pipeline.errors import SOURCE_NOT_READ, WfmError

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
    """The main job: the whole graph in one process, from call records to a scored forecast.

    Ends with 3 where it is done, but without a source of the site that could not be read.
    """
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
    set_aside, unread = _set_aside(house, outcome.run_id), _unread(house)
    done = f"{'nothing new' if outcome.is_idle else 'done'} in {time.monotonic() - started:.0f} s"
    if as_json:
        facts = {"run_id": outcome.run_id, "is_simulated": house.is_simulated, "is_idle": outcome.is_idle}
        print_json(tables, **facts, set_aside=set_aside, **({"not_read": unread} if unread else {}))
    else:
        _show(house, tables, set_aside, done)
    _end(unread)


def _matching(house: "House") -> list[str]:
    """What no row of the planners' matches speaks of; nothing where there is one source."""
    from wfm_pipeline.reports.tables.matching import matching_words
    from wfm_pipeline.warehouse.silver.matching import queues_by_name, unmatched_ids

    with house.open_warehouse() as opened:
        unmatched = unmatched_ids(opened, house.source_map)
        return matching_words(unmatched, queues_by_name(opened, house.source_map, unmatched))


def _end(unread: list[str]) -> None:
    """What is done without a source that should have been read is told last, and by the exit code."""
    for line in unread:
        err.say(line, head="not read:", style="bold yellow")
    if unread:
        raise typer.Exit(SOURCE_NOT_READ)


def _set_aside(house: "House", run_id: str) -> list[str]:
    """What was refused or emptied of the rows that the run brought, a line per source and rule."""
    from wfm_pipeline.reports.tables.findings import findings_words
    from wfm_pipeline.warehouse.shelves.findings import findings_by_rule

    lines = list[str]()
    with house.open_warehouse() as opened:
        for part in house.source_map.parts:
            words = findings_words(findings_by_rule(opened, part, run_id=run_id), part)
            lines += [f"{part.name}: {line}" for line in words] if house.source_map.members else words
    return lines


def _unread(house: "House") -> list[str]:
    """Sources of the site that should have been read and were not, and what stands on them."""
    from wfm_pipeline.reports.tables.unread_sources import unread_words
    from wfm_pipeline.warehouse.silver.unknown_queues import queues_fed
    from wfm_pipeline.warehouse.source_states import unread_parts

    with house.open_warehouse() as opened:
        states = unread_parts(opened, house.source_map)
        queues = queues_fed(opened, states.values())
    return [unread_words(state, queues[name]) for name, state in states.items() if state.is_fault]


def _show(house: "House", tables: "Mapping[str, pd.DataFrame]", set_aside: list[str], done: str) -> None:
    """The tables, what was set aside, how long it took, and where to look."""
    from wfm_pipeline.reports.words.terminal import print_table

    for title, frame in tables.items():
        print_table(frame, house.title(title))
    for line in set_aside:
        out.say(f"set aside: {line}")
    for line in _matching(house):
        out.say(f"matching: {line}")
    if set_aside:
        out.say("`wfm findings` lists them")
    out.say(done)
    out.say(f"look at: {house.readers_place} (tables), `wfm dev` (graph, runs, pictures)")


def _graph(settings: "Settings") -> "Definitions":
    """The graph without partitions; an idle run does without it."""
    from wfm_pipeline.definitions import build_definitions

    return build_definitions(settings, is_partitioned=False)
