"""The table of the third part: how the work of the hour went. Not here: what waits (status), who is there (readiness)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from wfm_pipeline.reports.backlog.cells import ShownTable, name, people, records, share, whole
from wfm_pipeline.reports.backlog.needs import Need
from wfm_pipeline.reports.backlog.view import BacklogView
from wfm_pipeline.reports.words.numbers import UNKNOWN, number

_HEADS: Final = ("queue", "cases done", "people on cases", "cases per agent-hour", "utilisation", "done in due time")


def performance_table(view: BacklogView, needs: Sequence[Need]) -> ShownTable:
    """Cases done, people, cases per agent-hour, utilisation and the share done in due time; for the needs given, then in all."""
    rows = {row["queue_id"]: row for row in records(view.performance)}
    cells = [_cells(name(need.queue_id), rows.get(need.queue_id, {})) for need in needs]
    total = [_cells("all queues", whole_site(view.performance))] if len(rows) > 1 else []
    return ShownTable(
        title=f"How the hour {view.clock(view.hour_start)}-{view.clock(view.hour_end)} went",
        heads=_HEADS,
        rows=(*cells, *total),
        levels=(*(need.level for need in needs), *["well" for _ in total]),
    )


def _cells(title: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    speed = row.get("cases_per_agent_hour")
    return (
        title, whole(row.get("cases_done")), people(row.get("on_product_agents")),
        UNKNOWN if speed is None else number(float(speed), digits=2), share(row.get("utilisation")),
        share(row.get("done_in_due_share")),
    )  # fmt: skip


def whole_site(performance: pd.DataFrame) -> dict[str, Any]:
    """The measures of all queues together, each of those queues alone of which its parts are known.

    Args:
        performance: Rows of gold.case_performance_hour of one hour.

    Returns:
        The measures by name; null where no queue's parts are known. The share done in due time is no sum of the table, and null.
    """
    rows = performance.astype({"cases_done": float, "on_product_agents": float, "work_hours_done": float})
    staffed = rows[rows["on_product_agents"].notna()]
    busy = staffed[staffed["work_hours_done"].notna()]
    agents, busy_agents = staffed["on_product_agents"].sum(), busy["on_product_agents"].sum()
    return {
        "cases_done": rows["cases_done"].sum(),
        "on_product_agents": agents if len(staffed) else None,
        "cases_per_agent_hour": staffed["cases_done"].sum() / agents if agents else None,
        "utilisation": busy["work_hours_done"].sum() / busy_agents if busy_agents else None,
    }
