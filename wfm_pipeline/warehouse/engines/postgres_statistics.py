"""What PostgreSQL's planner is told of a table's size: of one kept by months only what has changed is counted again.

`analyze` of a whole table looks at each of its months, so its price would grow with the years behind them.
"""

from typing import Any, Final

_MUCH: Final = 0.1
"""Share of pages from which a table or month is another one to the planner, as the server's own daemon has it."""


def renew_statistics(con: Any, quoted: str) -> None:
    """Count a table anew, or those of its months whose size has changed.

    Args:
        con: A psycopg connection.
        quoted: The table, as SQL names it.
    """
    months = con.execute(
        "select format('%%I.%%I', n.nspname, c.relname), pg_relation_size(c.oid) / current_setting('block_size')::int, "
        "c.relpages, c.reltuples < 0 from pg_inherits as i inner join pg_class as c on c.oid = i.inhrelid "
        "inner join pg_namespace as n on n.oid = c.relnamespace where i.inhparent = to_regclass(%s) order by 1",
        [quoted],
    ).fetchall()
    changed = [(name, pages) for name, pages, known, is_new in months if is_new or abs(pages - known) > _MUCH * pages]
    is_known = (
        months
        and con.execute("select reltuples >= 0 from pg_class where oid = to_regclass(%s)", [quoted]).fetchone()[0]
    )
    if not is_known or sum(pages for _, pages in changed) > _MUCH * sum(pages for _, pages, *_ in months):
        con.execute(f"analyze {quoted}")
        return
    for name, _ in changed:
        con.execute(f"analyze {name}")
