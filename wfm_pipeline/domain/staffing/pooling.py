"""Queues that share their people: needs are added as they are, and rounded once for the pool.

Here: adding and rounding. Not here: the gain of a pool in which anyone answers any call (staff the
sum of the calls as one queue) or of partly shared skills (simulation).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from wfm_pipeline.domain.staffing.faults import StaffingError
from wfm_pipeline.domain.staffing.requirement import heads


def pool_heads(
    pool: ArrayLike, agents_exact: ArrayLike, *, concurrency: ArrayLike = 1.0, shrinkage: ArrayLike = 0.0
) -> pd.DataFrame:
    """Heads per pool from the exact needs of its queues.

    Args:
        pool: Name of each row's pool (pool and interval, say); shape (n,).
        agents_exact: Exact need of each row [slots], >= 0; NaN makes its pool unknown; shape (n,).
        concurrency: Contacts an agent of the row handles at a time, >= 1.
        shrinkage: Paid time not available, in [0, 1); one value per pool.

    Returns:
        One row per pool, in order of its name: pool, agents_required_exact, agents_required
        (rounded up, without shrinkage) and agents_scheduled (with shrinkage, rounded up).

    Raises:
        StaffingError: a pool with two shrinkages, or a value out of its range.

    Example:
        >>> pool_heads(["a", "a", "a"], [1.2, 1.2, 1.2], shrinkage=0.25)["agents_scheduled"].tolist()
        [5.0]
    """
    rows = pd.DataFrame({"pool": np.asarray(pool), "need": np.asarray(agents_exact, dtype=np.float64)})
    rows = rows.assign(slots=np.asarray(concurrency), shrinkage=np.asarray(shrinkage))
    if (rows["need"] < 0).any() or (rows["slots"] < 1).any() or not rows["shrinkage"].between(0, 1, "left").all():
        raise StaffingError("a pool needs agents_exact >= 0, concurrency >= 1 and shrinkage in [0, 1)")
    rows["need"] /= rows["slots"]
    grouped = rows.groupby("pool", sort=True)
    if (grouped["shrinkage"].max() > grouped["shrinkage"].min()).any():
        raise StaffingError("a pool has one shrinkage; split the pool, or add up the needs of its parts")
    need = grouped["need"].sum(skipna=False)
    return pd.DataFrame(
        {
            "pool": need.index,
            "agents_required_exact": need.to_numpy(),
            "agents_required": heads(need),
            "agents_scheduled": heads(need, grouped["shrinkage"].first()),
        }
    )
