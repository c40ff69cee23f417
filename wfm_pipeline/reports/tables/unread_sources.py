"""A source of the site that was not read, in words: why, the date it stands at, and which queues are unknown from then on."""

from collections.abc import Sequence

from wfm_pipeline.errors import MOST_NAMED
from wfm_pipeline.warehouse.source_states import SourceState


def unread_words(state: SourceState, queues: Sequence[str]) -> str:
    """One line on a source that was not read.

    Args:
        state: How it was found.
        queues: Queues it feeds.

    Returns:
        Such as `source north stands at 2026-06-24 (...); from then on queues billing, sales are unknown, and come
        back when it is read`.
    """
    stands = f"stands at {state.stands_at}" if state.stands_at else "was never read to the end of a day"
    named = ", ".join(queues[:MOST_NAMED]) + (
        f" and {len(queues) - MOST_NAMED} more" if len(queues) > MOST_NAMED else ""
    )
    unknown = f"; from then on queues {named} are unknown, and come back when it is read" if queues else ""
    return f"source {state.source} {stands} ({state.reason}){unknown}"
