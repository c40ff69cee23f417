"""The door for readings that must go on: what came in another unit stays outside and is named, the rest comes in.

The strict door (sources/operational/door) refuses the whole table, as a copy that is kept must. A live view with one service that cannot be
believed is of more use than none. Not here: asking (reader).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wfm_pipeline.contracts.columns import Table
from wfm_pipeline.domain.operational.house_units import to_house_units
from wfm_pipeline.domain.operational.row_rules import FINDING_COLUMNS, judge_rows
from wfm_pipeline.domain.operational.unit_slips import UnitSlip, find_unit_slips
from wfm_pipeline.sources.operational.door import OperationalRows, columns_in_type, slip_words


@dataclass(frozen=True, slots=True, eq=False)
class LiveRows:
    """What came through.

    Attributes:
        found: Rows and findings.
        left_out: Service -> why its rows of this table are out.
    """

    found: OperationalRows
    left_out: Mapping[str, str]


def through_the_live_door(table: Table, raw: pd.DataFrame) -> LiveRows:
    """Check rows of an operational table, leave out what came in another unit, and put the rest into the house's units.

    Args:
        table: Its contract.
        raw: Rows as they came, in the table's own units.

    Returns:
        Rows to be believed. A service whose means have jumped by a hundred or more is out of this table; a column that came in
        another unit is emptied, and where it may not be empty the table has no rows. Each is a finding.

    Raises:
        SourceError: a column is missing.
    """
    typed, misfits = columns_in_type(table, raw)
    slips = find_unit_slips(table, typed)
    kept = _believable(table, typed, slips)
    is_kept = typed.index.isin(kept.index)
    judged = judge_rows(table, kept.reset_index(drop=True), {name: misfit[is_kept] for name, misfit in misfits.items()})
    told = [one for one in (slip_findings(table, typed, slips), judged.findings) if len(one)]
    findings = pd.concat(told, ignore_index=True) if told else judged.findings
    return LiveRows(OperationalRows(to_house_units(table, judged.rows), findings), _left_out(slips))


def slip_findings(table: Table, typed: pd.DataFrame, slips: Sequence[UnitSlip]) -> pd.DataFrame:
    """Slips as findings: one row each, at the first row that it concerns.

    Args:
        table: The contract.
        typed: All rows.
        slips: Of this table.

    Returns:
        Columns `row_rules.FINDING_COLUMNS`.
    """
    rows = [
        (
            table.name,
            f"unit_slip_{slip.column}",
            slip.service_id is not None or not table.column(slip.column).nullable,
            int(np.argmax(_concerned(typed, slip))),
            slip.column,
            str(slip.value) if slip.service_id is None else f"{slip.value} (service {slip.service_id})",
            f"{slip.allowed}: {slip.advice}",
        )
        for slip in slips
    ]
    return pd.DataFrame(rows, columns=list(FINDING_COLUMNS))


def _believable(table: Table, typed: pd.DataFrame, slips: Sequence[UnitSlip]) -> pd.DataFrame:
    kept = typed
    for slip in slips:
        if slip.service_id is not None or not table.column(slip.column).nullable:
            kept = kept[~_concerned(kept, slip)]
        else:
            kept = kept.assign(**{slip.column: np.nan})
    return kept


def _concerned(rows: pd.DataFrame, slip: UnitSlip) -> np.ndarray:
    if slip.service_id is None:
        return np.ones(len(rows), dtype=bool)
    return (rows["service_id"] == slip.service_id).to_numpy(dtype=bool)


def _left_out(slips: Sequence[UnitSlip]) -> dict[str, str]:
    services = dict.fromkeys(slip.service_id for slip in slips if slip.service_id is not None)
    return {one: slip_words(tuple(slip for slip in slips if slip.service_id == one)) for one in services}
