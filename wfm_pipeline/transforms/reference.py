"""Small reference tables of a source: its queues, and whose landing number is whose."""

import ibis
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.source.source_map import TableMap
from wfm_pipeline.transforms.rows.canonical import RawRows
from wfm_pipeline.transforms.rows.versions import latest_versions, repeated_keys

_TRUE_WORDS = ("true", "1", "yes")


def latest_rows(bronze: IbisTable, table_map: TableMap) -> RawRows:
    """The latest version of every row of a small table.

    Args:
        bronze: All versions.
        table_map: Their table.

    Returns:
        Its rows as they are now.
    """
    return RawRows(latest_versions(bronze, table_map, repeated_keys(bronze, table_map.key)), table_map)


def source_queues(raw: RawRows) -> IbisTable:
    """Queues that a source knows.

    Args:
        raw: Rows of its table of queues.

    Returns:
        queue_id and is_excluded; an id that comes twice is excluded if either is.
    """
    queues = raw.rows.select(
        queue_id=raw.text("queue_id").value,
        is_excluded=raw.text("is_excluded").value.lower().isin(_TRUE_WORDS).fill_null(False),
    )
    known = queues.filter(queues.queue_id.notnull())
    return known.group_by("queue_id").agg(is_excluded=known.is_excluded.any())


def customers_by_landing_number(raw: RawRows) -> IbisTable:
    """Customer of each landing number: the parent company where there is one, else the customer itself.

    A number with several customers gets the first key in order of the alphabet.

    Args:
        raw: Rows of its table of customers.

    Returns:
        customer_landing_number (digits), landing_customer_key.
    """
    parent, customer = raw.text("parent_customer_id").value, raw.text("customer_id").value
    owners = raw.rows.select(
        customer_landing_number=raw.text("landing_number").value,
        landing_customer_key=ibis.coalesce(parent, customer),
    )
    known = owners.filter(owners.customer_landing_number.notnull())
    return known.group_by("customer_landing_number").agg(landing_customer_key=known.landing_customer_key.min())
