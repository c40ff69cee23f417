"""Columns of operational tables that came in another unit than the contract says: milliseconds, seconds, percent, shares.

A slip of a unit is no dirt: it is the same in every row from some moment on, and the answer is to stop. Not here: single rows
that cannot be true (row_rules).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.columns import Column, Table
from wfm_pipeline.domain.operational.house_units import MILLISECONDS_PER_SECOND

JUMP_FACTOR: Final = 100.0
"""Ratio to a service's recent median from which a mean has another unit: a slip is 1,000, and means of three contacts or more
do not move by more than 30 on their own."""
RECENT_ROWS: Final = 32
"""Rows of which the recent median is taken: eight hours of quarters [rows]."""
_FEWEST_RECENT: Final = 4
"""Rows without which there is no recent median [rows]."""
_ROWS_AHEAD: Final = 3
"""Rows that are judged together, so that one short contact is no slip [rows]."""
_FEWEST_CONTACTS: Final = 3
"""Contacts behind the means that are judged [count]."""
_FEWEST_VALUES: Final = 20
"""Values from which a whole column is judged [count]."""


@dataclass(frozen=True, slots=True)
class UnitSlip:
    """A column in another unit.

    Attributes:
        table, column: Where.
        value: A value that shows it [unit of the column].
        allowed: What was to be expected, in words.
        advice: What to do, in words.
        service_id: The service in which it was seen; None where it is the whole column.
    """

    table: str
    column: str
    value: float
    allowed: str
    advice: str
    service_id: str | None = None


@dataclass(frozen=True, slots=True)
class MeanJump:
    """A mean that has jumped.

    Attributes:
        service_id: Of which service.
        value: Median of the first rows after the jump [unit of the means].
        usual: The recent median before it [the same].
    """

    service_id: str
    value: float
    usual: float

    @property
    def is_up(self) -> bool:
        """Whether it is larger than before."""
        return self.value > self.usual


def find_unit_slips(table: Table, rows: pd.DataFrame) -> tuple[UnitSlip, ...]:
    """Columns, or services, whose values came in another unit.

    Args:
        table: Contract of the operational table.
        rows: Its columns in its own units, typed; for means per service the recent rows together with the new ones.

    Returns:
        Whole columns first, then one slip per service and column, in the order of the services; none where all is well.
    """
    whole = [slip for column in table.columns for slip in _whole_column(table, column, rows[column.name].dropna())]
    slipped = {slip.column for slip in whole}
    means = [column for column in table.columns if column.unit == "ms" and column.name not in slipped]
    if not means or rows.empty:
        return tuple(whole)
    ordered = rows.sort_values(list(table.key), ignore_index=True)
    return (*whole, *(slip for column in means for slip in _jumps(table, column, ordered)))


def _whole_column(table: Table, column: Column, values: pd.Series) -> Iterator[UnitSlip]:
    if column.unit not in ("ms", "s", "%") or len(values) < _FEWEST_VALUES or column.maximum is None:
        return
    positive, named = values[values > 0], f"0 to {column.maximum:,g} {column.unit}"
    if len(positive) and (positive > column.maximum).mean() > 1 / 2:  # more than half: no dirt
        finer = {"s": "milliseconds", "%": "hundredths of a percent", "ms": "microseconds"}[column.unit]
        yield _slip(table, column, positive.median(), named, _advice(column, finer))
    elif column.unit == "ms" and len(positive) >= _FEWEST_VALUES and positive.median() < MILLISECONDS_PER_SECOND:
        expected = f"a median of {MILLISECONDS_PER_SECOND:,g} to {column.maximum:,g} ms"
        yield _slip(table, column, positive.median(), expected, _advice(column, "seconds"))
    elif column.name.endswith("service_level") and values.max() <= 1 and ((values > 0) & (values < 1)).any():
        yield _slip(table, column, values.max(), named, _advice(column, "shares"))


def _jumps(table: Table, column: Column, rows: pd.DataFrame) -> Iterator[UnitSlip]:
    """Services whose means are, from some row on, a hundred times what they were, or a hundredth."""
    for jump in find_mean_jumps(rows["service_id"], rows["treated_calls"], rows[column.name]):
        other, low, high = (
            ("microseconds" if jump.is_up else "seconds"),
            jump.usual / JUMP_FACTOR,
            jump.usual * JUMP_FACTOR,
        )
        named = f"{low:,.0f} to {high:,.0f} ms, for the service's recent median is {jump.usual:,.0f} ms"
        yield _slip(table, column, jump.value, named, _advice(column, other), service_id=jump.service_id)


def find_mean_jumps(service_ids: pd.Series, contacts: pd.Series, means: pd.Series) -> tuple[MeanJump, ...]:
    """Services whose means are, from some row on, a hundred times their own recent median, or a hundredth of it.

    Args:
        service_ids: Service of each row, rows of a service in order of time, shape (n_rows,).
        contacts: Contacts behind each mean [count]; below three in three rows nothing is said.
        means: Means of a duration [any unit]; unknown or 0 is passed over.

    Returns:
        The first jump of each service, in the order in which services come.
    """
    is_known = (means > 0).to_numpy()
    if not is_known.any():
        return ()
    ids = service_ids.to_numpy()[is_known]
    service, services = pd.factorize(ids)
    values, counted = (_matrix(service, one.to_numpy(dtype=np.float64)[is_known]) for one in (means, contacts))
    # The row itself is not of its past, and begins what is ahead.
    recent = np.vstack([np.full((1, values.shape[1]), np.nan), _medians(values, RECENT_ROWS, _FEWEST_RECENT)[:-1]])
    ahead = _medians(values[::-1], _ROWS_AHEAD, 1)[::-1]
    behind_them = _windows(np.nan_to_num(counted)[::-1], _ROWS_AHEAD, 0.0).sum(axis=-1)[::-1]
    with np.errstate(invalid="ignore"):
        ratio = ahead / recent
        is_jump = ((ratio >= JUMP_FACTOR) | (ratio <= 1 / JUMP_FACTOR)) & (behind_them >= _FEWEST_CONTACTS)
    first = is_jump.argmax(axis=0)
    return tuple(
        MeanJump(str(services[one]), float(ahead[first[one], one]), float(recent[first[one], one]))
        for one in np.flatnonzero(is_jump.any(axis=0))
    )


def _matrix(service: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values with one column per service, in order of time; empty below a service's last row."""
    number = pd.Series(service).groupby(service, sort=False).cumcount().to_numpy()
    matrix = np.full((number.max() + 1, service.max() + 1), np.nan)
    matrix[number, service] = values
    return matrix


def _windows(matrix: np.ndarray, rows: int, filler: float) -> np.ndarray:
    """Per row the last `rows` of them, itself included; shape (n_rows, n_services, rows)."""
    before = np.full((rows - 1, matrix.shape[1]), filler)
    return np.lib.stride_tricks.sliding_window_view(np.vstack([before, matrix]), rows, axis=0)


def _medians(matrix: np.ndarray, rows: int, fewest: int) -> np.ndarray:
    """Medians of what is known in the last `rows` rows; unknown where fewer than `fewest` are."""
    ordered = np.sort(_windows(matrix, rows, np.nan), axis=-1)  # what is unknown comes last
    known = (~np.isnan(ordered)).sum(axis=-1, keepdims=True)
    low, high = np.maximum(known - 1, 0) // 2, known // 2
    middle = (np.take_along_axis(ordered, low, -1) + np.take_along_axis(ordered, np.minimum(high, rows - 1), -1)) / 2
    return np.where(known >= fewest, middle, np.nan)[..., 0]


def _slip(
    table: Table, column: Column, value: float, allowed: str, advice: str, *, service_id: str | None = None
) -> UnitSlip:
    return UnitSlip(table.name, column.name, float(value), allowed, advice, service_id)


def _advice(column: Column, looks_like: str) -> str:
    declared = {"ms": "milliseconds", "s": "seconds", "%": "percent"}[column.unit]
    return f"it looks like {looks_like}: write {declared} into {column.name} again, and mend the rows written since"
