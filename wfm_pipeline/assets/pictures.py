"""Pictures in an asset's metadata. They are for people: one that cannot be drawn is a warning, never a failed asset."""

from collections.abc import Callable

import dagster as dg

FAILED = "pictures_failed"
"""Metadata: how many pictures of the asset could not be drawn; absent where all could."""


def pictures(
    context: dg.AssetExecutionContext, **drawn: Callable[[], str]
) -> dict[str, dg.MarkdownMetadataValue | int]:
    """Pictures as metadata, in the order given.

    Args:
        context: The asset's context; its log is told of what failed.
        drawn: Name in the metadata -> draws the picture as Markdown.

    Returns:
        Each name with its picture; where drawing failed, words with the kind of error, and `FAILED` says how many did.
        The error's own words may hold a row's values and are not repeated.
    """
    made: dict[str, dg.MarkdownMetadataValue | int] = {}
    failed = 0
    for name, draw in drawn.items():
        try:
            made[name] = dg.MetadataValue.md(draw())
        except Exception as error:  # noqa: BLE001  (whatever a library finds to dislike about a name or a number)
            failed += 1
            kind = type(error).__name__
            context.log.warning(f"{name} could not be drawn ({kind}); the table itself is whole")
            made[name] = dg.MetadataValue.md(f"could not be drawn: {kind}")
    return {**made, FAILED: failed} if failed else made
