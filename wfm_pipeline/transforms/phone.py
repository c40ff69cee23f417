"""Telephone numbers written in many ways, brought to one: who called is the same person or not."""

import ibis
from ibis.expr.types import StringValue


def digits_only(text: StringValue) -> StringValue:
    """All but digits taken off; empty becomes null."""
    return text.re_replace("[^0-9]", "").nullif("")


def normalised_number(text: StringValue, country_calling_code: str, minimum_digits: int) -> StringValue:
    """The significant digits of a number: no prefix, no own country code, no trunk zeros.

    A number that begins with + or 00 is international. One that begins with the own country code and
    has `minimum_digits` after it is taken as international too (exchanges that leave the + out).

    Args:
        text: The number as it was logged.
        country_calling_code: Own country's digits, such as `46`; empty where the site has none.
        minimum_digits: Fewer digits than this are no caller's number.

    Returns:
        Digits, or null where too few remain.
    """
    digits = text.re_replace("[^0-9]", "")
    body = ibis.ifelse(digits.startswith("00"), digits.substr(2), digits)
    if country_calling_code:
        is_international = text.startswith("+") | digits.startswith("00")
        is_long = body.length() >= len(country_calling_code) + minimum_digits
        is_own = body.startswith(country_calling_code) & (is_international | is_long)
        body = ibis.ifelse(is_own, body.substr(len(country_calling_code)), body)
    number = ibis.ifelse(body.startswith("0"), body.re_replace("^0+", ""), body)
    return ibis.ifelse(number.length() >= minimum_digits, number, ibis.null("string"))


def normalise_number(text: str, country_calling_code: str, minimum_digits: int) -> str | None:
    """The same for one number in plain Python: for settings, which are few."""
    digits = "".join(sign for sign in text if sign in "0123456789")
    body = digits.removeprefix("00")
    if country_calling_code and body.startswith(country_calling_code):
        is_long = len(body) >= len(country_calling_code) + minimum_digits
        if is_long or text.startswith("+") or digits.startswith("00"):
            body = body.removeprefix(country_calling_code)
    number = body.lstrip("0")
    return number if len(number) >= minimum_digits else None
