"""What says of a row of the operational tables that it was inferred, not recorded: the name of its group or shift.

Not here: how presence is inferred (domain/replay).
"""

from typing import Final

INFERRED_PREFIX: Final = "inferred:"
"""Groups and shifts whose id begins so, and all rows that name such a group, were inferred from records of calls."""


def is_inferred(name: str) -> bool:
    """Whether a group or shift was inferred from records of calls.

    Args:
        name: Id of a group or of a shift.

    Returns:
        True where nobody recorded it.

    Example:
        >>> is_inferred("inferred:3"), is_inferred("sales")
        (True, False)
    """
    return name.startswith(INFERRED_PREFIX)
