"""Regular expressions that people write in maps and rules: checked and matched by RE2, in linear time.

Here: what such an expression may look like, and matching one text. DuckDB has the same engine; PostgreSQL
has its own, so what the two read differently is refused too. Not here: where they are applied (transforms).
"""

import re
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_LONGEST: Final = 500
_MOST_REPEATS: Final = 255
"""PostgreSQL's limit of `{m,n}`; RE2 takes 1,000."""
_READ_DIFFERENTLY: Final = re.compile(r"(?:^|[^\\])(?:\\\\)*(\\[bBzpPQECaAGhHKRX]|\(\?(?!:)[^)]{0,8})")
"""`\\b` is a backspace in PostgreSQL, which knows no `\\z`, Unicode classes, quoting, named groups or inner flags."""
_REPEATS: Final = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def pattern_fault(pattern: str, *, is_for_sql: bool = False) -> str | None:
    r"""What is wrong with a regular expression, in words; None where nothing is.

    Args:
        pattern: The expression, in RE2's syntax: no lookahead, no reference back.
        is_for_sql: Also refuse what PostgreSQL would read differently.

    Returns:
        The fault, partly in the engine's own words; None where the expression is sound.

    Example:
        >>> pattern_fault("^(test|demo)-[0-9]+$")
        >>> pattern_fault("(?=a)b")
        'invalid perl operator: (?='
    """
    if len(pattern) > _LONGEST:
        return f"at most {_LONGEST} characters are allowed, it has {len(pattern):,}"
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except (pa.ArrowException, ValueError) as error:
        return str(error).splitlines()[0].removeprefix("Invalid regular expression: ")
    if not is_for_sql:
        return None
    if found := _READ_DIFFERENTLY.search(pattern):
        return f"{found[1]} means something else in PostgreSQL; write it without"
    repeats = [int(number) for found in _REPEATS.finditer(pattern) for number in found.groups() if number]
    return f"at most {_MOST_REPEATS} repetitions are allowed" if max(repeats, default=0) > _MOST_REPEATS else None


def is_found(pattern: str, text: str) -> bool:
    """Whether a pattern is found in a text.

    Args:
        pattern: An expression without a fault.
        text: Where to look.

    Returns:
        True where it is found, without regard to case.
    """
    return bool(pc.match_substring_regex(pa.array([text]), pattern, ignore_case=True)[0].as_py())
