"""Tables of the first part, the backlog's status: cases that wait at the hour's end, their ages, and what came and went.

Rows stand in the order of needs. Not here: people (readiness), and how the work went (performance).
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import pandas as pd

from wfm_pipeline.contracts.backlog.hours import AGE_BUCKETS, age_bucket
from wfm_pipeline.reports.backlog.cells import ShownTable, age, hours, name, records, risk, signed, whole
from wfm_pipeline.reports.backlog.needs import Need
from wfm_pipeline.reports.backlog.top_lines import alert_lines
from wfm_pipeline.reports.backlog.view import HOUR, BacklogView

_MOST_NAMED: Final = 5
"""Queues that a note names [count]."""
_DAY: Final = 24
"""Hours from an hour to the one of a day ago [h]."""
_HEADS: Final = (
    "queue",
    "open",
    "in 1 h",
    "in 1 day",
    "over due",
    "breach",
    "stuck",
    "came",
    "done",
    "moved",
    "clears in",
)


def state_frame(view: BacklogView, needs: Sequence[Need]) -> pd.DataFrame:
    """The hour's rows in the order of needs, with the changes of open cases over an hour and over a day.

    Returns:
        Rows of gold.backlog_hour with `level`, `open_change_hour` and `open_change_day` (null where that hour is not made).
    """
    order = [need.queue_id for need in needs]
    now = view.now.set_index("queue_id").loc[order]
    changes = {
        f"open_change_{word}": now["open_cases"].astype(float) - _open_at(view, back).reindex(now.index)
        for word, back in (("hour", 1), ("day", _DAY))
    }
    levels = [need.level for need in needs]
    return now.assign(**changes, level=levels).reset_index()


def _open_at(view: BacklogView, back: int) -> pd.Series:
    rows = view.trail[view.trail["hour_start"] == view.hour_start - HOUR * back]
    return rows.set_index("queue_id")["open_cases"].astype(float)


def status_tables(view: BacklogView, needs: Sequence[Need]) -> list[ShownTable]:
    """Open cases and their flow, then their ages, for the needs given and in their order; of one queue by priority besides."""
    rows = records(state_frame(view, needs))
    levels = tuple(str(row["level"]) for row in rows)
    limit = risk(view.question.breach_limit)
    state = ShownTable(
        title=f"Cases at {view.clock(view.hour_end)}",
        heads=_HEADS,
        rows=tuple(_state_cells(row) for row in rows),
        levels=levels,
        notes=(
            *alert_lines(view),
            *_unlearnt(rows),
            f"breach: how likely a case passes its due time today; at most {limit} is wanted",
        ),
    )
    ages = ShownTable(
        title="How old they are",
        heads=("queue", *bucket_heads(view.now), "oldest", "half done in", "9 of 10 in"),
        rows=tuple(_age_cells(row) for row in rows),
        levels=levels,
    )
    return [state, ages, *_by_priority(view)]


def _unlearnt(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of which queues a breach is worked out from sample paths alone."""
    names = [
        name(row["queue_id"])
        for row in rows
        if row["breach_probability"] is not None and row["breach_basis"] == "in_order"
    ]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return (
        [f"breach of {', '.join(names[:_MOST_NAMED])}{more}: nothing was learnt from past hours yet"] if names else []
    )


def _by_priority(view: BacklogView) -> list[ShownTable]:
    """The cases of one queue by priority; nothing where several are shown, for that would be too long."""
    rows = records(view.priorities.sort_values("priority"))
    if len(view.now) != 1 or not rows:
        return []
    return [
        ShownTable(
            title="By priority",
            heads=("priority", "open", "over due", "stuck", *bucket_heads(view.priorities), "oldest"),
            rows=tuple(_priority_cells(row) for row in rows),
        )
    ]


def _priority_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    counts = [whole(row[one]) for one in ("open_cases", "over_due", "stuck")]
    buckets = [whole(row[age_bucket(place)]) for place in range(1, AGE_BUCKETS + 1)]
    return (name(row["priority"]), *counts, *buckets, age(row["oldest_seconds"]))


def _state_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    came, moved = row["inflow"] + row["re_opened"], row["moved_in"] - row["moved_out"]
    clears = hours(row["clear_hours"], row["clear_hours_q10"], row["clear_hours_q90"])
    return (
        name(row["queue_id"]), whole(row["open_cases"]), signed(row["open_change_hour"]), signed(row["open_change_day"]),
        whole(row["over_due"]), risk(row["breach_probability"]), whole(row["stuck"]), whole(came),
        whole(row["outflow"]), signed(moved), clears,
    )  # fmt: skip


def _age_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    buckets = [whole(row[age_bucket(place)]) for place in range(1, AGE_BUCKETS + 1)]
    lasted = [age(row[f"latency_{level}_seconds"]) for level in ("q50", "q90")]
    return (name(row["queue_id"]), *buckets, age(row["oldest_seconds"]), *lasted)


def bucket_heads(now: pd.DataFrame) -> tuple[str, ...]:
    """What the age buckets are called: by their limits where all queues have the same, else by their places.

    Example:
        >>> bucket_heads(pd.DataFrame({"age_limits_seconds": ["3600,14400,86400,259200"]}))
        ('<1h', '1-4h', '4h-1d', '1-3d', '3d+')
    """
    written = set(now["age_limits_seconds"])
    limits = [float(part) for part in written.pop().split(",")] if len(written) == 1 else []
    if len(limits) != AGE_BUCKETS - 1:
        return tuple(f"age {place} of {AGE_BUCKETS}" for place in range(1, AGE_BUCKETS + 1))
    words = [_limit(limit) for limit in limits]
    between = [_between(low, high) for low, high in pairwise(words)]
    return (f"<{words[0]}", *between, f"{words[-1]}+")


def _between(low: str, high: str) -> str:
    """`1-4h` where both have the same unit."""
    return f"{low[:-1]}-{high}" if low[-1] == high[-1] and low[:-1].isdigit() else f"{low}-{high}"


def _limit(seconds: float) -> str:
    """A limit without blanks, in one unit where it is whole in it: `4h`, `3d`; `2h05` else."""
    return age(seconds).removesuffix(" 0 h").removesuffix(" 00").replace(" min", "m").replace(" ", "")
