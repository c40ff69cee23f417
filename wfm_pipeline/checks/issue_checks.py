"""Blocking check of the archive: what was issued is still what stands there."""

from typing import Final

import dagster as dg

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.checks.verdicts import verdict
from wfm_pipeline.contracts.planning.planners_input import FORECAST_ISSUE
from wfm_pipeline.resources import House
from wfm_pipeline.warehouse.shelves.issues import compare_issues

NEWEST: Final = 30
"""Issues whose rows are held against the ledger in each run, newest first [count]."""


def build_issue_checks() -> list[dg.AssetChecksDefinition]:
    """The check that no issue was changed behind the ledger."""

    @dg.asset_check(
        asset=key_of(FORECAST_ISSUE),
        name="issues_are_unchanged",
        description=f"The rows of the newest {NEWEST} issues are those the ledger has the fingerprints of.",
        blocking=True,
    )
    def issues_are_unchanged(house: dg.ResourceParam[House]) -> dg.AssetCheckResult:
        with house.open_warehouse() as warehouse:
            is_unchanged = compare_issues(warehouse, house.source_map, NEWEST)
        kept = sum(is_unchanged.values())
        changed = [
            f"the issue of {time} was changed after it was made" for time, same in is_unchanged.items() if not same
        ]
        words = "; ".join([f"{kept} of {len(is_unchanged)} issues are as the ledger has them", *changed])
        return verdict(passed=not changed, words=words, expected=len(is_unchanged), found=kept)

    return [issues_are_unchanged]
