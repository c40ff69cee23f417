"""Ids of queues and people of a source as the site knows them, by the planners' table `source_matches`.

Here: what the planners' file says, and putting the site's ids into rows. One step: the id that a row leads to is not looked up
again, and an id without a row stays as it is. Not here: keeping the table (warehouse/shelves) and what no row speaks of
(warehouse/silver/matching.py).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import ibis
from ibis.expr.types import Table as IbisTable

from wfm_pipeline.contracts.planning.planners_input import SOURCE_MATCHES
from wfm_pipeline.domain.planners_tables import PlannersFile
from wfm_pipeline.transforms.legs import JudgedRows

MATCH_FILES: Final[Mapping[str, PlannersFile]] = {
    "source_matches": PlannersFile(table=SOURCE_MATCHES, title="source_matches.csv")
}
"""Name of the planners' file, without `.csv` -> how it fills its table."""
MATCHED_COLUMNS: Final[Mapping[str, str]] = {"queue": "queue_id", "agent": "agent_id"}
"""Kind of id -> the column of legs and cases that holds it."""


def with_matches(judged: JudgedRows, matches: IbisTable | None) -> JudgedRows:
    """Judged rows under the site's ids.

    Args:
        judged: Rows of one source; findings speak of its own ids.
        matches: kind, source_id and id of the source's rows of the table; None where it has none.

    Returns:
        The same findings; the loaded rows with the site's ids.
    """
    return judged if matches is None else replace(judged, loaded=match_ids(judged.loaded, matches))


def match_ids(rows: IbisTable, matches: IbisTable) -> IbisTable:
    """Rows of one source with the site's ids of queues and people.

    Args:
        rows: Rows with queue_id, and agent_id where they name people.
        matches: kind, source_id and id, one row per kind and source_id.

    Returns:
        The same columns and rows; an id without a row stays, and so does an unknown one.
    """
    for kind, column in MATCHED_COLUMNS.items():
        if column not in rows.columns:
            continue  # statistics name no people
        known = matches.filter(matches.kind == kind).select(_source_id="source_id", _site_id="id")
        joined = rows.left_join(known, rows[column] == known["_source_id"])
        site_id = ibis.coalesce(joined["_site_id"], joined[column])
        rows = joined.select(**{name: site_id if name == column else joined[name] for name in rows.columns})
    return rows
