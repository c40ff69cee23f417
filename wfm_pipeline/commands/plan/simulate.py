"""`wfm simulate`: what if? Words in, one call, words out. No logic lives here."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wfm_pipeline.commands.common import ANSWER, AsJson, RawCells, chosen_settings, err, tell_notices

if TYPE_CHECKING:
    from wfm_pipeline.calculators.simulation import SimulationAnswer, SimulationRequest

_FILES, _ONE, _CALLS, _RUNS = "Files", "One queue without files", "How calls behave", "Runs"


def simulate(
    arrivals: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="queue_id, interval_start (08:30 or 2026-01-31 08:30), calls, perhaps aht_seconds. No row: no calls.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="group_id, queues such as sales;support:2 (2: asked only when no 1 is idle).",
            rich_help_panel=_FILES,
        ),
    ] = None,
    shifts: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="group_id, agents, starts_at, ends_at, perhaps breaks (12:00-12:30;15:00-15:15); or group_id, "
            "interval_start, agents.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    queues: Annotated[
        Path | None,
        typer.Option(
            metavar="CSV",
            help="queue_id and any of aht_seconds, handle_cv, patience_seconds, answer_target_seconds, priority, "
            "redial_probability, redial_delay_seconds, attempts_max; empty cells take the options below.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    calls: Annotated[
        float | None, typer.Option(help="Expected calls per interval, steady state.", rich_help_panel=_ONE)
    ] = None,
    agents: Annotated[int | None, typer.Option(help="Agents on the phones.", rich_help_panel=_ONE)] = None,
    interval_seconds: Annotated[
        float | None,
        typer.Option(help="Length of an interval in seconds; with files: else the smallest gap.", rich_help_panel=_ONE),
    ] = None,
    aht_seconds: Annotated[
        float | None, typer.Option(help="Mean handle time in seconds.", rich_help_panel=_CALLS)
    ] = None,
    handle_cv: Annotated[
        float,
        typer.Option(
            help="Spread of handle times: 1 exponential, 0 constant, else log-normal.", rich_help_panel=_CALLS
        ),
    ] = 1.0,
    patience_seconds: Annotated[
        float | None,
        typer.Option(help="Mean patience in seconds, exponential; none: nobody gives up.", rich_help_panel=_CALLS),
    ] = None,
    answer_target_seconds: Annotated[
        float | None, typer.Option(help="The 20 of 80/20 in seconds; default: the setting.", rich_help_panel=_CALLS)
    ] = None,
    redial_probability: Annotated[
        float, typer.Option(help="Share of those who gave up that calls again, 0..1.", rich_help_panel=_CALLS)
    ] = 0.0,
    redial_delay_seconds: Annotated[
        float, typer.Option(help="Mean time to a redial in seconds.", rich_help_panel=_CALLS)
    ] = 60.0,
    replications: Annotated[int, typer.Option(help="Independent runs.", rich_help_panel=_RUNS)] = 20,
    seed: Annotated[
        int | None,
        typer.Option(help="Same words, files and seed: same answer. Default: the setting.", rich_help_panel=_RUNS),
    ] = None,
    warm_up: Annotated[
        int | None,
        typer.Option(
            help="Intervals at the start that do not count; default 0 with files, 4 without.", rich_help_panel=_RUNS
        ),
    ] = None,
    confidence: Annotated[float, typer.Option(help="Level of the confidence intervals.", rich_help_panel=_RUNS)] = 0.95,
    find_teams: Annotated[
        float | None,
        typer.Option(
            metavar="LEVEL",
            help="Instead of agents: search the smallest teams, present throughout, with this service level in every "
            "queue (0.80 is 80 %).",
            rich_help_panel=_RUNS,
        ),
    ] = None,
    out_file: Annotated[
        Path | None,
        typer.Option("--out", metavar="CSV", help="Write one row per queue and interval.", rich_help_panel=ANSWER),
    ] = None,
    raw_cells: RawCells = False,
    as_json: AsJson = False,
) -> None:
    """What if? Simulate queues, skills, shifts, impatience and redials, call by call; no warehouse needed."""
    from wfm_pipeline.calculators.simulation import (
        SimulationRequest,
        answer_simulation,
    )
    from wfm_pipeline.domain.simulation.floor.sheets import QueueHabits
    from wfm_pipeline.files import write_csv

    settings = chosen_settings(seed=seed)
    target = settings.answer_target_seconds if answer_target_seconds is None else answer_target_seconds
    habits = QueueHabits(
        aht_seconds=aht_seconds,
        handle_cv=handle_cv,
        patience_seconds=patience_seconds,
        answer_target_seconds=target,
        redial_probability=redial_probability,
        redial_delay_seconds=redial_delay_seconds,
    )
    request = SimulationRequest(
        seed=settings.seed,
        replications=replications,
        habits=habits,
        arrivals=arrivals,
        groups=groups,
        shifts=shifts,
        queues=queues,
        calls=calls,
        agents=agents,
        interval_seconds=interval_seconds,
        warm_up=warm_up,
        confidence=confidence,
        find_teams=find_teams,
    )
    with err.progress("simulating ...") as go_on:
        answer = answer_simulation(request, say=lambda line: go_on(f"simulating: {line}"))
    tell_notices(answer.notices)
    if out_file is not None:
        write_csv(answer.intervals, out_file, is_raw=raw_cells)
    _print(request, answer, as_json=as_json)


def _print(request: "SimulationRequest", answer: "SimulationAnswer", *, as_json: bool) -> None:
    from wfm_pipeline.reports.tables.simulation import group_table, queue_table
    from wfm_pipeline.reports.words.terminal import print_json, print_table

    tables = {"queues": answer.queues, "groups": answer.groups}
    if answer.teams is not None:
        tables["teams"] = answer.teams
    if as_json:
        print_json({**tables, "intervals": answer.intervals}, **answer.facts)
        return
    if answer.teams is not None:
        print_table(
            answer.teams,
            f"Smallest teams for {request.find_teams:.0%} within the target ({answer.facts['sizes_tried']} tried)",
        )
    print_table(
        queue_table(answer.queues),
        f"Per queue, mean of {request.replications} runs (+-: half width at {request.confidence:.0%} confidence)",
    )
    print_table(group_table(answer.groups), "Per group of agents, hours per run")
