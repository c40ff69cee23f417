"""Which people to hire so that a gap closes, and by when that has to be decided.

Here: the classes beyond those already planned. Not here: heads of planned classes (people.py).

The rule. Weeks are walked in order. In the first week that is still short, a class is laid so that it
is fully productive on that week's Monday, which is the latest start that closes it. It is sized in
whole people for the shortest week of the next few (`bundle_weeks`), so that classes do not start every
week, and its people count in every later week, on their ramp too. No class is enlarged to make up for
a ramp: weeks that come sooner than recruiting, training and ramp together stay open, and say so.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.staffing.capacity.people import Pool, monday_of

_CLOSED_FTE: Final = 1e-9
"""A gap below this is rounding [FTE]."""


@dataclass(frozen=True, slots=True)
class Hiring:
    """Classes that close a gap; shape (n_weeks,).

    Attributes:
        heads: People who should start in the week beyond the planned classes [count].
        decide_by: Monday on which recruiting must begin for them; None where nobody starts.
        fte_added: What these classes add to the available FTE of the week.
    """

    heads: FloatArray
    decide_by: tuple[dt.date | None, ...]
    fte_added: FloatArray


def hires_to_close(
    gap_fte: FloatArray, fte_per_head: FloatArray, pool: Pool, mondays: Sequence[dt.date], *, bundle_weeks: int
) -> Hiring:
    """The classes to hire.

    Args:
        gap_fte: Required - available, shape (n_weeks,); > 0 is short; NaN where unknown, which hires nobody.
        fte_per_head: Available FTE of one fully productive person, shape (n_weeks,).
        pool: How people are recruited, trained and lost. Recruiting begins in the first week at the earliest.
        mondays: The weeks, shape (n_weeks,).
        bundle_weeks: Weeks whose needs one class covers [count], >= 1.

    Returns:
        Heads to start in each week, when to decide, and what they add [FTE].

    Source:
        docs/methods/capacity.md, step 9.
    """
    count, lead = len(mondays), pool.intake.weeks_to_full
    added, heads = np.zeros(count), np.zeros(count)
    for week in range(pool.recruiting_weeks + lead, count):
        if not gap_fte[week] - added[week] > _CLOSED_FTE:
            continue
        start = week - lead
        per_head = _per_head(pool, fte_per_head, start)
        window = slice(week, week + bundle_weeks)
        need = float(np.nanmax((gap_fte - added)[window] / per_head[window]))
        size = math.ceil(need - _CLOSED_FTE)
        heads[start] += size
        added += size * per_head
    decide = tuple(
        monday_of(monday) - dt.timedelta(weeks=pool.recruiting_weeks) if size else None
        for monday, size in zip(mondays, heads, strict=True)
    )
    return Hiring(heads, decide, added)


def _per_head(pool: Pool, fte_per_head: FloatArray, start: int) -> FloatArray:
    """Expected FTE in every week of one person who starts in a week; weeks of unknown worth add nothing."""
    since = np.arange(len(fte_per_head), dtype=np.float64) - start
    worth = pool.intake.surviving(since, pool.survival) * pool.intake.productivity(since)
    return worth * np.nan_to_num(fte_per_head, nan=0.0)
