"""The table of loaders: what is read, and from which examples. A new loader is one line."""

import datetime as dt
import json
import os
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
from hypothesis.strategies import SearchStrategy
from pydantic import ValidationError

from wfm_pipeline.assets.forecasting.first_day import ForecastConfig
from wfm_pipeline.assets.forecasting.intraday import ReforecastConfig
from wfm_pipeline.assets.publication import PublicationConfig
from wfm_pipeline.calculators.allocation import AllocationRequest, answer_allocation
from wfm_pipeline.calculators.capacity import CapacityRequest, answer_capacity
from wfm_pipeline.calculators.staffing import staff_file
from wfm_pipeline.domain.allocation.tables.planners_files import FILES
from wfm_pipeline.domain.backlog.people.activities import activities_between
from wfm_pipeline.domain.backlog.people.sheets import ACTIVITY_FILES
from wfm_pipeline.domain.calendar import holiday_names, zone_segments
from wfm_pipeline.domain.forecasting.desk.panel import build_panel
from wfm_pipeline.domain.forecasting.judging.backtest import read_folds
from wfm_pipeline.domain.forecasting.judging.external_peers import checked_predictions
from wfm_pipeline.domain.forecasting.planners.sheets import PLANNERS_FILES
from wfm_pipeline.domain.planners_tables import read_rows
from wfm_pipeline.domain.simulation.floor.draws import draw_callers
from wfm_pipeline.domain.simulation.floor.sheets import QueueHabits, Tables, read_floor
from wfm_pipeline.domain.staffing.capacity.sheets import CAPACITY_FILES
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import forecast_options, silver_rules
from wfm_pipeline.settings import load_settings
from wfm_pipeline.sources.files.interval_file import read_interval_file, read_table_file
from wfm_pipeline.sources.files.planners_files import read_text_table
from wfm_pipeline.sources.maps import load_map
from wfm_pipeline.sources.opening import open_reader
from wfm_pipeline.transforms.matches import MATCH_FILES
from wfm_pipeline.warehouse.shelves.moments import local_time
from wfm_pipeline_tests.fuzz import configs, exports, planners, toml_files

_A_DAY = (pd.Timestamp("2026-03-28 23:00"), pd.Timestamp("2026-03-29 22:00"))
"""On which clocks change."""


@dataclass(frozen=True)
class Loader:
    """One way in.

    Attributes:
        name: What it is called at the command line.
        examples: Folders of files, as name -> bytes.
        load: Reads the folder.
    """

    name: str
    examples: SearchStrategy[dict[str, bytes]]
    load: Callable[[Path], object]


@contextmanager
def _environment(folder: Path):
    """Only the variables of the example, and its settings file."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("WFM_")]:
        del os.environ[name]
    file = folder / "environment.json"
    os.environ.update(json.loads(file.read_bytes()) if file.exists() else {})
    os.environ["WFM_HOME"] = str(folder)
    if (folder / "wfm.toml").exists():
        os.environ["WFM_CONFIG"] = str(folder / "wfm.toml")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _house(folder: Path) -> House:
    with _environment(folder):
        return House(load_settings(home=folder))


def _settings(folder: Path) -> None:
    house = _house(folder)
    _ = house.settings.url_of_source, house.site, silver_rules(house.settings), forecast_options(house.settings)
    house.check()


def _site(folder: Path) -> None:
    site = _house(folder).site
    holiday_names(site, dt.date(2025, 12, 1), dt.date(2026, 2, 1))
    zone_segments(site.time_zone, dt.date(2026, 3, 1), dt.date(2026, 4, 1))


def _export(folder: Path) -> None:
    table = load_map("telephony").tables[0]
    with open_reader(f"file://{folder}") as reader:
        reader.check(table)
        reader.day_counts(table)
        reader.changed_dates(table, dt.datetime(2026, 1, 5))
        for _ in reader.read(table):
            pass


def _intervals(folder: Path) -> None:
    build_panel(read_interval_file(_only(folder)), interval_minutes=30)


def _sheet(folder: Path) -> None:
    path = _only(folder)
    name, frame = path.stem, read_text_table(path)
    if name in PLANNERS_FILES:
        read_rows(PLANNERS_FILES[name], frame, source="telephony")
    elif name in FILES:
        read_rows(FILES[name], frame)
    elif name in CAPACITY_FILES:
        read_rows(CAPACITY_FILES[name], frame)
    elif name in MATCH_FILES:
        read_rows(MATCH_FILES[name], frame)
    elif name in ACTIVITY_FILES:
        rows, _ = read_rows(ACTIVITY_FILES[name], frame, source="telephony")
        if rows:
            activities_between(pd.DataFrame(rows), "Europe/Stockholm", *_A_DAY)
    else:
        raise AssertionError(name)


def _allocation(folder: Path) -> None:
    request = AllocationRequest(
        resources=folder / "resources.csv", demands=folder / "demands.csv", week="2025-W02",
        week_configuration=folder / "week_configuration.csv",
        tiers=folder / "capacity_tiers.csv", rules=folder / "locality_rules.csv", previous=folder / "previous.csv",
    )  # fmt: skip
    answer_allocation(_house(folder), request)


def _capacity(folder: Path) -> None:
    names = ("weeks", "headcount", "hiring_classes", "shrinkage")
    given = {name: folder / f"{name}.csv" for name in names}
    answer_capacity(_house(folder), CapacityRequest(**given, occupancy=0.85))


def _floor(folder: Path) -> None:
    frames = [read_text_table(folder / f"{name}.csv") for name in ("arrivals", "groups", "shifts", "queues")]
    floor, grid = read_floor(Tables(*frames), defaults=QueueHabits(aht_seconds=200.0))
    grid.labels()
    draw_callers(floor, seed=1)


def _run_config(folder: Path) -> None:
    given = json.loads((folder / "config.json").read_bytes())
    inputs = SimpleNamespace(first_target=dt.date(2026, 7, 1), first_date=dt.date(2025, 1, 1))
    try:
        forecast = ForecastConfig(as_of=given["as_of"], reissue=given["reissue"])
        at = ReforecastConfig(at=given["at"]).at
        PublicationConfig(everything=given["everything"])
    except ValidationError:
        return  # Dagster says it before a run begins
    forecast.first_day(inputs)
    local_time(at)


def _only(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


LOADERS = {
    loader.name: loader
    for loader in (
        Loader("maps", toml_files.maps, lambda folder: load_map(str(folder / "map.toml"))),
        Loader("settings", toml_files.settings, _settings),
        Loader("sites", configs.sites, _site),
        Loader("run_configs", configs.run_configs, _run_config),
        Loader("exports", exports.exports, _export),
        Loader("intervals", exports.intervals, _intervals),
        Loader("folds", exports.folds, lambda folder: read_folds(read_table_file(_only(folder)))),
        Loader(
            "predictions", exports.predictions, lambda folder: checked_predictions("p", read_table_file(_only(folder)))
        ),
        Loader("sheets", planners.sheets, _sheet),
        Loader("allocation", planners.allocation, _allocation),
        Loader("capacity", planners.weeks, _capacity),
        Loader("staff", planners.staff, lambda folder: staff_file(folder / "staff.csv")),
        Loader("floor", planners.floor, _floor),
    )
}
