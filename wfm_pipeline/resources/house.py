"""The house: settings, source map and shelves joined into the one resource that assets get.

Here: how warehouse, source, ops store and readers' copy are opened, and where files lie. It is a plain object, so that
no URL with a password ever becomes part of a run's config. What a question does not need is not imported: a command
that opens no warehouse does not wait for Ibis. Not here: what settings mean to a capability (options.py).
"""

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import Missing, SourceMap
from wfm_pipeline.errors import DataError, SettingsError, WarehouseError, WfmError
from wfm_pipeline.resources.options import personal_readers_mode, readers_mode, readers_of
from wfm_pipeline.settings import Settings

if TYPE_CHECKING:
    from wfm_pipeline.resources.site_sources import Places
    from wfm_pipeline.sources.reader import SourceReader
    from wfm_pipeline.warehouse.engines.engine import Warehouse
    from wfm_pipeline.warehouse.engines.entry import Engine
    from wfm_pipeline.warehouse.gold_reader import GoldReader
    from wfm_pipeline.warehouse.models.training_shelf import TrainingShelf
    from wfm_pipeline.warehouse.ops.store import OpsStore
    from wfm_pipeline.warehouse.ops.writing import Say
    from wfm_pipeline.warehouse.readers.publication import Publication


_LOG = logging.getLogger(__name__)

SAMPLE_PLANNING_FOLDER = Path(__file__).parents[2] / "data" / "seeds" / "allocation"
"""Planners' tables that belong to the sample contact centre."""


@dataclass(frozen=True)
class House:
    """Everything an asset needs from outside.

    Attributes:
        settings: The checked settings.
    """

    settings: Settings

    @cached_property
    def _places(self) -> "Places":
        from wfm_pipeline.resources.site_sources import find_places

        return find_places(self.settings)

    @property
    def source_map(self) -> SourceMap:
        """The chosen source's map, or that of several sources that are one site, with the site as the settings change it."""
        return self._places.source_map

    @property
    def read_parts(self) -> tuple[SourceMap, ...]:
        """The parts of the source map that a run reads: all that are in use, or the one that was chosen."""
        return self._places.read_parts

    @property
    def site(self) -> Site:
        """The site whose calls these are."""
        return self.source_map.site

    @property
    def parts_in_use(self) -> frozenset[str]:
        """Names of the parts that are in use: all but those that have ended."""
        return self._places.in_use

    @property
    def needs_odbc(self) -> bool:
        """Whether a source's URL names ODBC."""
        return any("+pyodbc" in (url or "").split("://", 1)[0] for url in self._places.known_urls())

    def check(self) -> None:
        """Refuse settings that cannot work before anything is opened.

        Raises:
            SettingsError: the source map, the site or the warehouse's URL is wrong.
        """
        self.site.hours_by_weekday()
        from wfm_pipeline.warehouse.engines.registry import engine_of

        engine_of(self.warehouse_url, self.settings.home)

    def check_has(self, what: Missing) -> None:
        """Refuse work on what the source does not have.

        Raises:
            DataError: the source lacks it.
        """
        if reason := self.source_map.lacks.get(what):
            raise DataError(f"{reason}; `wfm run` says what is made of it", source=self.source_map.name)

    @property
    def warehouse_url(self) -> str:
        """URL of the warehouse, with its password: never print it."""
        return self.settings.warehouse_url.get_secret_value()

    @property
    def engine(self) -> "Engine":
        """The database that the warehouse is in; nothing is opened.

        Raises:
            SettingsError: no engine goes by the URL.
        """
        from wfm_pipeline.warehouse.engines.registry import engine_of

        return engine_of(self.warehouse_url, self.settings.home)

    def open_warehouse(self) -> "Warehouse":
        """The warehouse, open for writing; use it in a `with`.

        Raises:
            WarehouseError: it cannot be opened, or this process was its writer and is it no more.
        """
        from wfm_pipeline.warehouse.kept import open_or_share
        from wfm_pipeline.warehouse.ops.writing import check_still_writer

        check_still_writer(self.warehouse_url, self.settings.home)
        return open_or_share(self.warehouse_url, self.settings.home)

    @contextmanager
    def writing(
        self, *, owner: str, run_id: str | None = None, say: "Say" = _LOG.warning, is_upgrade: bool = False
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
        from wfm_pipeline.warehouse.engines.staging import drop_leftovers
        from wfm_pipeline.warehouse.kept import kept_open
        from wfm_pipeline.warehouse.migrations.upgrade import bring_up_to_date
        from wfm_pipeline.warehouse.ops.writing import utc_now, writing
        from wfm_pipeline.warehouse.readers.privacy import close_home

        url, home = self.warehouse_url, self.settings.home
        wait_seconds = self.settings.writer_wait_seconds
        with (
            writing(url, home, owner=owner, run_id=run_id, wait_seconds=wait_seconds, on_wait=say) as is_first,
            kept_open(url, home),
        ):
            if is_first:
                close_home(home, url, *self.readers_modes)
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
        from wfm_pipeline.warehouse.engines.opening import open_warehouse
        from wfm_pipeline.warehouse.migrations.upgrade import pending_changes
        from wfm_pipeline.warehouse.ops.opening import open_ops
        from wfm_pipeline.warehouse.ops.writing import utc_now

        with open_warehouse(self.warehouse_url, self.settings.home, is_read_only=True) as warehouse:
            changes = [change.what for change in pending_changes(warehouse, now=utc_now())]
        with open_ops(self.warehouse_url, self.settings.home, is_made=False) as store:
            return changes + store.pending()

    def open_ops(self) -> "OpsStore":
        """The ops store beside the warehouse; use it in a `with`."""
        from wfm_pipeline.warehouse.ops.opening import open_ops

        return open_ops(self.warehouse_url, self.settings.home)

    def open_source(self, part: SourceMap | None = None) -> "SourceReader":
        """A reader of a source; use it in a `with`.

        Args:
            part: One of the source map's parts; None where there is one only.

        Raises:
            SettingsError: nothing says where the source is.
        """
        from wfm_pipeline.sources.absent import lenient
        from wfm_pipeline.sources.opening import open_reader

        of = part or self.source_map
        reader = open_reader(
            self._places.url_of(of),
            time_zone=self.site.time_zone if of.times_are == "utc" else None,
            chunk_rows=self.settings.chunk_rows,
            attempts=self.settings.retry_attempts,
            files=of.files,
            events=of.events,
            updates=of.updates,
        )
        return lenient(reader, of.tables)

    def open_gold(self) -> "GoldReader":
        """The readers' side of gold."""
        from wfm_pipeline.warehouse.gold_reader import GoldReader

        return GoldReader.open(self.warehouse_url, self.settings.home)

    @property
    def readers_modes(self) -> tuple[int, int | None]:
        """Modes of the folders with the analysts' copy and with the one that shows persons."""
        return readers_mode(self.settings), personal_readers_mode(self.settings)

    def publish(self) -> "Publication":
        """Renew the analysts' views and the readers' copies of gold, whole."""
        from wfm_pipeline.warehouse.readers.publish import publish

        with self.writing(owner="publish"), self.open_warehouse() as warehouse:
            return publish(warehouse, readers=readers_of(self.settings))

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
    def training_shelf(self) -> "TrainingShelf":
        """Where training groups' requests and forecasts lie; every run must see this folder."""
        from wfm_pipeline.warehouse.models.training_shelf import TrainingShelf

        return TrainingShelf(self.settings.home / "models" / self.source_map.name / "training")

    @property
    def planning_folder(self) -> Path:
        """Folder of the planners' CSV tables."""
        return self.settings.planning_folder or SAMPLE_PLANNING_FOLDER

    def planners_file(self, name: str) -> Path | None:
        """A planners' table, CSV or a workbook, or None where the folder has none of that name.

        Raises:
            SettingsError: it has both.
        """
        both = [self.planning_folder / f"{name}{suffix}" for suffix in (".csv", ".xlsx")]
        there = [path for path in both if path.is_file()]
        if there == both:
            raise SettingsError(f"{self.planning_folder} holds {name}.csv and {name}.xlsx: move one away", got=name)
        return there[0] if there else None

    def title(self, text: str) -> str:
        """A title that names the source, and says so where its data are simulated."""
        label = f"{text} ({self.source_map.name})"
        try:
            return f"SIMULATED DATA: {label}" if self.is_simulated else label
        except WfmError:
            return f"{label}, source never read"

    @cached_property
    def is_simulated(self) -> bool:
        """True where a source says of itself that its data are made; while it cannot be asked, what it said last.

        Raises:
            SourceError: none of the sources can be asked, or was ever read.
        """
        said, faults = list[bool](), list[WfmError]()
        for part in self.source_map.parts:
            try:
                said.append(self.is_part_simulated(part))
            except WfmError as error:
                faults.append(error)
        if not said:
            raise faults[0]
        return any(said)

    def is_part_simulated(self, part: SourceMap) -> bool:
        """The same of one part of the source map.

        Raises:
            SourceError: it cannot be asked, and was never read.
        """
        from wfm_pipeline.sources.sample import SAMPLE_INFO_TABLE
        from wfm_pipeline.warehouse.source_card import noted_simulated

        if part.is_simulated:
            return True
        try:
            with self.open_source(part) as reader:
                return SAMPLE_INFO_TABLE in reader.tables()
        except WfmError:
            with self.open_warehouse() as warehouse:
                noted = noted_simulated(warehouse, part.name)
            if noted is None:
                raise
            return noted

    def in_source(self) -> dict[str, str]:
        """The condition that every row of gold and of the intervals meets; a site goes by its first source."""
        return {"source": self.source_map.name}
