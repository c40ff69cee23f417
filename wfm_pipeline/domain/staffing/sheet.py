"""Rows of text into requirements: the table behind `wfm staff --file`.

Here: cells to numbers, and the answer with its reasons. Not here: files (sources/files/planners_files.py) and
what a number may be (limits.py). One row comes out for every row that goes in, in the same order.

What comes out is numbers and our own words only: a cell that is no number is not repeated as a
cell, so that nothing of the input can become a formula in a spreadsheet.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from wfm_pipeline.domain.arrays import FloatArray
from wfm_pipeline.domain.staffing.requirement import Requirement, agents_required
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.units import LARGEST_NUMBER, PERCENT, SMALLEST_NUMBER, number_hint, plain_number

if TYPE_CHECKING:
    import pandas as pd

REQUIRED_COLUMNS: Final = (
    "calls", "interval_seconds", "aht_seconds", "answer_target_seconds", "service_level_target",
)  # fmt: skip
OPTIONAL_COLUMNS: Final = ("patience_seconds", "max_occupancy", "shrinkage")
ANSWER_COLUMNS: Final = (
    "agents_required", "agents_required_exact", "agents_scheduled", "service_level", "asa_seconds", "occupancy",
    "abandon_share", "reason",
)  # fmt: skip
_NUMBERS: Final = ANSWER_COLUMNS[:-1]
_COUNTS: Final = ("agents_required", "agents_scheduled")
_LARGEST_WHOLE: Final = 2.0**53
"""Whole numbers above this are not all doubles."""
_LONGEST_QUOTE: Final = 40
"""Characters of a bad cell that are repeated in its reason."""
_ANY_LEVEL: Final = 0.5
"""Stands for a target that a row lacks, until the row gets its reason."""


@dataclass(frozen=True, slots=True, eq=False)
class StaffedRows:
    """Rows and their answers, column by column.

    Attributes:
        asked: The known input columns as numbers, NaN where a cell is empty or no number.
        need: What each row needs.
        reason: Why a row has no answer; empty where it has one.
    """

    asked: Mapping[str, FloatArray]
    need: Requirement
    reason: NDArray[np.object_]

    def cells(self) -> dict[str, list[float | int | str | None]]:
        """The columns of `frame` as plain values, None where there is no number."""
        is_known = self.reason == ""
        answers = {name: np.where(is_known, getattr(self.need, name), np.nan) for name in _NUMBERS}
        numbers = {name: _plain(values) for name, values in {**self.asked, **answers}.items()}
        return {**numbers, "reason": self.reason.tolist()}

    def frame(self) -> "pd.DataFrame":
        """One row per row: the known input columns as numbers, then `ANSWER_COLUMNS`; no number where there is a reason."""
        import pandas as pd  # noqa: PLC0415  (half a second; a single row does without)

        answer = self.need.frame()[list(ANSWER_COLUMNS)].assign(reason=self.reason)
        answer.loc[self.reason != "", list(_NUMBERS)] = np.nan
        answer = answer.astype(dict.fromkeys(_COUNTS, "Int64"))
        asked = {
            name: pd.Series(values).astype("Int64" if _is_whole(values) else "float64")
            for name, values in self.asked.items()
        }
        return pd.concat([pd.DataFrame(asked), answer], axis=1)


def staff_rows(
    header: Sequence[str], rows: Sequence[Sequence[str]], *, threads: int = 1
) -> tuple[StaffedRows, list[str]]:
    """The answer of every row, and notices.

    Args:
        header: Names of the columns; order, blanks around them and capitals do not matter.
        rows: Cells as text; a row with fewer cells lacks the last ones, one with more is a bad row.
            An empty cell of an optional column means no abandonment, no cap, no shrinkage.
        threads: Most threads, for very many rows.

    Returns:
        The rows in their order; a bad one has a reason and no answer.

    Raises:
        SettingsError: a required column is missing, or a known one comes twice.
    """
    names = [name.strip().lower() for name in header]
    known: list[str] = [name for name in (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS) if name in names]
    _check_header(names, known)
    faults = {
        number: f"the row has {len(row)} cells, the header {len(names)}"
        for number, row in enumerate(rows)
        if len(row) > len(names)
    }
    columns: dict[str, FloatArray] = {}
    for name in known:
        place = names.index(name)
        cells = [row[place] if place < len(row) else "" for row in rows]
        columns[name], bad = _numbers(name, cells)
        for number, words in bad.items():
            faults.setdefault(number, words)
    return _answer(columns, faults, threads), _notices(names, known)


def _check_header(names: list[str], known: list[str]) -> None:
    missing = [name for name in REQUIRED_COLUMNS if name not in names]
    if missing:
        raise SettingsError(
            f"missing columns: {', '.join(missing)}; present: {', '.join(names) or 'none'}; needed: "
            f"{', '.join(REQUIRED_COLUMNS)}; optional: {', '.join(OPTIONAL_COLUMNS)}",
            missing=missing,
            present=names,
        )
    twice = [name for name in known if names.count(name) > 1]
    if twice:
        raise SettingsError(f"columns that come twice: {', '.join(twice)}", got=twice)


def _notices(names: list[str], known: list[str]) -> list[str]:
    others = [name or "(no name)" for name in names if name not in known]
    return [f"ignored the columns {', '.join(others)}"] if others else []


def _numbers(name: str, cells: list[str]) -> tuple[FloatArray, dict[int, str]]:
    """The column as numbers (NaN = empty or unreadable), and the reason of each unreadable cell by its row."""
    values = np.full(len(cells), np.nan)
    bad: dict[int, str] = {}
    for number, cell in enumerate(cells):
        text = cell.strip()
        value = parse_number(text)
        if value is not None:
            values[number] = value
        elif text:
            bad[number] = f"{name} is not a number: {_quoted(text)}{_hint(text)}"
    return values, bad


def parse_number(text: str) -> float | None:
    """A number as programs write it (12, 1.5, 2e3), or None.

    Args:
        text: A trimmed cell.

    Returns:
        Its number; None where it is none as programs write it (12, 1.5, 2e3).
    """
    try:
        return plain_number(text)
    except ValueError:
        return None


def _is_float(text: str) -> bool:
    try:
        return not math.isnan(float(text))
    except ValueError:
        return False


def _quoted(text: str) -> str:
    shown = "".join(letter if letter.isprintable() else "?" for letter in text[:_LONGEST_QUOTE])
    return f"'{shown}'" + (" ..." if len(text) > _LONGEST_QUOTE else "")


def _hint(text: str) -> str:
    if _is_float(text):
        return f"; a number is 0, or {SMALLEST_NUMBER:g} to {LARGEST_NUMBER:g} in size"
    share = parse_number(text.removesuffix("%").strip()) if text.endswith("%") else None
    if share is not None:
        return f"; write {share / PERCENT:g}"
    return number_hint(text)


def _answer(columns: Mapping[str, FloatArray], faults: Mapping[int, str], threads: int) -> StaffedRows:
    shrinkage = np.nan_to_num(columns.get("shrinkage", np.zeros(1)), nan=0.0)
    is_untold = np.isnan(columns["service_level_target"])
    need = agents_required(
        columns["calls"],
        columns["interval_seconds"],
        columns["aht_seconds"],
        answer_target_seconds=columns["answer_target_seconds"],
        service_level_target=np.where(is_untold, _ANY_LEVEL, columns["service_level_target"]),
        patience_seconds=columns.get("patience_seconds", np.nan),
        max_occupancy=columns.get("max_occupancy", np.nan),
        shrinkage=shrinkage,
        threads=threads,
    )
    reason = np.array(need.reason, dtype=object)
    reason[is_untold & (reason == "")] = "service_level_target is missing"
    for number, words in faults.items():
        reason[number] = words
    return StaffedRows(columns, need, reason)


def _plain(values: FloatArray) -> list[float | int | str | None]:
    """The column as whole numbers where it has no others, so that 100 comes out as 100."""
    kind = int if _is_whole(values) else float
    return [None if math.isnan(value) else kind(value) for value in values.tolist()]


def _is_whole(values: FloatArray) -> bool:
    known = values[~np.isnan(values)]
    return bool((known == np.rint(known)).all() and (np.abs(known) < _LARGEST_WHOLE).all())
