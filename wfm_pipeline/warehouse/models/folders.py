"""Models on disk: one folder per issue, written beside and swapped in.

A folder holds the model as its room dumped it and a JSON card that says on what it was trained, from
which features, with which options and by which version of the code. The card holds the model's
digest: a file that is not the one we wrote is refused before anything reads it.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wfm_pipeline.errors import WarehouseError

_MODEL, _CARD, _DIGEST = "model.bin", "card.json", "model_sha256"


def save_model(folder: Path, content: bytes, card: Mapping[str, Any]) -> Path:
    """Write a model and its card as one folder, all or nothing; an older one of that name is replaced.

    Args:
        folder: Where the model of one issue goes.
        content: The model.
        card: What a person needs to trust or rebuild it; JSON-serialisable.

    Returns:
        The folder.
    """
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    (beside / _MODEL).write_bytes(content)
    body = {**card, _DIGEST: hashlib.sha256(content).hexdigest()}
    (beside / _CARD).write_text(json.dumps(body, indent=2, sort_keys=True, default=str) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    beside.replace(folder)
    return folder


def read_model(folder: Path) -> tuple[bytes, dict[str, Any]]:
    """The model and the card of a folder that `save_model` wrote.

    Raises:
        WarehouseError: there is none, or the model is not the one the card was written for.
    """
    card = read_card(folder)
    try:
        content = (folder / _MODEL).read_bytes()
    except OSError as error:
        raise WarehouseError(f"there is no readable model in {folder}: {error}") from error
    if hashlib.sha256(content).hexdigest() != card.get(_DIGEST):
        raise WarehouseError(f"the model in {folder} is not the one its card was written for: train it again")
    return content, card


def read_card(folder: Path) -> dict[str, Any]:
    """The card alone of a folder that `save_model` wrote.

    Raises:
        WarehouseError: there is none that can be read.
    """
    try:
        card: dict[str, Any] = json.loads((folder / _CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WarehouseError(f"there is no readable model in {folder}: {error}") from error
    return card
