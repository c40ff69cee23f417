"""Source maps: the TOML files beside this module, and how one is read and checked.

A map is strict: a key, canonical column or raw column nobody knows is refused with the file, the
key, what came and what is allowed. What a map may say: contracts/source/source_map.py and contracts/source/roles.py.
Not here: the rows (sources/rows).
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, get_args

from wfm_pipeline.contracts.bronze import RESERVED_NAMES
from wfm_pipeline.contracts.columns import DataType
from wfm_pipeline.contracts.source.patterns import pattern_fault
from wfm_pipeline.contracts.source.roles import CANONICAL_COLUMNS, REQUIRED_COLUMNS
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.contracts.source.source_map import (
    LEADING_ROLES,
    SAFE_NAME,
    Absent,
    ColumnMap,
    Events,
    Exclusion,
    Legs,
    Load,
    RawType,
    Role,
    SourceMap,
    TableMap,
    Unit,
)
from wfm_pipeline.errors import SettingsError, shown
from wfm_pipeline.machine import expanded
from wfm_pipeline.sources.files.event_logs import LOG_COLUMNS
from wfm_pipeline.sources.maps.backlog import read_backlog
from wfm_pipeline.sources.maps.door import Door
from wfm_pipeline.sources.maps.forms import check_form
from wfm_pipeline.sources.maps.updates import read_update_log
from wfm_pipeline.sources.rows.durations import duration_fault
from wfm_pipeline.sources.rows.moments import form_fault
from wfm_pipeline.toml_file import read_toml
from wfm_pipeline.units import sensible_date

MAP_FOLDER = Path(__file__).parent
RAW_TYPES = (*get_args(DataType), "time", "duration")
_KINDS = ("column", "join", "date", "constant", "present", "positive", "since")
_PAIRS = (("date", "time"), ("since", "until"))
_MOMENTS = ("date", "time", "timestamp")
_FILES = re.compile(r"[^/\\\x00-\x1f\x7f]{1,255}")
"""Pattern of names of files: of one folder, so without a slash."""
_SOURCE_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def known_maps() -> tuple[str, ...]:
    """Names of the maps that come with the package."""
    return tuple(sorted(path.stem for path in MAP_FOLDER.glob("*.toml")))


def load_map(name_or_path: str) -> SourceMap:
    """Read a source map.

    Args:
        name_or_path: Name of a map that comes with the package, or the path of a TOML file.

    Raises:
        SettingsError: there is no such map, or it is not a map; the message names file, key,
            what came and what is allowed.
    """
    path = _path_of(name_or_path)
    return _source_map(Door(path.name, "", read_toml(path)))


def _path_of(name_or_path: str) -> Path:
    if name_or_path.endswith(".toml"):
        path = expanded(Path(name_or_path))
        if path.is_file():
            return path
    elif name_or_path in known_maps():
        return MAP_FOLDER / f"{name_or_path}.toml"
    raise SettingsError(
        f"source must be one of {', '.join(known_maps())} or the path of a .toml file, got {shown(name_or_path)}",
        got=name_or_path,
    )


def _source_map(door: Door) -> SourceMap:
    door.only({field.name for field in fields(SourceMap)} - {"members"})
    tables = door.inner("tables")
    table_maps = tuple(_table_map(tables.inner(name), name) for name in tables.values)
    found = SourceMap(
        name=door.text("name", pattern=_SOURCE_NAME),
        title=door.text("title"),
        site=_site(door.inner("site", is_required=False)),
        tables=table_maps,
        is_simulated=door.flag("is_simulated", default=False),
        times_are=door.choice("times_are", ("local", "utc"), default="local"),
        caller_is=door.choice("caller_is", ("number", "customer"), default="number"),
        country_calling_code=door.text("country_calling_code", default=""),
        first_date=door.date("first_date") if "first_date" in door.values else None,
        backlog=read_backlog(door.inner("backlog", is_required=False), table_maps),
    )
    lowered = [name.lower() for name in tables.values]
    if len(set(lowered)) < len(lowered):
        door.refuse("tables", sorted(tables.values), "names that differ in more than upper and lower case")
    roles = [table.role for table in found.tables]
    if not set(roles) & set(LEADING_ROLES) or len(set(roles)) < len(roles):
        door.refuse("tables", roles, f"each role at most once, and one table with role {' or '.join(LEADING_ROLES)}")
    if {"call_legs", "intervals"} <= set(roles):
        door.refuse("tables", roles, "call_legs or intervals: intervals are made from call_legs where there are any")
    if found.leading.is_optional:
        door.refuse(
            f"tables.{found.leading.name}.is_optional", got=True, allowed="false: the source is led by this table"
        )
    return found


def _site(door: Door) -> Site:
    door.only({field.name for field in fields(Site)})
    defaults = {field.name: field.default for field in fields(Site) if field.default is not MISSING}
    given: dict[str, Any] = {}
    for key in door.values:
        if key == "weekend":
            given[key] = door.texts(key)
        elif key == "opening_hours":
            given[key] = door.words(key)
        elif key == "extra_holidays":
            given[key] = {_date(door, day): name for day, name in door.words(key).items()}
        elif key == "interval_minutes":
            given[key] = door.whole_number(key)
        elif isinstance(defaults[key], bool):
            given[key] = door.flag(key)
        else:
            given[key] = door.text(key)
    try:
        return Site(**given)
    except SettingsError as error:
        raise SettingsError(f"{door.where('')}: {error}", **error.facts) from error


def _date(door: Door, text: str) -> dt.date:
    try:
        return sensible_date(dt.date.fromisoformat(text))
    except ValueError:
        door.refuse("extra_holidays", text, "dates such as 2026-12-24")


def _table_map(door: Door, name: str) -> TableMap:
    door.only({field.name for field in fields(TableMap)} - {"name", "formats"})
    if not SAFE_NAME.fullmatch(name):
        door.refuse("", name, "a table name of 1 to 63 signs, none of them a control character")
    role: Role = door.choice("role", tuple(CANONICAL_COLUMNS))
    load: Load = door.choice("load", ("incremental", "full"))
    types, formats = _types(door.inner("types"))
    _check_raw_names(door, types)
    table = TableMap(
        name=name,
        role=role,
        load=load,
        key=door.texts("key"),
        types=types,
        formats=formats,
        columns=_columns(door.inner("columns"), role, types),
        optional=frozenset(door.texts("optional", default=())),
        business_date=door.text("business_date", default="") or None,
        changed_at=door.text("changed_at", default="") or None,
        exclude=tuple(_exclusion(entry, types) for entry in door.entries("exclude")),
        legs=_legs(door, role),
        files=_files(door),
        absent=_absent(door, role),
        events=_events(door, types),
        updates=read_update_log(door, role),
        is_optional=door.flag("is_optional", default=False),
    )
    _check_table(door, table)
    return table


def _legs(door: Door, role: Role) -> Legs:
    if "legs" in door.values and role != "call_legs":
        door.refuse("legs", door.values["legs"], f"left out in a table with role {role}; it is a word of call_legs")
    found: Legs = door.choice("legs", get_args(Legs), default="in_turn")
    return found


def _absent(door: Door, role: Role) -> Absent:
    """Said in every table of intervals, for nothing in its rows tells it; and in no other."""
    if role != "intervals":
        if "absent" in door.values:
            door.refuse(
                "absent", door.values["absent"], f"left out in a table with role {role}; it is a word of intervals"
            )
        return "missing"
    given = door.inner("columns").values
    if not {"calls_offered", "calls_abandoned"} & set(given):
        door.refuse("columns", sorted(given), "calls_offered, or calls_abandoned beside calls_answered")
    found: Absent = door.choice("absent", get_args(Absent))
    return found


def _events(door: Door, types: Mapping[str, str]) -> Events | None:
    if "events" not in door.values:
        return None
    found: Events = door.choice("events", get_args(Events))
    if "files" not in door.values:
        door.refuse("files", None, "a pattern of names of files, where events says which log they are")
    columns = LOG_COLUMNS[found]
    if unknown := [name for name in types if name not in columns]:
        door.refuse("types", unknown[0], f"columns of {found}: {', '.join(columns)}")
    return found


def _files(door: Door) -> str | None:
    if "files" not in door.values:
        return None
    found = door.text("files")
    if not _FILES.fullmatch(found):
        door.refuse("files", found, "a pattern of names of files in the source's folder, such as calls-*.csv*")
    return found


def _types(door: Door) -> tuple[dict[str, RawType], dict[str, str]]:
    """Types of the raw columns, and the forms of those that state one: `Day = { type = "date", format = "%m/%d/%Y" }`."""
    types: dict[str, RawType] = {}
    formats: dict[str, str] = {}
    for name, value in door.values.items():
        if isinstance(value, dict):
            inner = door.inner(name)
            inner.only(("type", "format"))
            types[name] = inner.choice("type", RAW_TYPES)
            formats[name] = inner.text("format")
            if fault := _form_fault(formats[name], types[name]):
                inner.refuse("format", formats[name], fault)
        else:
            types[name] = door.choice(name, RAW_TYPES)
    return types, formats


def _form_fault(form: str, data_type: RawType) -> str | None:
    """What is wrong with how a column is said to be written; None where nothing is."""
    if data_type == "duration":
        return duration_fault(form)
    return form_fault(form, data_type) if data_type in _MOMENTS else "left out but for dates, times and durations"


def _check_raw_names(door: Door, types: Mapping[str, str]) -> None:
    for raw in types:
        if not SAFE_NAME.fullmatch(raw):
            door.refuse(
                f"types.{raw}",
                raw,
                "a column name of 1 to 63 signs, none of them a control character; a column without a name cannot be mapped",
            )
        if raw in RESERVED_NAMES:
            door.refuse(f"types.{raw}", raw, f"any name but {', '.join(sorted(RESERVED_NAMES))}")
    lowered = [raw.lower() for raw in types]
    if len(set(lowered)) < len(lowered):
        door.refuse("types", sorted(types), "names that differ in more than upper and lower case")


def _check_table(door: Door, table: TableMap) -> None:
    for key in ("key", "optional"):
        door.known(key, getattr(table, key), table.types)
    if not table.key:
        door.refuse("key", [], "at least one raw column")
    if table.load == "incremental" and not table.business_date:
        door.refuse("business_date", None, "a date or timestamp column, needed where load is incremental")
    for key, allowed in (("business_date", ("date", "timestamp")), ("changed_at", ("timestamp",))):
        raw = getattr(table, key)
        if raw is not None:
            door.known(key, (raw,), table.types)
            if table.types[raw] not in allowed:
                door.refuse(key, f"{raw} ({table.types[raw]})", f"a column of type {' or '.join(allowed)}")


def _columns(door: Door, role: Role, types: Mapping[str, str]) -> dict[str, ColumnMap]:
    allowed = CANONICAL_COLUMNS[role]
    door.only(set(allowed))
    missing = sorted(REQUIRED_COLUMNS[role] - set(door.values))
    if missing:
        door.refuse("", sorted(door.values), f"at least {', '.join(sorted(REQUIRED_COLUMNS[role]))} for role {role}")
    found = {name: _column_map(door, name, types) for name in door.values}
    for name, form in found.items():
        check_form(door, name, form, role, types)
    return found


def _column_map(columns: Door, name: str, types: Mapping[str, str]) -> ColumnMap:
    if isinstance(columns.values[name], str):
        found = ColumnMap(column=columns.text(name))
    else:
        found = _long_column_map(columns.inner(name))
    columns.known(name, found.raw_columns, types)
    return found


def _long_column_map(door: Door) -> ColumnMap:
    door.only({field.name for field in fields(ColumnMap)})
    kinds = [kind for kind in _KINDS if kind in door.values]
    is_half = any((one in door.values) != (other in door.values) for one, other in _PAIRS)
    if len(kinds) != 1 or is_half:
        allowed = "exactly one of column, join, date with time, constant, present, positive, since with until"
        door.refuse("", sorted(door.values), allowed)
    if ("starts" in door.values) != ("ends" in door.values):
        door.refuse("", sorted(door.values), "starts and ends together, or neither")
    given: dict[str, Any] = {}
    for key in door.values:
        if key in ("join", "nulls"):
            given[key] = door.texts(key)
        elif key == "words":
            given[key] = door.words(key)
        elif key == "unit":
            given[key] = door.choice(key, get_args(Unit))
        elif key == "maximum":
            given[key] = door.number(key)
        elif key.startswith("is_"):
            given[key] = door.flag(key)
        else:
            given[key] = door.text(key)
    if "unusable" in given:
        _check_pattern(door, given["unusable"])
    return ColumnMap(**given)


def _check_pattern(door: Door, pattern: str) -> None:
    if fault := pattern_fault(pattern, is_for_sql=True):
        door.refuse("unusable", pattern, f"a regular expression ({fault})")


def _exclusion(door: Door, types: Mapping[str, str]) -> Exclusion:
    door.only({field.name for field in fields(Exclusion)})
    found = Exclusion(rule=door.text("rule"), column=door.text("column"), values=door.texts("values"))
    door.known("column", (found.column,), types)
    if not found.rule.startswith("excluded_"):
        door.refuse("rule", found.rule, "a name that begins with excluded_")
    return found
