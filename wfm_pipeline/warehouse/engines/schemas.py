"""Contracts as the engines know them: an Ibis schema, an Arrow schema, rows in a contract's columns and types.

Not here: what a contract promises (contracts), and holding stored rows against it (warehouse/contract_check).
"""

import ibis
import pandas as pd
import pyarrow as pa

from wfm_pipeline.contracts.columns import DataType, Table
from wfm_pipeline.errors import ContractError

ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "time": pa.time64("us"),
}


def ibis_schema(table: Table) -> ibis.Schema:
    """The Ibis schema of a contract."""
    return ibis.schema({column.name: ibis_type(column.type) for column in table.columns})


def ibis_type(data_type: DataType) -> str:
    """The Ibis name of an engine-neutral type; times keep microseconds."""
    return "timestamp(6)" if data_type == "timestamp" else data_type


def arrow_schema(table: Table) -> pa.Schema:
    """The Arrow schema of a contract."""
    return pa.schema([(column.name, ARROW_TYPES[column.type]) for column in table.columns])


def to_contract(table: Table, frame: pd.DataFrame | pa.Table) -> pa.Table:
    """Columns of a frame in the contract's order and types.

    Raises:
        ContractError: columns are missing, or a value does not fit its type.
    """
    arrow = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame, preserve_index=False)
    missing = [name for name in table.column_names if name not in arrow.column_names]
    if missing:
        raise ContractError(f"{table.full_name} needs columns {missing}; the frame has {arrow.column_names}")
    return pa.table([_typed(table, name, arrow[name]) for name in table.column_names], arrow_schema(table))


def _typed(table: Table, name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column in its contract's type; what does not fit is not quoted, for it may be a person's."""
    wanted = table.column(name).type
    try:
        return values.cast(ARROW_TYPES[wanted])
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise ContractError(f"{table.full_name}: a value of {name} ({values.type}) is no {wanted}") from None
