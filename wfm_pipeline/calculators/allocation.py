"""Who works on what? One week from CSV files, a week that the warehouse has planned, and why.

Here: which files and which options. Not here: the allocation (domain/allocation) and planning weeks in the
warehouse (assets/planning/allocation).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from wfm_pipeline.contracts.planning.allocation import STRATEGY_WORDS, WEIGHT_WORDS
from wfm_pipeline.domain.allocation.faults import AllocationError, UnknownValueError
from wfm_pipeline.domain.allocation.reasons.explain import Explainer
from wfm_pipeline.domain.allocation.reasons.gaps import GapExplainer
from wfm_pipeline.domain.allocation.reasons.refused_pairs import refused_pairs
from wfm_pipeline.domain.allocation.reasons.why_not import why_not
from wfm_pipeline.domain.allocation.strategies.gate import is_exact_state
from wfm_pipeline.domain.allocation.strategies.strategy import Allocation, Options, optimal_counts
from wfm_pipeline.domain.allocation.tables.frames import WeekAnswer, allocate_frames
from wfm_pipeline.domain.allocation.tables.locality import DEFAULT_RULES, LocalityPolicy
from wfm_pipeline.domain.allocation.tables.sheets import Sheet, read_rules
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.errors import DataError, SettingsError
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import allocation_options, allocation_weight, locality_calendars
from wfm_pipeline.sources.files.planners_files import read_text_table


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationRequest:
    """What is asked of one week.

    Attributes:
        resources, demands: CSV files.
        week: ISO week such as 2025-W28.
        strategy: `optimal` or `v2`; None takes the setting.
        weight: `volume` or `workload`; None takes the setting, else workload where handle times are known.
        week_configuration, tiers, rules: CSV files; without one the calendars, and the planning folder's tiers and rules.
        previous: Last week's answer (CSV), for the count of moves and `stability`.
        pairs: Pinned and forbidden pairs (CSV).
        windows: When single people work and are on leave (CSV).
        minimum_one, stability: Switches of strategy optimal; None takes the setting.
        full_week: Count only people who are there on every working day; None takes the setting.
    """

    resources: Path
    demands: Path
    week: str
    strategy: str | None = None
    weight: str | None = None
    week_configuration: Path | None = None
    tiers: Path | None = None
    rules: Path | None = None
    previous: Path | None = None
    pairs: Path | None = None
    windows: Path | None = None
    minimum_one: bool | None = None
    stability: bool | None = None
    full_week: bool | None = None


def week_of(text: str, option: str) -> IsoWeek:
    """An ISO week of the command line.

    Raises:
        SettingsError: it is none; the message names the option.
    """
    try:
        return IsoWeek.parse(text)
    except AllocationError as error:
        raise SettingsError(f"{option}: {error}", got=text) from error


def weeks_between(first: str, last: str) -> list[IsoWeek]:
    """ISO weeks from one to another, both included.

    Raises:
        SettingsError: no ISO week, or the last lies before the first.
    """
    start, week = week_of(first, "--from"), week_of(last, "--to")
    weeks = []
    while start <= week:
        weeks.append(week)
        week = week.previous
    if not weeks:
        raise SettingsError(f"--to {last} lies before --from {first}; swap them", got=(first, last))
    return weeks[::-1]


def answer_allocation(house: House, request: AllocationRequest) -> WeekAnswer:
    """Allocate the week that is asked for.

    Raises:
        SettingsError: a word of the command line is not allowed.
        DataError: a file is missing, unreadable or wrong; the message names file or table, line and value.
    """
    week = week_of(request.week, "--week")
    options = chosen_options(
        house, strategy=request.strategy, minimum_one=request.minimum_one, stability=request.stability
    )
    if options.stability and request.previous is None:
        raise SettingsError("stability needs last week's answer: give --previous LAST.csv")
    return allocate_frames(
        read_text_table(request.resources),
        read_text_table(request.demands),
        week,
        options=options,
        weight=allocation_weight(house.settings, _one_of(request.weight, WEIGHT_WORDS, "--weight")),
        week_configuration=_optional(request.week_configuration),
        tiers=_optional(request.tiers or house.planners_file("capacity_tiers")),
        policy=_policy(house, request.rules or house.planners_file("locality_rules")),
        calendars=locality_calendars(house.settings),
        previous=_last_week(request.previous),
        pairs=_optional(request.pairs),
        windows=_optional(request.windows),
        time_zone=house.site.time_zone,
        full_week=house.settings.allocation_full_week if request.full_week is None else request.full_week,
    )


def replay_week(house: House, week: IsoWeek) -> Allocation:
    """The allocation of a week that has just been planned in the warehouse, for questions about it.

    Raises:
        WarehouseError: the planners' tables are not there yet.
    """
    from wfm_pipeline.warehouse.shelves.allocation_inputs import read_allocation_inputs  # noqa: PLC0415  (files need no Ibis)
    from wfm_pipeline.warehouse.shelves.weekly_assignments import last_assignment  # noqa: PLC0415

    with house.open_warehouse() as warehouse:
        inputs = read_allocation_inputs(
            warehouse,
            house.source_map,
            default_locality=house.settings.default_locality,
            calendars=locality_calendars(house.settings),
            full_week=house.settings.allocation_full_week,
            time_zone=house.site.time_zone,
        )
        previous = last_assignment(warehouse, week.previous)
    options, weight = allocation_options(house.settings), allocation_weight(house.settings)
    return inputs.answer(week, options=options, weight=weight, previous=previous).allocation


def chosen_options(
    house: House, *, strategy: str | None = None, minimum_one: bool | None = None, stability: bool | None = None
) -> Options:
    """Options of the settings, with what the command line says instead.

    Raises:
        SettingsError: an unknown strategy, or switches the strategy does not have.
    """
    try:
        return allocation_options(
            house.settings,
            _one_of(strategy, STRATEGY_WORDS, "--strategy"),
            minimum_one=minimum_one,
            stability=stability,
        )
    except AllocationError as error:
        raise SettingsError(str(error)) from error


def _one_of(word: str | None, allowed: Sequence[str], option: str) -> str | None:
    if word is not None and word not in allowed:
        raise SettingsError(f"{option} must be one of {', '.join(allowed)}, got {word!r}", got=word)
    return word


def _optional(path: Path | None) -> pd.DataFrame | None:
    return None if path is None else read_text_table(path)


def _policy(house: House, path: Path | None) -> LocalityPolicy:
    if path is None:
        return LocalityPolicy(DEFAULT_RULES, house.settings.default_locality)
    return read_rules(read_text_table(path), default_locality=house.settings.default_locality)


def _last_week(path: Path | None) -> Mapping[str, str | None] | None:
    if path is None:
        return None
    frame = read_text_table(path)
    missing = {"resource_cn", "demand_id"} - set(frame.columns)
    if missing:
        raise DataError(f"{path} lacks {', '.join(sorted(missing))}; it should be what --out wrote last week")
    Sheet(frame, path.name, required=("resource_cn",)).refuse_twice("resource_cn", frame["resource_cn"])
    return {cn: demand or None for cn, demand in zip(frame["resource_cn"], frame["demand_id"], strict=True)}


def explain(allocation: Allocation, names: Sequence[str], pair: tuple[str, str] | None = None) -> dict[str, str]:
    """Sentences about people and demands, by the name that was asked for.

    Args:
        allocation: The week.
        names: cn of people or ids of demands; a name that is both gets both answers.
        pair: cn of a person and id of a demand that the person does not have; the answer stands under both.

    Raises:
        UnknownValueError: nobody and nothing has that name.
    """
    problem, explainer = allocation.problem, Explainer(allocation)
    people, demands = {one.cn for one in problem.resources}, {str(one.demand_id) for one in problem.demands}
    of_demands = (
        GapExplainer(allocation, optimum=optimal_counts(allocation.eligibility)) if demands & set(names) else None
    )
    said = {}
    for name in names:
        words = [str(explainer.assignment(name))] if name in people else []
        words += [str(of_demands.gap(name))] if of_demands and name in demands else []
        if not words:
            raise UnknownValueError(
                f"--explain: {name!r} is neither a cn nor a demand_id of {problem.week_hours.week}", got=name
            )
        said[name] = " ".join(words)
    return said if pair is None else {**said, " ".join(pair): str(why_not(allocation, *pair))}


def eligibility_frame(allocation: Allocation) -> pd.DataFrame:
    """The eligibility matrix, one row per pair that is allowed: resource_cn, demand_id, is_exact_state."""
    problem = allocation.problem
    rows = [
        (resource.cn, str(demand.demand_id), is_exact_state(resource, demand))
        for resource, demand in (
            (problem.resources[person], problem.demands[work]) for person, work in allocation.eligibility.pairs()
        )
    ]
    return pd.DataFrame(rows, columns=["resource_cn", "demand_id", "is_exact_state"])


def refusals_frame(allocation: Allocation, *, most: int) -> tuple[pd.DataFrame, str]:
    """Refused pairs of a week, those that lack least first, and how many there are.

    Args:
        allocation: The week.
        most: Rows at most [count].
    """
    found = refused_pairs(allocation, most=most)
    left = f"; left out: {found.left_out:,}, which lack as much or more" if found.left_out else ""
    return found.rows, f"{len(found.rows):,} of {found.refused:,} refused pairs{left}"
