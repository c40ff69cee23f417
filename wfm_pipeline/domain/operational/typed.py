"""Values of an operational table in the types of its contract; what does not go in is empty, and said.

Not here: units (house_units).
"""

from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.columns import Column, Table

_TRUE: Final = frozenset({"1", "true", "t", "yes"})
_FALSE: Final = frozenset({"0", "false", "f", "no"})
"""How drivers and files write truth, in small letters."""


def typed_rows(table: Table, rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Give every column the type of its contract.

    Args:
        table: The contract.
        rows: Its columns as a driver gave them.

    Returns:
        The rows, in the contract's order: numbers as float64 (a count may be null), instants as datetime64 in UTC without a
        zone, flags as float64 0/1, texts as objects; and per column which values did not go in, shape (n_rows,).
    """
    typed, misfits = {}, {}
    for column in table.columns:
        raw = rows[column.name].reset_index(drop=True)
        values = _typed(column, raw)
        typed[column.name] = values
        misfits[column.name] = (values.isna() & raw.notna()).to_numpy()
    return pd.DataFrame(typed), misfits


def _typed(column: Column, raw: pd.Series) -> pd.Series:
    if column.type == "timestamp":
        return _instants(raw)
    if column.type in ("int64", "float64"):
        numbers = pd.to_numeric(raw, errors="coerce").astype("float64")
        return numbers.where(np.isfinite(numbers))
    if column.type == "boolean":
        words = raw.map(lambda value: str(value).lower().removesuffix(".0"), na_action="ignore")
        return words.map(lambda word: 1.0 if word in _TRUE else 0.0 if word in _FALSE else np.nan).astype("float64")
    return raw.map(str, na_action="ignore").astype(object).where(raw.notna(), None)


def _instants(raw: pd.Series) -> pd.Series:
    """Instants in UTC; a value with a zone is put into UTC, one without is in UTC already."""
    if pd.api.types.is_datetime64_dtype(raw.dtype):
        return raw.astype("datetime64[us]")
    is_text = raw.map(lambda value: isinstance(value, str)).any()
    found = pd.to_datetime(raw, errors="coerce", utc=True, format="ISO8601" if is_text else None)
    return found.dt.tz_localize(None).astype("datetime64[us]")
