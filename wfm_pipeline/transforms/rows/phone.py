"""Telephone numbers written in many ways, brought to one: who called is the same person or not.

One pattern says it all, and so it is written once for the engines and for Python. It is matched
against the digits and plus signs alone, and keeps the last group.
"""

import re

from ibis.expr.types import StringValue

_NO_DIGIT, _NO_DIGIT_OR_PLUS = "[^0-9]", "[^0-9+]"


def digits_only(text: StringValue) -> StringValue:
    """All but digits taken off; empty becomes null.

    Args:
        text: Numbers as they are written.

    Returns:
        Their digits; null where there is none.
    """
    return text.re_replace(_NO_DIGIT, "").nullif("")


def normalised_number(text: StringValue, country_calling_code: str, minimum_digits: int) -> StringValue:
    """The significant digits of a number: no prefix, no own country code, no trunk zeros.

    A number that begins with + or 00 is international. The own country code is taken off, also where
    the + was left out, as long as enough digits remain.

    Args:
        text: The number as it was logged.
        country_calling_code: Own country's digits, such as `46`; empty where the site has none.
        minimum_digits: Fewer digits than this are no caller's number.

    Returns:
        Digits, or null where too few remain.
    """
    pattern = _pattern(country_calling_code, minimum_digits)
    return text.re_replace(_NO_DIGIT_OR_PLUS, "").re_extract(pattern, 1).nullif("")


def normalise_number(text: str, country_calling_code: str, minimum_digits: int) -> str | None:
    """One caller number in plain Python, for settings, which are few.

    Args:
        text: The number as it is written.
        country_calling_code: Digits of the site's own country, such as 46.
        minimum_digits: Numbers with fewer digits are none [count].

    Returns:
        As of the rows' numbers; None where it is none.
    """
    kept = re.sub(_NO_DIGIT_OR_PLUS, "", text)
    match = re.match(_pattern(country_calling_code, minimum_digits), kept)
    return match.group(1) if match else None


def _pattern(country_calling_code: str, minimum_digits: int) -> str:
    own = rf"(?:[+]|00)?{country_calling_code}|" if country_calling_code else ""
    return rf"^(?:{own}[+]|00)?0*([1-9][0-9]{{{minimum_digits - 1},}})$"
