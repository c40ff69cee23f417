"""Public case logs as rows of silver.case_events, folded case by case. Not here: reading sources (wfm_pipeline/sources)."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

PAUSED = "Awaiting"
_KEPT = ("number", "ident_state", "opened_at", "sys_updated_at", "priority", "assignment_group", "assigned_to")


def incidents_2016(data: Path) -> list[dict[str, Any]]:
    """Events of the update log: what differs from one row of an incident to the next."""
    with zipfile.ZipFile(data / "incidents_2016" / "incident_event_log.zip") as packed:
        name = next(one for one in packed.namelist() if one.endswith("incident_event_log.csv") and "MACOSX" not in one)
        rows = pd.read_csv(io.BytesIO(packed.read(name)), dtype=str, usecols=list(_KEPT))
    rows = rows.where(rows != "?", None)
    for column in ("opened_at", "sys_updated_at"):
        rows[column] = pd.to_datetime(rows[column], format="%d/%m/%Y %H:%M")
    return [event for case, mine in rows.groupby("number", sort=False) for event in _incident(case, mine)]


def _incident(case: str, rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    first = rows.iloc[0]
    yield _event(case, "opened", first["opened_at"], first["assignment_group"], first["priority"])
    group, agent, state = first["assignment_group"], None, "open"
    for row in rows.itertuples(index=False):
        at, now = row.sys_updated_at, row.ident_state
        if row.assignment_group != group:
            yield _event(case, "moved", at, row.assignment_group, row.priority)
            group = row.assignment_group
        if row.assigned_to != agent and row.assigned_to is not None:
            yield _event(case, "assigned", at, None, row.priority)
        agent, was = row.assigned_to, state
        state = "paused" if now.startswith(PAUSED) else now if now in ("Resolved", "Closed") else "open"
        kinds = {"paused": "paused", "Resolved": "resolved", "Closed": "closed", "open": "re_opened"}
        if state != was:
            yield _event(
                case, "resumed" if (was, state) == ("paused", "open") else kinds[state], at, None, row.priority
            )


def helpdesk_2010(data: Path) -> list[dict[str, Any]]:
    """Events of the help desk: one queue, no priority."""
    rows = pd.read_csv(data / "helpdesk_2010" / "events.csv.gz")
    rows["at"] = pd.to_datetime(rows["time:timestamp"], utc=True).dt.tz_localize(None)
    return [event for case, mine in rows.groupby("case:concept:name", sort=False) for event in _ticket(str(case), mine)]


def _ticket(case: str, rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    yield _event(case, "opened", rows["at"].iloc[0], "helpdesk", None)
    state = "open"
    for what, at in zip(rows["concept:name"].str.lower(), rows["at"], strict=True):
        was = state
        state = {"resolve ticket": "resolved", "resolved": "resolved", "closed": "closed", "wait": "paused"}.get(
            what, "open"
        )
        if state != was:
            back = "resumed" if was == "paused" else "re_opened"
            yield _event(case, back if state == "open" else state, at, None, None)
        elif what == "take in charge ticket":
            yield _event(case, "assigned", at, None, None)


def _event(case: str, kind: str, at: pd.Timestamp, queue: str | None, priority: str | None) -> dict[str, Any]:
    return {
        "case_id": case,
        "kind": kind,
        "happened_at": at,
        "queue_id": queue,
        "priority": priority,
        "known_at": at,
        "ingested_at": at,
    }
