"""Check that every training group of the newest issue was trained: the run fails where one was not, after all else is done.

It blocks nothing: forecasts of the other groups are issued, staffed and published. So it fails by itself, as a step that
nothing stands on. Not here: what a group is (domain/forecasting/groups) and training it (assets/forecasting).
"""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from wfm_pipeline.asset_keys import key_of
from wfm_pipeline.contracts.gold import QUEUE_INTERVAL_FORECAST
from wfm_pipeline.errors import MOST_NAMED, DataError
from wfm_pipeline.resources import House


def build_training_checks() -> list[dg.AssetChecksDefinition]:
    """The check of the training groups; it passes where all queues are one group."""

    @dg.asset_check(
        asset=key_of(QUEUE_INTERVAL_FORECAST),
        name="groups_are_trained",
        description="Every training group of the newest issue was trained; else the forecast of its queues is missing.",
    )
    def groups_are_trained(house: dg.ResourceParam[House]) -> dg.AssetCheckResult:
        failures = house.training_shelf.failures()
        if failures:
            raise DataError("; ".join(_words(name, card) for name, card in failures.items()))
        return dg.AssetCheckResult(
            passed=True, description="no training group failed", metadata={"expected": 0, "found": 0}
        )

    return [groups_are_trained]


def _words(name: str, card: Mapping[str, Any]) -> str:
    queues = [str(queue) for queue in card["queue_ids"]]
    named = ", ".join(queues[:MOST_NAMED]) + (
        f" and {len(queues) - MOST_NAMED} more" if len(queues) > MOST_NAMED else ""
    )
    what = "hindcast is missing" if card["is_hindcast"] else "forecast of its queues is missing"
    return f"training group {name} ({named}): {card['why']}; the {what}, the other groups' are there"
