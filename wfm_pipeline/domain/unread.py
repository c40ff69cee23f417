"""Rows whose time could not be read: a few are dirt, a band of hours or a queue is a slip of a format.

A slip takes rows out of the same hour every day, and a forecast would learn an hour without calls. So the rows that are
refused are compared with those that are loaded: as a whole, by hour of day and by queue. Not here: which rows they are
and stopping the run (warehouse/silver/unread_rows), whose limit is the setting unread_share_limit.
"""

import re
from typing import Final

import pandas as pd

from wfm_pipeline.errors import example
from wfm_pipeline.units import HOURS_PER_DAY

BAND_SHARE: Final = 0.5
"""Share of an hour's or a queue's rows that are not read from which it is a slip and no dirt [0..1]: most of them."""
LEAST_ROWS: Final = 5
"""Rows that are not read below which nothing is said of a share [count]: in one row of ten there is no pattern."""
_SHOWN: Final = 3
"""Examples, hours and queues that are named [count]: enough to see a pattern."""
_CLOCK: Final = re.compile(r"(?:^|[^\d:])(\d{1,2}):\d{2}")


def hour_in(text: str) -> int | None:
    """The hour of day that a text which does not fit seems to tell.

    Args:
        text: As the source wrote it.

    Returns:
        0 to 23; None where there is none to be seen.

    Example:
        >>> hour_in("9/1/2025 9:46:25"), hour_in("yesterday")
        (9, None)
    """
    found = _CLOCK.search(text)
    return int(found[1]) if found and int(found[1]) < HOURS_PER_DAY else None


def slip_in(unread: pd.DataFrame, loaded: pd.DataFrame, *, highest_share: float) -> str | None:
    """Whether rows that are not read are a slip.

    Args:
        unread: One row per refused row: columns hour (0..23 or None), queue_id, text.
        loaded: Columns hour, queue_id, rows [count], of the rows that came in beside them.
        highest_share: Share of unread rows up to which they are dirt [0..1].

    Returns:
        What is wrong, in words, with the first three examples; None where it is dirt.
    """
    if len(unread) < LEAST_ROWS:
        return None
    total = len(unread) + int(loaded["rows"].sum())
    bands = [*_bands("hour", unread, loaded), *_bands("queue_id", unread, loaded)]
    if len(unread) / total <= highest_share and not bands:
        return None
    where = f", and most rows of {'; '.join(bands)}" if bands else ""
    shown = ", ".join(
        dict.fromkeys(example(text) for text in unread["text"].sort_values().drop_duplicates().head(_SHOWN))
    )
    return f"{len(unread):,} of {total:,} rows have a time that could not be read ({len(unread) / total:.1%}){where}: {shown}"


def _bands(name: str, unread: pd.DataFrame, loaded: pd.DataFrame) -> list[str]:
    """Hours or queues of which most rows are not read, in words."""
    lost = unread.groupby(name).size()
    whole = lost.add(loaded.groupby(name)["rows"].sum(), fill_value=0).reindex(lost.index)
    hit = lost[(lost >= LEAST_ROWS) & (lost / whole > BAND_SHARE)]
    if hit.empty:
        return []
    named = ", ".join(f"{int(value)}:00" if name == "hour" else repr(value) for value in hit.index[:_SHOWN])
    return [f"{'hour' if name == 'hour' else 'queue'} {named}" + (" and others" if len(hit) > _SHOWN else "")]
