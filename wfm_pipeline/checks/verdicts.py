"""The result of a law's check: what was compared in one line, and `expected` and `found` as numbers that the UI plots.

Here: how a law answers. Not here: judgement, which only warns (assets/common.warning), and what is compared.
"""

from collections.abc import Mapping

import dagster as dg


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
