"""What is asked of the segmentation: customers' figures, refused where they cannot be used.

Here: the request, its checks, and customers as numbers. Not here: the answer (segmenting.py).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.domain.segments.matching import LastRun
from wfm_pipeline.domain.segments.shrinking import Figures, spread_of_calls
from wfm_pipeline.errors import MOST_NAMED, DataError

INPUT_COLUMNS: Final = (
    "customer_key",
    "calls",
    "weeks_known",
    "answered_handle_known",
    "aht_seconds",
    "handle_sd_seconds",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRequest:
    """What is asked.

    Attributes:
        customers: One row per customer with `INPUT_COLUMNS`; a null key or `(unknown)` gathers calls without a customer.
            aht_seconds and handle_sd_seconds may be NaN.
        until: Last business date of the calls: the date of the run.
        seed: Seed of all that is drawn, together with the figures themselves.
        last: The run before, as it was known; None for the first.
        customers_min: With fewer known customers there is one segment [count].
        segments_max: Largest number of segments that is tried, >= 2.
        segment_share_min: A number whose smallest segment holds a smaller share of customers is refused [0..1].
    """

    customers: pd.DataFrame
    until: dt.date
    seed: int
    last: LastRun | None = None
    customers_min: int = 20
    segments_max: int = 6
    segment_share_min: float = 0.05

    @property
    def is_known(self) -> pd.Series:
        """Whether a row is of one customer, not of all whose id is unknown."""
        keys = self.customers["customer_key"]
        return keys.notna() & (keys != UNKNOWN)


def figures_of(known: pd.DataFrame) -> Figures:
    """Customers as numbers.

    Args:
        known: Rows of a checked request, of known customers.

    Returns:
        Their figures, in order; an AHT that is unknown has no weight.
    """
    numbers = known[list(INPUT_COLUMNS[1:])].astype(float)
    means = numbers["aht_seconds"].to_numpy()
    handled = np.where(np.isnan(means), 0.0, numbers["answered_handle_known"].fillna(0.0))
    return Figures(
        repeats=np.maximum(numbers["calls"].to_numpy() - 1, 0.0),
        weeks=numbers["weeks_known"].to_numpy(),
        handled=handled,
        aht_seconds=np.where(handled > 0, means, 0.0),
        call_spread=spread_of_calls(handled, means, numbers["handle_sd_seconds"].to_numpy()),
    )


def check_customers(frame: pd.DataFrame) -> None:
    """Refuse customers that cannot be segmented.

    Args:
        frame: One row per customer with `INPUT_COLUMNS`.

    Raises:
        DataError: columns are missing, a key repeats, or calls or weeks are negative or unknown.
    """
    missing = [name for name in INPUT_COLUMNS if name not in frame]
    if missing:
        raise DataError(
            f"segmentation needs columns {', '.join(INPUT_COLUMNS)}; missing {', '.join(missing)}, "
            f"present {', '.join(map(str, frame.columns))}",
            missing=missing,
        )
    repeated = frame.loc[frame["customer_key"].duplicated() & frame["customer_key"].notna(), "customer_key"]
    if len(repeated) or not frame.index.is_unique:
        raise DataError(
            f"segmentation needs one row per customer_key and a unique index; {len(repeated)} keys repeat; add them up first",
            repeated=sorted(set(repeated.astype(str)))[:MOST_NAMED],
        )
    calls, weeks = (frame[name].astype(float).to_numpy() for name in ("calls", "weeks_known"))
    is_bad = ~(np.isfinite(calls) & (calls >= 0) & np.isfinite(weeks) & (weeks > 0))
    if is_bad.any():
        bad = frame.loc[is_bad, "customer_key"].astype(str).tolist()[:MOST_NAMED]
        raise DataError(f"calls must be finite and >= 0, weeks_known > 0, not so for customers {bad}", customers=bad)


def unknown_notes(request: SegmentRequest) -> tuple[str, ...]:
    """What to say of calls without a customer.

    Args:
        request: The customers.

    Returns:
        One sentence, or none.
    """
    calls_of = request.customers["calls"].astype(float)
    calls, all_calls = float(calls_of[~request.is_known].sum()), float(calls_of.sum())
    if calls == 0:
        return ()
    return (f"{calls:,.0f} calls ({calls / all_calls:.1%}) have no customer id and are kept apart.",)
