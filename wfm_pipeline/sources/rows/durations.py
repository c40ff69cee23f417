"""Durations in a stated form, such as minutes and seconds alone, as H:MM:SS.

Not here: durations that name their hours (column_types), dates and times of day (moments).
"""

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from wfm_pipeline.units import MINUTES_PER_HOUR

_PARTS: Final = {"%H": r"(?P<H>\d{1,5})", "%M": r"(?P<M>\d{1,5})", "%S": r"(?P<S>[0-5]\d)"}
_ALLOWED: Final = "%H:%M:%S, %M:%S (minutes and seconds) or %H:%M (hours and minutes), with any signs between"
_FORMS: Final = (["%H", "%M", "%S"], ["%M", "%S"], ["%H", "%M"])


def duration_fault(form: str) -> str | None:
    """What is wrong with a form of durations.

    Args:
        form: As a map states it.

    Returns:
        What is allowed, in words; None where nothing is wrong.

    Example:
        >>> duration_fault("%M:%S") is None, duration_fault("%M") is None
        (True, False)
    """
    return None if re.findall(r"%.?", form) in _FORMS else _ALLOWED


def duration_by_format(texts: pa.Array, form: str) -> pa.Array:
    """Durations of a stated form as H:MM:SS.

    Args:
        texts: Trimmed texts.
        form: Such as `%M:%S`; without hours, minutes may be 60 and more.

    Returns:
        H:MM:SS, or null where the text is of another form.
    """
    pattern = re.escape(form)
    for word, part in _PARTS.items():
        pattern = pattern.replace(word, part)
    parts = pc.extract_regex(texts, pattern=f"^{pattern}$")
    names = {field.name for field in parts.type}
    hours, minutes = (
        pc.struct_field(parts, name).cast(pa.int64()) if name in names else pa.scalar(0, pa.int64()) for name in "HM"
    )
    whole = pc.divide(minutes, MINUTES_PER_HOUR)
    rest = pc.subtract(minutes, pc.multiply(whole, MINUTES_PER_HOUR))
    is_right = pc.or_(pc.equal(whole, 0), pa.scalar("H" not in names))
    clock = [pc.add(hours, whole).cast(pa.string()), pc.utf8_lpad(rest.cast(pa.string()), 2, "0")]
    seconds = pc.struct_field(parts, "S") if "S" in names else pa.scalar("00")
    told = pc.binary_join_element_wise(*clock, seconds, ":")
    return pc.if_else(is_right, told, pa.scalar(None, pa.string()))
