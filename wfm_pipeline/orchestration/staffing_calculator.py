"""The staff command's way: a CSV file or one row of arguments in, one answer per row out."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from wfm_pipeline.domain.staffing.sheet import OPTIONAL_COLUMNS, REQUIRED_COLUMNS, staff_table
from wfm_pipeline.errors import SettingsError
from wfm_pipeline.sources.files.planning_files import read_cells


@dataclass(frozen=True, slots=True)
class StaffingRequest:
    """One row in the words of the command line; None where a word was not given.

    Attributes:
        calls: Calls offered in the interval.
        interval_seconds: Length of the interval [s].
        aht_seconds: Mean handle time [s].
        answer_target_seconds: Answer-time target [s].
        service_level_target: Share of the offered to be answered within it.
        patience_seconds: Mean patience [s]; None = nobody leaves.
        max_occupancy: Cap of the occupancy; None = no cap.
        shrinkage: Paid time not available; None = none.
    """

    calls: float | None
    interval_seconds: float | None
    aht_seconds: float | None
    answer_target_seconds: float | None
    service_level_target: float | None
    patience_seconds: float | None = None
    max_occupancy: float | None = None
    shrinkage: float | None = None


def staff_file(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """One row out for every row of the file, and notices.

    Raises:
        SettingsError: there is no such file, or a required column is missing.
        DataError: the file cannot be read.
    """
    return staff_table(*read_cells(path))


def staff_row(request: StaffingRequest) -> pd.DataFrame:
    """The answer to one row of arguments.

    Raises:
        SettingsError: an argument is missing or out of its range; the message says which and why.
    """
    columns = (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS)
    values = {name: getattr(request, name) for name in columns}
    missing = [f"--{name.replace('_', '-')}" for name in REQUIRED_COLUMNS if values[name] is None]
    if missing:
        raise SettingsError(f"staff needs {', '.join(missing)}; or --file IN.csv [--out OUT.csv]", missing=missing)
    answer, _ = staff_table(columns, [["" if values[name] is None else repr(values[name]) for name in columns]])
    reason = answer["reason"].iloc[0]
    if reason:
        raise SettingsError(reason)
    return answer.drop(columns="reason")
