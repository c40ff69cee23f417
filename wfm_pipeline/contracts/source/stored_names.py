"""Names of tables and columns as every engine keeps them, whatever the source calls them.

PostgreSQL cuts a name after 63 bytes without a word, and takes neither an empty one nor U+0000. So that a name is
the same on every engine, what some engine cannot keep is cut here, and ends in a hash of the whole.
"""

import hashlib
import re
from typing import Final

LONGEST_NAME_BYTES: Final = 63
_HASH_LETTERS: Final = 20
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_+ ]*")
_SIGNS: Final = re.compile(r"[^A-Za-z0-9+ ]")
_HEAD_BYTES: Final = LONGEST_NAME_BYTES - _HASH_LETTERS - 1


def stored_name(name: str) -> str:
    """A column's name as engines keep it.

    Args:
        name: The source's own name.

    Returns:
        The name itself, or, where an engine cannot keep it, its beginning and a hash of it.

    Example:
        >>> stored_name("queue")
        'queue'
        >>> stored_name("q" * 64)
        'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq_ee8e658590c9a5e11940'
    """
    is_kept = name and "\0" not in name and len(name.encode()) <= LONGEST_NAME_BYTES
    return name if is_kept else _hashed(name.replace("\0", "\ufffd"), name)


def bronze_table_name(source: str, table: str) -> str:
    """The table that keeps a source's rows: `<source>__<table>`, or a short name with a hash of both.

    Letters, digits, blanks, `+` and `_` stay as they are; a table with other signs gets a name of letters and digits.

    No two are the same. A whole name is told apart by its first `__`, so a source whose own name blurs that gets
    the short form; a short form holds no `__`, so it is no other table's whole name.

    Args:
        source: Name of the source.
        table: Its table's own name.

    Returns:
        `<source>__<table>`, or a short name with a hash of both.
    """
    whole = f"{source}__{table}"
    is_short = len(whole.encode()) <= LONGEST_NAME_BYTES
    if is_short and "__" not in source and not source.endswith("_") and _PLAIN.fullmatch(table):
        return whole
    words = "_".join(part for part in _SIGNS.sub("_", whole).split("_") if part)
    return _hashed(words, f"{source}\0{table}")


def _hashed(shown: str, whole: str) -> str:
    head = shown.encode()[:_HEAD_BYTES].decode(errors="ignore")
    return f"{head.rstrip('_')}_{hashlib.sha256(whole.encode()).hexdigest()[:_HASH_LETTERS]}"
