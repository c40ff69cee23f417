"""What a source holds for each date in one short text, so that two readings can be compared without their rows.

A digest is the sum of the row hashes, so the order of rows and chunks does not matter and a row that
is there twice counts twice. Digests are compared within their version alone.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wfm_pipeline.contracts.bronze import HASH_VERSION

_VERSION: Final = f"{HASH_VERSION}.1"
"""Version of the row hashes, and of their sum."""


class DayDigests:
    """Rows and digest of every business date that was added, and of the rows without one (None)."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._rows: dict[dt.date | None, int] = {}
        self._sums: dict[dt.date | None, np.ndarray] = {}

    def add(self, rows: pa.Table) -> None:
        """Add rows that are ready for bronze.

        Args:
            rows: Rows that are ready for bronze, with `_row_hash` and `_business_date`.
        """
        if not rows.num_rows:
            return
        hashes = _numbers(rows["_row_hash"])
        dates = pc.dictionary_encode(rows["_business_date"].combine_chunks(), null_encoding="encode")
        places = dates.indices.to_numpy(zero_copy_only=False)
        sums = np.zeros((len(dates.dictionary), hashes.shape[1]), dtype=np.uint64)
        np.add.at(sums, places, hashes)  # wraps around: sums are taken modulo 2 to the 64th
        counts = np.bincount(places, minlength=len(sums))
        for date, count, total in zip(dates.dictionary.to_pylist(), counts.tolist(), sums, strict=True):
            self._rows[date] = self._rows.get(date, 0) + count
            self._sums[date] = self._sums.get(date, np.zeros_like(total)) + total

    def counting(self, chunks: Iterator[pa.Table]) -> Iterator[pa.Table]:
        """Add chunks as they go by.

        Args:
            chunks: Chunks of rows that are ready for bronze.

        Yields:
            The same chunks.
        """
        for chunk in chunks:
            self.add(chunk)
            yield chunk

    @property
    def rows(self) -> Mapping[dt.date | None, int]:
        """Rows of every date; a date without rows is not among them."""
        return self._rows

    def digest(self, date: dt.date | None) -> str:
        """What a date holds, in one short text.

        Args:
            date: Business date; None = rows without one.

        Returns:
            Version, number of rows and the sum of their hashes.
        """
        total = self._sums.get(date, np.zeros(2, dtype=np.uint64))
        return f"{_VERSION}:{self._rows.get(date, 0)}:{total.tobytes().hex()}"

    def whole(self) -> "DayDigests":
        """The same rows as if none had a date: what a table that is read whole holds."""
        found = DayDigests()
        if self._rows:
            found._rows[None] = sum(self._rows.values())
            found._sums[None] = np.array(list(self._sums.values())).sum(axis=0, dtype=np.uint64)
        return found


def is_same_version(digest: str | None) -> bool:
    """Whether a stored digest can be compared with a new one.

    Args:
        digest: What was stored; None = nothing was.

    Returns:
        False where it was made in another way, or there is none.
    """
    return digest is not None and digest.split(":", 1)[0] == _VERSION


def _numbers(hashes: pa.ChunkedArray) -> np.ndarray:
    """Hashes of 32 hexadecimal digits as two numbers each, shape (n_rows, 2)."""
    found = np.frombuffer(bytes.fromhex("".join(hashes.to_pylist())), dtype=">u8").reshape(-1, 2)
    return found.astype("<u8")
