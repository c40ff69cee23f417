"""How numbers are written for people: percent on screen, a dash where nothing is known.

Here: text of single values. Not here: tables (html_page, terminal) or scores (domain).
"""

import math

UNKNOWN = "–"  # noqa: RUF001 (an en dash is what readers expect in an empty cell)
_TENTH_BELOW = 0.1


def percent(share: float, *, digits: int | None = None) -> str:
    """A share as percent: 0.0536 -> `5.4 %`; more digits below 10 %, a dash for NaN.

    Example:
        >>> percent(0.3231), percent(0.0536), percent(float("nan")) == UNKNOWN
        ('32.3 %', '5.36 %', True)
    """
    if math.isnan(share):
        return UNKNOWN
    places = digits if digits is not None else 2 if abs(share) < _TENTH_BELOW else 1
    return f"{_no_minus_zero(share * 100, places):.{places}f} %"


def ratio(part: float, whole: float) -> float:
    """A part over its whole; NaN where the whole is 0, such as the error of a method that was never wrong."""
    return part / whole if whole else math.nan


def signed_percent(share: float, *, digits: int = 1) -> str:
    """A share as percent with its sign: -0.176 -> `-17.6 %`."""
    return UNKNOWN if math.isnan(share) else f"{_no_minus_zero(share * 100, digits):+.{digits}f} %"


def number(value: float, *, digits: int = 2) -> str:
    """A number with fixed digits, a dash for NaN."""
    return UNKNOWN if math.isnan(value) else f"{_no_minus_zero(value, digits):,.{digits}f}"


def p_value(value: float) -> str:
    """A p-value; below 0.001 only that.

    Example:
        >>> p_value(0.0000012), p_value(0.0312)
        ('< 0.001', '0.031')
    """
    least = 0.001
    return UNKNOWN if math.isnan(value) else f"< {least}" if value < least else f"{value:.3f}"


def _no_minus_zero(value: float, digits: int) -> float:
    return round(value, digits) + 0.0
