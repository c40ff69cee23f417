"""How PostgreSQL keeps a table that grows: months the writer makes as it needs them, and the contract's indices.

A month is a partition in schema `wfm_months`, so that a layer's own list of tables stays what it was. One more takes
the rows that have no date or an odd one. A month is joined to its table (`attach`), which readers do not wait for.
The planner is told of a table's size: `analyze` of a whole one looks at each of its months, so its price would grow with
the years behind them; here months are counted that have changed. Not here: which tables are kept so (contracts), and
the readers' copy, which has no months (warehouse/engines/copies).
"""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from wfm_pipeline.contracts.layout import Index, Layout
from wfm_pipeline.contracts.source.stored_names import LONGEST_NAME_BYTES
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.engines.copies.postgres_rights import MONTHS, make_schema
from wfm_pipeline.warehouse.engines.copies.shown import VIEW_FILES, quoted

_FIRST, _END = dt.date(1990, 1, 1), dt.date(2100, 1, 1)
"""Months are made for dates in [first, end): 1900 and 9999 are what sources write for a date they do not know."""
_MOST_MONTHS: Final = 240
"""Months a table has at most, twenty years: a statement locks each of them and of their indices, and the server has
64 such locks a connection (max_locks_per_transaction); rows of further months stay with those without a date."""
_REST: Final = "other"
_OURS: Final = "wfm_"
"""How names of indices begin that were made here."""
_MUCH: Final = 0.1
"""Share of a table's pages from which it is another one to the planner, as the server's own daemon has it."""
_A_DAY: Final = 0.02
"""The same of a month: one more day of it is counted, or its date is unknown to the planner."""
_TARGET: Final = 25
"""Rows looked at are 300 times this, a quarter of the server's own number: there is a sample of each month."""
_LONGEST_STEM_BYTES: Final = LONGEST_NAME_BYTES - len("_2026_01")


def make_table(con: Any, name: str, columns: Sequence[tuple[str, str]], months_by: str) -> None:
    """Make a table that is kept by months and has none yet.

    Args:
        con: A psycopg connection, inside a transaction.
        name: The table, `layer.table`.
        columns: Names and types of its columns, in order.
        months_by: The date or instant among them.
    """
    words = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns)
    con.execute(f"create table {_whole(name)} ({words}) partition by range ({quoted(months_by)})")
    _wait_for_turn(con)
    make_schema(con, MONTHS)
    con.execute(f"create table {_part(name, _REST)} partition of {_whole(name)} default")


def column_of_months(con: Any, name: str) -> str | None:
    """The column by whose months a table is kept; None for a plain one, or none."""
    found = con.execute(
        "select a.attname from pg_partitioned_table as p inner join pg_attribute as a "
        "on a.attrelid = p.partrelid and a.attnum = p.partattrs[0] where p.partrelid = to_regclass(%s)",
        [_whole(name)],
    ).fetchone()
    return str(found[0]) if found else None


def parts_of(con: Any, name: str) -> list[str]:
    """Names of a table's partitions, in order; none for a plain one."""
    query = (
        "select c.relname from pg_inherits as i inner join pg_class as c on c.oid = i.inhrelid "
        "where i.inhparent = to_regclass(%s) order by 1"
    )
    return [str(row[0]) for row in con.execute(query, [_whole(name)]).fetchall()]


def months_of(dates: Dates) -> set[dt.date]:
    """First days of the months in which some dates lie, of those that may have a partition."""
    found: set[dt.date] = set()
    for days in dates.stretches:
        month = max(days.first, _FIRST).replace(day=1)
        while month <= min(days.last, _END - dt.timedelta(days=1)):
            found.add(month)
            month = _next(month)
    return found


def make_months(con: Any, name: str, months: Iterable[dt.date]) -> None:
    """Make the partitions of some months, as far as they are not there; inside a transaction.

    Rows of those months that stand in the partition of the rest move.
    """
    wanted = sorted(months)
    if not _missing(con, name, wanted):
        return
    _wait_for_turn(con)
    for month in _missing(con, name, wanted):
        _make_month(con, name, month)


def _missing(con: Any, name: str, months: Sequence[dt.date]) -> list[dt.date]:
    """Those of some months that have no partition and shall get one."""
    parts = set(parts_of(con, name))
    new = [month for month in months if _part_name(name, f"{month:%Y_%m}") not in parts]
    return new[: 1 + _MOST_MONTHS - len(parts)]


def _wait_for_turn(con: Any) -> None:
    """Two transactions never make the same month: the second one finds what the first has made."""
    con.execute("select pg_advisory_xact_lock(hashtext(%s))", [MONTHS])


def settle(con: Any, name: str) -> None:
    """Give rows that stand in the partition of the rest their month; inside the transaction that brought them."""
    column = column_of_months(con, name)
    if column is None:
        return
    month = f"date_trunc('month', {quoted(column)}::timestamp)::date"
    query = f"select distinct {month} from {_part(name, _REST)} where {quoted(column)} >= %s and {quoted(column)} < %s"
    make_months(con, name, [row[0] for row in con.execute(query, [_FIRST, _END]).fetchall()])


def _make_month(con: Any, name: str, month: dt.date) -> None:
    part, rest, column = _part(name, f"{month:%Y_%m}"), _part(name, _REST), column_of_months(con, name)
    assert column
    low, high = f"'{month}'", f"'{_next(month)}'"
    con.execute(f"create table {part} (like {_whole(name)})")
    con.execute(
        f"with moved as (delete from {rest} where {quoted(column)} >= {low} and {quoted(column)} < {high} returning *) "
        f"insert into {part} select * from moved"
    )
    con.execute(f"alter table {_whole(name)} attach partition {part} for values from ({low}) to ({high})")


def rename_months(con: Any, name: str, new: str) -> None:
    """Let a table's partitions follow it to another name in its layer, before it gets that; inside a transaction."""
    layer = name.split(".", 1)[0]
    for part in parts_of(con, name):
        word = part.removeprefix(_part_name(name, ""))
        con.execute(f"alter table {MONTHS}.{quoted(part)} rename to {quoted(_part_name(f'{layer}.{new}', word))}")


def lacking(con: Any, name: str, layout: Layout) -> list[str]:
    """What a table that is there lacks of its layout, in words; nothing where there is no such table."""
    if con.execute("select to_regclass(%s)", [_whole(name)]).fetchone()[0] is None:
        return []
    found = []
    if layout.months_by and column_of_months(con, name) is None:
        found.append(f"{name} is kept by months of {layout.months_by}")
    stored = _indices(con, name)
    found += [f"{name} gets an index on {', '.join(one.columns)}" for one in layout.indices if _mark(one) not in stored]
    return found


def make_indices(con: Any, name: str, indices: Collection[Index]) -> None:
    """Make the indices that a table lacks, and drop those of ours that its contract names no more."""
    wanted = {_mark(index): index for index in indices}
    stored = _indices(con, name)
    schema = name.split(".", 1)[0]
    for mark in sorted(stored.keys() - wanted.keys()):
        con.execute(f"drop index {quoted(schema)}.{quoted(stored[mark])}")
    for mark in sorted(wanted.keys() - stored.keys()):
        number = con.execute("select to_regclass(%s)::oid", [_whole(name)]).fetchone()[0]  # it outlasts another name
        columns = ", ".join(map(quoted, wanted[mark].columns))
        con.execute(f"create index {quoted(f'{_OURS}{number}_{mark}')} on {_whole(name)} ({columns})")


def lay_out(con: Any, name: str, layout: Layout) -> None:
    """Give a table that is there the months and indices it lacks; inside a transaction.

    Our views on a table of gold that gets months are gone afterwards.

    Raises:
        WarehouseError: something of somebody else's hangs on the table.
    """
    if layout.months_by and column_of_months(con, name) is None:
        for view in VIEW_FILES if name.startswith("gold.") else ():
            con.execute(f"drop view if exists gold.{quoted(view)}")
        try:
            _keep_by_months(con, name, layout.months_by)
        except Exception as error:
            if type(error).__name__ != "DependentObjectsStillExist":
                raise
            raise WarehouseError(
                f"{name} is to be kept by months, and something hangs on it ({str(error).splitlines()[1]}): drop that, "
                "run `wfm upgrade`, and make it again; until then the table stays as it is"
            ) from None
    make_indices(con, name, layout.indices)


def _keep_by_months(con: Any, name: str, months_by: str) -> None:
    aside = _part(name, "plain")
    make_schema(con, MONTHS)
    con.execute(f"lock table {_whole(name)} in access exclusive mode")
    columns = con.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        [_whole(name)],
    ).fetchall()
    con.execute(f"alter table {_whole(name)} set schema {MONTHS}")
    con.execute(f"alter table {MONTHS}.{quoted(name.split('.', 1)[1])} rename to {aside.split('.', 1)[1]}")
    make_table(con, name, columns, months_by)
    month = f"date_trunc('month', {quoted(months_by)}::timestamp)::date"
    query = f"select distinct {month} from {aside} where {quoted(months_by)} >= %s and {quoted(months_by)} < %s"
    make_months(con, name, [row[0] for row in con.execute(query, [_FIRST, _END]).fetchall()])
    con.execute(f"insert into {_whole(name)} select * from {aside}")
    con.execute(f"drop table {aside}")


def renew_statistics(con: Any, table: str) -> None:
    """Count a table anew, or those of its months whose size has changed.

    Args:
        con: A psycopg connection.
        table: The table, as SQL names it.
    """
    months = _sizes(con, table)
    if not months:
        con.execute(f"analyze {table}")
        return
    changed = {name: pages for name, pages, known, is_new in months if is_new or abs(pages - known) > _A_DAY * pages}
    is_known = con.execute("select reltuples >= 0 from pg_class where oid = to_regclass(%s)", [table]).fetchone()[0]
    is_another = sum(changed.values()) > _MUCH * sum(pages for _, pages, *_ in months)
    with con.transaction():
        con.execute(f"set local default_statistics_target = {_TARGET}")
        for name in [table] if is_another or not is_known else changed:
            con.execute(f"analyze {name}")


def _sizes(con: Any, table: str) -> list[tuple[str, int, int, bool]]:
    """Name, pages, pages when last counted, and whether it never was, of each partition; none of a plain table."""
    query = (
        "select format('%%I.%%I', n.nspname, c.relname), pg_relation_size(c.oid) / current_setting('block_size')::int, "
        "c.relpages, c.reltuples < 0 and pg_relation_size(c.oid) > 0 from pg_inherits as i "
        "inner join pg_class as c on c.oid = i.inhrelid inner join pg_namespace as n on n.oid = c.relnamespace "
        "where i.inhparent = to_regclass(%s) order by 1"
    )
    return [tuple(row) for row in con.execute(query, [table]).fetchall()]


def _indices(con: Any, name: str) -> dict[str, str]:
    """The indices of ours on a table: mark -> name."""
    query = (
        "select c.relname from pg_index as i inner join pg_class as c on c.oid = i.indexrelid "
        "where i.indrelid = to_regclass(%s) and starts_with(c.relname, %s)"
    )
    names = [str(row[0]) for row in con.execute(query, [_whole(name), _OURS]).fetchall()]
    return {own.rsplit("_", 1)[1]: own for own in names}


def _mark(index: Index) -> str:
    """What tells an index from others of its table: two on the same columns are one."""
    return hashlib.sha256("\0".join(index.columns).encode()).hexdigest()[:12]


def _part(name: str, word: str) -> str:
    """The partition of a month, or of the rest, as SQL names it."""
    return f"{MONTHS}.{quoted(_part_name(name, word))}"


def _part_name(name: str, word: str) -> str:
    """Layer, table and month; a long name ends in a hash before the month."""
    stem = name.replace(".", "_", 1)
    if len(stem.encode()) > _LONGEST_STEM_BYTES:
        head = stem.encode()[: _LONGEST_STEM_BYTES - 13].decode(errors="ignore")
        stem = f"{head}_{hashlib.sha256(stem.encode()).hexdigest()[:12]}"
    return f"{stem}_{word}"


def _whole(name: str) -> str:
    layer, table = name.split(".", 1)
    return f"{quoted(layer)}.{quoted(table)}"


def _next(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=31)).replace(day=1)
