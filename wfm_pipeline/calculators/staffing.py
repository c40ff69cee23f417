"""How many agents? One row of words, or every row of a CSV file, each by itself.

Here: the request and which rows are asked. Not here: the mathematics and the columns (domain/staffing/sheet).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wfm_pipeline.domain.staffing.sheet import OPTIONAL_COLUMNS, REQUIRED_COLUMNS, StaffedRows, staff_rows
from wfm_pipeline.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffingRequest:
    """One row; None where a word was not given.

    Attributes:
        calls: Calls offered in the interval [calls], >= 0; need not be whole.
        interval_seconds: Length of the interval [s].
        aht_seconds: Mean handle time [s].
        answer_target_seconds: Answer-time target [s].
        service_level_target: Share of the offered to be answered within it (0..1).
        patience_seconds: Mean patience [s]; None = nobody leaves.
        max_occupancy: Cap of the occupancy (0..1]; None = no cap.
        shrinkage: Paid time not available [0, 1); None = none.
    """

    calls: float | None = None
    interval_seconds: float | None = None
    aht_seconds: float | None = None
    answer_target_seconds: float | None = None
    service_level_target: float | None = None
    patience_seconds: float | None = None
    max_occupancy: float | None = None
    shrinkage: float | None = None

    @property
    def is_empty(self) -> bool:
        """True where no word was given."""
        return all(getattr(self, name) is None for name in (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS))


@dataclass(frozen=True, slots=True, eq=False)
class StaffingAnswer:
    """What came out.

    Attributes:
        staffed: The rows asked, in their order, with their answers.
        has_reasons: True for rows of a file, which may lack an answer and say why in `reason`.
        notices: What the reader should know.
    """

    staffed: StaffedRows
    has_reasons: bool
    notices: tuple[str, ...] = ()

    @property
    def cells(self) -> dict[str, list[float | int | str | None]]:
        """The answer column by column, as plain values; None where there is no number."""
        return {name: cells for name, cells in self.staffed.cells().items() if self.has_reasons or name != "reason"}

    @property
    def rows(self) -> "pd.DataFrame":
        """The same as a table, one row per row asked."""
        rows = self.staffed.frame()
        return rows if self.has_reasons else rows.drop(columns="reason")


def staff_file(path: Path, *, threads: int = 1) -> StaffingAnswer:
    """The answer to every row of a CSV file.

    Args:
        path: The file.
        threads: Most threads, for very many rows.

    Raises:
        SettingsError: there is no such file, or a required column is missing.
        DataError: the file cannot be read.
    """
    from wfm_pipeline.sources.files.planners_files import read_cells  # noqa: PLC0415  (with pandas, half a second)

    header, rows, of_file = read_cells(path)
    staffed, notices = staff_rows(header, rows, threads=threads)
    return StaffingAnswer(staffed, True, (*of_file, *notices))


def staff_row(request: StaffingRequest) -> StaffingAnswer:
    """The answer to one row of words.

    Raises:
        SettingsError: a word is missing or out of its range; the message says which and why.
    """
    columns = (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS)
    values = {name: getattr(request, name) for name in columns}
    missing = [f"--{name.replace('_', '-')}" for name in REQUIRED_COLUMNS if values[name] is None]
    if missing:
        raise SettingsError(f"staff needs {', '.join(missing)}; or --file IN.csv [--out OUT.csv]", missing=missing)
    staffed, _ = staff_rows(columns, [["" if values[name] is None else repr(values[name]) for name in columns]])
    (reason,) = staffed.reason
    if reason:
        raise SettingsError(reason)
    return StaffingAnswer(staffed, False)
