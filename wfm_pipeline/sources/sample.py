"""Writes the made contact centre as a `telephony` source and a live centre's operational tables in one SQLite file.

The file says that it is simulated: table `_sample_info` has one row per table. Whoever reads a
source and finds that table labels everything that comes of it. The truth of the simulation lies in
the same file, in tables `truth_*` that no map reads.
"""

import contextlib
import datetime as dt
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from wfm_pipeline.domain.simulation.sample.contact_centre import SampleData, simulate_contact_centre
from wfm_pipeline.domain.simulation.sample.spec import SAMPLE_VERSION, ContactCentreSpec
from wfm_pipeline.errors import SourceError

SAMPLE_INFO_TABLE: Final = "_sample_info"
"""A source that holds this table is simulated."""

_SQL: Final = Path(__file__).resolve().parents[2] / "sql"
DDL_FILES: Final = (_SQL / "source" / "telephony_sqlite.sql", _SQL / "operational" / "operational_sqlite.sql")
_CHUNK_ROWS = 50_000

Progress = Callable[[str, int, int], None]
"""Called with the table, the rows written so far and the table's rows."""


def make_sample(
    path: Path, *, last_date: dt.date, months: int = 18, seed: int = 1, progress: Progress | None = None
) -> int:
    """Simulate the sample contact centre and write it to a SQLite file, all or nothing.

    Args:
        path: Where to put it.
        last_date: Last date of the history, usually yesterday.
        months: Length of the history [months].
        seed: Same seed, months and date make the same file.
        progress: Told after every chunk of rows.

    Returns:
        Rows in the source's tables [count], the truth and the operational tables not counted.

    Raises:
        DataError: the centre cannot be simulated.
        SourceError: the file cannot be written.
    """
    data = simulate_contact_centre(ContactCentreSpec(months=months), last_date=last_date, seed=seed)
    write_sample(data, path, progress=progress)
    return sum(len(frame) for frame in data.source.values())


def sample_reaches(path: Path, last_date: dt.date) -> bool:
    """Whether the file is a sample of today's generator that goes up to a date, or further.

    A file that is absent, cut off or something else does not reach any date: it has to be made again.
    """
    if not path.is_file():
        return False
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute(f"select version, last_date from {SAMPLE_INFO_TABLE}").fetchall()
    except sqlite3.DatabaseError:
        return False
    return bool(found) and all(
        version == SAMPLE_VERSION and reached >= last_date.isoformat() for version, reached in found
    )


def write_sample(data: SampleData, path: Path, *, progress: Progress | None = None) -> Path:
    """Write a sample as a SQLite file, all or nothing.

    The file is made beside its place and swapped in at the end, so that a reader sees the old one
    or the new one, never a half.

    Args:
        data: The sample.
        path: Where to put it; its folder is made if need be.
        progress: Told after every chunk of rows.

    Returns:
        `path`.

    Raises:
        SourceError: the DDL or the place cannot be read or written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(beside)) as connection:
            _write_tables(connection, data, progress)
        beside.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise SourceError(
            f"the sample cannot be written to {path}: {error}; check that the folder exists, is writable and has 200 MB free",
            path=str(path),
        ) from error
    finally:
        with contextlib.suppress(OSError):  # the first error is the one to tell
            beside.unlink(missing_ok=True)
    return path


def sample_info(data: SampleData) -> pd.DataFrame:
    """One row per table of the file: that it is simulated, and from what it was made."""
    tables = {**data.source, **data.operational, **data.truth}
    return pd.DataFrame(
        {
            "table_name": list(tables),
            "simulated": True,
            "seed": data.seed,
            "version": data.version,
            "first_date": data.first_date.isoformat(),
            "last_date": data.last_date.isoformat(),
            "row_count": [len(frame) for frame in tables.values()],
        }
    )


def _write_tables(connection: sqlite3.Connection, data: SampleData, progress: Progress | None) -> None:
    connection.executescript("pragma journal_mode = off; pragma synchronous = off;")
    for ddl in DDL_FILES:
        connection.executescript(ddl.read_text(encoding="utf-8"))
    extra = {SAMPLE_INFO_TABLE: sample_info(data), **data.truth}
    for name, frame in extra.items():
        connection.execute(_create_table(name, frame))
    for name, frame in {**extra, **data.source, **data.operational}.items():
        _insert(connection, name, frame, progress)
    connection.commit()


def _create_table(name: str, frame: pd.DataFrame) -> str:
    columns = ", ".join(f'"{column}" {_sqlite_type(frame[column])}' for column in frame.columns)
    return f'create table "{name}" ({columns})'


def _sqlite_type(values: pd.Series) -> str:
    if pd.api.types.is_datetime64_any_dtype(values):
        return "datetime"
    if pd.api.types.is_bool_dtype(values):
        return "boolean"
    return "integer" if pd.api.types.is_integer_dtype(values) else "text"


def _insert(connection: sqlite3.Connection, name: str, frame: pd.DataFrame, progress: Progress | None) -> None:
    columns = ", ".join(f'"{column}"' for column in frame.columns)
    marks = ", ".join("?" * len(frame.columns))
    for start, chunk in _chunks(frame):
        rows = zip(*(_plain_values(chunk[column]) for column in chunk.columns), strict=True)
        connection.executemany(f'insert into "{name}" ({columns}) values ({marks})', rows)
        if progress:
            progress(name, start + len(chunk), len(frame))


def _chunks(frame: pd.DataFrame) -> Iterator[tuple[int, pd.DataFrame]]:
    for start in range(0, len(frame), _CHUNK_ROWS):
        yield start, frame.iloc[start : start + _CHUNK_ROWS]


def _plain_values(values: pd.Series) -> list[object]:
    """Values as SQLite takes them; missing is null, an instant is `YYYY-MM-DD HH:MM:SS`."""
    missing = values.isna().to_numpy()
    if pd.api.types.is_datetime64_any_dtype(values):
        text = np.datetime_as_string(values.to_numpy().astype("datetime64[s]"))
        plain: list[object] = np.strings.replace(text, "T", " ").tolist()
    elif pd.api.types.is_extension_array_dtype(values.dtype):
        plain = values.to_numpy(dtype=object).tolist()
    else:
        plain = values.to_numpy().tolist()
    if not missing.any():
        return plain
    return [None if is_missing else value for value, is_missing in zip(plain, missing.tolist(), strict=True)]
