"""The door for readings that must go on: what came in another unit stays outside and is named, the rest comes in.

The strict door (sources/operational/door) refuses the whole table, as a copy that is kept must. A live view with one service that cannot be
believed is of more use than none. Not here: asking (reader).
"""

import datetime as dt
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

    def handed_on(self) -> OperationalRows:
        """Rows and findings of their own for whoever asked: what is done to them changes nothing here."""
        return OperationalRows(self.found.rows.copy(), self.found.findings.copy())


@dataclass(frozen=True, slots=True, eq=False)
class TypedRows:
    """Rows in the types of their contract, not judged yet.

    Attributes:
        frame: All columns of the contract, numbered from 0.
        misfits: Column -> which values did not go into its type, shape (n_rows,).
    """

    frame: pd.DataFrame
    misfits: Mapping[str, np.ndarray]

    @classmethod
    def of(cls, table: Table, raw: pd.DataFrame) -> "TypedRows":
        """Rows as they came, in their types.

        Raises:
            SourceError: a column is missing.
        """
        return cls(*columns_in_type(table, raw))

    @classmethod
    def together(cls, parts: Sequence["TypedRows"]) -> "TypedRows":
        """Rows of several parts, in their order; at least one part."""
        frame = pd.concat([part.frame for part in parts], ignore_index=True)
        return cls(frame, {name: np.concatenate([part.misfits[name] for part in parts]) for name in parts[0].misfits})

    def is_same(self, other: "TypedRows") -> bool:
        """Whether these are the same rows in the same order."""
        return self.frame.equals(other.frame) and all(
            np.array_equal(misfit, other.misfits[name]) for name, misfit in self.misfits.items()
        )

    def at(self, places: np.ndarray) -> "TypedRows":
        """Rows at these places, numbered anew."""
        frame = self.frame.iloc[places].reset_index(drop=True)
        return TypedRows(frame, {name: misfit[places] for name, misfit in self.misfits.items()})


def through_the_live_door(table: Table, typed: TypedRows, *, since: dt.datetime | None = None) -> LiveRows:
    """Check rows of an operational table, leave out what came in another unit, and put the rest into the house's units.

    Args:
        table: Its contract.
        typed: Its rows, in the table's own units.
        since: Intervals that start before are only there for a jump to be seen against them, and are not handed on; None = all
            are.

    Returns:
        Rows to be believed. A service whose means have jumped by a hundred or more is out of this table; a column that came in
        another unit is emptied, and where it may not be empty the table has no rows. Each is a finding.
    """
    frame = typed.frame
    slips = find_unit_slips(table, frame)
    kept = _believable(table, frame, slips)
    if since is not None:
        kept = kept[~(kept["interval_start_time"] < since)]
    places = kept.index.to_numpy()
    misfits = {name: misfit[places] for name, misfit in typed.misfits.items()}
    judged = judge_rows(table, kept.reset_index(drop=True), misfits)
    told = [one for one in (slip_findings(table, frame, slips), judged.findings) if len(one)]
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
