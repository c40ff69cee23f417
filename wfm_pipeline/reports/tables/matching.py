"""What was matched across the sources of a site by name alone, in words: queues by name, people counted."""

from collections.abc import Mapping, Sequence

from wfm_pipeline.errors import MOST_NAMED
from wfm_pipeline.warehouse.silver.matching import Unmatched


def matching_words(unmatched: Sequence[Unmatched], by_name: Mapping[str, Sequence[str]]) -> list[str]:
    """A line per source with ids of its own, and one on queues that are one by their name alone.

    Args:
        unmatched: Of each source the ids that no row of the planners' table leads to.
        by_name: Queue -> the sources that feed it by its name.

    Returns:
        Such as `branch: 2 queues (orders, support) and 14 people have no row in source_matches and keep their ids`.
    """
    lines = [
        f"{one.source}: {len(one.queues)} queues ({_named(one.queues)}) and {one.agents} people have no row in "
        "source_matches and keep their ids"
        for one in unmatched
        if one.queues or one.agents
    ]
    shared = [f"{queue} ({', '.join(sources)})" for queue, sources in by_name.items()]
    return [*lines, f"one queue by its name alone: {_named(shared)}"] if shared else lines


def _named(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "") or "none"
