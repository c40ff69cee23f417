"""Calls whose legs contradict each other: counted in every run, and too many stop it.

They are the sign of a map that does not say how the legs of a call relate, or whose status words are wrong; every number
made of such calls would be wrong in silence. Not here: which calls they are (transforms/several_legs).
"""

from typing import Final

from wfm_pipeline.contracts.silver import CALLS
from wfm_pipeline.contracts.source.source_map import SourceMap
from wfm_pipeline.domain.dates import Dates
from wfm_pipeline.errors import DataError
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.silver.rows import SilverCounts, days_scope

OVERLAPPING: Final = "overlapping_legs"
"""Finding: legs that should be in turn, of which one begins while the one before it still waits."""
WITH_TALK: Final = "abandoned_with_talk"
"""Finding: an abandoned call with talk time that no transfer explains."""
LEAST_CALLS: Final = 10
"""Contradicting calls below which no run is stopped: a few odd ones in a quiet night are told, and no sign of a map [count]."""
_FLAGS: Final = {OVERLAPPING: "has_overlapping_legs", WITH_TALK: "is_abandoned_with_talk"}
_WAYS_OUT: Final = {
    OVERLAPPING: 'where several phones ring at once, say legs = "at_once" in the map; where legs are in turn, look at '
    "leg_number, started_at and wait_seconds",
    WITH_TALK: "look at the words of status (a leg that was passed on is transferred, an unanswered phone of several is "
    'legs = "at_once"), at talk_seconds, and exclude the queues of surveys and voicemail',
}


def count_contradictions(warehouse: Warehouse, source_map: SourceMap, dates: Dates) -> dict[str, int]:
    """Finding -> calls of some business dates; findings without a call are left out."""
    calls = days_scope(source_map, dates).filter(warehouse.table(CALLS.full_name))
    sums = calls.agg(**{rule: calls.count(where=calls[flag].fill_null(False)) for rule, flag in _FLAGS.items()})
    counts = warehouse.frame(sums).iloc[0]
    return {rule: int(counts[rule]) for rule in _FLAGS if counts[rule]}


def refuse_contradictions(counts: SilverCounts, *, highest_share: float) -> None:
    """Stop when more calls contradict themselves than the limit allows, by either finding.

    Args:
        counts: What the refresh of the calls did.
        highest_share: Share of the calls, 0..1.

    Raises:
        DataError: there are more, and at least `LEAST_CALLS`; the message says what to do.
    """
    for rule, calls in counts.findings.items():
        if calls >= LEAST_CALLS and calls > highest_share * counts.rows_loaded:
            raise DataError(
                f"{calls:,} of {counts.rows_loaded:,} calls are {rule} ({calls / counts.rows_loaded:.0%}), more than the "
                f"limit of {highest_share:.0%} (silver.calls, {_FLAGS[rule]}): {_WAYS_OUT[rule]}; or raise "
                "contradiction_share_limit",
                rule=rule,
                calls=calls,
            )
