"""The laws of the hourly backlog as checks that block: stored rows are read again and judged before readers see them.

Not here: the laws (checks/backlog_judgement), and writing (writing.py).
"""

from collections.abc import Iterator
from typing import Final

import dagster as dg
import pandas as pd

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.assets.backlog.stretch import Stretch
from wfm_pipeline.assets.step import Step
from wfm_pipeline.checks.backlog_judgement import RULES, BacklogRows, faults_of
from wfm_pipeline.checks.verdicts import verdict
from wfm_pipeline.contracts.backlog.ahead import HEADCOUNT_HOUR
from wfm_pipeline.contracts.backlog.hours import BACKLOG_HOUR, BACKLOG_PRIORITY_HOUR
from wfm_pipeline.contracts.columns import Table

LAWS: Final = [
    dg.AssetCheckSpec(name, asset=key_of(BACKLOG_HOUR), description=words, blocking=True)
    for name, words in RULES.items()
]


def judged(step: Step, stretch: Stretch) -> Iterator[dg.AssetCheckResult]:
    """Hold a stretch of hours against the laws; where it begins otherwise than the hour before ended, counting has said so.

    Args:
        step: The step.
        stretch: The hours that were written.
    """
    hours = _stored(step, BACKLOG_HOUR, stretch)
    people = step.of_source(HEADCOUNT_HOUR)
    heads = step.warehouse.frame(people.filter(people.as_of == stretch.end.to_pydatetime()))
    expected = stretch.hours["hour_start"]
    found = faults_of(BacklogRows(hours, _stored(step, BACKLOG_PRIORITY_HOUR, stretch), heads, expected))
    for name, words in RULES.items():
        faults = found[name]
        told = f"{words} {len(hours):,} rows judged: " + (f"broken in {faults:,}" if faults else "kept")
        result = verdict(passed=not faults, words=told, expected=0, found=faults, numbers={"rows": len(hours)})
        yield result._replace(check_name=name, asset_key=key_of(BACKLOG_HOUR))


def unjudged() -> Iterator[dg.AssetCheckResult]:
    """What the laws say where there is nothing to judge."""
    for name, words in RULES.items():
        result = verdict(passed=True, words=f"{words} No row to judge.", expected=0, found=0, numbers={"rows": 0})
        yield result._replace(check_name=name, asset_key=key_of(BACKLOG_HOUR))


def _stored(step: Step, table: Table, stretch: Stretch) -> pd.DataFrame:
    rows = step.of_source(table)
    first, end = stretch.start.to_pydatetime(), stretch.end.to_pydatetime()
    return step.warehouse.frame(rows.filter(rows.hour_start >= first, rows.hour_start < end))
