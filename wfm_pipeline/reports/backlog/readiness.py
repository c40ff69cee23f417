"""Tables of the second part, the workforce's readiness: who is there in the next hours, who is needed, what to do with people's time.

Not here: cases (status).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pandas as pd

from wfm_pipeline.reports.backlog.cells import ShownTable, name, people, records, risk, share, whole
from wfm_pipeline.reports.backlog.needs import Need
from wfm_pipeline.reports.backlog.view import BacklogView
from wfm_pipeline.reports.words.numbers import UNKNOWN

MOST_ACTIONS: Final = 12
"""Recommendations that are shown [count]."""
_CLOSED: Final = "closed"
_HOUR_NOTE: Final = "shift: rostered; off by plan: in training, coaching or a meeting; absent: expected to be missing; to come: cases, 80 % band"
_HOURS_TITLE: Final = "People of the next hours"
_CELL_NOTE: Final = "people on cases / people needed, and how many are short; ? is not known"


def readiness_tables(view: BacklogView, needs: Sequence[Need]) -> list[ShownTable]:
    """People of the next hours, the next hour in detail where anything is known of it, and what to do with their time."""
    hours, detail = _hours_table(view, needs), _next_hour(view, needs)
    return [hours, *([detail] if hours.rows else []), actions_table(view)]


def _hours_table(view: BacklogView, needs: Sequence[Need]) -> ShownTable:
    rows = _by_place(view, needs)
    hours = view.hours_to_come
    cells = {need.queue_id: [_there(rows.get((need.queue_id, hour))) for hour in hours] for need in needs}
    open_hours = max(
        (place + 1 for row in cells.values() for place, cell in enumerate(row) if cell != _CLOSED), default=0
    )
    closed = [_closed(view, open_hours)] if open_hours < len(hours) and needs else []
    if not any(_is_told(cell) for row in cells.values() for cell in row):
        return ShownTable(title=_HOURS_TITLE, heads=("queue",), rows=(), notes=(*_reasons(view, needs), *closed))
    heads = ("queue", *(view.when(hour) for hour in hours[:open_hours]))
    notes = (*_known_at(view), *closed, *([_CELL_NOTE] if open_hours else []), *_reasons(view, needs))
    return ShownTable(
        title=_HOURS_TITLE, heads=heads, levels=_levels(needs), notes=notes,
        rows=tuple((name(queue), *row[:open_hours]) for queue, row in cells.items()),
    )  # fmt: skip


def _closed(view: BacklogView, open_hours: int) -> str:
    """From when on all are closed, of the hours that are shown."""
    return f"closed from {view.when(view.hours_to_come[open_hours])}" if open_hours else "closed in the hours shown"


def _is_told(cell: str) -> bool:
    """Whether a cell says anything of people or need."""
    return cell not in ("?", "?/?", _CLOSED)


def _by_place(view: BacklogView, needs: Sequence[Need]) -> dict[tuple[str, pd.Timestamp], dict[str, Any]]:
    return {(row["queue_id"], pd.Timestamp(row["hour_start"])): row for row in records(_of(view.people, needs))}


def _of(frame: pd.DataFrame, needs: Sequence[Need]) -> pd.DataFrame:
    """Rows of the queues that are shown."""
    return frame[frame["queue_id"].isin([need.queue_id for need in needs])]


def _levels(needs: Sequence[Need]) -> tuple[str, ...]:
    return tuple(need.level for need in needs)


def _there(row: Mapping[str, Any] | None) -> str:
    """People of one hour of a queue: on cases, needed, and short where they are.

    Example:
        >>> _there({"is_open": True, "on_product": 6.0, "required": 9.0, "short": 3.0}), _there(None)
        ('6/9 -3', '?')
    """
    if row is None:
        return "?"
    if row["is_open"] is False:
        return _CLOSED
    on_cases, need = (people(row[one]).replace(UNKNOWN, "?") for one in ("on_product", "required"))
    short = f" -{people(row['short'])}" if row["short"] else ""
    return f"{on_cases}/{need}{short}"


def _known_at(view: BacklogView) -> list[str]:
    """When the people were asked for, where that was not at the hour's end."""
    asked = view.people["as_of"].max()
    return [f"as it was known at {view.when(asked)}: nobody asked since"] if asked < view.hour_end else []


def _reasons(view: BacklogView, needs: Sequence[Need]) -> list[str]:
    """Why people or need are not known, each reason once with its queues."""
    order = {need.queue_id: place for place, need in enumerate(needs)}
    found: dict[str, set[str]] = {}
    for row in records(_of(view.people, needs)):
        if row["reason"]:
            found.setdefault(row["reason"], set()).add(row["queue_id"])
    untold = set(order) - set(view.people["queue_id"])
    if untold:
        found["nothing is made of their people yet"] = untold
    return [f"not known of {_names(queues, order)}: {reason}" for reason, queues in sorted(found.items())]


def _names(queues: set[str], order: Mapping[str, int]) -> str:
    most = 3
    shown = sorted(queues, key=order.__getitem__)
    more = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(name(one) for one in shown[:most]) + more


def _next_hour(view: BacklogView, needs: Sequence[Need]) -> ShownTable:
    rows, hour = _by_place(view, needs), view.hour_end
    arrivals = {
        row["queue_id"]: row for row in records(view.expected[view.expected["hour_start"] == pd.Timestamp(hour)])
    }
    cells = tuple(
        _hour_cells(need.queue_id, rows.get((need.queue_id, hour)), arrivals.get(need.queue_id)) for need in needs
    )
    return ShownTable(
        title=f"The next hour, from {view.clock(hour)}",
        heads=("queue", "shift", "on break", "off by plan", "absent", "on cases", "off cases", "need", "short", "to come"),
        rows=cells,
        levels=_levels(needs),
        notes=(_HOUR_NOTE,),
    )  # fmt: skip


def _hour_cells(queue: str, row: Mapping[str, Any] | None, arrivals: Mapping[str, Any] | None) -> tuple[str, ...]:
    known = row or {}
    counts = [people(known.get(one)) for one in ("scheduled", "on_break", "planned_off")]
    rest = [people(known.get(one)) for one in ("on_product", "off_product", "required", "short")]
    mean = arrivals["cases_mean"] if arrivals else known.get("cases_mean")
    band = f" ({whole(arrivals['cases_q10'])}-{whole(arrivals['cases_q90'])})" if arrivals else ""
    return (name(queue), *counts, share(known.get("shrinkage_share")), *rest, f"{whole(mean)}{band}")


def actions_table(view: BacklogView) -> ShownTable:
    """What to do with people's time, what lowers the risk most first; a recall is before a release."""
    rows = sorted(records(view.actions), key=_gain)
    shown = rows[:MOST_ACTIONS]
    notes = [f"and {len(rows) - len(shown)} more in gold.backlog_action"] if len(rows) > len(shown) else []
    return ShownTable(
        title="What to do with people's time",
        heads=("what", "queue", "when", "people", "breach", "why"),
        rows=tuple(_action_cells(view, row) for row in shown),
        texts=frozenset({1, 2, 5}),
        notes=tuple(notes),
    )


def _gain(row: Mapping[str, Any]) -> tuple[Any, ...]:
    before, after = row["breach_before"], row["breach_after"]
    gain = 0.0 if before is None or after is None else before - after
    return row["kind"] != "recall", -gain, row["hour_start"], row["action_id"]


def _action_cells(view: BacklogView, row: Mapping[str, Any]) -> tuple[str, ...]:
    link = "from" if row["kind"] == "recall" else "for"
    when = view.stretch(row["hour_start"], row["hour_end"])
    effect = f"{risk(row['breach_before'])} → {risk(row['breach_after'])}"
    return (
        f"{row['kind']} {link} {row['activity']}", name(row["queue_id"]), when, people(row["agents"]), effect, row["reason"],
    )  # fmt: skip
