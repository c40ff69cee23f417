"""The result of a check: what was compared in one line, and `expected` and `found` as numbers that the UI plots.

Here: how a law answers, which blocks, and how a judgement does, which only warns. Not here: what is compared.
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg
import pandas as pd

from wfm_pipeline.domain.judgement import Judgement


def verdict(
    *, passed: bool, words: str, expected: float, found: float, numbers: Mapping[str, int | float] | None = None
) -> dg.AssetCheckResult:
    """A blocking check's result.

    Args:
        passed: The law is kept.
        words: What was compared and what came of it, in one line.
        expected: What the law demands; 0 where it counts what breaks it.
        found: What there is, in the same unit.
        numbers: More that was counted, by name.
    """
    return dg.AssetCheckResult(
        passed=passed, description=words, metadata={"expected": expected, "found": found, **(numbers or {})}
    )


def warning(judgement: Judgement, **names: Any) -> dg.AssetCheckResult:
    """A judgement as a check result that warns where it does not pass."""
    return dg.AssetCheckResult(
        passed=judgement.passes,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=numbers_of(judgement),
        description=judgement.words,
        **names,
    )


def numbers_of(judgement: Judgement) -> Mapping[str, dg.MetadataValue]:
    """Expected, found and limit for the UI to plot; what could not be judged has no number."""
    numbers = {"expected": judgement.expected, "found": judgement.found, "limit": judgement.limit}
    return {
        name: dg.MetadataValue.null() if pd.isna(value) else dg.MetadataValue.float(value)
        for name, value in numbers.items()
    }
