"""Which version of a source row counts: bronze keeps them all, silver takes the latest of each key.

A key's versions may lie on different business dates (a correction may move a row to another day),
so a stretch of dates is computed from every version of every key it touches. The latest version is
the one with the latest change time of the source, where it keeps one (unknown times are oldest),
then the latest batch, then the highest row hash: no order of reading decides.
"""

from collections.abc import Sequence

import ibis
from ibis.expr.types import BooleanValue, Value
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.source.source_map import TableMap
from wfm_pipeline.domain.dates import Dates


def in_window(rows: IbisTable, dates: Dates) -> BooleanValue:
    """Whether a row belongs to some business dates.

    Args:
        rows: Bronze rows.
        dates: Business dates.

    Returns:
        True for rows of those dates, and for undated ones.
    """
    date = rows["_business_date"]
    inside = [date.between(ibis.literal(days.first), ibis.literal(days.last)) for days in dates.stretches]
    return ibis.or_(date.isnull(), *inside)


def candidates(bronze: IbisTable, identity: Sequence[str], dates: Dates) -> IbisTable:
    """Every version of every row that has a version in the window.

    Args:
        bronze: All versions.
        identity: Raw columns that name what must be seen whole: the row's key, or its call's.
        dates: Business dates of the window.

    Returns:
        Those versions.
    """
    inside = bronze.filter(in_window(bronze, dates))
    touched = inside.select(*identity).distinct()
    return ibis.union(bronze.semi_join(touched, list(identity)), inside.filter(is_key_missing(inside, identity)))


def is_key_missing(rows: IbisTable, key: Sequence[str]) -> BooleanValue:
    """Whether a row lacks a part of its key.

    Args:
        rows: Bronze rows.
        key: Raw columns of the key.

    Returns:
        True where a part of it is null: such a row cannot be another's version.
    """
    return ibis.or_(*[rows[column].isnull() for column in key])


def repeated_keys(rows: IbisTable, key: Sequence[str]) -> IbisTable:
    """Keys with more than one version; few in most sources, so the rest needs no ranking.

    Args:
        rows: Bronze rows.
        key: Raw columns of the key.

    Returns:
        The keys, one row each.
    """
    known = rows.filter(~is_key_missing(rows, key))
    return known.group_by(*key).having(known.count() > 1).agg()


def latest_versions(rows: IbisTable, table_map: TableMap, repeated: IbisTable) -> IbisTable:
    """The version of each row that counts, without rows that are gone from the source.

    A row without a whole key is nobody's version but its own.

    Args:
        rows: Bronze rows: all versions of their keys.
        table_map: Their table.
        repeated: `repeated_keys(rows, table_map.key)`, best materialised.

    Returns:
        One row per key.
    """
    key = list(table_map.key)
    once = rows.filter(~is_key_missing(rows, key)).anti_join(repeated, key)
    return ibis.union(once, _ranked(rows, table_map, repeated, is_latest=True)).filter(~ibis._["_is_deleted"])


def superseded_versions(rows: IbisTable, table_map: TableMap, repeated: IbisTable) -> IbisTable:
    """The versions that a later one has replaced.

    Args:
        rows: Bronze rows: all versions of their keys.
        table_map: Their table.
        repeated: As of `latest_versions`.

    Returns:
        Those rows.
    """
    return _ranked(rows, table_map, repeated, is_latest=False).filter(~ibis._["_is_deleted"])


def _ranked(rows: IbisTable, table_map: TableMap, repeated: IbisTable, *, is_latest: bool) -> IbisTable:
    """The latest, or all but the latest, of the rows that may have several versions."""
    key = list(table_map.key)
    keyless = rows.filter(is_key_missing(rows, key))
    parts = []
    for several, name in ((rows.semi_join(repeated, key), key), (keyless, ["_row_hash"])):
        place = ibis.row_number().over(ibis.window(group_by=name, order_by=_latest_first(several, table_map)))
        aged = several.mutate(_age=place)
        is_asked = aged["_age"] == 0 if is_latest else aged["_age"] > 0
        parts.append(aged.filter(is_asked).drop("_age"))
    return ibis.union(*parts)


def _latest_first(rows: IbisTable, table_map: TableMap) -> list[Value]:
    """Order of versions; a table read whole marks rows that are gone, which have no change time."""
    is_timed = table_map.changed_at is not None and table_map.load == "incremental"
    changed = [ibis.desc(rows[table_map.changed_at], nulls_first=False)] if is_timed else []
    return [*changed, rows["_batch_id"].desc(), rows["_row_hash"].desc()]
