"""What may become of an issue that is made again: it is the same, it stands, or it gets a revision.

Here: the comparison and the decision. Not here: the tables that hold issues (warehouse/shelves/issues).

An issued forecast is never changed. Made again with the same inputs it is the same, and nothing is
written. Made again with other data before the first of its days has come to be known, it becomes a
new revision and the one before goes to the archive. Once its days have begun it stands, unless a
person asks for it by name.
"""

import datetime as dt
from typing import Final, Literal

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.contracts.source.site import Site
from wfm_pipeline.domain.arrays import ROUNDING
from wfm_pipeline.domain.calendar import start_of_day

Verdict = Literal["first", "changed", "reissued", "stands", "same"]
WRITTEN: Final = ("first", "changed", "reissued")
"""Verdicts after which the issue's rows are written."""


def issue_instant(site: Site, day: dt.date) -> dt.datetime:
    """`issued_at` of a forecast.

    Args:
        site: Time zone.
        day: First target day.

    Returns:
        Its local midnight, naive UTC.
    """
    return start_of_day(site, day)


def first_target_day(site: Site, issued_at: pd.Timestamp) -> dt.date:
    """First target day of an issue.

    Args:
        site: Time zone.
        issued_at: The issue's instant, naive UTC.

    Returns:
        The local date of it.
    """
    return issued_at.tz_localize("UTC").tz_convert(site.time_zone).date()


def judge_issue(*, is_issued: bool, has_begun: bool, is_reissue: bool, is_same: bool) -> Verdict:
    """What becomes of a freshly made issue.

    Args:
        is_issued: The same issue is there already.
        has_begun: Calls of its first target day or later are known.
        is_reissue: A person asked to issue it again.
        is_same: Its rows are those that are there.

    Returns:
        The verdict; those of WRITTEN bring new rows.

    Example:
        >>> judge_issue(is_issued=True, has_begun=True, is_reissue=False, is_same=False)
        'stands'
    """
    if not is_issued:
        return "first"
    if is_same:
        return "same"
    if is_reissue:
        return "reissued"
    return "stands" if has_begun else "changed"


def same_rows(table: Table, left: pd.DataFrame, right: pd.DataFrame) -> bool:
    """Whether two frames hold the same rows of a table, in any order, numbers to a billionth.

    Args:
        table: Its contract: key, columns and types.
        left: One frame.
        right: The other.

    Returns:
        False where a row or a value differs.
    """
    if len(left) != len(right):
        return False
    ordered = [frame.sort_values(list(table.key), ignore_index=True) for frame in (left, right)]
    return all(_same_values(ordered[0][column.name], ordered[1][column.name], column.type) for column in table.columns)


def _same_values(left: pd.Series, right: pd.Series, kind: str) -> bool:
    if kind == "float64":
        pair = left.to_numpy(np.float64), right.to_numpy(np.float64)
        return bool(np.allclose(*pair, rtol=ROUNDING, atol=ROUNDING, equal_nan=True))
    if kind in ("date", "timestamp"):
        left, right = (pd.to_datetime(values).astype("datetime64[us]") for values in (left, right))
    both_null = left.isna().to_numpy() & right.isna().to_numpy()
    return bool((both_null | (left.to_numpy(object) == right.to_numpy(object))).all())
