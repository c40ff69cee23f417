"""Pseudonyms: what analysts see instead of a customer's, an agent's or a planner's own key or name.

A pseudonym is a keyed hash (HMAC-SHA-256, RFC 2104) of the kind of person and the value, so it is the same in
every table and on every night, and nobody without the key can make it from a list of telephone numbers. Every
one that was given out stands in `bronze.pseudonym`, which readers do not see: whoever may, finds the person there.

Not here: which columns are personal (contracts) and how the copy is made (warehouse/engines/copies).
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pandas as pd

from wfm_pipeline.contracts.publication import PSEUDONYM
from wfm_pipeline.contracts.stand_ins import UNKNOWN
from wfm_pipeline.contracts.tables import PERSONAL
from wfm_pipeline.errors import WarehouseError
from wfm_pipeline.warehouse.engines.engine import Warehouse
from wfm_pipeline.warehouse.engines.schemas import to_contract

KEY_FILE: Final = "pseudonym.key"
_KEY_BYTES: Final = 32
_LETTERS: Final = 20
"""Hexadecimal digits of a pseudonym: 80 bits, so that among ten million persons two share one with odds of 1 in 10^10."""


def pseudonym(kind: str, value: str, key: bytes) -> str:
    """The name under which readers know a person.

    Example:
        >>> pseudonym("customer", "+46701234567", b"key") == pseudonym("agent", "+46701234567", b"key")
        False
    """
    if value == UNKNOWN:  # stands for all whose key is unknown: no person
        return UNKNOWN
    digest = hmac.new(key, f"{kind}\0{value}".encode(errors="surrogatepass"), hashlib.sha256)
    return f"{kind}-{digest.hexdigest()[:_LETTERS]}"


def home_key(home: Path) -> bytes:
    """The key of a home, made at the first asking.

    Raises:
        WarehouseError: the file is there and holds no key: another key would give everybody another name.
    """
    path = home / KEY_FILE
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES))
    except FileExistsError:
        pass
    key = path.read_bytes().strip()
    if len(key) < _KEY_BYTES:
        raise WarehouseError(
            f"{path} holds no key of at least {_KEY_BYTES} characters: put the one of the last backup there, or delete "
            "it and readers see everybody who is new under another name",
            path=str(path),
        )
    return key


def note_pseudonyms(warehouse: Warehouse, key: bytes) -> int:
    """Give everybody in gold who has none a pseudonym; gives how many are new.

    Args:
        warehouse: Open for writing.
        key: Of the keyed hash.
    """
    warehouse.create(PSEUDONYM)
    new = {(kind, value): pseudonym(kind, value, key) for kind, value in _unnamed(warehouse)}
    if new:
        rows = pd.DataFrame([(*person, name) for person, name in new.items()], columns=list(PSEUDONYM.column_names))
        warehouse.append_arrow(PSEUDONYM.full_name, to_contract(PSEUDONYM, rows))
    return len(new)


def _unnamed(warehouse: Warehouse) -> Iterator[tuple[str, str]]:
    """Kind and value of everybody in gold without a pseudonym."""
    known = warehouse.quoted(PSEUDONYM.full_name)
    for table, columns in PERSONAL.items():
        if not warehouse.has(f"gold.{table}"):
            continue
        for column, contract in columns.items():
            if not contract.has_pseudonym:
                continue
            one, kind = warehouse.identifier(column), str(contract.personal)
            query = (
                f"select distinct {one} from {warehouse.quoted(f'gold.{table}')} as ours where {one} is not null and "
                f"not exists (select 1 from {known} as named where named.kind = '{kind}' and named.value = ours.{one})"
            )
            yield from ((kind, value) for (value,) in warehouse.rows(query))
