"""The house: settings, source map and shelves joined into the one resource that assets get.

Here: what settings mean (site, rules, URLs) and how shelves and sources are opened. Assets ask the
house and never read settings themselves. It is a plain object, so that no URL with a password ever
becomes part of a run's config.
"""

import dataclasses
import datetime as dt
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.allocation.problem import Weight
from wfm_pipeline.domain.allocation.strategies.strategy import Options, Strategy
from wfm_pipeline.domain.allocation.week.week_plan import DEFAULT_CALENDARS
from wfm_pipeline.domain.forecasting.options import ForecastOptions
from wfm_pipeline.domain.staffing.capacity.plan import CapacityOptions
from wfm_pipeline.domain.staffing.forecast_teams import StaffingPolicy
from wfm_pipeline.errors import SettingsError, WarehouseError, WfmError
from wfm_pipeline.settings import Settings
from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.sources.opening import open_reader
from wfm_pipeline.sources.reader import SourceReader
from wfm_pipeline.sources.sample import SAMPLE_INFO_TABLE
from wfm_pipeline.transforms.rows.rules import SilverRules
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.entry import Engine
from wfm_pipeline.warehouse.engines.opening import open_warehouse
from wfm_pipeline.warehouse.engines.registry import engine_of
from wfm_pipeline.warehouse.engines.staging import drop_leftovers
from wfm_pipeline.warehouse.gold_reader import GoldReader
from wfm_pipeline.warehouse.kept import kept_open, open_or_share
from wfm_pipeline.warehouse.migrations.upgrade import bring_up_to_date, pending_changes
from wfm_pipeline.warehouse.ops.opening import open_ops
from wfm_pipeline.warehouse.ops.store import OpsStore
from wfm_pipeline.warehouse.ops.writing import Say, check_still_writer, utc_now, writing
from wfm_pipeline.warehouse.readers.privacy import close_home
from wfm_pipeline.warehouse.readers.pseudonyms import home_key
from wfm_pipeline.warehouse.readers.publication import Publication, Readers
from wfm_pipeline.warehouse.readers.publish import publish
from wfm_pipeline.warehouse.source_card import noted_simulated

_LOG = logging.getLogger(__name__)

SAMPLE_PLANNING_FOLDER = Path(__file__).parents[1] / "data" / "seeds" / "allocation"
"""Planners' tables that belong to the sample contact centre."""

_SITE_SETTINGS = (
    "time_zone",
    "country",
    "subdivision",
    "weekend",
    "opening_hours",
    "closed_on_holidays",
    "interval_minutes",
)


def site_of(settings: Settings, default: Site) -> Site:
    """The map's site with what the settings say instead."""
    given = {name: getattr(settings, name) for name in _SITE_SETTINGS if getattr(settings, name) is not None}
    if settings.extra_holidays:
        given["extra_holidays"] = {**default.extra_holidays, **settings.extra_holidays}
    return dataclasses.replace(default, **given)


@dataclass(frozen=True)
class House:
    """Everything an asset needs from outside.

    Attributes:
        settings: The checked settings.
    """

    settings: Settings

    @cached_property
    def source_map(self) -> SourceMap:
        """The chosen source's map, with the site as the settings change it."""
        found = load_map(self.settings.source)
        return dataclasses.replace(found, site=site_of(self.settings, found.site))

    @property
    def site(self) -> Site:
        """The site whose calls these are."""
        return self.source_map.site

    @property
    def rules(self) -> SilverRules:
        """The rules of the silver layer."""
        settings = self.settings
        return SilverRules(
            redial_window_seconds=settings.redial_window_seconds,
            redial_minimum_digits=settings.redial_minimum_digits,
            answer_target_seconds=settings.answer_target_seconds,
            excluded_queues=settings.excluded_queues,
            excluded_numbers=settings.excluded_numbers,
        )

    def check(self) -> None:
        """Refuse settings that cannot work before anything is opened.

        Raises:
            SettingsError: the source map, the site or the warehouse's URL is wrong.
        """
        engine_of(self.warehouse_url, self.settings.home)
        self.site.hours_by_weekday()

    @property
    def warehouse_url(self) -> str:
        """URL of the warehouse, with its password: never print it."""
        return self.settings.warehouse_url.get_secret_value()

    @property
    def engine(self) -> Engine:
        """The database that the warehouse is in; nothing is opened.

        Raises:
            SettingsError: no engine goes by the URL.
        """
        return engine_of(self.warehouse_url, self.settings.home)

    def open_warehouse(self) -> Warehouse:
        """The warehouse, open for writing; use it in a `with`.

        Raises:
            WarehouseError: it cannot be opened, or this process was its writer and is it no more.
        """
        check_still_writer(self.warehouse_url, self.settings.home)
        return open_or_share(self.warehouse_url, self.settings.home)

    @contextmanager
    def writing(
        self, *, owner: str, run_id: str | None = None, say: Say = _LOG.warning, is_upgrade: bool = False
    ) -> Iterator[None]:
        """Be the only writer of the warehouse, from planning to publishing; inside it, asking again is free.

        What an older version wrote is brought up to date first. A warehouse that is a file stays open until the end.

        Args:
            owner: Who we are, in words for those who wait: `wfm run`, `job nightly`.
            run_id: Dagster run, where there is one.
            say: Told whom we wait for, and what was brought up to date.
            is_upgrade: Do also the steps that wait for `wfm upgrade`.

        Raises:
            WarehouseError: another writes for longer than `writer_wait_seconds`, the warehouse was written by
                a newer version, or by an older one and waits for `wfm upgrade`.
        """
        url, home = self.warehouse_url, self.settings.home
        wait_seconds = self.settings.writer_wait_seconds
        with (
            writing(url, home, owner=owner, run_id=run_id, wait_seconds=wait_seconds, on_wait=say) as is_first,
            kept_open(url, home),
        ):
            if is_first:
                close_home(home, url, self.readers_mode)
                with self.open_warehouse() as warehouse:
                    drop_leftovers(warehouse)
                    for done in bring_up_to_date(warehouse, now=utc_now(), is_asked=is_upgrade):
                        say(f"upgraded: {done}")
            yield

    def pending_upgrade(self) -> list[str]:
        """What the next writer, or `wfm upgrade`, would change in the stores, in words; nothing is changed.

        Raises:
            WarehouseError: there is no warehouse, or a newer version has written it.
        """
        with open_warehouse(self.warehouse_url, self.settings.home, is_read_only=True) as warehouse:
            changes = [change.what for change in pending_changes(warehouse, now=utc_now())]
        with open_ops(self.warehouse_url, self.settings.home, is_made=False) as store:
            return changes + store.pending()

    def open_ops(self) -> OpsStore:
        """The ops store beside the warehouse; use it in a `with`."""
        return open_ops(self.warehouse_url, self.settings.home)

    def open_source(self) -> SourceReader:
        """A reader of the source; use it in a `with`.

        Raises:
            SettingsError: nothing says where the source is.
        """
        url = self.settings.url_of_source
        if url is None:
            raise SettingsError(
                f"where is source {self.settings.source!r}? Set WFM_SOURCE_URL, or source_url in wfm.toml, "
                "to its database; `wfm load` puts a public file into one",
                source=self.settings.source,
            )
        return open_reader(
            url,
            time_zone=self.site.time_zone if self.source_map.times_are == "utc" else None,
            chunk_rows=self.settings.chunk_rows,
            attempts=self.settings.retry_attempts,
        )

    def open_gold(self) -> GoldReader:
        """The readers' side of gold."""
        return GoldReader.open(self.warehouse_url, self.settings.home)

    def publish(self) -> Publication:
        """Renew the analysts' views and the whole readers' copy of gold."""
        with self.writing(owner="publish"), self.open_warehouse() as warehouse:
            return publish(warehouse, readers=self.readers)

    @property
    def readers(self) -> Readers:
        """Who reads the copy, and what of persons they see.

        Raises:
            WarehouseError: the key of the pseudonyms cannot be read.
        """
        settings = self.settings
        key = None
        if settings.readers_see == "pseudonyms":
            given = settings.pseudonym_key
            key = given.get_secret_value().encode() if given else home_key(settings.home)
        return Readers(settings.reader_roles, self.readers_mode, key)

    @property
    def readers_mode(self) -> int:
        """Mode of the folder with the readers' copy."""
        return int(self.settings.readers_mode, 8)

    @property
    def readers_place(self) -> Path | str:
        """Where readers find gold: their copy's path, or its schema."""
        return self.engine.readers_place

    @property
    def is_published(self) -> bool:
        """True where the readers' copy is there."""
        try:
            self.open_gold().close()
        except WarehouseError:
            return False
        return True

    def model_folder(self, issue_date: dt.date) -> Path:
        """Where the models of an issue are kept."""
        return self.settings.home / "models" / self.source_map.name / issue_date.isoformat()

    @property
    def planning_folder(self) -> Path:
        """Folder of the planners' CSV tables."""
        return self.settings.planning_folder or SAMPLE_PLANNING_FOLDER

    def planning_file(self, name: str) -> Path | None:
        """A planners' CSV table, or None where the folder has none of that name."""
        path = self.planning_folder / f"{name}.csv"
        return path if path.is_file() else None

    @cached_property
    def locality_calendars(self) -> Mapping[str, Site]:
        """Calendars of the localities, and of states with one of their own."""
        own = {}
        for name, place in self.settings.locality_calendars.items():
            country, _, subdivision = place.partition("-")
            own[name] = Site(calendar=name, country=country, subdivision=subdivision or None)
        return {**DEFAULT_CALENDARS, **own}

    def allocation_options(
        self, strategy: str | None = None, *, minimum_one: bool | None = None, stability: bool | None = None
    ) -> Options:
        """Options of the weekly allocation as the settings say, unless given.

        A switch that is only set in the settings is left alone by strategy `v2`, which has none.
        """
        settings = self.settings
        chosen = cast("Strategy", strategy or settings.allocation_strategy)
        is_optimal = chosen == "optimal"
        return Options(
            strategy=chosen,
            minimum_one=settings.allocation_minimum_one and is_optimal if minimum_one is None else minimum_one,
            stability=settings.allocation_stability and is_optimal if stability is None else stability,
        )

    def allocation_weight(self, weight: str | None = None) -> Weight | None:
        """What ideal shares follow: the given word, else the setting's; None leaves it to the handle times."""
        return cast("Weight | None", weight or self.settings.allocation_weight)

    @property
    def forecast_options(self) -> ForecastOptions:
        """Choices of the forecast as the settings say."""
        settings = self.settings
        return ForecastOptions(
            seed=settings.seed,
            num_threads=settings.num_threads,
            leave_out_anomalies=settings.leave_out_anomalies,
            anomaly_spreads=settings.anomaly_spreads,
        )

    @property
    def staffing_policy(self) -> StaffingPolicy:
        """What the people of a queue should achieve, where the queue has no settings of its own."""
        settings = self.settings
        return StaffingPolicy(
            service_level_target=settings.staffing_service_level,
            answer_target_seconds=settings.answer_target_seconds,
            patience_seconds=settings.staffing_patience_seconds,
            max_occupancy=settings.staffing_max_occupancy,
            shrinkage=settings.staffing_shrinkage,
            concurrency=settings.staffing_concurrency,
            quantile=settings.staffing_quantile,
        )

    @property
    def staffing_policies(self) -> Mapping[str, StaffingPolicy]:
        """Queue -> policy, for the queues that have settings of their own."""
        own = {}
        for queue, entry in self.settings.staffing_queues.items():
            given = {name: value for name, value in entry.model_dump().items() if value is not None}
            if "service_level" in given:
                given["service_level_target"] = given.pop("service_level")
            own[queue] = dataclasses.replace(self.staffing_policy, **given)
        return own

    @property
    def capacity_options(self) -> CapacityOptions:
        """How the capacity plan is made."""
        settings = self.settings
        return CapacityOptions(
            full_time_hours=settings.capacity_full_time_hours,
            hire_for=settings.capacity_hire_for,
            bundle_weeks=settings.capacity_bundle_weeks,
        )

    def title(self, text: str) -> str:
        """A title that names the source, and says so where its data are simulated."""
        label = f"{text} ({self.source_map.name})"
        try:
            return f"SIMULATED DATA: {label}" if self.is_simulated else label
        except WfmError:
            return f"{label}, source never read"

    @cached_property
    def is_simulated(self) -> bool:
        """True where the source says of itself that its data are made; while it cannot be asked, what it said last.

        Raises:
            SourceError: it cannot be asked, and was never read.
        """
        if self.source_map.is_simulated:
            return True
        try:
            with self.open_source() as reader:
                return SAMPLE_INFO_TABLE in reader.tables()
        except WfmError:
            with self.open_warehouse() as warehouse:
                noted = noted_simulated(warehouse, self.source_map.name)
            if noted is None:
                raise
            return noted

    def in_source(self) -> dict[str, str]:
        """The condition that every silver and gold row of this source meets."""
        return {"source": self.source_map.name}
