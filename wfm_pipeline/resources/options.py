"""What the settings mean to each capability: one function per kind of options, from settings alone.

Here: site, rules, policies and options as `domain`, `transforms` and `warehouse` ask for them. Not here: the settings
themselves (settings.py) and opening source, warehouse or readers' copy (house.py).
"""

import dataclasses
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Final, cast

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.settings import Settings
from wfm_pipeline.transforms.rows.silver_numbers import SilverRules
from wfm_pipeline.units import SECONDS_PER_HOUR, SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from wfm_pipeline.domain.allocation.problem import Weight
    from wfm_pipeline.domain.allocation.strategies.strategy import Options, Strategy
    from wfm_pipeline.domain.backlog.rules import BacklogRules
    from wfm_pipeline.domain.forecasting.options import ForecastOptions
    from wfm_pipeline.domain.simulation.model_fit.compare import FitOptions
    from wfm_pipeline.domain.staffing.capacity.plan import CapacityOptions
    from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
    from wfm_pipeline.warehouse.readers.publication import Readers


_SITE_SETTINGS: Final = (
    "time_zone",
    "country",
    "subdivision",
    "weekend",
    "opening_hours",
    "closed_on_holidays",
    "interval_minutes",
)


_BACKLOG_RULES: Final = (
    *("done", "due_in", "reopen_restarts_due", "pauses_count_in_due", "pauses_count_in_age"),
    *("stuck_moves", "stuck_working_hours"),
)
"""Rules of a map that go by the same name in the domain."""


def site_of(settings: Settings, default: Site) -> Site:
    """The map's site with what the settings say instead."""
    given = {name: getattr(settings, name) for name in _SITE_SETTINGS if getattr(settings, name) is not None}
    if settings.extra_holidays:
        given["extra_holidays"] = {**default.extra_holidays, **settings.extra_holidays}
    return dataclasses.replace(default, **given)


def silver_rules(settings: Settings) -> SilverRules:
    """The rules of the silver layer."""
    return SilverRules(
        redial_window_seconds=settings.redial_window_seconds,
        redial_minimum_digits=settings.redial_minimum_digits,
        answer_target_seconds=settings.answer_target_seconds,
        excluded_queues=settings.excluded_queues,
        excluded_numbers=settings.excluded_numbers,
    )


def backlog_rules(source_map: SourceMap) -> "BacklogRules":
    """What counts in the backlog of a source, or of a site.

    Args:
        source_map: The source. Of a site that has several, those with cases must say the same.

    Returns:
        The rules; what the map does not say is as it is where nobody says otherwise.

    Raises:
        SettingsError: two sources of a site say different rules.
    """
    from wfm_pipeline.domain.backlog.rules import BacklogRules

    parts = [part for part in source_map.parts if part.table("case_events") or part.table("cases")]
    said = parts[0].backlog if parts else source_map.backlog
    for part in parts[1:]:
        if part.backlog != said:
            raise SettingsError(
                f"[backlog] of {parts[0].name} and of {part.name} differ: the sources of a site count their backlog by the same rules",
                got=part.name,
            )
    given = {name: value for name in _BACKLOG_RULES if (value := getattr(said, name)) is not None}
    if said.age_limits_hours:
        given["age_limits_seconds"] = tuple(hours * SECONDS_PER_HOUR for hours in said.age_limits_hours)
    due: dict[Hashable, float] = {priority: hours * SECONDS_PER_HOUR for priority, hours in said.due_hours.items()}
    return BacklogRules(due_seconds=due, **given)


def readers_mode(settings: Settings) -> int:
    """Mode of the folder with the analysts' copy."""
    return int(settings.readers_mode, 8)


def personal_readers_mode(settings: Settings) -> int | None:
    """Mode of the folder with the copy that shows persons; None where none is made."""
    return int(settings.personal_readers_mode, 8) if settings.personal_readers_mode else None


def readers_of(settings: Settings) -> "Readers":
    """Who reads the copies, and what of persons they see.

    Raises:
        WarehouseError: the key of the pseudonyms cannot be read.
    """
    from wfm_pipeline.warehouse.readers.pseudonyms import home_key
    from wfm_pipeline.warehouse.readers.publication import Readers

    key = None
    if settings.readers_see == "pseudonyms":
        given = settings.pseudonym_key
        key = given.get_secret_value().encode() if given else home_key(settings.home)
    return Readers(
        settings.reader_roles,
        readers_mode(settings),
        key,
        personal_roles=settings.personal_reader_roles,
        planner_roles=settings.planner_roles,
        personal_folder_mode=personal_readers_mode(settings),
    )


def locality_calendars(settings: Settings) -> Mapping[str, Site]:
    """Calendars of the localities, and of states with one of their own."""
    from wfm_pipeline.domain.allocation.week.week_hours import DEFAULT_CALENDARS

    own = {}
    for name, place in settings.locality_calendars.items():
        country, _, subdivision = place.partition("-")
        own[name] = Site(calendar=name, country=country, subdivision=subdivision or None)
    return {**DEFAULT_CALENDARS, **own}


def allocation_options(
    settings: Settings,
    strategy: str | None = None,
    *,
    minimum_one: bool | None = None,
    stability: bool | None = None,
) -> "Options":
    """Options of the weekly allocation as the settings say, unless given.

    A switch that is only set in the settings is left alone by strategy `v2`, which has none.
    """
    from wfm_pipeline.domain.allocation.strategies.strategy import Options

    chosen = cast("Strategy", strategy or settings.allocation_strategy)
    is_optimal = chosen == "optimal"
    return Options(
        strategy=chosen,
        minimum_one=settings.allocation_minimum_one and is_optimal if minimum_one is None else minimum_one,
        stability=settings.allocation_stability and is_optimal if stability is None else stability,
    )


def allocation_weight(settings: Settings, weight: str | None = None) -> "Weight | None":
    """What ideal shares follow: the given word, else the setting's; None leaves it to the handle times."""
    return cast("Weight | None", weight or settings.allocation_weight)


def forecast_options(settings: Settings) -> "ForecastOptions":
    """Choices of the forecast of the next days."""
    from wfm_pipeline.domain.forecasting.options import ForecastOptions

    return ForecastOptions(
        seed=settings.seed,
        num_threads=settings.num_threads,
        leave_out_anomalies=settings.leave_out_anomalies,
        anomaly_spreads=settings.anomaly_spreads,
    )


def plain_forecast_options(settings: Settings) -> "ForecastOptions":
    """Choices of the intraday update and the long range, which leave no days out."""
    from wfm_pipeline.domain.forecasting.options import ForecastOptions

    return ForecastOptions(seed=settings.seed, num_threads=settings.num_threads)


def staffing_policy(settings: Settings) -> "StaffingPolicy":
    """What the people of a queue should achieve, where the queue has no settings of its own."""
    from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy

    return StaffingPolicy(
        service_level_target=settings.staffing_service_level,
        answer_target_seconds=settings.answer_target_seconds,
        patience_seconds=settings.staffing_patience_seconds,
        max_occupancy=settings.staffing_max_occupancy,
        shrinkage=settings.staffing_shrinkage,
        concurrency=settings.staffing_concurrency,
        quantile=settings.staffing_quantile,
    )


def staffing_policies(settings: Settings) -> Mapping[str, "StaffingPolicy"]:
    """Queue -> policy, for the queues that have settings of their own."""
    common, own = staffing_policy(settings), {}
    for queue, entry in settings.staffing_queues.items():
        given = {name: value for name, value in entry.model_dump().items() if value is not None}
        if "service_level" in given:
            given["service_level_target"] = given.pop("service_level")
        own[queue] = dataclasses.replace(common, **given)
    return own


def capacity_options(settings: Settings) -> "CapacityOptions":
    """How the capacity plan is made."""
    from wfm_pipeline.domain.staffing.capacity.plan import CapacityOptions

    return CapacityOptions(
        full_time_hours=settings.capacity_full_time_hours,
        hire_for=settings.capacity_hire_for,
        bundle_weeks=settings.capacity_bundle_weeks,
    )


def fit_options(settings: Settings, site: Site) -> "FitOptions":
    """How predicted and reached service levels are compared."""
    from wfm_pipeline.domain.simulation.model_fit.compare import FitOptions

    return FitOptions(
        seed=settings.seed,
        answer_target_seconds=float(settings.answer_target_seconds),
        interval_seconds=float(site.interval_minutes * SECONDS_PER_MINUTE),
    )
