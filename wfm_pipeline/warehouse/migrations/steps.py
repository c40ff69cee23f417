"""The numbered steps, oldest first. A new one goes to the end, with the next number, and never changes again.

A nullable column needs no step: upgrade.py adds it. A step is for everything else. It must do no harm
where it was done before, may rely on nothing but the tables as the version before left them, and never
drops issued forecasts, overrides, planners' versions or ledgers: what it replaces it carries over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import ibis
import pandas as pd

from wfm_pipeline.contracts.bronze import DAY_LEDGER, PENDING_DAYS, TABLE_LEDGER
from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.planning.assignment_versions import ARCHIVE_OF, ASSIGNMENT_VERSION
from wfm_pipeline.contracts.source.stored_names import bronze_table_name
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.schemas import to_contract
from wfm_pipeline.warehouse.engines.scope import Scope


@dataclass(frozen=True, slots=True)
class Step:
    """One change that is more than a new nullable column.

    Attributes:
        number: Its place in the order.
        title: What it does, in the user's words.
        find: What it would change in a warehouse, in words; nothing where there is nothing to do.
        apply: Does it, inside a transaction.
        is_automatic: Also done by the next run; False waits for `wfm upgrade`, for what takes long or needs a backup first.
    """

    number: int
    title: str
    find: Callable[[Warehouse], list[str]]
    apply: Callable[[Warehouse], None]
    is_automatic: bool = True


def _repeated_dates(warehouse: Warehouse) -> list[str]:
    if not warehouse.has(DAY_LEDGER.full_name):
        return []
    ledger = warehouse.table(DAY_LEDGER.full_name)
    distinct = ledger.select(*DAY_LEDGER.key).distinct()
    repeated = warehouse.count(DAY_LEDGER.full_name) - warehouse.count(distinct)
    return [f"{repeated} repeated rows of {DAY_LEDGER.full_name}"] if repeated else []


def _keep_dates_once(warehouse: Warehouse) -> None:
    """Two loads at once could leave a date twice; the one that was read last holds."""
    if not _repeated_dates(warehouse):
        return
    rows = warehouse.frame(warehouse.table(DAY_LEDGER.full_name)).sort_values("batch_id")
    kept = rows.drop_duplicates(list(DAY_LEDGER.key), keep="last")
    warehouse.delete(DAY_LEDGER.full_name, Scope())
    warehouse.append_arrow(DAY_LEDGER.full_name, to_contract(DAY_LEDGER, kept))


def _long_names(warehouse: Warehouse) -> list[tuple[str, str]]:
    """Tables of bronze that are called otherwise now: former name, name."""
    if not warehouse.has(TABLE_LEDGER.full_name):
        return []
    ledger = warehouse.frame(warehouse.table(TABLE_LEDGER.full_name).select("source", "table_name"))
    names = [
        (f"{source}__{table}", bronze_table_name(source, table)) for source, table in ledger.itertuples(index=False)
    ]
    present = set(warehouse.base_tables("bronze"))
    return [(former, name) for former, name in names if former != name and former in present and name not in present]


def _shorten_names(warehouse: Warehouse) -> None:
    """Names over PostgreSQL's 63 bytes, and those that two tables could have, end in a hash."""
    for former, name in _long_names(warehouse):
        warehouse.rename(f"bronze.{former}", name)


_INTERVALS: Final = "silver.queue_intervals"
_OF_CALLS: Final = ("silver.calls", _INTERVALS)


def _dates_not_noted(warehouse: Warehouse, silver_table: str) -> pd.DataFrame:
    """Dates of a silver table that the to-do list of silver does not hold yet: rows of `PENDING_DAYS`."""
    if not warehouse.has(silver_table):
        return pd.DataFrame(columns=list(PENDING_DAYS.column_names))
    dates = warehouse.table(silver_table).select("source", "business_date").distinct()
    if warehouse.has(PENDING_DAYS.full_name):
        noted = warehouse.table(PENDING_DAYS.full_name)
        dates = dates.anti_join(noted.filter(noted["silver_table"] == silver_table), ["source", "business_date"])
    return warehouse.frame(dates.mutate(silver_table=ibis.literal(silver_table)).select(*PENDING_DAYS.column_names))


def _dates_to_make_again(warehouse: Warehouse, silver_table: str) -> list[str]:
    dates = len(_dates_not_noted(warehouse, silver_table))
    return [f"{dates} dates of {silver_table} are made again by the next run"] if dates else []


def _make_again(warehouse: Warehouse, silver_table: str) -> None:
    """Silver comes from bronze: its dates go on the to-do list, and the next run makes them by today's rules."""
    dates = _dates_not_noted(warehouse, silver_table)
    warehouse.create(PENDING_DAYS)
    warehouse.append_arrow(PENDING_DAYS.full_name, to_contract(PENDING_DAYS, dates))


def _make_calls_again(warehouse: Warehouse) -> None:
    for table in _OF_CALLS:
        _make_again(warehouse, table)


_HASH_VERSION: Final = "_hash_version"


def _without_hash_version(warehouse: Warehouse) -> list[str]:
    """Tables of raw rows whose hashes do not say by which rule they were made."""
    stored = warehouse.stored_columns(("bronze",))
    return sorted(name for name, names in stored.items() if "_row_hash" in names and _HASH_VERSION not in names)


def _add_hash_version(warehouse: Warehouse) -> None:
    """Null stands for the first rule; the next reading of a table hashes its rows again."""
    for name in _without_hash_version(warehouse):
        warehouse.add_column(name, _HASH_VERSION, "int64")


_WEEK: Final = ("iso_year", "iso_week")
_QUALITY: Final = "gold.allocation_quality"


def _weeks_without_version(warehouse: Warehouse) -> pd.DataFrame:
    """Weeks with an assignment of which no version is kept: year, week, strategy and run of it."""
    if not warehouse.has(_QUALITY):
        return pd.DataFrame(columns=[*_WEEK, "strategy", "run_id"])
    quality = warehouse.table(_QUALITY)
    rows = warehouse.frame(quality.filter(quality.is_chosen).select(*_WEEK, "strategy", "run_id"))
    if not warehouse.has(ASSIGNMENT_VERSION.full_name):
        return rows
    kept = warehouse.frame(warehouse.table(ASSIGNMENT_VERSION.full_name).select(*_WEEK))
    return rows[~pd.MultiIndex.from_frame(rows[[*_WEEK]]).isin(pd.MultiIndex.from_frame(kept))]


def _found_without_version(warehouse: Warehouse) -> list[str]:
    weeks = len(_weeks_without_version(warehouse))
    return [f"the assignments of {weeks} weeks become version 1"] if weeks else []


def _keep_first_versions(warehouse: Warehouse) -> None:
    """What stands in the tables of a week is its first version, of which nobody kept when and from what it was made."""
    weeks = _weeks_without_version(warehouse)
    if weeks.empty:
        return
    wanted = pd.MultiIndex.from_frame(weeks[[*_WEEK]])
    for table, archive in ARCHIVE_OF.items():
        rows = warehouse.frame(warehouse.table(table.full_name))
        rows = rows[pd.MultiIndex.from_frame(rows[[*_WEEK]]).isin(wanted)].assign(version=1)
        _append(warehouse, archive, rows)
    lines = weeks.assign(version=1, reason="before versions were kept", is_current=True)
    _append(warehouse, ASSIGNMENT_VERSION, lines)


def _append(warehouse: Warehouse, table: Table, rows: pd.DataFrame) -> None:
    missing = {name: None for name in table.column_names if name not in rows.columns}
    warehouse.create(table)
    warehouse.append_arrow(table.full_name, to_contract(table, rows.assign(**missing)))


STEPS: Final[tuple[Step, ...]] = (
    Step(1, "every date stands once in the ledger of what was read", _repeated_dates, _keep_dates_once),
    Step(
        2,
        "long names of bronze tables end in a hash, the same on every engine",
        lambda warehouse: [f"bronze.{former} becomes bronze.{name}" for former, name in _long_names(warehouse)],
        _shorten_names,
    ),
    Step(
        3,
        "intervals count the calls whose handle time and wait are known",
        lambda warehouse: _dates_to_make_again(warehouse, _INTERVALS),
        lambda warehouse: _make_again(warehouse, _INTERVALS),
    ),
    Step(
        4,
        "a survey or voicemail after the talk no longer undoes an answer, and is no handling",
        lambda warehouse: [words for table in _OF_CALLS for words in _dates_to_make_again(warehouse, table)],
        _make_calls_again,
    ),
    Step(
        5,
        "hashes of rows name the version of their rule",
        lambda warehouse: [
            f"rows of {name} are hashed again by the next reading" for name in _without_hash_version(warehouse)
        ],
        _add_hash_version,
    ),
    Step(
        6,
        "the assignment of each week is its first version, and later ones stand beside it",
        _found_without_version,
        _keep_first_versions,
    ),
    Step(
        7,
        "tables that grow may be kept by months, which an older wfm would not find",
        lambda warehouse: [],  # noqa: ARG005  (the number alone keeps older versions out)
        lambda warehouse: None,  # noqa: ARG005
    ),
)
