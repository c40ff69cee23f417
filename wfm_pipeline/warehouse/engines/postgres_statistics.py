"""What PostgreSQL's planner is told of a table's size: of one kept by months only what has changed is counted again.

`analyze` of a whole table looks at each of its months, so its price would grow with the years behind them.
"""

from typing import Any, Final

_MUCH: Final = 0.1
"""Share of a table's pages from which it is another one to the planner, as the server's own daemon has it."""
_A_DAY: Final = 0.02
"""The same of a month: one more day of it is counted, or its date is unknown to the planner."""
_TARGET: Final = 25
"""Rows looked at are 300 times this, a quarter of the server's own number: there is a sample of each month."""


def renew_statistics(con: Any, quoted: str) -> None:
    """Count a table anew, or those of its months whose size has changed.

    Args:
        con: A psycopg connection.
        quoted: The table, as SQL names it.
    """
    months = _months(con, quoted)
    if not months:
        con.execute(f"analyze {quoted}")
        return
    changed = {name: pages for name, pages, known, is_new in months if is_new or abs(pages - known) > _A_DAY * pages}
    is_known = con.execute("select reltuples >= 0 from pg_class where oid = to_regclass(%s)", [quoted]).fetchone()[0]
    is_another = sum(changed.values()) > _MUCH * sum(pages for _, pages, *_ in months)
    with con.transaction():
        con.execute(f"set local default_statistics_target = {_TARGET}")
        for name in [quoted] if is_another or not is_known else changed:
            con.execute(f"analyze {name}")


def _months(con: Any, quoted: str) -> list[tuple[str, int, int, bool]]:
    """Name, pages, pages when last counted, and whether it never was, of each partition; none of a plain table."""
    query = (
        "select format('%%I.%%I', n.nspname, c.relname), pg_relation_size(c.oid) / current_setting('block_size')::int, "
        "c.relpages, c.reltuples < 0 and pg_relation_size(c.oid) > 0 from pg_inherits as i "
        "inner join pg_class as c on c.oid = i.inhrelid inner join pg_namespace as n on n.oid = c.relnamespace "
        "where i.inhparent = to_regclass(%s) order by 1"
    )
    return [tuple(row) for row in con.execute(query, [quoted]).fetchall()]
