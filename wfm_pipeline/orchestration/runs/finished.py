"""What the last main job that ended well stood on, so that a run with nothing new to do can say so and stop.

Everything that a run's tables come from is named in parts, each as a fingerprint: the source's rows, the
planners' tables, settings, map, program, the issue's first day, and who wrote the main job's tables last.
Only a run that ended well, readers' copy included, is written down; whatever differs is a reason to run.
"""

import datetime as dt
import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pandas as pd

from wfm_pipeline.contracts.bronze import FINISHED_RUNS
from wfm_pipeline.contracts.gold import PIPELINE_HEALTH
from wfm_pipeline.contracts.planning.planners_input import PLANNERS_INPUTS, SITE_INPUTS
from wfm_pipeline.domain.forecasting.planners.sheets import PLANNERS_FILES
from wfm_pipeline.resources import House
from wfm_pipeline.transforms.matches import MATCH_FILES
from wfm_pipeline.warehouse.content import content_hash
from wfm_pipeline.warehouse.day_checks import known_days, known_undated
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.scope import Scope, of_parts
from wfm_pipeline.warehouse.shelves.history import next_target
from wfm_pipeline.warehouse.source_states import unread_parts

_PACKAGE: Final = Path(__file__).parents[2]
_LIBRARIES: Final = ("duckdb", "holidays", "ibis-framework", "lightgbm", "numpy", "pandas", "scikit-learn")
"""Libraries whose next version may say something else of the same rows."""
_NO_MATTER: Final = frozenset(
    {
        "home", "source", "source_url", "warehouse_url", "dagster_postgres_url", "sources", "planning_folder",
        "first_date", "overlap_days", "check_days_per_night", "chunk_rows", "retry_attempts", "sample_months",
        "writer_wait_seconds", "training_executor", "training_executor_config", "source_url_file", "warehouse_url_file", "dagster_postgres_url_file",
    }
)  # fmt: skip
"""Settings that say where things are or how they are read: no table comes out otherwise for them."""
Parts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """The last main job that ended well.

    Attributes:
        run_id: The Dagster run.
        finished_at: When it ended, UTC.
        parts: What it stood on: part -> fingerprint.
    """

    run_id: str
    finished_at: dt.datetime
    parts: Parts


def given_parts(house: House) -> Parts:
    """Fingerprints of what a person gives; taken before a run, so that what changes meanwhile is news to the next."""
    files = {name: house.planners_file(name) for name in (*PLANNERS_FILES, *MATCH_FILES)}
    return {
        "settings": _digest(house.settings.model_dump(mode="json", exclude=_no_matter(house))),
        "source map": _digest(house.source_map),
        "planners' files": _digest({name: path.read_bytes().hex() if path else None for name, path in files.items()}),
        "program": _program(),
    }


def _no_matter(house: House) -> set[str]:
    """Settings that change no table, those of the alerts among them."""
    return {*_NO_MATTER, *(name for name in type(house.settings).model_fields if name.startswith("alert_"))}


def finished_run(house: House, warehouse: Warehouse) -> FinishedRun | None:
    """The last main job of the source that ended well; None where there was none."""
    if not warehouse.has(FINISHED_RUNS.full_name):
        return None
    rows = warehouse.frame(Scope(house.in_source()).filter(warehouse.table(FINISHED_RUNS.full_name)))
    if rows.empty:
        return None
    row = rows.iloc[0]
    return FinishedRun(row["run_id"], row["finished_at"].to_pydatetime(), json.loads(row["stood_on"]))


def news_since(house: House, finished: FinishedRun | None, given: Parts, *, as_of: dt.date | None) -> list[str]:
    """What a new run would find changed, in words; empty where it would make the same tables again.

    Args:
        house: The house.
        finished: The last main job that ended well.
        given: `given_parts` of now.
        as_of: First target day that is asked for; None for the next.
    """
    if finished is None:
        return ["no run has ended well yet"]
    with house.open_warehouse() as warehouse:
        now = {**given, **_stored_parts(house, warehouse, finished.run_id, as_of)}
    changed = [name for name in now if now[name] != finished.parts.get(name)]
    changed += ["training groups that are handed out"] if house.training_shelf.handed_out() else []
    return changed if house.is_published else [*changed, "readers' copy"]


def note_finished(house: House, run_id: str, given: Parts, *, as_of: dt.date | None) -> None:
    """Write down that a main job has ended well, with its readers' copy.

    Args:
        house: The house.
        run_id: The Dagster run.
        given: `given_parts` from before the run.
        as_of: First target day that was asked for.
    """
    with house.open_warehouse() as warehouse:
        parts = {**given, **_stored_parts(house, warehouse, run_id, as_of)}
        line = {
            **house.in_source(),
            "run_id": run_id,
            "finished_at": dt.datetime.now(dt.UTC).replace(tzinfo=None),
            "stood_on": json.dumps(parts),
        }
        warehouse.replace(FINISHED_RUNS, pd.DataFrame([line]), Scope(house.in_source()))


def forget_finished(house: House) -> None:
    """A main job begins: until it ends well, none has."""
    with house.open_warehouse() as warehouse:
        warehouse.create(FINISHED_RUNS)
        warehouse.delete(FINISHED_RUNS.full_name, Scope(house.in_source()))


def _stored_parts(house: House, warehouse: Warehouse, run_id: str, as_of: dt.date | None) -> Parts:
    """Fingerprints of what the warehouse holds."""
    return {
        "rows of the source": _digest(_rows_of_source(house, warehouse)),
        "planners' tables": _digest(_planners_rows(house, warehouse)),
        "first day of the issue": _first_day(house, warehouse, as_of),
        "tables of the main job": _digest(_made(house, warehouse, run_id)),
    }


def _first_day(house: House, warehouse: Warehouse, as_of: dt.date | None) -> str:
    """The first day that a run forecasts; none where the source has nothing to forecast."""
    if house.source_map.lacks.get("volumes"):
        return "none"
    return (as_of or next_target(warehouse, house.source_map)).isoformat()


def _rows_of_source(house: House, warehouse: Warehouse) -> list[Any]:
    """Which batch has read each date, not its digest: a digest that is worked out later changes no row."""
    tables = [(part, table) for part in house.source_map.parts for table in part.tables]
    days = [
        (part.name, table.name, str(date), day.rows, day.batch_id)
        for part, table in tables
        for date, day in known_days(warehouse, part, table).items()
    ]
    states = {name: str(state.stands_at) for name, state in unread_parts(warehouse, house.source_map).items()}
    return [days, [(part.name, table.name, known_undated(warehouse, part, table)) for part, table in tables], states]


def _planners_rows(house: House, warehouse: Warehouse) -> dict[str, str]:
    of_source = Scope(house.in_source())
    present = [table.full_name for table in PLANNERS_INPUTS if warehouse.has(table.full_name)]
    found = {name: content_hash(warehouse, name, scope=of_source) for name in present}
    of_site = [table.full_name for table in SITE_INPUTS if warehouse.has(table.full_name)]
    return {**found, **{name: content_hash(warehouse, name, scope=of_parts(house.source_map)) for name in of_site}}


def _made(house: House, warehouse: Warehouse, run_id: str) -> list[Any]:
    """For each table the run wrote: rows of the source now, and every run that has written it."""
    lines = warehouse.frame(Scope(house.in_source()).filter(warehouse.table(PIPELINE_HEALTH.full_name)))
    names = sorted(lines.loc[lines["run_id"] == run_id, "table_name"])
    return [
        (name, _count(house, warehouse, name), sorted(lines.loc[lines["table_name"] == name, "run_id"]))
        for name in names
    ]


def _count(house: House, warehouse: Warehouse, name: str) -> int | None:
    if not warehouse.has(name):
        return None
    return warehouse.count(name, of_parts(house.source_map) if "source" in warehouse.table(name).columns else None)


@cache
def _program() -> str:
    """Fingerprint of our own code, of the analysts' views and of the libraries that compute."""
    files = sorted([*_PACKAGE.rglob("*.py"), *_PACKAGE.rglob("*.toml"), *(_PACKAGE.parent / "sql").rglob("*.sql")])
    texts = {str(path.relative_to(_PACKAGE.parent)): path.read_bytes().hex() for path in files}
    return _digest([texts, platform.python_version(), {name: version(name) for name in _LIBRARIES}])


def _digest(value: object) -> str:
    return hashlib.md5(json.dumps(_plain(value), sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def _plain(value: Any) -> Any:
    """Dataclasses, mappings and sets as what JSON knows, in an order of their own and not of this process."""
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
