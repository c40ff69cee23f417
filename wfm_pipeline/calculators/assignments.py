"""Which versions of weekly assignments are there, what differs between two, and which one do readers see?

Here: what a planner asks of versions, and approving one. Not here: making versions (assets/planning/allocation) and the
comparison itself (domain/allocation/tables/version_diff).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wfm_pipeline.calculators.allocation import week_of
from wfm_pipeline.contracts.planning.allocation import ALLOCATION_QUALITY, DEMAND_WEEK, WEEKLY_RESOURCE_ASSIGNMENT
from wfm_pipeline.contracts.planning.assignment_versions import ASSIGNMENT_APPROVAL, ASSIGNMENT_VERSION
from wfm_pipeline.domain.allocation.tables.resource_weeks import resource_weeks
from wfm_pipeline.domain.allocation.tables.version_diff import VersionDiff, diff_versions
from wfm_pipeline.domain.allocation.week.weeks import IsoWeek
from wfm_pipeline.errors import DataError, SettingsError
from wfm_pipeline.resources import House
from wfm_pipeline.resources.options import readers_of
from wfm_pipeline.warehouse.readers.publish import publish
from wfm_pipeline.warehouse.shelves.assignment_versions import (
    approvals_of,
    approve_version,
    beside_approved_words,
    ledger_of,
    read_version,
)

if TYPE_CHECKING:
    import pandas as pd

_CHANGED = (DEMAND_WEEK, WEEKLY_RESOURCE_ASSIGNMENT, ALLOCATION_QUALITY, ASSIGNMENT_VERSION, ASSIGNMENT_APPROVAL)
"""What an approval changes of gold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """Which version a person approves.

    Attributes:
        week: ISO week such as 2025-W28.
        version: Its version; an earlier one undoes what came after it.
        approved_by: Who.
        reason: Why; None where it is not said.
    """

    week: str
    version: int
    approved_by: str
    reason: str | None = None


def versions_of(house: House, week: str | None = None) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Versions and approvals that hold, of one week or of all.

    Raises:
        SettingsError: no ISO week.
        DataError: the week has no version.
    """
    weeks = None if week is None else [week_of(week, "--week")]
    with house.open_warehouse() as warehouse:
        ledger, approvals = ledger_of(warehouse, weeks), approvals_of(warehouse, weeks)
    if ledger.empty:
        where = f"of {week}" if week else "of any week"
        raise DataError(f"there is no assignment {where} yet; `wfm allocate --from {week or '2025-W28'}` makes one")
    return ledger, approvals


def compare_versions(house: House, week: str, old: int, new: int) -> VersionDiff:
    """What differs between two versions of a week.

    Raises:
        SettingsError: no ISO week.
        DataError: there is no such version.
    """
    asked = week_of(week, "--week")
    with house.open_warehouse() as warehouse:
        return diff_versions(read_version(warehouse, asked, old), read_version(warehouse, asked, new))


def approve(house: House, request: ApprovalRequest) -> bool:
    """Let readers see a version until another one is approved; their copy is renewed. Be the writer when calling.

    Returns:
        False where that version was approved already.

    Raises:
        SettingsError: no ISO week, or nobody's name.
        DataError: there is no such version.
    """
    week, name = week_of(request.week, "--week"), request.approved_by.strip()
    if not name or not name.isprintable():
        raise SettingsError(f"--by must be the name of a person, got {request.approved_by!r}", got=request.approved_by)
    with house.open_warehouse() as warehouse:
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        is_new = approve_version(
            warehouse, week, request.version, approved_by=name, reason=request.reason or None, now=now
        )
        if is_new:
            publish(warehouse, readers=readers_of(house.settings), changed={table.name for table in _CHANGED})
    return is_new


def beside_approved(house: House, weeks: Sequence[IsoWeek]) -> list[str]:
    """Weeks of which an approved version stands that is not the newest, in words."""
    with house.open_warehouse() as warehouse:
        return beside_approved_words(warehouse, weeks)


def months_of(house: House) -> "pd.DataFrame":
    """Resource-weeks per demand and month, of the assignments that readers see.

    Raises:
        DataError: there is no assignment yet.
    """
    with house.open_warehouse() as warehouse:
        has_any = warehouse.has(DEMAND_WEEK.full_name)
        rows = warehouse.frame(warehouse.table(DEMAND_WEEK.full_name)) if has_any else None
    if rows is None or rows.empty:
        raise DataError("there is no assignment of any week yet; `wfm allocate --from 2025-W28` makes one")
    return resource_weeks(rows)
