"""An engine's entry in the registry: all that is chosen by a warehouse's URL, whether or not anything is open.

Not here: what an open warehouse can do (engine.py), and which engines there are (registry.py).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from wfm_pipeline.urls import DatabaseUrl
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.ops.locks import OwnerLock
from wfm_pipeline.warehouse.ops.store import OpsStore

URL_OF_WAREHOUSE: Final = "warehouse_url (WFM_WAREHOUSE_URL)"
"""What messages call the URL."""


@dataclass(frozen=True, slots=True)
class Driver:
    """A package that only one engine needs.

    Attributes:
        title: What people call it.
        module: Its name in Python.
        install: Command that brings it.
    """

    title: str
    module: str
    install: str


class Engine(ABC):
    """The database that a warehouse's URL names; nothing of it is open.

    Attributes:
        name: What the kind of database is called on the screen.
        schemes: Schemes of its URLs.
        forms: Its URLs as messages show them.
        driver: The package it needs besides; None where there is none.
        is_kept_open: True where a writer keeps one connection for all its steps, as opening costs much; False where a
            server may end a connection that waits.
    """

    name: ClassVar[str]
    schemes: ClassVar[tuple[str, ...]]
    forms: ClassVar[tuple[str, ...]]
    driver: ClassVar[Driver | None] = None
    is_kept_open: ClassVar[bool] = False

    def __init__(self, url: str, parsed: DatabaseUrl, home: Path) -> None:
        """Keep where it is.

        Args:
            url: The URL as somebody wrote it; it may hold a password: never print it.
            parsed: The same, understood.
            home: Folder that relative paths start from.

        Raises:
            SettingsError: a URL of its scheme that it cannot use; no secret is shown.
        """
        self.url, self.parsed, self.home = url, parsed, home

    @abstractmethod
    def open(self, *, is_read_only: bool = False) -> Warehouse:
        """Open the warehouse.

        Raises:
            WarehouseError: it cannot be opened; no secret is shown.
        """

    @abstractmethod
    def open_published(self, *, with_persons: bool = False) -> Warehouse:
        """Open the analysts' copy of gold, or the one with persons, read-only; all that is read is of one publish.

        Raises:
            WarehouseError: it cannot be opened, nothing has been published yet, or no copy with persons is made.
        """

    @property
    @abstractmethod
    def readers_place(self) -> Path | str:
        """Where readers find the copy of gold: a file, or the place in words."""

    @property
    def personal_folder(self) -> Path | None:
        """Folder of the copy with persons, whether or not it is made; None where that is no file."""
        return None

    @property
    def file(self) -> Path | None:
        """File of the warehouse; None where it is none."""
        return None

    @abstractmethod
    def writer_lock(self) -> OwnerLock | None:
        """The lock of the one writer, not taken yet; None where no other process can come."""

    @abstractmethod
    def ops_store(self) -> OpsStore:
        """The ops store that belongs to the warehouse, as it stands.

        Raises:
            WarehouseError: its folder cannot be made.
        """
