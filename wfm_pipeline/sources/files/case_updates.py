"""Logs of updates of cases, CSV, JSON lines or Parquet, as one row per event of a case.

Here: files to the rows of a log, its words to states, its times to moments. A log is read whole each time, for a case's rows may stand anywhere
in it. Not here: rows to events (case_fold), which files they are (folder) and what an event means (the map).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from wfm_pipeline.contracts.source.update_log import FIELDS, UPDATE_COLUMNS, UPDATE_TIMES, UpdateLog
from wfm_pipeline.errors import SourceError
from wfm_pipeline.sources.files.case_fold import STATE_CODES, fold
from wfm_pipeline.sources.files.raw_files import present_names, read_file
from wfm_pipeline.sources.rows.column_types import to_type
from wfm_pipeline.sources.rows.value_texts import as_text

COLUMNS: Final = (
    *("case_id", "number", "kind", "happened_at", "queue_id", "priority", "due_at", "agent_id", "known_at"),
    *("state", "updated_at"),
)
"""Columns of a row, all of them texts; `state` and `updated_at` as they came, of rows alone that are no event: their number is negative."""
_AS_BEFORE: Final = -1
_OFFSET: Final = r"(?i)\s*(Z|UTC|[+-]\d{2}:?\d{2})$"
_SOME_KIND: Final = "opened"
"""Kind of a row that is refused for its time or its case, where its state is known: so that silver finds no second fault."""
_MOMENTS: Final = ("happened_at", "due_at", "known_at")


def read_updates(paths: Sequence[Path], log: UpdateLog, *, is_utc: bool, chunk_rows: int) -> Iterator[pa.Table]:
    """Events of the cases of some logs.

    Args:
        paths: The files, in the order in which they were written.
        log: What their columns and words mean.
        is_utc: Times may name their zone, and are UTC; else one that does is no time.
        chunk_rows: Rows at a time, at most.

    Yields:
        Events by case and time; after them the rows that are none, with what stood in them: no case, no time, or a state nobody knows.

    Raises:
        SourceError: a file lacks a column; the message names both lists.
    """
    raw = pa.concat_tables([table for path in paths for table in _read(path, log, chunk_rows)] or [_empty(log)])
    rows, codes = _typed(raw.combine_chunks(), log, is_utc=is_utc)
    is_row = (rows["case"].notna() & rows["at"].notna() & codes.notna()).to_numpy(bool)
    usable = rows[is_row].assign(state=codes[is_row].astype(int))
    events = fold(_merged(usable) if log.field else usable)
    yield from _tables(_texts(events), chunk_rows)
    yield from _tables(_misfits(rows[~is_row], codes[~is_row]), chunk_rows)


def _read(path: Path, log: UpdateLog, chunk_rows: int) -> Iterator[pa.Table]:
    present = present_names(path)
    missing = [name for name in log.raw_columns if present.count(name) != 1]
    if missing:
        raise SourceError(
            f"{path} must have column(s) {', '.join(missing)} once, as the map's updates say; it has {', '.join(present)}",
            path=str(path),
            missing=missing,
            present=present,
        )
    for chunk in read_file(path, chunk_rows=chunk_rows, columns=log.raw_columns):
        yield pa.table({name: as_text(chunk[name].combine_chunks()) for name in log.raw_columns})


def _empty(log: UpdateLog) -> pa.Table:
    return pa.table({name: pa.array([], pa.string()) for name in log.raw_columns})


def _typed(raw: pa.Table, log: UpdateLog, *, is_utc: bool) -> tuple[pd.DataFrame, pd.Series]:
    """The log's rows by our names, and the code of each row's state: null where nobody knows the word."""
    told = {name: _told(raw, name, log) for name in UPDATE_COLUMNS}
    columns = {
        name: _times(texts, log, is_utc=is_utc) if name in UPDATE_TIMES else texts.to_pandas().astype(object)
        for name, texts in told.items()
    }
    rows = pd.DataFrame(columns).rename(columns={"updated_at": "at"})
    rows["written"] = raw[log.updated_at].to_pandas().astype(object)
    return rows, _codes(rows["state"], log.states)


def _told(raw: pa.Table, name: str, log: UpdateLog) -> pa.Array:
    """What the rows say of one of our names: in a log of fields the value, where the row is of such a field."""
    if log.field is not None and log.value is not None and name in FIELDS:
        own = [field.strip().lower() for field, meaning in log.fields.items() if meaning == name]
        is_own = pc.is_in(pc.utf8_lower(_known(raw[log.field], ())), value_set=pa.array(own, pa.string()))
        return pc.if_else(is_own, _known(raw[log.value], log.nulls), pa.scalar(None, pa.string()))
    source = getattr(log, name)
    return _known(raw[source], log.nulls) if source else pa.nulls(raw.num_rows, pa.string())


def _merged(rows: pd.DataFrame) -> pd.DataFrame:
    """Changes of single fields as one row per case and instant; those of other fields say nothing."""
    rows = rows.assign(state=rows["state"].where(rows["state"] != _AS_BEFORE))
    rows = rows[rows[list(FIELDS)].notna().any(axis=1)]
    one = rows.groupby(["case", "at"], sort=False).last().reset_index()
    return one.assign(state=one["state"].fillna(_AS_BEFORE).astype(int))


def _known(texts: pa.ChunkedArray, nulls: Sequence[str]) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(texts.combine_chunks())
    is_null = pc.is_in(trimmed, value_set=pa.array(["", *nulls]))
    return pc.if_else(is_null, pa.scalar(None, pa.string()), trimmed)


def _times(texts: pa.Array, log: UpdateLog, *, is_utc: bool) -> pd.Series:
    if log.is_offset_ignored:
        texts = pc.replace_substring_regex(texts, pattern=_OFFSET, replacement="")
    found = to_type(texts, "timestamp", form=log.time_format, is_utc=is_utc)
    return pd.Series(found.values.to_numpy(zero_copy_only=False).astype("datetime64[us]"))  # noqa: PD011  (not pandas)


def _codes(words: pd.Series, states: Mapping[str, str]) -> pd.Series:
    known = {word.strip().lower(): STATE_CODES.get(state, _AS_BEFORE) for word, state in states.items()}
    lowered = words.str.strip().str.lower()
    return lowered.map(known).where(words.notna(), _AS_BEFORE)


def _texts(events: pd.DataFrame) -> pd.DataFrame:
    moments = {name: events[name].dt.strftime("%Y-%m-%d %H:%M:%S.%f") for name in _MOMENTS}
    return events.assign(**moments, number=events["number"].astype(str), state=None, updated_at=None)


def _misfits(rows: pd.DataFrame, codes: pd.Series) -> pd.DataFrame:
    """Rows that are no event, under negative numbers within their case: kind and time as they came, so that silver says what is wrong."""
    number = -(rows.groupby("case", sort=False, dropna=False).cumcount() + 1)
    moment = rows["at"].dt.strftime("%Y-%m-%d %H:%M:%S").fillna(rows["written"])
    found = {
        "case_id": rows["case"],
        "number": number.astype(str),
        "kind": rows["state"].where(codes.isna(), _SOME_KIND),
        "happened_at": moment,
        "state": rows["state"],
        "updated_at": rows["written"],
    }
    return pd.DataFrame(found).reindex(columns=list(COLUMNS))


def _tables(frame: pd.DataFrame, chunk_rows: int) -> Iterator[pa.Table]:
    for start in range(0, max(len(frame), 1), chunk_rows):
        part = frame.iloc[start : start + chunk_rows]
        columns = {name: part[name].astype(object).where(part[name].notna(), None).tolist() for name in COLUMNS}
        yield pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
