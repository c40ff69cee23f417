"""Forecasts that somebody else made for the same origins, scored beside ours.

Here: the check that a table of foreign predictions answers exactly the same questions, and its
rows. Not here: reading files (orchestration) or making such predictions (benchmarks/external_peers).

What a table cannot show: whether it was made without looking at or past its origins.
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.forecasting.options import MEDIAN, QUANTILE_LEVELS, quantile_column
from wfm_pipeline.errors import DataError

KEYS: Final = ("origin", "queue_id", "interval_start")
REQUIRED: Final = (*KEYS, "calls_mean")
_QUANTILES: Final = [quantile_column(level) for level in QUANTILE_LEVELS]
_MEDIAN: Final = quantile_column(MEDIAN)


def external_rows(name: str, predictions: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """The predictions of an external peer as rows of the backtest.

    Args:
        name: What the peer is called.
        predictions: Columns origin, queue_id, interval_start (local, no zone), calls_mean [calls],
            and any of calls_q05 to calls_q95; more are ignored, as are rows that nobody asked for.
        asked: The backtest's rows of one method: KEYS, `calls`, `is_scored`.

    Returns:
        One row per row of `asked`, in its order, with method, all forecast columns, `calls` and
        `is_scored`. A missing median is the mean; other missing quantiles are NaN. Rows that are
        not scored may be absent and are NaN.

    Raises:
        DataError: a column is missing or of the wrong type, a key comes twice, a scored row is
            missing, or a scored value is negative, not finite, or crosses the next quantile.
    """
    given = checked_predictions(name, predictions)
    frame = asked[[*KEYS, "calls", "is_scored"]].merge(given, on=list(KEYS), how="left", validate="one_to_one")
    _check_answers(name, frame[frame["is_scored"]], [column for column in given.columns if column not in KEYS])
    if _MEDIAN not in frame:
        frame[_MEDIAN] = frame["calls_mean"]
    for column in _QUANTILES:
        if column not in frame:
            frame[column] = np.nan
    frame.insert(0, "method", name)
    return frame[["method", *KEYS, "calls_mean", *_QUANTILES, "calls", "is_scored"]].astype({"method": "str"})


def checked_predictions(name: str, predictions: pd.DataFrame) -> pd.DataFrame:
    """The table's own soundness: columns, types, one row per key. What it answers is checked by `external_rows`.

    Args:
        name: What the peer is called.
        predictions: As of `external_rows`.

    Returns:
        KEYS, calls_mean and the quantile columns that are there, with our types; the same again for its own result.

    Raises:
        DataError: a column is missing or of the wrong type, or a key comes twice.
    """
    absent = [column for column in REQUIRED if column not in predictions.columns]
    if absent:
        raise DataError(
            f"peer {name!r} needs columns {', '.join(REQUIRED)}; missing {', '.join(absent)}, "
            f"present {', '.join(map(str, predictions.columns))}",
            missing=absent,
        )
    given = predictions[[*REQUIRED, *(column for column in _QUANTILES if column in predictions.columns)]].copy()
    try:
        for column in ("origin", "interval_start"):
            given[column] = pd.to_datetime(given[column]).astype("datetime64[us]")
        given = given.astype(dict.fromkeys(given.columns.drop(list(KEYS)), np.float64))
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(f"peer {name!r} needs local times without a zone, and numbers of calls: {error}") from error
    given["queue_id"] = given["queue_id"].astype("str")
    doubled = given[given.duplicated(list(KEYS))]
    if len(doubled):
        raise DataError(f"peer {name!r} answers {len(doubled)} questions twice, first {_where(doubled)}")
    return given


def _check_answers(name: str, scored: pd.DataFrame, columns: list[str]) -> None:
    absent = scored[scored["calls_mean"].isna()]
    if len(absent):
        raise DataError(
            f"peer {name!r} lacks {len(absent)} of {len(scored)} scored rows, first {_where(absent)}; "
            "methods are compared on the same rows, so give one for each",
            missing=len(absent),
        )
    values = scored[columns].to_numpy(np.float64)
    wrong = scored[(~np.isfinite(values) | (values < 0)).any(axis=1)]
    if len(wrong):
        raise DataError(f"peer {name!r} has {len(wrong)} rows with negative or unknown values, first {_where(wrong)}")
    quantiles = scored[[column for column in _QUANTILES if column in columns]].to_numpy(np.float64)
    crossed = scored.iloc[np.flatnonzero((np.diff(quantiles, axis=1) < 0).any(axis=1))]
    if len(crossed):
        raise DataError(f"peer {name!r} has {len(crossed)} rows whose quantiles cross, first {_where(crossed)}")


def _where(rows: pd.DataFrame) -> str:
    row = rows.iloc[0]
    return f"queue {row['queue_id']!r} at {row['interval_start']} from origin {row['origin'].date()}"
