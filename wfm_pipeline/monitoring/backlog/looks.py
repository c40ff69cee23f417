"""Alerts of an hour of the backlog as looks for the alerts room: queues hang on their kind at the site, kinds on the source's cases. Pure.

While so many queues have one kind of alert at once that it is the site's matter and no longer a queue's, one alert tells of all of
them. Not here: what is wrong (domain/backlog/surges), timers and receivers (monitoring/alerts).
"""

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any, Final, cast, get_args

import pandas as pd

from wfm_pipeline.contracts.backlog.ahead import ALERT_KINDS
from wfm_pipeline.monitoring.alerts.incidents import Sighting, worst
from wfm_pipeline.monitoring.alerts.kinds import KINDS, NO_DATA
from wfm_pipeline.settings_groups import Severity

MOST_NAMED: Final = 50
"""Queues that an alert of many names [count]; the others are in gold.backlog_alert."""
_SHOWN: Final = 5
"""Queues that its line names [count]."""


def source_look(source: str, fault: str, *, at: dt.datetime) -> Sighting:
    """The source's cases as one thing.

    Args:
        source: The source.
        fault: What is missing, in words; empty where nothing is.
        at: End of the hour that was asked about, naive UTC.
    """
    return Sighting(_of_source(source), NO_DATA, bool(fault), at, f"cases of {source}", fault)


def backlog_looks(
    source: str,
    alerts: pd.DataFrame,
    *,
    at: dt.datetime,
    in_trouble: Iterable[str],
    group_from: int,
    not_judged: Collection[str] = (),
) -> list[Sighting]:
    """Every queue that has an alert or had one, and every kind at the site.

    Args:
        source: The source.
        alerts: Rows as gold.backlog_alert of the newest hour: queue_id, kind, severity, value, limit, words, advice.
        at: The hour's end, naive UTC.
        in_trouble: Keys of things that were told or are pending: those without an alert now are well.
        group_from: From so many queues with one kind on, one alert tells of all of them [count].
        not_judged: Kinds of which nothing could be said in this hour: what is open stays so.

    Returns:
        Looks, the site's before the queues'.
    """
    rows = alerts.sort_values(["kind", "queue_id"], kind="stable").to_dict("records")
    wrong = {_of_queue(source, row["kind"], row["queue_id"]): row for row in rows}
    looks = []
    for kind in ALERT_KINDS:
        mine = [row for row in rows if row["kind"] == kind]
        looks.append(_site_look(source, kind, mine, at, group_from, is_judged=kind not in not_judged))
    looks += [_queue_look(source, row, at) for row in wrong.values()]
    for key in sorted(set(in_trouble) - wrong.keys()):
        parts = key.split(":", 3)
        is_queue = parts[:2] == ["backlog", source] and len(parts) == len(("backlog", "source", "kind", "queue"))
        if is_queue and parts[2] in ALERT_KINDS:
            looks.append(_well_look(source, parts[2], parts[3], at, is_judged=parts[2] not in not_judged))
    return looks


def _of_source(source: str) -> str:
    return f"backlog:{source}"


def _of_kind(source: str, kind: str) -> str:
    return f"{_of_source(source)}:{kind}"


def _of_queue(source: str, kind: str, queue: str) -> str:
    return f"{_of_kind(source, kind)}:{queue}"


def _site_look(
    source: str, kind: str, rows: list[dict[Any, Any]], at: dt.datetime, group_from: int, *, is_judged: bool
) -> Sighting:
    """Many queues with one kind; well again at less than half as many as make it wrong."""
    is_wrong = len(rows) >= group_from
    severity: Severity = "low"
    for row in rows:
        severity = worst(severity, _severity(row) or KINDS[kind].severity)
    names = [str(row["queue_id"]) for row in rows]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return Sighting(
        _of_kind(source, kind),
        KINDS[kind],
        is_wrong,
        at,
        f"several queues of {source}",
        f"{len(names)} queues: {', '.join(names[:_SHOWN])}{more}" if is_wrong else "",
        {"queues": names[:MOST_NAMED], "queue_count": len(names)} if is_wrong else {},
        severity=severity if is_wrong else None,
        is_between=not is_wrong and (not is_judged or 2 * len(rows) >= group_from),
        parent=_of_source(source),
    )


def _queue_look(source: str, row: dict[Any, Any], at: dt.datetime) -> Sighting:
    kind, queue = row["kind"], str(row["queue_id"])
    advice = "" if pd.isna(row["advice"]) else f"; {row['advice']}"
    facts = {"queue_id": queue, "value": _plain(row["value"]), "limit": _plain(row["limit"])}
    return Sighting(
        _of_queue(source, kind, queue),
        KINDS[kind],
        True,
        at,
        f"queue {queue}",
        f"{row['words']}{advice}",
        facts,
        severity=_severity(row),
        parent=_of_kind(source, kind),
    )


def _well_look(source: str, kind: str, queue: str, at: dt.datetime, *, is_judged: bool) -> Sighting:
    return Sighting(
        _of_queue(source, kind, queue),
        KINDS[kind],
        False,
        at,
        f"queue {queue}",
        is_between=not is_judged,
        parent=_of_kind(source, kind),
    )


def _severity(row: dict[Any, Any]) -> Severity | None:
    return cast("Severity", row["severity"]) if row["severity"] in get_args(Severity) else None


def _plain(value: Any) -> float | None:
    """A number as JSON takes it, None where it is not known."""
    return None if pd.isna(value) else float(value)
