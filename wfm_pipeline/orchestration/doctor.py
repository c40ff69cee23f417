"""`wfm doctor`: is everything there that a run needs, and how is each thing mended?"""

import ctypes
import ctypes.util
import datetime as dt
import importlib
import importlib.metadata
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

import pandas as pd

from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.errors import WfmError
from wfm_pipeline.monitoring.alerts.overview import letters_words
from wfm_pipeline.orchestration.instance import health as dagster_health
from wfm_pipeline.resources import House
from wfm_pipeline.settings import Settings
from wfm_pipeline.urls import masked
from wfm_pipeline.warehouse.engines.copies.postgres_rights import ROLES_FILE
from wfm_pipeline.warehouse.engines.entry import Engine
from wfm_pipeline.warehouse.engines.registry import ENGINES, kind_of
from wfm_pipeline.warehouse.readers.privacy import privacy_words

_FREE_BYTES_NEEDED = 2 * 1024**3
"""Room for a warehouse, its published copy and a run's spill [bytes]."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer of the doctor: what was looked at, whether it is well, what was seen, how to mend it."""

    check: str
    is_ok: bool
    what: str
    mend: str = ""


def examine(settings: Settings, load_definitions: dagster_health.LoadDefinitions) -> list[Finding]:
    """Look at everything; nothing is changed and no secret is shown.

    Args:
        settings: The checked settings.
        load_definitions: Loads the Dagster location; it stands above this room.
    """
    house = House(settings)
    checks: list[tuple[str, Callable[[House], str], str]] = [
        ("home folder", _home, "make the folder writable, or set WFM_HOME"),
        (
            "privacy",
            _privacy,
            "the next run closes it; where the folder is another user's: chmod 0700, or set WFM_HOME",
        ),
        ("free disk", _disk, "free 2 GB, or set WFM_HOME to another disk"),
        ("LightGBM", _lightgbm, "apt-get install libgomp1 (or your system's GNU OpenMP)"),
        ("ODBC", _odbc, "apt-get install unixodbc, and your database's ODBC driver (odbc-mariadb)"),
        *_drivers(),
        ("source map", _source_map, "wfm init, then set source; maps are in wfm_pipeline/sources/maps"),
        ("time zone", _time_zone, "set time_zone to an IANA name; apt-get install tzdata"),
        *_found_sources(house),
        ("warehouse", _warehouse, "check WFM_WAREHOUSE_URL"),
        ("warehouse's role", _role, f"run {ROLES_FILE} (docs/how_to/database_roles.md) and log in as wfm_pipeline"),
        ("alerts", letters_words, "mend the channel, then `wfm alerts test`; `wfm alerts` shows what was given up"),
        (
            "Dagster's run storage",
            dagster_health.run_storage,
            "check WFM_DAGSTER_POSTGRES_URL, or move the damaged folder away: the next run makes a new one",
        ),
        (
            "Dagster's definitions",
            lambda _: dagster_health.definitions(load_definitions),
            "dagster definitions validate -w workspace.yaml says where",
        ),
        (
            "Dagster's daemon",
            dagster_health.daemon,
            "start dagster-daemon (docs/how_to/run_every_night.md), or switch schedules and sensors off",
        ),
    ]
    return [_ask(name, look, mend, house) for name, look, mend in checks]


def _found_sources(house: House) -> list[tuple[str, Callable[[House], str], str]]:
    """The checks of the sources; where the maps cannot be read, the source map's check says so."""
    try:
        return list(_sources(house))
    except WfmError:
        return []


def as_table(findings: list[Finding]) -> pd.DataFrame:
    """Findings as a table: check, ok, what was seen, and how to mend what is not well."""
    rows = [(f.check, "yes" if f.is_ok else "NO", f.what, "" if f.is_ok else f.mend) for f in findings]
    return pd.DataFrame(rows, columns=["check", "ok", "what", "mend"])


def _ask(name: str, look: Callable[[House], str], mend: str, house: House) -> Finding:
    try:
        return Finding(name, True, look(house))
    except (WfmError, OSError, ImportError) as error:
        return Finding(name, False, " ".join(masked(str(error)).split())[:160], mend)


def _home(house: House) -> str:
    home = house.settings.home
    home.mkdir(parents=True, exist_ok=True)
    probe = home / ".doctor"
    probe.touch()
    probe.unlink()
    return str(home)


def _privacy(house: House) -> str:
    return privacy_words(house.settings.home, house.warehouse_url, *house.readers_modes)


def _disk(house: House) -> str:
    free = shutil.disk_usage(house.settings.home).free
    if free < _FREE_BYTES_NEEDED:
        raise WfmError(f"{free / 1024**3:.1f} GB free")
    return f"{free / 1024**3:.0f} GB free"


def _lightgbm(_: House) -> str:
    """The library inside the package is loaded, which asks for the system's; importing the package takes two seconds."""
    package = importlib.metadata.distribution("lightgbm")
    library = next((file for file in package.files or [] if file.stem == "lib_lightgbm"), None)
    if library is None:
        importlib.import_module("lightgbm")
    else:
        ctypes.CDLL(str(library.locate()))
    return f"version {package.version}"


def _odbc(house: House) -> str:
    is_needed = house.needs_odbc
    if ctypes.util.find_library("odbc") is None:
        if is_needed:
            raise WfmError("the unixODBC library is missing, and the source URL needs it")
        return "not installed, and not needed by this source"
    drivers = importlib.import_module("pyodbc").drivers()
    return f"drivers: {', '.join(drivers) or 'none'}"


def _drivers() -> Iterator[tuple[str, Callable[[House], str], str]]:
    """A check for every engine that needs a package of its own."""
    for engine in ENGINES:
        if engine.driver is not None:
            yield engine.driver.title, partial(_driver, engine), engine.driver.install


def _driver(engine: type[Engine], house: House) -> str:
    if engine.driver is None or kind_of(house.warehouse_url) is not engine:
        return "not needed by this warehouse"
    return f"{engine.driver.module} {importlib.import_module(engine.driver.module).__version__}"


def _source_map(house: House) -> str:
    parts = house.source_map.parts
    return "; ".join(f"{part.name}: {', '.join(table.name for table in part.tables)}" for part in parts)


def _time_zone(house: House) -> str:
    now = dt.datetime.now(ZoneInfo(house.site.time_zone))
    return f"{house.site.time_zone}, now {now:%Y-%m-%d %H:%M %z}"


def _sources(house: House) -> Iterator[tuple[str, Callable[[House], str], str]]:
    """A check for every source that is in use; of a site that has several, each by its name."""
    for part in house.read_parts:
        name = f"source {part.name}" if house.source_map.members else "source"
        where = "url of its entry under [[sources]]" if house.source_map.members else "WFM_SOURCE_URL"
        yield name, partial(_source, part), f"check {where} and that the database answers; `wfm sample` makes one"


def _source(part: SourceMap, house: House) -> str:
    with house.open_source(part) as reader:
        for table_map in part.tables:
            reader.check(table_map)
        return f"answers; {len(reader.tables())} tables, all of the map's are there"


def _role(house: House) -> str:
    with house.open_warehouse() as warehouse:
        return warehouse.rights_words()


def _warehouse(house: House) -> str:
    with house.open_warehouse():
        return f"opens ({house.engine.name})"
