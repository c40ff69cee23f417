"""Who is there for cases: rostered people less breaks, planned activities, people expected to be missing, and calls.

Here: the arithmetic of an hour and why it is not known. Not here: who is rostered or present (domain/coverage), which shares to
expect (expected), what to do with people's time.

Of `scheduled` people some are on a break and some in a planned activity. Of the rest a share is expected to be missing, and of
those who are there a share is free for cases, as the others wait on calls: that is `on_product`. `available` is what it would be
with no planned activity. An activity that is called off therefore gives back its people x (1 - missing) x free.
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.errors import DataError

KEYS: Final = ("queue_id", "hour_start")
INPUTS: Final = (*KEYS, "scheduled", "on_break", "planned_off", "shrinkage_share", "case_share")
NUMBERS: Final = (
    "scheduled", "on_break", "planned_off", "shrinkage_share", "available", "on_product", "off_product", "yield_share", "over_planned",
)  # fmt: skip
"""Columns of an hour's people that are null where they are not known."""
NO_ROSTER: Final = "no roster is known of this hour"
NO_SHRINKAGE: Final = "the share of people who go missing is not known: no planners' shrinkage and too few past hours"
NO_CASE_SHARE: Final = (
    "the share of people free for cases between calls is not known: no setting and too few past hours"
)


def available_people(rows: pd.DataFrame) -> pd.DataFrame:
    """People for cases per queue and hour.

    Args:
        rows: One row per queue and hour: queue_id, hour_start, scheduled (people rostered), on_break and planned_off (of them, not
            both at once) [agents], shrinkage_share (of the rest, expected to be missing) and case_share (of those there, free for
            cases) [0..1]; NaN = unknown.

    Returns:
        The rows in their order with on_break and planned_off cut to the people rostered, and besides available, on_product,
        off_product [agents], null where not known; yield_share, people on cases for one more person at work [0..1]; over_planned,
        people planned beyond those rostered [agents]; and reason, null where people are known. scheduled = on_product +
        off_product. With nobody rostered nobody is there, whatever the shares.

    Raises:
        DataError: a column is missing, a number of people is below 0, or a share outside 0..1.

    Source:
        docs/methods/backlog.md, "People and their time".

    Example:
        >>> hour = {"queue_id": ["a"], "hour_start": [pd.Timestamp("2026-03-02 09:00")], "scheduled": [10.0], "on_break": [1.0],
        ...         "planned_off": [2.0], "shrinkage_share": [0.1], "case_share": [0.5]}
        >>> available_people(pd.DataFrame(hour))[["available", "on_product", "off_product"]].round(2).iloc[0].tolist()
        [4.05, 3.15, 6.85]
    """
    scheduled, on_break, planned, missing, free = _checked(rows)
    breaks = np.minimum(on_break, scheduled)
    off = np.minimum(planned, scheduled - breaks)
    is_empty = scheduled - breaks == 0
    share = (1 - missing) * free
    available = np.where(is_empty, 0.0, (scheduled - breaks) * share)
    on_product = np.where(is_empty, 0.0, (scheduled - breaks - off) * share)
    return rows.assign(
        on_break=breaks,
        planned_off=off,
        available=available,
        on_product=on_product,
        off_product=scheduled - on_product,
        yield_share=share,
        over_planned=(on_break - breaks) + (planned - off),
        reason=_reasons(scheduled, missing, free, is_known=~np.isnan(on_product)),
    )


def _checked(rows: pd.DataFrame) -> tuple[FloatArray, ...]:
    missing = [name for name in INPUTS if name not in rows.columns]
    if missing:
        raise DataError(
            f"people of an hour need columns {', '.join(INPUTS)}; missing {', '.join(missing)}", missing=missing
        )
    found = tuple(rows[name].to_numpy(np.float64, copy=True) for name in INPUTS[len(KEYS) :])
    for name, values in zip(INPUTS[len(KEYS) :], found, strict=True):
        most = 1.0 if name.endswith("_share") else np.inf
        is_wrong = (values < 0) | (values > most)
        if is_wrong.any():
            where = rows.loc[is_wrong, list(KEYS)].iloc[0].tolist()
            raise DataError(
                f"{name} must lie in 0..{most:g}, got {values[is_wrong][0]:g} (queue and hour {where})", got=name
            )
    return found


def _reasons(scheduled: FloatArray, missing: FloatArray, free: FloatArray, *, is_known: np.ndarray) -> np.ndarray:
    """The first thing that is not known."""
    told = np.select(
        [is_known, np.isnan(scheduled), np.isnan(missing), np.isnan(free)],
        ["", NO_ROSTER, NO_SHRINKAGE, NO_CASE_SHARE],
        default=NO_ROSTER,
    ).astype(object)
    told[told == ""] = None
    return told
